import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { stateOf } from './fixture.ts';
import { createListener, dispatch, type Hub, leave } from './hub.ts';
import { onClientFrame, PROCESS_SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_MAX } from './on-client-frame.ts';
import type { StatusUpdate } from './status-update.ts';
import type { Interest, Place } from './told.ts';

type Frame = StatusUpdate & { cursor?: string; error?: { type: string } };

function clientOf(
  readState = (id: string): Promise<StatusUpdate[]> => Promise.resolve([stateOf(id)]),
  place: Place | null = { offsets: new Map([[0, 7]]), log: '', at: 0 },
) {
  const sent: Frame[] = [];
  const errors: unknown[] = [];
  const hub: Hub = new Map();
  const load = { subscriptions: 0 };
  const listener = createListener(
    {
      send: (_, frame) => void sent.push(JSON.parse(frame.toString()) as Frame),
      room: () => Promise.resolve(),
    },
    load,
  );
  const deps = {
    hub,
    readStates: async (interest: Interest) => {
      const states = await readState(interest.kind === 'all' ? '' : interest.id);
      return states.map((state) => ({ state, offsets: new Map([[0, 7]]) }));
    },
    readLog: () => Promise.reject(new Error('nothing is resumed here')),
    place: () => place,
    epochMs: () => 0,
    onError: (error: unknown) => void errors.push(error),
  };
  const say = (frame: object) => onClientFrame(deps, listener, Buffer.from(JSON.stringify(frame)));
  const ask = (action: string, id: string) => say({ action, notification_id: id });
  return { sent, errors, hub, listener, load, ask, say };
}
const refusals = (frames: Frame[]) =>
  frames.flatMap(({ error }) => (error === undefined ? [] : [error.type]));

describe('onClientFrame', () => {
  it('refuses one subscription too many, but not one that is there', async () => {
    const client = clientOf();
    const ids = Array.from({ length: SUBSCRIPTIONS_MAX }, () => randomUUID());
    for (const id of ids) await client.ask('subscribe', id);
    expect(refusals(client.sent)).to.be.empty;
    await client.ask('subscribe', randomUUID());
    expect(refusals(client.sent)).to.deep.equal(['/probs/too-many-subscriptions']);
    await client.ask('subscribe', ids[0] ?? '');
    await client.ask('unsubscribe', ids[1] ?? '');
    await client.ask('subscribe', randomUUID());
    expect(refusals(client.sent)).to.have.length(1);
    expect(client.sent).to.have.length(SUBSCRIPTIONS_MAX + 3);
  });

  it('refuses what is too much for the process, and counts what there is', async () => {
    const client = clientOf();
    client.load.subscriptions = PROCESS_SUBSCRIPTIONS_MAX - 1;
    const [id, other] = [randomUUID(), randomUUID()];
    for (const one of [id, id, other]) await client.ask('subscribe', one);
    expect(refusals(client.sent)).to.deep.equal(['/probs/overloaded']);
    await client.ask('unsubscribe', id);
    await client.ask('unsubscribe', id);
    await client.ask('subscribe', other);
    leave(client.hub, client.listener);
    expect(refusals(client.sent)).to.have.length(1);
    expect(client.load.subscriptions).to.equal(PROCESS_SUBSCRIPTIONS_MAX - 1);
  });

  it('answers nothing to a client that has unsubscribed or gone meanwhile', async () => {
    const id = randomUUID();
    for (const end of ['unsubscribe', 'leave']) {
      const read = Promise.withResolvers<StatusUpdate[]>();
      const client = clientOf(() => read.promise);
      const subscribing = client.ask('subscribe', id);
      if (end === 'leave') leave(client.hub, client.listener);
      else await client.ask('unsubscribe', id);
      read.resolve([stateOf(id)]);
      await subscribing;
      expect([client.sent, client.hub.size]).to.deep.equal([[], 0]);
    }
  });

  it('tells of a change that is known before the row can be read', async () => {
    const id = randomUUID();
    const read = Promise.withResolvers<StatusUpdate[]>();
    const client = clientOf(() => read.promise);
    const subscribing = client.ask('subscribe', id);
    dispatch(client.hub, { state: stateOf(id, 1), place: null });
    read.resolve([]);
    await subscribing;
    expect(client.sent).to.deep.equal([stateOf(id, 1)]);
  });

  it('forgets what it could not read', async () => {
    const client = clientOf(() => Promise.reject(new Error('away')));
    await client.ask('subscribe', randomUUID());
    expect(refusals(client.sent)).to.deep.equal(['/probs/unavailable']);
    expect(client.errors).to.have.length(1);
    expect(client.hub.size).to.equal(0);
  });

  it('answers who wants everything with a cursor, and then with every change, once', async () => {
    const client = clientOf();
    await client.say({ action: 'subscribe', all: true });
    expect(client.sent.map((frame) => Object.keys(frame))).to.deep.equal([['cursor']]);
    const [id, batch_id] = [randomUUID(), randomUUID()];
    await client.ask('subscribe', id);
    await client.say({ action: 'subscribe', batch_id });
    for (const version of [1, 2])
      dispatch(client.hub, { state: stateOf(id, version, { batch_id }), place: null });
    expect(client.sent.slice(-2).map(({ version }) => version)).to.deep.equal([1, 2]);
    const before = client.sent.length;
    await client.say({ action: 'unsubscribe', all: true });
    dispatch(client.hub, { state: stateOf(randomUUID(), 1), place: null });
    expect(client.sent).to.have.length(before);
    dispatch(client.hub, { state: stateOf(id, 3, { batch_id }), place: null });
    expect(client.sent).to.have.length(before + 1);
  });

  it('answers with no older state than it told who listens to everything while it was read', async () => {
    const id = randomUUID();
    const read = Promise.withResolvers<StatusUpdate[]>();
    const client = clientOf(() => read.promise);
    await client.say({ action: 'subscribe', all: true });
    const subscribing = client.ask('subscribe', id);
    dispatch(client.hub, { state: stateOf(id, 2), place: null });
    read.resolve([stateOf(id, 1)]);
    await subscribing;
    dispatch(client.hub, { state: stateOf(id, 3), place: null });
    expect(client.sent.slice(1).map(({ version }) => version)).to.deep.equal([2, 3]);
  });

  it('says that it cannot tell of everything while it does not know where the log ends', async () => {
    const client = clientOf(undefined, null);
    await client.say({ action: 'subscribe', all: true });
    expect(refusals(client.sent)).to.deep.equal(['/probs/unavailable']);
    expect(client.hub.size).to.equal(0);
  });

  it('gives the last state of a batch alone a cursor: there is no going on from before it', async () => {
    const ids = [randomUUID(), randomUUID()];
    const client = clientOf(() => Promise.resolve(ids.map((id) => stateOf(id))));
    await client.say({ action: 'subscribe', batch_id: randomUUID() });
    expect(client.sent.map(({ cursor }) => typeof cursor)).to.deep.equal(['undefined', 'string']);
  });
});
