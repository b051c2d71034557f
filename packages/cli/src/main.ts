import { ConfigError, databaseSettings, loadConfig, secret, text, url, z } from '@fanfare/runtime';
import { connectApi } from './api.ts';
import { run, USAGE_CODE } from './command.ts';
import { commands } from './commands.ts';
import type { KeyStore } from './keys-store.ts';
import { connectLive } from './live.ts';
import { createTerminal } from './terminal.ts';

const config = z.object({
  FANFARE_URL: url(['http', 'https']).default('http://127.0.0.1:8080').describe('The REST API to ask'),
  FANFARE_API_KEY: secret(
    text()
      .default('')
      .refine((key) => /^[\x21-\x7e]*$/.test(key.trim()), 'must be a key as it was printed'),
  ).describe('The key to ask it with, where it wants one'),
});
/** Ctrl-C arrives twice where another program stands between: from the terminal itself, and passed on. */
const SAME_INTERRUPT_MS = 500;

/** The first Ctrl-C ends what is going on in good order; a later one ends the process. */
function onInterrupt(): AbortSignal {
  const stopping = new AbortController();
  const interrupt = (): void => {
    stopping.abort();
    setTimeout(() => process.off('SIGINT', interrupt), SAME_INTERRUPT_MS).unref();
  };
  process.on('SIGINT', interrupt);
  return stopping.signal;
}

/** What needs Postgres is loaded only here: other commands start sooner without. */
async function openKeys(): Promise<KeyStore> {
  const { openKeyStore } = await import('./keys-store.ts');
  return openKeyStore(loadConfig(z.object(databaseSettings)).DATABASE_URL);
}

try {
  const { FANFARE_URL: baseUrl, FANFARE_API_KEY } = loadConfig(config);
  const apiKey = FANFARE_API_KEY.trim() || null;
  const signal = onInterrupt();
  const terminal = createTerminal(process, signal);
  const tell = (line: string): void => terminal.tell(line);
  const api = connectApi({ baseUrl, apiKey, onWait: tell, signal });
  const follow = connectLive({ baseUrl, apiKey, tell, random: Math.random });
  const deps = { api, follow, openKeys, terminal, now: Date.now, random: Math.random, signal };
  process.exitCode = await run(commands, process.argv.slice(2), deps);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = USAGE_CODE;
}
