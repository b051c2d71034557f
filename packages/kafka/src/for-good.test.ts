import { expect } from 'chai';
import kafkajs from 'kafkajs';
import { isForGood } from './for-good.ts';

describe('the end of a consumer', () => {
  it('is final for a bug and for a refusal, also inside of what kafkajs makes of them', () => {
    const refusal = protocolError('GROUP_AUTHORIZATION_FAILED');
    for (const error of [new TypeError('undefined'), refusal, new Error('given up', { cause: refusal })])
      expect(isForGood(error), String(error)).to.equal(true);
  });

  it('is not final for an outage that kafkajs gives up on', () => {
    for (const error of [
      protocolError('UNKNOWN'),
      protocolError('COORDINATOR_LOAD_IN_PROGRESS'),
      new kafkajs.KafkaJSNonRetriableError('Failed to find group coordinator'),
      new kafkajs.KafkaJSNumberOfRetriesExceeded(new Error('refused'), { retryCount: 8, retryTime: 1_000 }),
    ])
      expect(isForGood(error), String(error)).to.equal(false);
  });
});

function protocolError(type: string): Error {
  return Object.assign(new Error(type), { type });
}
