import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpProvider } from './http.ts';
import {
  type Answer,
  closed,
  closing,
  flood,
  listen,
  type Protocol,
  type Received,
  type Vendor,
} from './vendor.test.ts';

/** A vendor that takes JSON by POST. */
export const http: Protocol = {
  make: (options) => httpProvider({ name: 'http', ...options }),
  start: async (answer) => {
    const received: Received[] = [];
    const vendor = await vendHttp(async (request, response) => {
      const message = receivedOf(request);
      received.push(message);
      say(response, await answer(message));
    });
    return { ...vendor, received };
  },
  url: (where) => `http://${where}/`,
  secureUrl: (where) => `https://${where}/`,
  signedIn: (url, user, password) => url.replace('//', `//${user}:${encodeURIComponent(password)}@`),
  to: '+15550100199',
  keyOf: (idempotencyKey) => idempotencyKey,
  hasRetryAfter: true,
};

export type HttpRequest = {
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  path: string;
  body: Buffer;
};
export type HttpVendor = Omit<Vendor, 'received'> & { requests: HttpRequest[] };

/** A server that answers so, and remembers what it got. */
export async function vendHttp(
  answer: (request: HttpRequest, response: ServerResponse) => unknown,
): Promise<HttpVendor> {
  const requests: HttpRequest[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      requests.push(request);
      return answer(request, response);
    });
  });
  server.on('connection', () => (connections += 1));
  const url = `http://${await listen(server)}/`;
  closing(() => {
    server.closeAllConnections();
    return closed(server);
  });
  return { url, requests, connections: () => connections };
}

async function read(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { headers, rawHeaders, url: path = '' } = incoming;
  return { headers, rawHeaders, path, body: Buffer.concat(chunks) };
}

function receivedOf({ body, headers }: HttpRequest): Received {
  const { to, content } = JSON.parse(body.toString()) as Received;
  const [idempotencyKey, correlationId] = [headers['idempotency-key'], headers['x-correlation-id']];
  return { to, content, idempotencyKey: String(idempotencyKey), correlationId: String(correlationId) };
}

export function acceptByHttp(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ messageId: 'msg-1', status: 'accepted', timestamp: '2026-01-01T00:00:00Z' }));
}

function say(response: ServerResponse, answer: Answer): void {
  const { socket } = response;
  if (socket === null) throw new Error('there is nobody to answer to');
  switch (answer.kind) {
    case 'accept':
      return acceptByHttp(response);
    case 'accept oddly':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>OK</html>');
    case 'reject':
      return void response.writeHead(400).end(answer.words);
    case 'throttle': {
      const { retryAfter } = answer;
      return void response
        .writeHead(429, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
        .end();
    }
    case 'be unavailable':
      return void response.writeHead(503).end(answer.words);
    case 'say nothing':
      return;
    case 'reset':
      return void socket.resetAndDestroy();
    case 'hang up':
      return void socket.end();
    case 'accept and hang up':
      response.on('finish', () => setImmediate(() => socket.destroy()));
      return acceptByHttp(response);
    case 'answer in another language':
      return void socket.end('220 mail.example.org ESMTP\r\n');
    case 'flood':
      response.writeHead(200).flushHeaders();
      return flood(socket, '1\r\nx\r\n', answer.onSent);
  }
}
