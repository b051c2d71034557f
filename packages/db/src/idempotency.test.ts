import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { accepted, groupOf, shuffled, useDatabase } from './fixture.ts';
import {
  type Accepted,
  acceptKeyed,
  findFirstUse,
  forgetExpiredKeys,
  getBatch,
  getNotification,
  forgetKey,
  guardKey,
  type IdempotencyKey,
  RowRefused,
  type TakenKey,
} from './index.ts';

const PATH = '/api/v1/notifications';

function keyed(body = 'a body', key: string = randomUUID()): IdempotencyKey {
  return { caller: 'anonymous', path: PATH, key, digest: createHash('sha256').update(body).digest() };
}

function taken(key: IdempotencyKey, { id }: { id: string }): TakenKey {
  return { ...key, resource_id: id };
}

describe('idempotency keys', () => {
  const test = useDatabase();
  const store = (notifications: Accepted[], keys: TakenKey[]) =>
    acceptKeyed(test.db, groupOf(notifications), keys);
  const age = (key: IdempotencyKey, by: string) =>
    test.sql(`UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE key = $1`, [
      key.key,
      by,
    ]);

  it('stores a notification with its key, and tells what it stands for', async () => {
    const [one, key] = [accepted(), keyed()];
    const { at, lost } = await store([one, accepted()], [taken(key, one)]);
    expect(lost).to.deep.equal(new Set());
    const use = await findFirstUse(test.db, key);
    expect(use).to.deep.include({ digest: key.digest, resource_id: one.id, resource_version: null });
    expect(use?.created_at).to.equal(at);
    expect(await findFirstUse(test.db, { ...key, caller: 'another' })).to.equal(null);
    expect(await findFirstUse(test.db, { ...key, path: '/elsewhere' })).to.equal(null);
  });

  it('stores nothing of a request whose key is in use, and all the others of the group', async () => {
    const key = keyed();
    const [first, again, other, free] = [accepted(), accepted(), accepted(), accepted()];
    await store([first], [taken(key, first)]);
    const outboxId = randomUUIDv7();
    const { lost } = await acceptKeyed(test.db, groupOf([again, other, free], { outboxId }), [
      taken({ ...key, digest: keyed('another').digest }, again),
      taken(keyed(), other),
    ]);
    expect(lost).to.deep.equal(new Set([again.id]));
    expect(await getNotification(test.db, again.id)).to.equal(null);
    expect(await test.sql('SELECT FROM deliveries WHERE id = $1', [again.id])).to.be.empty;
    const [promise] = await test.sql<{ notification_ids: string[] }>(
      'SELECT notification_ids FROM outbox WHERE id = $1',
      [outboxId],
    );
    expect(promise?.notification_ids).to.have.members([other.id, free.id]);
    expect((await findFirstUse(test.db, key))?.digest).to.deep.equal(key.digest);
  });

  it('promises nothing when every request of a group is lost', async () => {
    const [first, again, key, outboxId] = [accepted(), accepted(), keyed(), randomUUIDv7()];
    await store([first], [taken(key, first)]);
    await acceptKeyed(test.db, groupOf([again], { outboxId }), [taken(key, again)]);
    expect(await test.sql('SELECT FROM outbox WHERE id = $1', [outboxId])).to.be.empty;
  });

  it('gives a key that comes twice in a group to one of the two', async () => {
    const [one, two, key] = [accepted(), accepted(), keyed()];
    const { lost } = await store([one, two], [taken(key, one), taken(key, two)]);
    expect(lost.size).to.equal(1);
    for (const { id } of [one, two])
      expect((await getNotification(test.db, id)) === null).to.equal(lost.has(id));
  });

  it('stores a batch with its members, or none of it', async () => {
    const key = keyed();
    const ids = [randomUUIDv7(), randomUUIDv7()];
    for (const id of ids) {
      const members = [1, 2, 3].map(() => accepted({}, { batch_id: id }));
      const batch = { id, size: 3, metadata: null, correlation_id: null };
      await acceptKeyed(test.db, groupOf(members, { batch }), [{ ...key, resource_id: id }]);
    }
    const [first, second] = await Promise.all(ids.map((id) => getBatch(test.db, id)));
    expect(first?.notifications).to.have.length(3);
    expect(second).to.equal(null);
    expect(await test.sql('SELECT FROM notifications WHERE batch_id = $1', [ids[1]])).to.be.empty;
  });

  it('keeps no key of what could not be stored', async () => {
    const [one, key] = [accepted(), keyed()];
    await store([one], []);
    const refusal = await store([one], [taken(key, one)]).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(RowRefused);
    expect(await findFirstUse(test.db, key)).to.equal(null);
  });

  it('lets one win and the others wait, in whatever order their groups come, without a deadlock', async () => {
    const keys = Array.from({ length: 40 }, () => keyed());
    const won: string[] = [];
    const deadlocks = await test.deadlocksOf(8, async (db) => {
      const race = Array.from({ length: 24 }, async (_, seed) => {
        const group = shuffled(keys, seed).map((key) => ({ key, notification: accepted() }));
        const takenKeys = group.map(({ key, notification }) => taken(key, notification));
        const notifications = group.map(({ notification }) => notification);
        const { lost } = await acceptKeyed(db, groupOf(notifications), takenKeys);
        // Whoever lost waited for the winner: what the key stands for is there to be read.
        for (const { key, notification } of group) {
          const use = await findFirstUse(db, key);
          expect(await getNotification(db, use?.resource_id ?? '')).to.not.equal(null);
          if (!lost.has(notification.id)) won.push(notification.id);
        }
      });
      await Promise.all(race);
    });
    expect(deadlocks).to.equal(0);
    expect(won).to.have.length(keys.length);
    const uses = await Promise.all(keys.map((key) => findFirstUse(test.db, key)));
    expect(uses.map((use) => use?.resource_id)).to.have.members(won);
  });

  it('frees a key after 24 hours, whether or not it has been forgotten', async () => {
    const [first, second, third, key] = [accepted(), accepted(), accepted(), keyed()];
    await store([first], [taken(key, first)]);
    await age(key, '23:59:00');
    expect((await store([second], [taken(key, second)])).lost.size).to.equal(1);
    await age(key, '00:01:00');
    expect(await findFirstUse(test.db, key)).to.equal(null);
    const other = keyed('another body', key.key);
    expect((await store([third], [taken(other, third)])).lost.size).to.equal(0);
    expect(await findFirstUse(test.db, key)).to.deep.include({ digest: other.digest, resource_id: third.id });
  });

  it('forgets old keys, the oldest first and so many at a time', async () => {
    await test.sql('DELETE FROM idempotency_keys');
    const keys = Array.from({ length: 5 }, () => keyed());
    for (const key of keys) await guardKey(test.db, key);
    for (const [index, key] of keys.slice(0, 4).entries()) await age(key, `${28 - index} hours`);
    expect(await forgetExpiredKeys(test.db, 3)).to.equal(3);
    const left = await test.sql<{ key: string }>('SELECT key FROM idempotency_keys ORDER BY created_at');
    expect(left.map(({ key }) => key)).to.deep.equal(keys.slice(3).map(({ key }) => key));
    expect(await forgetExpiredKeys(test.db, 3)).to.equal(1);
    expect(await forgetExpiredKeys(test.db, 3)).to.equal(0);
  });

  it('guards a request that may be carried out again: tells its first use, whatever comes later', async () => {
    const key = keyed();
    const first = await guardKey(test.db, key);
    expect(first).to.deep.include({ is_first: true, digest: key.digest });
    const later = await guardKey(test.db, keyed('another', key.key));
    expect(later).to.deep.equal({ ...first, is_first: false });
    await age(key, '24:00:01');
    expect(await guardKey(test.db, key)).to.include({ is_first: true });
  });

  it('frees the key of a guarded request, unless the same has come again since', async () => {
    const key = keyed();
    const { turn: first } = await guardKey(test.db, key);
    const { turn: second } = await guardKey(test.db, key);
    await forgetKey(test.db, key, first);
    expect(await guardKey(test.db, keyed('another', key.key))).to.include({ is_first: false });
    await forgetKey(test.db, key, second);
    expect(await guardKey(test.db, keyed('another', key.key))).to.include({ is_first: true });
  });
});
