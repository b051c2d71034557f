import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectApi } from './api.ts';
import { type CommandDeps, run } from './command.ts';
import { commands } from './commands.ts';
import { openKeyStore } from './keys-store.ts';
import { connectLive } from './live.ts';
import { createTerminal } from './terminal.ts';

type Asked = { method: string; path: string; body: unknown };
export type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };
type Sitting = {
  isTty?: boolean;
  typed?: string;
  /** More may come. */
  isTyping?: boolean;
  signal?: AbortSignal;
  apiKey?: string;
  /** Where API keys are; without it there is no Postgres. */
  databaseUrl?: string;
  /** The gateway's side of each connection; without it there is no gateway. */
  onSocket?: (socket: WebSocket) => void;
  /** What answers instead. */
  refusal?: string;
};

const NOWHERE = 'postgres://nobody@127.0.0.1:1/none';
/** What the commands take for the time. */
export const NOW = Date.parse('2030-01-31T09:00:00Z');

/** An HTTP server that says what the API would, and the commands as somebody calls them, at a terminal or not. */
export function useApi() {
  let server: Server;
  let answers: Answer[] = [];
  let asked: Asked[] = [];
  let headers: IncomingHttpHeaders[] = [];
  let authorizations: (string | undefined)[] = [];
  let onSocket: Sitting['onSocket'];
  let refusal = '';
  const sockets = new WebSocketServer({ noServer: true });
  before(async () => {
    server = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      void readRequest(request, (received) => {
        asked.push(received);
        headers.push(request.headers);
        const { status = 200, body, headers: sent } = answers.shift() ?? { status: 500 };
        response.writeHead(status, sent).end(body === undefined ? '' : JSON.stringify(body));
      });
    });
    server.on('upgrade', (request, socket, head) => {
      authorizations.push(request.headers.authorization);
      if (onSocket === undefined) socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\n\r\n`);
      else sockets.handleUpgrade(request, socket, head, onSocket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  beforeEach(() => {
    asked = [];
    headers = [];
    authorizations = [];
  });

  /** One call: the words of it, or a line without quotes. */
  async function call(words: string | string[], script: Answer[] = [], sitting: Sitting = {}) {
    const { isTty = false, typed = '' } = sitting;
    answers = [...script];
    ({ onSocket, refusal = '502 Bad Gateway' } = sitting);
    const streams = { stdin: stream(isTty), stdout: stream(isTty), stderr: stream(isTty) };
    const output = Promise.all([text(streams.stdout), text(streams.stderr)]);
    streams.stdin.write(typed);
    if (sitting.isTyping !== true) streams.stdin.end();
    const args = typeof words === 'string' ? words.split(' ').filter(Boolean) : words;
    const code = await run(commands, args, depsOf(urlOf(server), streams, sitting));
    streams.stdout.end();
    streams.stderr.end();
    const [out, err] = await output;
    expect(answers, 'answers nobody asked for').to.deep.equal([]);
    return { code, out, err };
  }

  return { call, asked: () => asked, headers: () => headers, authorizations: () => authorizations };
}

function depsOf(
  baseUrl: string,
  streams: Parameters<typeof createTerminal>[0],
  sitting: Sitting,
): CommandDeps {
  const { apiKey = null, databaseUrl = NOWHERE, signal = new AbortController().signal } = sitting;
  const terminal = createTerminal(streams, signal);
  const tell = (line: string): void => terminal.tell(line);
  return {
    api: connectApi({ baseUrl, apiKey, onWait: tell, signal }),
    follow: connectLive({ baseUrl, apiKey, tell, random: () => 1 }),
    openKeys: () => Promise.resolve(openKeyStore(databaseUrl)),
    terminal,
    now: () => NOW,
    random: () => 1,
    signal,
  };
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

function stream(isTTY: boolean) {
  return Object.assign(new PassThrough(), { isTTY, columns: 200 });
}

async function readRequest(request: IncomingMessage, done: (asked: Asked) => void): Promise<void> {
  const { method = '', url = '' } = request;
  const body = await text(request);
  done({ method, path: url, body: body === '' ? null : JSON.parse(body) });
}
