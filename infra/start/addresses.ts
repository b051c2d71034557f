import type { Addresses } from '../local-stack/stack.ts';
import { urlOf } from '../services.ts';
import { shown, type StartSettings } from './settings.ts';

/** Where everything is, and a line to paste that works as it stands. */
export function describeAddresses(settings: StartSettings, stack: Addresses): string {
  const rest = urlOf('ingest', process.env);
  const { RETRY_DELAYS, PROVIDER_URL } = settings.env;
  const rows: [string, string][] = [
    ['REST', `${rest}/api/v1/notifications`],
    ['WebSocket', `${rest.replace('http', 'ws')}/api/v1/ws/notifications`],
    ['provider', `${PROVIDER_URL}  (what it was sent: ${urlOf('simulator', process.env)}/log)`],
    ['Kafka', stack.KAFKA_BROKERS],
    ['registry', stack.SCHEMA_REGISTRY_URL],
    ['Postgres', stack.DATABASE_URL],
    ['Redis', stack.REDIS_URL],
    ['logs', `${shown(settings.logDir)}/<service>.log, ${shown(settings.dataDir)}/logs/<part>.log`],
    ['retries', `after ${RETRY_DELAYS}  (RETRY_DELAYS; the services' own default is 30s,1m,2m,4m)`],
  ];
  const lines = rows.map(([name, text]) => `      ${name.padEnd(10)}${text}`);
  return ['\n  Everything is up.', ...lines, '', '  Send one yourself:', '', `  ${curl(rest)}`, ''].join(
    '\n',
  );
}

function curl(rest: string): string {
  const body = JSON.stringify({ channel: 'sms', recipient: '+15550100', content: 'Hello from curl' });
  return `curl -s ${rest}/api/v1/notifications -H 'content-type: application/json' -d '${body}'`;
}
