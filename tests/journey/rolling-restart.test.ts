import { join } from 'node:path';
import type { ServiceName } from '@fanfare/infra/services';
import { expect } from 'chai';
import { collectEvidence } from '../chaos/evidence/collect.ts';
import { balance, isBalanced, type Ledger } from '../chaos/ledger/balance.ts';
import { duplicatesOf, tellStories } from '../chaos/ledger/story.ts';
import type { Evidence } from '../chaos/ledger/evidence.ts';
import { startLoad } from '../chaos/load/load.ts';
import { untilQuiet } from '../chaos/quiet.ts';
import { renderOutcome } from '../chaos/report.ts';
import type { System } from '../chaos/system.ts';
import { withWorld } from '../chaos/world.ts';
import { seededRandom } from '../random.ts';

const SEED = 11;
const PER_SECOND = 300;
/** As an upgrade goes: who takes work in first, who shows it last. The simulator stays, it is the witness. */
const SERVICES: readonly ServiceName[] = ['ingest', 'scheduler', 'delivery', 'retry', 'projector', 'gateway'];
const TIMEOUT_MS = 8 * 60_000;

describe(`a rolling restart of every service under ${PER_SECOND} notifications a second`, function () {
  this.timeout(TIMEOUT_MS);
  let evidence: Evidence;
  let ledger: Ledger;
  let exitCodes: (number | null)[] = [];

  before('restart one after the other while sending', async () => {
    const options = {
      progress: () => {},
      signal: new AbortController().signal,
      logDir: join(import.meta.dirname, '../../.fanfare/rolling-restart-logs'),
      // As in earnest: a call that takes long on a busy machine must not count as lost.
      settings: { PROVIDER_TIMEOUT_MS: '10000', LEASE_MS: '12000' },
      // Kafka is not restarted, so it does answer, however long the machine keeps it waiting.
      produceDeadlineMs: 60_000,
    };
    await withWorld(options, async (world) => {
      const load = startLoad({
        random: seededRandom(SEED),
        seed: SEED,
        perSecond: PER_SECOND,
        ...world,
        ...world.system,
      });
      try {
        exitCodes = await restartEach(world.system);
      } finally {
        await load.stop();
      }
      await untilQuiet(world);
      const incidents = [...world.incidents, ...load.book.incidents];
      evidence = { ...(await collectEvidence(world, load.book, [])), callsAfterReset: 0, incidents };
      ledger = balance(evidence);
    });
  });

  it('stops each of them cleanly', () => {
    expect(exitCodes).to.deep.equal(Array.from({ length: 2 * SERVICES.length - 1 }, () => 0));
  });

  it('answers whoever asks', () => {
    const others = evidence.wanted.filter(({ answer }) => answer !== 'accepted');
    expect(others.map(({ ref, door, answer }) => `${answer} by ${door}: ${ref}`)).to.deep.equal([]);
  });

  it('loses nothing', () => {
    const outcome = { seed: SEED, tookMs: 0, sent: evidence.wanted.length, faults: [], ledger };
    if (!isBalanced(ledger)) expect.fail(renderOutcome(outcome));
  });

  it('sends nothing twice', () => {
    expect(tellStories(evidence).flatMap(duplicatesOf)).to.deep.equal([]);
  });
});

/** One replica at a time: stopped, waited for, started, and ready before the next. */
async function restartEach(system: System): Promise<(number | null)[]> {
  const exitCodes: (number | null)[] = [];
  for (const replica of SERVICES.flatMap((name) => system.replicas(name))) {
    exitCodes.push(await replica.stop());
    await replica.start();
  }
  return exitCodes;
}
