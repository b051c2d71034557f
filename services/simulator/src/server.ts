import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Health } from '@fanfare/runtime';
import { onAdmin } from './admin.ts';
import { reply } from './http.ts';
import { onMessage } from './provider.ts';
import type { Simulator } from './provider.ts';

/** Longer than any client keeps a connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;

/** The provider's door: any POST is a message, save for what the simulator and its operator keep for themselves. */
export async function serve(deps: ServerDeps, address: { host: string; port: number }): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    onRequest(deps, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return server;
}

type ServerDeps = { simulator: Simulator; health: Health };

async function onRequest(
  deps: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { simulator, health } = deps;
  if (request.method === 'POST' && request.url !== '/reset') return onMessage(simulator, request, response);
  if (health.handle(request, response)) return;
  if (await onAdmin(simulator, request, response)) return;
  reply(response, 404, { error: 'a message is a POST' });
}
