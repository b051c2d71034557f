import { expect } from 'chai';
import { allOf, DEFAULT_CONTENT_LIMITS, validateBatch } from './index.ts';

const RULES = { limits: DEFAULT_CONTENT_LIMITS, now: Date.parse('2030-01-15T12:00:00Z') };
const SMS = { channel: 'sms', recipient: '+15550100123', content: 'Merhaba' };

function faultsOf(input: unknown): string[] {
  const result = validateBatch(input, RULES);
  return result.ok ? [] : result.faults.map(({ field, type }) => `${field} ${type}`);
}

describe('validation of a batch', () => {
  it('takes its members in their order, and its metadata', () => {
    const notifications = ['a', 'b'].map((content) => ({ ...SMS, content }));
    const result = validateBatch({ notifications, metadata: { campaign: 7 } }, RULES);
    expect(result.ok && result.value.drafts.map(({ content }) => content)).to.deep.equal(['a', 'b']);
    expect(result.ok && result.value.metadata).to.deep.equal({ campaign: 7 });
    const without = validateBatch({ notifications, metadata: null }, RULES);
    expect(without.ok && without.value.metadata).to.equal(null);
  });

  it('says what is wrong with it and with each member, under its index, at once', () => {
    const notifications = [SMS, { ...SMS, content: '', colour: 'red' }, 7, {}];
    expect(faultsOf({ notifications, metadata: { a: '\0' }, name: 'x' })).to.deep.equal([
      'metadata invalid-request',
      'name invalid-request',
      'notifications[1].content invalid-content',
      'notifications[1].colour invalid-request',
      'notifications[2] invalid-request',
      'notifications[3].channel invalid-channel',
      'notifications[3].recipient invalid-recipient',
      'notifications[3].content invalid-content',
    ]);
  });

  for (const input of [null, [], {}, { notifications: null }, { notifications: [] }, { notifications: SMS }])
    it(`refuses ${JSON.stringify(input)}`, () => {
      expect(faultsOf(input)).to.have.length(1);
    });

  it('is of at most 1000 members, and looks into no more', () => {
    const notifications = Array.from({ length: 1_000 }, () => SMS);
    expect(faultsOf({ notifications })).to.deep.equal([]);
    expect(faultsOf({ notifications: [...notifications, 7] })).to.deep.equal([
      'notifications invalid-request',
    ]);
  });

  it('is all or nothing', () => {
    expect(
      allOf([
        { ok: true, value: 1 },
        { ok: true, value: 2 },
      ]),
    ).to.deep.equal({ ok: true, value: [1, 2] });
    const fault = { field: '', message: 'is wrong', type: 'invalid-content' as const };
    expect(
      allOf([
        { ok: true, value: 1 },
        { ok: false, faults: [fault] },
      ]),
    ).to.deep.equal({
      ok: false,
      faults: [{ ...fault, field: 'notifications[1]' }],
    });
  });
});
