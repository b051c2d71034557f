import { type Codec, STATUS_TOPIC, workTopic } from '@fanfare/contracts';
import { acceptedDelivery, DELIVERY_STATES, type Delivery, isTerminal, readTicket } from '@fanfare/domain';
import { notificationOf } from '@fanfare/domain/fixture';
import { expect } from 'chai';
import { type JourneyRecords, journeyRecords } from './journey-records.ts';

const NOTIFICATION = notificationOf({
  channel: 'email',
  recipient: 'okur@example.com',
  priority: 'low',
  correlation_id: 'c-1',
  created_at: 0,
});
const ROW: Delivery = { ...acceptedDelivery(NOTIFICATION, 0), cycle: 2, fence: 3, attempt: 4 };

describe('what a row that nobody published asks for', () => {
  let records: JourneyRecords;
  before(async () => {
    records = await journeyRecords({
      encoder: <T>(codec: Codec<T>) => Promise.resolve((value: T) => codec.encode(value)),
      decode: () => Promise.reject(new Error('nothing is read here')),
    });
  });

  const promised = (state: Delivery['state']) => records.promised(NOTIFICATION, { ...ROW, state });

  it('is its delivery, with the ticket of its next claim, and the event of its acceptance', () => {
    const [work, event, ...others] = promised('accepted');
    expect([work?.topic, event?.topic]).to.deep.equal([workTopic('email', 'low'), STATUS_TOPIC]);
    expect([work?.key, event?.key]).to.deep.equal([NOTIFICATION.id, NOTIFICATION.id]);
    const headers = Object.entries(work?.headers ?? {}).map(([name, value]) => [name, String(value)]);
    expect(readTicket(Object.fromEntries(headers))).to.deep.equal({ cycle: 2, fence: 3, attempt: 4 });
    expect(others).to.be.empty;
  });

  for (const state of DELIVERY_STATES.filter((one) => one !== 'accepted'))
    it(`is ${isTerminal(state) ? 'only its event' : 'nothing'} when it is ${state}`, () => {
      const topics = promised(state).map(({ topic }) => topic);
      expect(topics).to.deep.equal(isTerminal(state) ? [STATUS_TOPIC] : []);
    });
});
