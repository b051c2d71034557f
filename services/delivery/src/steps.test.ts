import type { Database } from '@fanfare/db';
import { accepted, useDatabase } from '@fanfare/db/fixture';
import { DEFAULT_CONTENT_LIMITS } from '@fanfare/domain';
import { RegistryAway, type Serde } from '@fanfare/kafka';
import { createLogger } from '@fanfare/runtime';
import { expect } from 'chai';
import { createSteps, type Steps } from './steps.ts';

const REPLICAS = 16;
const ROUNDS = 10;

describe('steps', () => {
  const test = useDatabase();

  it('store a foreign notification that many bring at once, once, and tell nobody of a conflict', async () => {
    const db = test.connect(REPLICAS);
    const replicas = Array.from({ length: REPLICAS }, () => stepsOf(db));
    for (let round = 0; round < ROUNDS; round += 1) {
      const one = accepted();
      const adopted = await Promise.all(replicas.map(({ adopt }) => adopt(one)));
      expect(adopted.filter((what) => what === 'stored')).to.have.length(1);
      expect(adopted.filter((what) => what === 'known')).to.have.length(REPLICAS - 1);
    }
  });
});

/** The registry is away, and nothing is published. */
function stepsOf(db: Database): Steps {
  const serde: Serde = {
    encoder: () => Promise.reject(new RegistryAway('away')),
    decode: () => Promise.reject(new RegistryAway('away')),
  };
  return createSteps({
    db,
    serde,
    publisher: { publish: () => Promise.resolve(), close: () => Promise.resolve() },
    limits: DEFAULT_CONTENT_LIMITS,
    leaseMs: 1_000,
    log: createLogger({ service: 'test', level: 'error' }),
    signal: new AbortController().signal,
  });
}
