import { expect } from 'chai';
import type { OutgoingRecord } from './publish.ts';
import { publishEach } from './publish-each.ts';
import { PublishRefused, PublishTimeout } from './publish-errors.ts';

const record = (topic: string): OutgoingRecord => ({ topic, key: null, value: null });

function publisherThat(fails: (records: readonly OutgoingRecord[]) => Error | null) {
  return {
    publish: (records: readonly OutgoingRecord[]): Promise<void> => {
      const error = fails(records);
      return error === null ? Promise.resolve() : Promise.reject(error);
    },
    close: () => Promise.resolve(),
  };
}

describe('publishEach', () => {
  const [good, bad, other] = [[record('a'), record('b')], [record('a'), record('refused')], [record('c')]];

  it('tells a refusal to the caller whose record it was, and to no other', async () => {
    const publisher = publisherThat((records) => {
      const guilty = records.filter(({ topic }) => topic === 'refused');
      return new PublishRefused(guilty.map((one) => ({ record: one, reason: 'MESSAGE_TOO_LARGE' })));
    });
    const answers = await publishEach(publisher, [good, bad, other]);
    expect([answers[0], answers[2]]).to.deep.equal([null, null]);
    expect(answers[1]?.refused.map((one) => one.record)).to.deep.equal([bad[1]]);
  });

  it('tells nobody of a refusal where there is none', async () => {
    expect(
      await publishEach(
        publisherThat(() => null),
        [good, other],
      ),
    ).to.deep.equal([null, null]);
  });

  it('passes a time-out on: nobody knows what is stored', async () => {
    const late = publisherThat(() => new PublishTimeout('late'));
    const error = await publishEach(late, [good]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PublishTimeout);
  });
});
