import { ConfigError, loadConfig, url, z } from '@fanfare/runtime';
import { connectApi } from './api.ts';
import { run, USAGE_CODE } from './command.ts';
import { commands } from './commands.ts';
import { connectLive } from './live.ts';
import { createTerminal } from './terminal.ts';

const config = z.object({
  FANFARE_URL: url(['http', 'https']).default('http://127.0.0.1:8080').describe('The REST API to ask'),
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

try {
  const { FANFARE_URL } = loadConfig(config);
  const signal = onInterrupt();
  const terminal = createTerminal(process, signal);
  const tell = (text: string): void => terminal.tell(text);
  const api = connectApi({ baseUrl: FANFARE_URL, onWait: tell, signal });
  const follow = connectLive({ baseUrl: FANFARE_URL, tell, random: Math.random });
  const deps = { api, follow, terminal, now: Date.now, random: Math.random, signal };
  process.exitCode = await run(commands, process.argv.slice(2), deps);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = USAGE_CODE;
}
