import { WebSocket } from 'ws';
import { ApiError, keyHeader } from './ask.ts';
import { type Frame, parseFrame, type Refusal } from './live-frame.ts';

export type Listener = {
  /** There is a connection, at first or again: time to ask for what is to be heard. */
  onOpen: (ask: (request: object) => void) => void;
  /** What it throws ends the following. */
  onFrame: (frame: Frame) => void;
};

/** How one connection went. */
type Conversation = { isOpened: boolean; isHeard: boolean; why: string };

const PATH = '/api/v1/ws/notifications';
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The gateway pings every 30 s: when two are missing nobody is there. */
const SILENCE_MAX_MS = 75_000;
/** For the other side's goodbye. */
const CLOSE_MS = 500;

/**
 * One connection, from its beginning to its end.
 * @throws ApiError when what was asked for is refused, and what the listener throws
 */
export function converse(
  { baseUrl, apiKey }: { baseUrl: string; apiKey: string | null },
  listener: Listener,
  signal: AbortSignal,
): Promise<Conversation> {
  const url = new URL(PATH, baseUrl.replace(/^http/, 'ws'));
  const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_TIMEOUT_MS, headers: keyHeader(apiKey) });
  const state: Conversation = { isOpened: false, isHeard: false, why: '' };
  const end = (why: string): void => {
    state.why ||= why;
    socket.close();
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
  };
  const stop = (): void => end('interrupted');
  signal.addEventListener('abort', stop);
  endInSilence(socket, () => end('it fell silent'));
  const ended = new Promise<Conversation>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(error);
      end('refused');
    };
    socket.on('open', () => {
      state.isOpened = true;
      listener.onOpen((request) => socket.send(JSON.stringify(request)));
    });
    socket.on('message', (data: Buffer) => {
      state.isHeard = true;
      try {
        const frame = parseFrame(data.toString());
        if (!('refusal' in frame)) listener.onFrame(frame);
        else if (isPassing(frame.refusal)) end(frame.refusal.detail);
        else fail(errorOf(frame.refusal));
      } catch (error) {
        fail(error);
      }
    });
    socket.on('unexpected-response', (_, { statusCode = 0 }) => {
      if (statusCode === 401 || statusCode === 403 || statusCode === 404) fail(refusedWith(url, statusCode));
      else end(`the answer was ${statusCode}`);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      state.why ||= error.code ?? error.message;
    });
    socket.on('close', (code, reason) => {
      state.why ||= reason.toString() || `code ${code}`;
      resolve(state);
    });
  });
  return ended.finally(() => signal.removeEventListener('abort', stop));
}

/** A peer that went without a word is told by the pings that are missing. */
function endInSilence(socket: WebSocket, end: () => void): void {
  let timer = setTimeout(end, SILENCE_MAX_MS);
  const hear = (): void => {
    timer.refresh();
  };
  socket.on('ping', hear).on('message', hear);
  socket.once('close', () => clearTimeout(timer));
}

/** It could not be read just then: asked again over another connection, it can. */
function isPassing({ type }: Refusal): boolean {
  return type === '/probs/unavailable';
}

function errorOf({ detail }: Refusal): ApiError {
  return new ApiError(404, `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`);
}

function refusedWith({ origin }: URL, status: number): ApiError {
  const why =
    status === 404
      ? 'Is FANFARE_URL the REST API of Fanfare?'
      : 'FANFARE_API_KEY must be a key that may read.';
  return new ApiError(status, `${origin} answered ${status}. ${why}`);
}
