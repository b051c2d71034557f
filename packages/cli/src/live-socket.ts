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
/** One that is going on. */
type Talk = Conversation & { socket: WebSocket; listener: Listener };

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
  const talk: Talk = { socket, listener, isOpened: false, isHeard: false, why: '' };
  const stop = (): void => end(talk, 'interrupted');
  signal.addEventListener('abort', stop);
  endInSilence(talk);
  const ended = new Promise<Conversation>((resolve, reject) => {
    const orEnd =
      <T>(step: (given: T) => void) =>
      (given: T): void => {
        try {
          step(given);
        } catch (error) {
          reject(error);
          end(talk, 'refused');
        }
      };
    const onMessage = orEnd((data: Buffer) => onText(talk, data.toString()));
    const onAnswer = orEnd((status: number) => onOtherAnswer(talk, url, status));
    socket.on('open', () => onOpen(talk));
    socket.on('message', onMessage);
    socket.on('unexpected-response', (_, { statusCode = 0 }) => onAnswer(statusCode));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      talk.why ||= error.code ?? error.message;
    });
    socket.on('close', (code, reason) => {
      talk.why ||= reason.toString() || `code ${code}`;
      resolve(talk);
    });
  });
  return ended.finally(() => signal.removeEventListener('abort', stop));
}

function onOpen(talk: Talk): void {
  talk.isOpened = true;
  talk.listener.onOpen((request) => talk.socket.send(JSON.stringify(request)));
}

function onText(talk: Talk, text: string): void {
  talk.isHeard = true;
  const frame = parseFrame(text);
  if (!('refusal' in frame)) talk.listener.onFrame(frame);
  else if (isPassing(frame.refusal)) end(talk, frame.refusal.detail);
  else throw errorOf(frame.refusal);
}

/** No WebSocket was opened. */
function onOtherAnswer(talk: Talk, url: URL, status: number): void {
  if (status === 401 || status === 403 || status === 404) throw refusedWith(url, status);
  end(talk, `the answer was ${status}`);
}

function end(talk: Talk, why: string): void {
  talk.why ||= why;
  talk.socket.close();
  setTimeout(() => talk.socket.terminate(), CLOSE_MS).unref();
}

/** A peer that went without a word is told by the pings that are missing. */
function endInSilence(talk: Talk): void {
  const timer = setTimeout(() => end(talk, 'it fell silent'), SILENCE_MAX_MS);
  const hear = (): void => {
    timer.refresh();
  };
  talk.socket.on('ping', hear).on('message', hear);
  talk.socket.once('close', () => clearTimeout(timer));
}

/** It could not be had just then: asked again over another connection, it can. */
function isPassing({ type }: Refusal): boolean {
  return type === '/probs/unavailable' || type === '/probs/overloaded';
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
