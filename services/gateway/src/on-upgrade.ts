import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller } from '@fanfare/domain';
import type { WebSocket, WebSocketServer } from 'ws';
import { admit, type AdmissionDeps, type Denial } from './admission.ts';
import type { KeyedSockets } from './keyed-sockets.ts';
import type { SocketRequest } from './on-socket.ts';

export type UpgradeDeps = AdmissionDeps & {
  onSocket: (socket: WebSocket, request: SocketRequest) => void;
  /** Sockets of this process, and of one API key. */
  socketsMax: number;
  socketsPerCallerMax: number;
};

export const PATH = '/api/v1/ws/notifications';

/** Opens sockets for those who may have one, and tells the others why not. */
export function createUpgrades(deps: UpgradeDeps, sockets: WebSocketServer, keyed: KeyedSockets) {
  function overload(caller: Caller): Denial | null {
    if (sockets.clients.size >= deps.socketsMax) return FULL;
    return keyed.count(caller) >= deps.socketsPerCallerMax ? TOO_MANY : null;
  }

  return async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const cut = (): unknown => socket.destroy();
    socket.on('error', cut);
    const { pathname, searchParams: query } = addressOf(request);
    if (pathname !== PATH) return refuse(socket, NOWHERE);
    const admission = await admit(deps, { query, headers: request.headers });
    if ('refusal' in admission) return refuse(socket, admission.refusal);
    const { caller } = admission;
    const refusal = overload(caller);
    if (refusal !== null) return refuse(socket, refusal);
    socket.off('error', cut);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      keyed.add(caller, opened);
      deps.onSocket(opened, { cursor: query.get('cursor') });
    });
  };
}

/** An address that cannot be read is nowhere. */
export function addressOf({ url = '' }: IncomingMessage): URL {
  const base = 'ws://gateway';
  return URL.canParse(url, base) ? new URL(url, base) : new URL(base);
}

const NOWHERE: Denial = { status: 404, detail: `the WebSocket is at ${PATH}` };
const FULL: Denial = {
  status: 503,
  detail: 'this process has as many sockets as it may; connect again later',
  headers: { 'retry-after': '5' },
};
const TOO_MANY: Denial = {
  status: 429,
  detail: 'this API key has as many sockets as it may; one socket may listen to many notifications',
  headers: { 'retry-after': '5' },
};

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  429: 'rate-limited',
};

function refuse(socket: Duplex, { status, detail, headers = {} }: Denial): void {
  const title = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: `/probs/${TYPES[status] ?? 'unavailable'}`, title, status, detail });
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${title}`, ...lines, '', body].join('\r\n'));
}
