import { connectKafka, createPublisher, kafkaCheck, listRetryLevels } from '@fanfare/kafka';
import { gauge, runService, untilDone } from '@fanfare/runtime';
import { config } from './config.ts';
import { type Mover, startMover } from './mover.ts';

await runService({
  name: 'retry',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log, fail }) => {
    const hardStop = new AbortController();
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'retry', log });
    const publisher = createPublisher({ kafka });
    // Every level that exists, not only those of today's RETRY_DELAYS: a record in any of them is moved. One that is
    // made later is found at the next start.
    const levels = await untilDone(() => listRetryLevels(kafka), {
      what: 'looking for retry topics',
      log,
      signal: hardStop.signal,
    });
    if (levels.length === 0) throw new Error('no retry topic exists: prepare the stack first');
    const movers = await Promise.all(
      levels.map(({ topic, channel }) =>
        startMover({ kafka, publisher, topic, channel, log, signal: hardStop.signal, onFatal: fail }),
      ),
    );
    measureHeld(movers);
    return {
      checks: { kafka: () => kafkaCheck(kafka) },
      stop: async (overdue) => {
        overdue.addEventListener('abort', () => hardStop.abort());
        await Promise.all(movers.map((mover) => mover.stop()));
        await publisher.close();
        await kafka.close();
      },
    };
  },
});

function measureHeld(movers: Mover[]): void {
  gauge({
    name: 'fanfare_retry_held',
    help: 'Retries that wait in this process for their time',
    labels: ['topic'],
    collect: (metric) => {
      for (const { topic, held } of movers) metric.set({ topic }, held());
    },
  });
}
