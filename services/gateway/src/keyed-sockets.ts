import { ANONYMOUS, type Caller, scopeRefusal } from '@fanfare/domain';
import type { WebSocket } from 'ws';

export type KeyedSocketsDeps = {
  /** The callers of these ids in order, null for one whose key is no more. Rejects when nobody can say. */
  findCallers: (ids: string[]) => Promise<(Caller | null)[]>;
};

/** The open sockets of each API key. */
export type KeyedSockets = {
  add: (caller: Caller, socket: WebSocket) => void;
  count: (caller: Caller) => number;
  /** Closes those of keys that were revoked. Never rejects: while nobody can say, they stay. */
  expel: () => Promise<void>;
};

const POLICY_VIOLATION = 1008;

export function createKeyedSockets({ findCallers }: KeyedSocketsDeps): KeyedSockets {
  const socketsOf = new Map<string, Set<WebSocket>>();
  return {
    count: ({ id }) => socketsOf.get(id)?.size ?? 0,
    add: ({ id }, socket) => {
      if (id === ANONYMOUS.id) return;
      const sockets = socketsOf.get(id) ?? new Set();
      socketsOf.set(id, sockets.add(socket));
      socket.once('close', () => {
        sockets.delete(socket);
        if (sockets.size === 0 && socketsOf.get(id) === sockets) socketsOf.delete(id);
      });
    },
    expel: async () => {
      const ids = [...socketsOf.keys()];
      const callers = ids.length === 0 ? [] : await findCallers(ids).catch(() => null);
      for (const [index, id] of ids.entries()) {
        const caller = callers === null ? undefined : callers[index];
        if (caller === undefined || (caller !== null && scopeRefusal(caller, 'read') === null)) continue;
        for (const socket of socketsOf.get(id) ?? [])
          socket.close(POLICY_VIOLATION, 'the API key was revoked');
      }
    },
  };
}
