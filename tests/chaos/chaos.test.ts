import { join } from 'node:path';
import { expect } from 'chai';
import { type Outcome, runChaos } from './chaos.ts';
import { isBalanced } from './ledger/balance.ts';
import { FAULTS } from './ledger/evidence.ts';
import { renderOutcome } from './report.ts';

const SEED = 7;
const NOTIFICATIONS_LEAST = 5_000;
/** About three and a half; a busy machine may take longer, and the first run on it installs the stack. */
const TIMEOUT_MS = 12 * 60_000;

describe(`chaos, once through every fault with seed ${SEED}`, function () {
  this.timeout(TIMEOUT_MS);
  let outcome: Outcome;

  before('shake everything, and wait until it is quiet', async () => {
    outcome = await runChaos({
      seed: SEED,
      minutes: null,
      perSecond: 60,
      faults: FAULTS,
      progress: () => {},
      signal: new AbortController().signal,
      logDir: join(import.meta.dirname, '../../.fanfare/chaos-logs'),
    });
  });

  it('does each fault while it sends by every door', () => {
    expect(outcome.faults.map(({ kind }) => kind).toSorted()).to.deep.equal(FAULTS.toSorted());
    expect(outcome.sent).to.be.at.least(NOTIFICATIONS_LEAST);
  });

  it('loses nothing, and sends nothing twice without a reason', () => {
    if (!isBalanced(outcome.ledger)) expect.fail(renderOutcome(outcome));
  });
});
