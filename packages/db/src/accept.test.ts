import { randomUUIDv7 } from 'node:crypto';
import { type Draft, statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, freshRow, groupOf, shuffled, store, useDatabase } from './fixture.ts';
import {
  acceptGroup,
  adoptForeign,
  findAccepted,
  forgetOutbox,
  getNotification,
  notificationOf,
  readPublishable,
  RowRefused,
} from './index.ts';

const HOUR_MS = 3_600_000;

/** What nothing has happened to yet. */
const UNTOUCHED = {
  template_version: null,
  batch_id: null,
  status: 'pending',
  attempts: 0,
  failure_reason: null,
  next_retry_at: null,
  last_attempted_at: null,
  delivered_at: null,
  failed_at: null,
  cancelled_at: null,
  provider: null,
  provider_message_id: null,
};

describe('accepting a group', () => {
  const test = useDatabase();
  const count = async (table: string): Promise<number> =>
    (await test.sql<{ count: number }>(`SELECT count(*) FROM ${table}`))[0]?.count ?? NaN;
  const outboxOf = async (id: string): Promise<string[] | null> =>
    (
      await test.sql<{ notification_ids: string[] }>('SELECT notification_ids FROM outbox WHERE id = $1', [
        id,
      ])
    )[0]?.notification_ids ?? null;

  it('stores what was asked for, and gives it back as it was', async () => {
    const drafts: Partial<Draft>[] = [
      { content: 'İyi günler "Ada" \\ {a,b} NULL, \u2028 👩‍👩‍👧‍👦 مرحبا', recipient: '+12' },
      { channel: 'email', recipient: 'çağrı@örnek.com.tr', content: 'ş'.repeat(10_000), priority: 'low' },
      {
        channel: 'email',
        recipient: 'a@b.example',
        subject: 'Şöyle: "a,b" {',
        html: '<p title="\\">🎉</p>\n',
      },
      { content: 'NULL', metadata: {}, max_attempts: 1, delivery_mode: 'at_most_once' },
      { content: '{}', metadata: { '"': ['\\', '{', null, 1.5, { ç: 'null' }], __proto: true } },
      { content: null, template_id: randomUUIDv7(), expires_at: Date.now() + HOUR_MS },
      { content: '', channel: 'push', recipient: 'token,"}', priority: 'high' },
    ];
    const identity = { correlation_id: 'c,"1', idempotency_key: 'k\\', source: 'billing', tenant_id: 't' };
    const notifications = drafts.map((draft) => accepted(draft, identity));
    const at = await acceptGroup(test.db, groupOf(notifications));
    for (const { id, draft } of notifications) {
      const { template_variables: _, scheduled_at: __, expires_at, ...asked } = draft;
      const { tenant_id: ___, source: ____, ...known } = identity;
      const times = { scheduled_at: null, expires_at, created_at: at, updated_at: at };
      expect(await getNotification(test.db, id)).to.deep.equal({
        ...UNTOUCHED,
        ...asked,
        ...known,
        ...Object.fromEntries(
          Object.entries(times).map(([name, ms]) => [name, ms && new Date(ms).toISOString()]),
        ),
        id,
      });
    }
  });

  it('promises it to Kafka, and whoever keeps the promise tells what the domain tells', async () => {
    const notifications = [accepted({ expires_at: Date.now() + HOUR_MS }), accepted(), accepted()];
    const group = groupOf(notifications);
    const at = await acceptGroup(test.db, group);
    const ids = notifications.map(({ id }) => id);
    expect(await outboxOf(group.outboxId)).to.deep.equal(ids);
    const told = (await readPublishable(test.db, ids)).map(({ notification, delivery }) =>
      statusEvent(notification, delivery),
    );
    const domain = notifications.map((one) => statusEvent({ ...one, ...one.draft }, freshRow(one, at)));
    expect(told).to.have.deep.members(domain);
  });

  it('reads for the one who relays it all that its record had', async () => {
    const [mail, sms] = [
      accepted({ channel: 'email', recipient: 'a@b.example', subject: 'Şöyle', html: '<p>🎉</p>' }),
      accepted({ metadata: { a: 1 } }),
    ];
    const at = await acceptGroup(test.db, groupOf([mail, sms]));
    const read = await readPublishable(test.db, [mail.id, sms.id]);
    expect(read.map(({ notification }) => notification)).to.have.deep.members(
      [mail, sms].map((one) => notificationOf(one, at)),
    );
  });

  it('does not promise what is scheduled', async () => {
    const due = Date.now() + HOUR_MS;
    const [now, later] = [accepted(), accepted({ scheduled_at: due })];
    const mixed = groupOf([now, later]);
    await acceptGroup(test.db, mixed);
    expect(await outboxOf(mixed.outboxId)).to.deep.equal([now.id]);
    const rows = await test.sql(
      'SELECT id, state, due_at FROM deliveries WHERE id = ANY ($1) ORDER BY state',
      [[now.id, later.id]],
    );
    expect(rows).to.deep.equal([
      { id: now.id, state: 'accepted', due_at: null },
      { id: later.id, state: 'scheduled', due_at: due },
    ]);
    const scheduledOnly = groupOf([accepted({ scheduled_at: due })]);
    await acceptGroup(test.db, scheduledOnly);
    expect(await outboxOf(scheduledOnly.outboxId)).to.equal(null);
  });

  it('stores the batch beside its members', async () => {
    const batch = { id: randomUUIDv7(), size: 2, metadata: { campaign: 'ş"\\' }, correlation_id: 'c' };
    const members = [accepted({}, { batch_id: batch.id }), accepted({}, { batch_id: batch.id })];
    const at = await acceptGroup(test.db, groupOf(members, { batch }));
    expect(await test.sql('SELECT * FROM batches WHERE id = $1', [batch.id])).to.deep.equal([
      { ...batch, tenant_id: 'default', created_at: at },
    ]);
  });

  it('drops the promises of groups that were published, and no others', async () => {
    const [first, second, third] = [groupOf([accepted()]), groupOf([accepted()]), groupOf([accepted()])];
    await acceptGroup(test.db, first);
    await acceptGroup(test.db, second);
    await acceptGroup(test.db, { ...third, publishedOutboxIds: [first.outboxId, randomUUIDv7()] });
    expect(await outboxOf(first.outboxId)).to.equal(null);
    expect(await outboxOf(second.outboxId)).to.have.length(1);
    await forgetOutbox(test.db, [second.outboxId, third.outboxId]);
    expect(await outboxOf(second.outboxId)).to.equal(null);
    expect(await outboxOf(third.outboxId)).to.equal(null);
  });

  const spoilt: Record<string, Partial<Draft>> = {
    'a NUL': { content: 'a\0b' },
    'a number that is none': { max_attempts: Number.NaN },
    'a time of no calendar': { expires_at: 9e17 },
  };
  for (const [what, draft] of Object.entries(spoilt))
    it(`stores nothing of a group with ${what} in one row`, async () => {
      const batch = { id: randomUUIDv7(), size: 3, metadata: null, correlation_id: null };
      const published = groupOf([accepted()]);
      await acceptGroup(test.db, published);
      const tables = ['deliveries', 'notifications', 'outbox', 'batches'];
      const before = await Promise.all(tables.map(count));
      const group = groupOf([accepted(), accepted(draft), accepted()], {
        batch,
        publishedOutboxIds: [published.outboxId],
      });
      const refusal = await acceptGroup(test.db, group).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(RowRefused);
      expect(await Promise.all(tables.map(count))).to.deep.equal(before);
    });

  it('refuses an id a second time, and leaves the first as it was', async () => {
    const first = accepted({ content: 'first' });
    await acceptGroup(test.db, groupOf([first]));
    const again = groupOf([accepted(), { ...first, draft: { ...first.draft, content: 'second' } }]);
    expect(await acceptGroup(test.db, again).catch((error: unknown) => error)).to.be.instanceOf(RowRefused);
    expect(await getNotification(test.db, first.id)).to.have.property('content', 'first');
    expect(await outboxOf(again.outboxId)).to.equal(null);
  });

  it('says afterwards whether a group was stored, for a caller whose reply was lost', async () => {
    const stored = accepted();
    const at = await acceptGroup(test.db, groupOf([stored]));
    const found = await findAccepted(test.db, [randomUUIDv7(), stored.id]);
    expect(found).to.deep.equal({ at, stored: new Set([stored.id]) });
    expect(await findAccepted(test.db, [randomUUIDv7()])).to.equal(null);
  });

  it('of nothing changes nothing', async () => {
    const before = await Promise.all(['deliveries', 'outbox', 'batches'].map(count));
    expect(await acceptGroup(test.db, groupOf([]))).to.be.within(Date.now() - HOUR_MS, Date.now() + HOUR_MS);
    expect(await Promise.all(['deliveries', 'outbox', 'batches'].map(count))).to.deep.equal(before);
  });

  it('takes a thousand at once', async () => {
    const ids = await store(
      test.db,
      Array.from({ length: 1000 }, () => ({})),
    );
    const rows = await test.sql<{ count: number }>('SELECT count(*) FROM deliveries WHERE id = ANY ($1)', [
      ids,
    ]);
    expect(rows).to.deep.equal([{ count: 1000 }]);
  });
});

