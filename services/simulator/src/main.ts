import { once } from 'node:events';
import { runService } from '@fanfare/runtime';
import { behaviourOf, config } from './config.ts';
import { createRequestLog } from './request-log.ts';
import { serve } from './server.ts';
import { createTally } from './tally.ts';

await runService({
  name: 'simulator',
  config,
  start: async ({ config: settings, log, health }) => {
    const { HOST: host, HTTP_PORT, SIMULATOR_LOG_MAX: entriesMax } = settings;
    const simulator = {
      behaviour: behaviourOf(settings),
      log: createRequestLog({
        entriesMax,
        bytesMax: settings.SIMULATOR_LOG_BYTES_MAX,
        keepContent: settings.SIMULATOR_LOG_CONTENT,
      }),
      tally: createTally(entriesMax),
      now: Date.now,
      random: Math.random,
    };
    const server = await serve({ simulator, health }, { host, port: HTTP_PORT });
    log.info('listening', { address: server.address() });
    return {
      checks: {},
      stop: async () => {
        server.close();
        // Requests that hang on purpose would never end by themselves.
        server.closeAllConnections();
        await once(server, 'close');
      },
    };
  },
});
