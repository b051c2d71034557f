import { type Channel, CHANNELS } from '@fanfare/contracts';
import { expect } from 'chai';
import { getNotification } from './api.ts';
import { type Outage, OUTAGES, useOutage } from './outage.ts';
import type { System } from './system.ts';

/** A call that nobody answers (3 s), its retry, and several times as much for a busy machine. */
const LATEST_MS = 15_000;
/** Two processes lose five calls each before they know, and one each with every look whether it is back. */
const BURNT_SHARE_MAX = 0.25;

describe('providers that are out, with a backup', () => {
  const { system, outage } = useOutage((prefix, url, { simulatorUrl }) => ({
    [`${prefix}_PROVIDERS`]: 'primary,backup',
    [`${prefix}_PROVIDER_PRIMARY_URL`]: url,
    [`${prefix}_PROVIDER_BACKUP_URL`]: simulatorUrl,
  }));

  for (const channel of CHANNELS)
    describe(`one that ${OUTAGES[channel]}`, () => {
      it('is not asked meanwhile, and is asked again afterwards', () => {
        const { lanesDuring, lanesAfterwards } = outage();
        expectShut(lanesDuring[channel][`${channel}/primary`]);
        expect(lanesDuring[channel][`${channel}/backup`]).to.equal('open');
        expect(Object.values(lanesAfterwards[channel])).to.deep.equal(['open', 'open']);
      });

      it('loses nothing, and nothing is sent twice', () => expectEachAcceptedOnce(outage(), channel));

      it('makes nobody wait for long', () => {
        const waits = outage().accepted.filter(isOf(channel)).map(waitIn(outage()));
        expect(Math.max(...waits)).to.be.below(LATEST_MS);
      });
    });

  for (const channel of ['sms', 'email'] as const)
    it(`cost no attempt where they took nothing: one that ${OUTAGES[channel]}`, async () => {
      const attempts = await attemptsOf(system(), idsDuring(outage(), channel));
      expect(attempts).to.deep.equal(attempts.map(() => 1));
    });
});

describe('providers that are out, without a backup', () => {
  const { system, outage } = useOutage((prefix, url) => ({ [`${prefix}_PROVIDER_URL`]: url }));

  for (const channel of CHANNELS)
    describe(`one that ${OUTAGES[channel]}`, () => {
      it('is not asked meanwhile, and is asked again afterwards', () => {
        const { lanesDuring, lanesAfterwards } = outage();
        expectShut(lanesDuring[channel][`${channel}/http`]);
        expect(lanesAfterwards[channel]).to.deep.equal({ [`${channel}/http`]: 'open' });
      });

      it('loses nothing, and nothing is sent twice', () => expectEachAcceptedOnce(outage(), channel));
    });

  for (const channel of ['sms', 'email'] as const)
    it(`cost few an attempt, the others wait: one that ${OUTAGES[channel]}`, async () => {
      const attempts = await attemptsOf(system(), idsDuring(outage(), channel));
      const burnt = attempts.filter((attempt) => attempt > 1);
      expect(burnt.length / attempts.length).to.be.within(0.001, BURNT_SHARE_MAX);
    });
});

/** One call may be looking whether it is back. */
function expectShut(state: string | undefined): void {
  expect(state).to.be.oneOf(['broken', 'half-open', 'probing']);
}

function expectEachAcceptedOnce({ accepted, calls }: Outage, channel: Channel): void {
  const ids = accepted.filter(isOf(channel)).map(({ id }) => id);
  expect(ids).to.have.length.greaterThan(100);
  const times = ids.map((id) => calls.get(id)?.filter(({ answer }) => answer === 'accepted').length);
  expect(times).to.deep.equal(ids.map(() => 1));
}

function isOf(wanted: Channel): (one: { channel: string }) => boolean {
  return ({ channel }) => channel === wanted;
}

function waitIn({ calls }: Outage): (one: { id: string; acceptedAtMs: number }) => number {
  return ({ id, acceptedAtMs }) => {
    const sent = calls.get(id)?.find(({ answer }) => answer === 'accepted');
    return Date.parse(sent?.at ?? '') - acceptedAtMs;
  };
}

function idsDuring({ accepted }: Outage, channel: Channel): string[] {
  return accepted
    .filter(({ isDuring }) => isDuring)
    .filter(isOf(channel))
    .map(({ id }) => id);
}

function attemptsOf({ apiUrl }: System, ids: readonly string[]): Promise<number[]> {
  return Promise.all(ids.map(async (id) => (await getNotification(apiUrl, id)).attempts));
}