describe('adopting foreign notifications', () => {
  const test = useDatabase();

  it('stores what is new, knows it again, and tells it from another one under the same id', async () => {
    const [old, fresh, other] = [accepted({ metadata: { a: 1, b: 2 } }), accepted(), accepted()];
    expect(await adoptForeign(test.db, [old, other])).to.deep.equal(['stored', 'stored']);
    const sameAgain = { ...old, draft: { ...old.draft, metadata: { b: 2, a: 1 } }, correlation_id: 'other' };
    const changed = { ...other, draft: { ...other.draft, content: 'something else' } };
    expect(await adoptForeign(test.db, [changed, fresh, sameAgain])).to.deep.equal([
      'conflict',
      'stored',
      'known',
    ]);
    expect(await getNotification(test.db, other.id)).to.have.property('content', other.draft.content);
  });

  it('knows what was asked for in the same words, whatever has become of them', async () => {
    const asked = { scheduled_at: Date.now() + HOUR_MS };
    const early = accepted(asked, { asked });
    const late = { ...early, draft: { ...early.draft, scheduled_at: null } };
    expect(await adoptForeign(test.db, [early])).to.deep.equal(['stored']);
    expect(await adoptForeign(test.db, [late])).to.deep.equal(['known']);
    expect(await adoptForeign(test.db, [{ ...late, asked: {} }])).to.deep.equal(['conflict']);
  });

  it('knows what came by REST', async () => {
    const byRest = accepted();
    await acceptGroup(test.db, groupOf([byRest]));
    expect(await adoptForeign(test.db, [byRest])).to.deep.equal(['known']);
  });

  it('makes the same rows as REST does, without a promise: the record itself stands behind them', async () => {
    const due = Date.now() + HOUR_MS;
    const [now, later] = [accepted(), accepted({ scheduled_at: due })];
    await adoptForeign(test.db, [now, later]);
    const rows = await test.sql(
      'SELECT id, state, due_at FROM deliveries WHERE id = ANY ($1) ORDER BY state',
      [[now.id, later.id]],
    );
    expect(rows).to.deep.equal([
      { id: now.id, state: 'accepted', due_at: null },
      { id: later.id, state: 'scheduled', due_at: due },
    ]);
    expect(
      await test.sql('SELECT id FROM outbox WHERE notification_ids && $1', [[now.id, later.id]]),
    ).to.deep.equal([]);
  });

  it('refuses a row that cannot be stored', async () => {
    const group = [accepted(), accepted({ recipient: 'a\0b' })];
    expect(await adoptForeign(test.db, group).catch((error: unknown) => error)).to.be.instanceOf(RowRefused);
    expect(await adoptForeign(test.db, group.slice(0, 1))).to.deep.equal(['stored']);
  });

  it('of one id from many at once stores exactly one, and never fails', async () => {
    const pools = Array.from({ length: 5 }, () => test.connect(2));
    for (let round = 0; round < 20; round += 1) {
      const shared = Array.from({ length: 10 }, () => accepted());
      const results = await Promise.all(
        pools.flatMap((db, i) =>
          [0, 1].map(async (k) => {
            const group = shuffled(shared, i * 2 + k);
            const adopted = await adoptForeign(db, group);
            return group.map(({ id }, index) => ({ id, adopted: adopted[index] }));
          }),
        ),
      );
      for (const { id } of shared) {
        const verdicts = results
          .flat()
          .filter((result) => result.id === id)
          .map(({ adopted }) => adopted);
        expect(verdicts.filter((verdict) => verdict === 'stored')).to.have.length(1);
        expect(['stored', 'known', 'unseen']).to.include.members(verdicts);
      }
      expect(await adoptForeign(test.db, shared)).to.deep.equal(shared.map(() => 'known'));
    }
  });
});
