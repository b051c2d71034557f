import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@fanfare/infra/services';
import type { DeadLetterPage } from '@fanfare/contracts';
import { prepare } from '@fanfare/infra/prepare';
import { startTemporaryStack } from '@fanfare/infra/temporary-stack';
import { eventually, type RunningServices, startServices } from '@fanfare/testkit';
import { python } from './python.ts';
import { recipientFor } from './recipients.ts';

const REQUIREMENTS = join(import.meta.dirname, 'conformance-requirements.txt');
const CONFIG = join(import.meta.dirname, 'conformance.toml');
const HOOKS = join(import.meta.dirname, 'conformance.py');

/** Those that a request goes through, and that make of it what the other requests find. */
const SERVICES: readonly ServiceName[] = [
  'simulator',
  'ingest',
  'delivery',
  'retry',
  'projector',
  'scheduler',
];
const SETTINGS = { INBOUND_RATE_PER_MINUTE: '0', OUTBOUND_RATE_PER_CHANNEL: '0' };

const DEAD_LETTERS = 20;

export type OwnSystem = { apiUrl: string; stop: () => Promise<void> };

/** A stack of its own: whoever tries every operation pauses lanes and redrives what others have sent. */
export async function startOwnSystem(): Promise<OwnSystem> {
  const stack = await startTemporaryStack({ onProgress: () => {} });
  let services: RunningServices | undefined;
  try {
    await prepare({ ...process.env, ...stack.addresses }, () => {});
    services = await startServices(SERVICES, SETTINGS, { addresses: stack.addresses });
  } catch (error) {
    await stack.stop();
    throw error;
  }
  const running = services;
  const stop = async (): Promise<void> => {
    await running.stop();
    await stack.stop();
  };
  await makeDeadLetters(running.urls.ingest);
  return { apiUrl: running.urls.ingest, stop };
}

/** For the operations on them; few requests that are made up are rejected by the provider. */
async function makeDeadLetters(apiUrl: string): Promise<void> {
  const rejected = { channel: 'sms', recipient: recipientFor('sms'), content: 'Merhaba [reject]' };
  const notifications = Array.from({ length: DEAD_LETTERS }, () => rejected);
  const body = JSON.stringify({ notifications });
  const headers = { 'content-type': 'application/json' };
  await fetch(new URL('/api/v1/notifications/batch', apiUrl), { method: 'POST', headers, body });
  await eventually(async () => {
    const response = await fetch(new URL('/api/v1/dead-letters', apiUrl));
    const { items } = (await response.json()) as DeadLetterPage;
    return items.length === DEAD_LETTERS;
  });
}

export type Trial = { apiUrl: string; seed: number; secondsMax: number };

/** Lets schemathesis try the API against what it says of itself; tells what it finds as it does. True if that is nothing. */
export async function conforms({ apiUrl, seed, secondsMax }: Trial): Promise<boolean> {
  const { command, env } = await python({ requirements: REQUIREMENTS, what: 'schemathesis' });
  // It keeps what it has learned beside where it runs.
  const cwd = await mkdtemp(join(tmpdir(), 'fanfare-conformance-'));
  const run = ['run', `${apiUrl}/openapi.yaml`, '--seed', String(seed)];
  const args = ['-m', 'schemathesis.cli', '--config-file', CONFIG, ...run];
  try {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, SCHEMATHESIS_HOOKS: HOOKS, PYTHONDONTWRITEBYTECODE: '1' },
      timeout: secondsMax * 1_000,
    });
    await once(child, 'exit');
    return child.exitCode === 0;
  } finally {
    await rm(cwd, { recursive: true });
  }
}
