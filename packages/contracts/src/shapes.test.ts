import { expect } from 'chai';
import { check, type Checked, fieldsOf, fromQuery } from './index.ts';

/** What is wrong, as `field type: message`; the type only where it is one of its own. */
function told({ ok, ...checked }: Checked<object>): string[] {
  if (ok || !('faults' in checked)) return [];
  return checked.faults.map(({ field, message, type }) =>
    type === 'invalid-request' ? `${field}: ${message}` : `${field} ${type}: ${message}`,
  );
}

function read(query: unknown): Checked<object> {
  return check('ListTemplatesQuery', fromQuery('ListTemplatesQuery', query));
}

describe('a shape', () => {
  const sms = { channel: 'sms', recipient: '+15550100', content: 'x' };

  it('lets through what has it, as it is', () => {
    const checked = check('NewNotification', sms);
    expect(checked.ok).to.equal(true);
    expect(checked.given).to.equal(sms);
  });

  it('says of each field what it must be, once, and what is missing or unknown', () => {
    const wrong = {
      channel: 'fax',
      content: 1,
      priority: 'urgent',
      template_id: 'x',
      metadata: [],
      scheduled_at: 'now',
      max_attempts: 0.5,
      colour: 'red',
    };
    expect(told(check('NewNotification', wrong))).to.have.members([
      'channel invalid-channel: must be one of sms, email, push',
      'recipient invalid-recipient: must be a string',
      'content invalid-content: must be a string',
      'priority: must be one of high, normal, low',
      'template_id: must be a UUID',
      'metadata: must be an object',
      'scheduled_at: must be an RFC 3339 time such as 2030-01-31T09:00:00Z',
      'max_attempts: must be a whole number from 1 to 10',
      'colour: is not a field of this request',
    ]);
    expect(told(check('Redrive', { dry_run: 'yes', rate: 10_001, reason: 'none' }))).to.deep.equal([
      'reason: must be one of rejected, attempts_exhausted, unknown_outcome, worker_crash_loop, publish_refused, id_conflict, row_missing, too_old, too_large, undecodable, invalid, unknown',
      'dry_run: must be true or false',
      'rate: must be a whole number from 1 to 10000',
    ]);
    expect(told(check('NewTemplate', { ...sms, name: '', body: 'x'.repeat(100_001), variables: ['1'] })))
      .to.include('name: must be one line of 1 to 255 printable characters, and not blank')
      .and.include('body invalid-template: must be a string of at most 100000 characters')
      .and.include('variables: must be an array of at most 1000 names of A-Z, a-z, 0-9 and _');
  });

  it('tells them in the order of the schema, and last what the schema does not have', () => {
    const wrong = { colour: 'red', max_attempts: 0, content: '', channel: 'sms' };
    const checked = check('NewNotification', wrong, (_, fault) => fault('content', 'must not be blank'));
    expect(told(checked).map((fault) => fault.split(/[ :]/, 1)[0])).to.deep.equal([
      'recipient',
      'content',
      'max_attempts',
      'colour',
    ]);
  });

  it('counts code points, not code units', () => {
    const name = '👋'.repeat(255);
    expect(told(check('NewTemplate', { name, channel: 'sms', body: '👋'.repeat(100_000) }))).to.deep.equal(
      [],
    );
    expect(told(check('TemplateChange', { name: `${name}a`, body: 'x' }))).to.have.length(1);
  });

  for (const input of [undefined, null, 'text', 7, [sms]])
    it(`is none of ${JSON.stringify(input)}`, () => {
      expect(told(check('NewNotification', input))).to.deep.equal([': must be an object']);
    });

  it('is not taken in by names that every object has', () => {
    const input = JSON.parse('{"__proto__":{"reason":1},"constructor":1,"toString":1}') as unknown;
    expect(told(check('Pause', input)).map((fault) => fault.split(':', 1)[0])).to.deep.equal([
      '__proto__',
      'constructor',
      'toString',
    ]);
    expect(told(check('Redrive', JSON.parse('{"__proto__":{"channel":"fax"}}')))).to.have.length(1);
  });

  it('names at most 100 unknown fields', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i]));
    expect(told(check('Reschedule', many)))
      .to.have.length(101)
      .and.to.include('scheduled_at: must be an RFC 3339 time such as 2030-01-31T09:00:00Z');
  });

  it('leaves the members of a batch to their own shape', () => {
    expect(told(check('NewBatch', { notifications: [7], metadata: 7 }))).to.deep.equal([
      'metadata: must be an object',
    ]);
    for (const notifications of [[], Array.from({ length: 1_001 }), sms])
      expect(told(check('NewBatch', { notifications }))).to.deep.equal([
        'notifications: must be an array of 1 to 1000',
      ]);
  });
});

describe('a rule beside a shape', () => {
  it('sees what is right, and is not heard of what is wrong already', () => {
    const seen: object[] = [];
    const checked = check('Pause', { reason: 7, until: 'noon' }, (given, fault) => {
      seen.push(given);
      fault('reason', 'must rhyme');
    });
    expect(seen).to.deep.equal([{}]);
    expect(told(checked)).to.deep.equal([
      'reason: must be one line of 1 to 200 printable characters, and not blank',
      'until: is not a field of this request',
    ]);
  });

  it('says in its own words or in those of the schema what is wrong', () => {
    const rhyme = check('NewTemplate', { name: 'a', channel: 'sms', body: 'b' }, (_, fault) => {
      fault('name');
      fault('body', 'must rhyme');
    });
    expect(told(rhyme)).to.deep.equal([
      'name: must be one line of 1 to 255 printable characters, and not blank',
      'body invalid-template: must rhyme',
    ]);
  });
});

describe('a query', () => {
  it('has its numbers read, and its defaults filled in', () => {
    expect(read({ limit: '7', cursor: 'x' }).given).to.deep.equal({ limit: 7, cursor: 'x' });
    expect(read({}).given).to.deep.equal({ limit: 50 });
  });

  for (const limit of ['', '0', '201', '1e1', ' 5', '0x5', '-1', '5.0', '٥', ['1', '2']])
    it(`takes no ${JSON.stringify(limit)} for a limit`, () => {
      expect(told(read({ limit }))).to.deep.equal(['limit: must be a whole number from 1 to 200']);
    });

  it('is refused what it does not know', () => {
    const query: unknown = Object.assign(Object.create(null), { __proto__: null, colour: 'red' });
    expect(told(read(query))).to.deep.equal(['colour: is not a field of this request']);
    expect(fieldsOf('ListTemplatesQuery')).to.deep.equal(['channel', 'limit', 'cursor']);
  });
});
