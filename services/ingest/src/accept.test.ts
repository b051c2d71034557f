import { type AcceptGroup, DatabaseAway, DatabaseUnreachable } from '@fanfare/db';
import { accepted } from '@fanfare/db/fixture';
import { expect } from 'chai';
import { accept, type AcceptDeps, type AcceptRequest, MaybeAccepted } from './accept.ts';

const AT = 1_780_000_000_000;

function request(id: string, scheduledAt: number | null = null): AcceptRequest {
  return {
    notifications: [accepted({ scheduled_at: scheduledAt }, { id, correlation_id: 'c' })],
    batch: null,
    traceparent: null,
    key: null,
  };
}

function keyed(id: string): AcceptRequest {
  const key = { caller: 'anonymous', path: '/', key: `key of ${id}`, digest: Buffer.alloc(0) };
  return { ...request(id), key };
}

/** Everything accept needs, with what it did written down; each part can be made to fail. */
function world(overrides: Partial<AcceptDeps> = {}) {
  const did: string[] = [];
  const stored: AcceptGroup[] = [];
  let isOpen = false;
  const deps: AcceptDeps = {
    store: (group) => {
      did.push('store');
      stored.push(group);
      return Promise.resolve({ at: AT, lost: new Set<string>() });
    },
    findAccepted: () => Promise.resolve(null),
    remember: (keys) => did.push(...keys.map(({ key, resource_id }) => `remember ${key} ${resource_id}`)),
    publish: (records) => {
      did.push(`publish ${records.length}`);
      return Promise.resolve();
    },
    records: {
      work: () => ({ topic: 'work', key: null, value: null }),
      event: () => ({ topic: 'event', key: null, value: null }),
      promised: ({ id }) => [
        { topic: 'work', key: id, value: null },
        { topic: 'event', key: id, value: null },
      ],
    },
    latch: {
      isOpen: () => isOpen,
      open: () => {
        isOpen = true;
      },
      stop: () => {},
    },
    published: {
      add: (id) => did.push(`published ${id}`),
      take: () => ['earlier'],
      putBack: (ids) => did.push(`put back ${ids.join()}`),
      flush: () => Promise.resolve(),
    },
    newId: () => 'outbox-1',
    log: () => {},
    ...overrides,
  };
  return { deps, did, stored, isLatchOpen: () => isOpen };
}

describe('accept', () => {
  it('stores the group, publishes it, and then drops the promise', async () => {
    const { deps, did, stored } = world();
    const acceptances = await accept(deps, [request('a'), request('b')]);
    expect(did).to.deep.equal(['store', 'publish 4', 'published outbox-1']);
    expect(stored[0]?.publishedOutboxIds).to.deep.equal(['earlier']);
    expect(acceptances).to.deep.equal([
      { at: AT, status: 'queued' },
      { at: AT, status: 'queued' },
    ]);
  });

  it('publishes nothing of what is scheduled', async () => {
    const { deps, did } = world();
    const acceptances = await accept(deps, [request('a', AT + 60_000), request('b')]);
    expect(did).to.deep.equal(['store', 'publish 2', 'published outbox-1']);
    expect(acceptances.map((acceptance) => acceptance?.status)).to.deep.equal(['pending', 'queued']);
  });

  it('publishes and remembers nothing of whose key another request has', async () => {
    const { deps, did } = world({
      store: (_, keys) =>
        Promise.resolve({ at: AT, lost: new Set(keys.slice(1).map((key) => key.resource_id)) }),
    });
    const acceptances = await accept(deps, [keyed('a'), keyed('b'), request('c')]);
    expect(acceptances).to.deep.equal([{ at: AT, status: 'queued' }, null, { at: AT, status: 'queued' }]);
    expect(did).to.deep.equal(['remember key of a a', 'publish 4', 'published outbox-1']);
  });

  it('tells what lost its key from what was stored when the reply to the commit was lost', async () => {
    const { deps, did } = world({
      store: () => Promise.reject(new DatabaseAway('reset')),
      findAccepted: () => Promise.resolve({ at: AT, stored: new Set(['b']) }),
    });
    expect(await accept(deps, [keyed('a'), keyed('b')])).to.deep.equal([null, { at: AT, status: 'queued' }]);
    expect(did).to.deep.equal(['put back earlier', 'remember key of b b', 'publish 2', 'published outbox-1']);
  });

  it('answers pending and keeps the promise when Kafka is away, and asks Kafka no more', async () => {
    let publishes = 0;
    const publish = () => {
      publishes += 1;
      return Promise.reject(new Error('deadline'));
    };
    const { deps, did, isLatchOpen } = world({ publish });
    expect(await accept(deps, [request('a')])).to.deep.equal([{ at: AT, status: 'pending' }]);
    expect(isLatchOpen()).to.equal(true);
    expect(await accept(deps, [request('b')])).to.deep.equal([{ at: AT, status: 'pending' }]);
    expect(did).to.deep.equal(['store', 'store']);
    expect(publishes).to.equal(1);
  });

  it('goes on when the reply to the commit was lost but the group is stored', async () => {
    const { deps, did } = world({
      store: () => Promise.reject(new DatabaseAway('reset')),
      findAccepted: (ids) => Promise.resolve({ at: AT - 5, stored: new Set(ids) }),
    });
    expect(await accept(deps, [request('a')])).to.deep.equal([{ at: AT - 5, status: 'queued' }]);
    expect(did).to.deep.equal(['put back earlier', 'publish 2', 'published outbox-1']);
  });

  it('publishes nothing when the group was never sent, and says that nothing was accepted', async () => {
    const { deps, did } = world({ store: () => Promise.reject(new DatabaseUnreachable('refused')) });
    const error = await accept(deps, [request('a')]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DatabaseUnreachable);
    expect(did).to.deep.equal(['put back earlier']);
  });

  for (const [what, findAccepted] of [
    ['nobody can tell', () => Promise.reject(new DatabaseAway('refused'))],
    ['the commit may still be under way', () => Promise.resolve(null)],
  ] as const)
    it(`says that the group may be stored when ${what}`, async () => {
      const { deps, did } = world({ store: () => Promise.reject(new DatabaseAway('reset')), findAccepted });
      const error = await accept(deps, [request('a')]).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(MaybeAccepted);
      expect(did).to.deep.equal(['put back earlier']);
    });
});
