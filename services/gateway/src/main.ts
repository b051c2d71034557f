import { STATUS_TOPIC } from '@fanfare/contracts';
import {
  connectDatabase,
  type Database,
  findApiKeys,
  getBatchSnapshots,
  getSnapshots,
  openCursorKey,
  openKeyring,
  readStatusLog,
  readTicket,
} from '@fanfare/db';
import { connectRedis } from '@fanfare/redis';
import { type Config, gauge, runService } from '@fanfare/runtime';
import type { AdmissionDeps } from './admission.ts';
import { config } from './config.ts';
import { type Gateway, openGateway } from './gateway.ts';
import type { KeyedSocketsDeps } from './keyed-sockets.ts';

/** Two queries at a time for each kind of id and for clients that resume, one to follow the log, and health. */
const CONNECTIONS_MAX = 8;

await runService({
  name: 'gateway',
  config,
  start: async ({ config: settings, log, health, fail }) => {
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: CONNECTIONS_MAX,
      log,
    });
    const redis = connectRedis({ url: settings.REDIS_URL, name: 'gateway', log });
    const { HOST: host, GATEWAY_PORT } = settings;
    const gateway = await openGateway({
      readMany: (ids) => getSnapshots(db, ids),
      readBatch: (id, limit) => getBatchSnapshots(db, id, limit),
      readLog: (page) => readStatusLog(db, STATUS_TOPIC, page),
      ...admission(settings, db),
      socketsMax: settings.SOCKETS_MAX,
      socketsPerCallerMax: settings.SOCKETS_PER_KEY_MAX,
      redis,
      health,
      log,
      host,
      port: GATEWAY_PORT,
      onFatal: fail,
    });
    measure(gateway);
    log.info('listening', { host, port: gateway.port });
    return {
      // Without Redis it reads every change in Postgres, within a second or two; no client is to be kept away from that.
      checks: { postgres: () => db.check() },
      left: () => ({ clients: gateway.clients() }),
      stop: async (overdue) => {
        await gateway.stop(overdue);
        redis.close();
        await db.close();
      },
    };
  },
});

function admission(
  { AUTH_MODE, ALLOWED_ORIGINS }: Config<typeof config>,
  db: Database,
): AdmissionDeps & KeyedSocketsDeps {
  const cursorKey = openCursorKey(db);
  return {
    verifyKey: AUTH_MODE === 'none' ? null : openKeyring(db),
    findCallers: (ids) => findApiKeys(db, ids),
    allowedOrigins: ALLOWED_ORIGINS,
    readTicket: async (text) => {
      const ticket = readTicket(await cursorKey(), text, Date.now());
      return ticket && { id: ticket.callerId, scopes: ['read'] };
    },
  };
}

function measure(gateway: Gateway): void {
  gauge({
    name: 'fanfare_gateway_sockets',
    help: 'Open sockets',
    collect: (metric) => metric.set(gateway.clients()),
  });
  gauge({
    name: 'fanfare_gateway_subscribed_ids',
    help: 'Notifications and batches that somebody listens to, and one more for everything',
    collect: (metric) => metric.set(gateway.subscribedIds()),
  });
}
