import { DELIVERY_STATES, statusOf, versionOf } from '@fanfare/domain';
import { expect } from 'chai';
import { useDatabase } from './fixture.ts';
import { stateColumns } from './read-model.ts';

const CYCLES = [0, 1, 2_000];
const FENCES = [0, 1, 89_998, 89_999, 90_000, 200_000_000];

describe('state as clients read it', () => {
  const test = useDatabase();

  for (const state of DELIVERY_STATES)
    it(`is the same for Postgres and the domain: ${state}`, async () => {
      const rows = await test.sql<{ cycle: number; fence: number; status: string; version: number }>(
        `WITH row AS (
           SELECT cycle, fence, $1 AS state, NULL::uuid AS id, 1 AS attempt, '' AS reason, now() AS due_at,
             now() AS started_at, now() AS at, '' AS provider, '' AS provider_message_id
           FROM unnest($2::integer[]) cycle, unnest($3::integer[]) fence
         )
         SELECT row.cycle, row.fence, ${stateColumns('row')} FROM row`,
        [state, CYCLES, FENCES],
      );
      expect(rows).to.have.length(CYCLES.length * FENCES.length);
      for (const { cycle, fence, status, version } of rows) {
        expect(status).to.equal(statusOf(state));
        expect(version, `cycle ${cycle}, fence ${fence}`).to.equal(versionOf({ state, cycle, fence }));
      }
    });
});
