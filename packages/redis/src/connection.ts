import { Redis } from 'ioredis';

/** The part of a logger that is needed here. */
export type Log = {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
};

const CONNECT_TIMEOUT_MS = 3_000;
const BACKOFF_BASE_MS = 50;
/** A Redis that comes back is used again within a second; one that stays away costs two connection attempts in it. */
const BACKOFF_CAP_MS = 900;
/** An answer of a healthy Redis takes under a millisecond, and nothing here asks it for slow ones. */
const ANSWER_TIMEOUT_MS = 1_000;

/**
 * One connection that is made again for ever. A command is never kept for later: what could not be sent at once
 * fails at once, and what was under way when the connection broke is not sent again.
 */
export function openConnection(options: { url: string; name: string; log: Log }): Redis {
  const client = new Redis(options.url, {
    connectionName: options.name,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: backoffMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
  });
  logChanges(client, options);
  return client;
}

/**
 * What `answer` resolves with. An answer that does not come in time means a dead connection or a frozen server, so
 * the connection is given up; until a new one is ready every command fails at once, and nobody waits a second time.
 */
export async function inTime<T>(client: Redis, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Redis did not answer within ${ANSWER_TIMEOUT_MS} ms`));
      client.disconnect(true);
    }, ANSWER_TIMEOUT_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function backoffMs(attempt: number): number {
  const fullMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
  // Shortened by up to half, so that many who lost it together do not come back together.
  return fullMs * (1 - Math.random() / 2);
}

/** One line when it goes and one when it is back, however many attempts lie between. */
function logChanges(client: Redis, { name, log }: { name: string; log: Log }): void {
  let away = false;
  const lost = (error?: Error): void => {
    if (!away) log.warn('Redis is away', { connection: name, reason: error?.message ?? 'connection closed' });
    away = true;
  };
  client.on('error', lost);
  client.on('reconnecting', () => lost());
  client.on('ready', () => {
    if (away) log.info('Redis is back', { connection: name });
    away = false;
  });
}
