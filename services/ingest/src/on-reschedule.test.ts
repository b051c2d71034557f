import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const PATH = '/api/v1/notifications';
const HOUR_MS = 3_600_000;

const later = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe('rescheduling and cancelling batches', () => {
  const server = useServer();
  const sms = { channel: 'sms', recipient: '+15550100', content: 'x' };
  const create = async (change: object): Promise<string> =>
    (await server.post(PATH, { ...sms, ...change })).json().id;
  const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: 'PATCH',
      url: `${PATH}/${id}`,
      payload: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('moves what is scheduled', async () => {
    const id = await create({ scheduled_at: later(1) });
    const scheduled_at = later(2);
    const answer = await patch(id, { scheduled_at });
    expect(answer.statusCode).to.equal(200);
    expectContract(`${PATH}/{id}`, 'patch', '200', answer.json());
    expect(answer.json()).to.include({ id, scheduled_at, status: 'pending' });
    expect((await server.app.inject(`${PATH}/${id}`)).json()).to.deep.equal(answer.json());
  });

  it('takes a time in the past for now', async () => {
    const id = await create({ scheduled_at: later(1) });
    const answer = await patch(id, { scheduled_at: later(-1) });
    expect(answer.statusCode).to.equal(200);
    expect(Date.parse(answer.json().scheduled_at)).to.be.within(Date.now() - 60_000, Date.now() + 60_000);
    const again = await patch(id, { scheduled_at: later(1) });
    expect(again.statusCode).to.equal(409);
    expect(again.json()).to.include({ type: '/probs/invalid-transition' });
    expect(again.json().detail).to.include('due');
  });

  it('says under a key that came before what was done, though it is due by now', async () => {
    const id = await create({ scheduled_at: later(1) });
    const body = { scheduled_at: later(2) };
    const key = { 'idempotency-key': randomUUID() };
    expect((await patch(id, body, key)).statusCode).to.equal(200);
    await server.db.query({ name: '', text: `UPDATE deliveries SET state = 'accepted' WHERE id = $1` }, [id]);
    const again = await patch(id, body, key);
    expect(again.statusCode).to.equal(200);
    expect(again.json()).to.include(body);
    expect((await patch(id, { scheduled_at: later(3) }, key)).statusCode).to.equal(409);
    expect((await patch(id, body, { 'idempotency-key': randomUUID() })).statusCode).to.equal(409);
  });

  it('is too late for what was never scheduled, and what is cancelled', async () => {
    const cancelled = await create({ scheduled_at: later(1) });
    await server.app.inject({ method: 'PATCH', url: `${PATH}/${cancelled}/cancel` });
    for (const id of [await create({}), cancelled]) {
      const answer = await patch(id, { scheduled_at: later(2) });
      expect(answer.statusCode).to.equal(409);
      expectContract(`${PATH}/{id}`, 'patch', '409', answer.json());
    }
  });

  it('refuses a time that expires_at does not follow', async () => {
    const id = await create({ scheduled_at: later(1), expires_at: later(2) });
    const answer = await patch(id, { scheduled_at: later(3) });
    expect(answer.statusCode).to.equal(400);
    expect(answer.json().errors).to.deep.equal([
      { field: 'scheduled_at', message: 'must lie before expires_at' },
    ]);
  });

  const refusals: [string, unknown, string[]][] = [
    ['nothing', {}, ['scheduled_at']],
    ['null', { scheduled_at: null }, ['scheduled_at']],
    ['a word', { scheduled_at: 'tomorrow' }, ['scheduled_at']],
    ['more than a year', { scheduled_at: later(24 * 367) }, ['scheduled_at']],
    ['seconds', { scheduled_at: 1_900_000_000 }, ['scheduled_at']],
    ['another field', { scheduled_at: later(1), content: 'y' }, ['content']],
    ['a list', [], ['']],
  ];
  for (const [what, body, fields] of refusals)
    it(`refuses ${what}`, async () => {
      const id = await create({ scheduled_at: later(1) });
      const answer = await patch(id, body);
      expect(answer.statusCode).to.equal(400);
      expectContract(`${PATH}/{id}`, 'patch', '400', answer.json());
      expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.deep.equal(fields);
    });

  it('knows no other id', async () => {
    for (const id of [randomUUID(), '1'])
      expect((await patch(id, { scheduled_at: later(1) })).statusCode).to.equal(404);
  });

  it('cancels what it still can of a batch, counts, and shows how far the batch is', async () => {
    const notifications = Array.from({ length: 4 }, () => sms);
    const { id } = (await server.post(`${PATH}/batch`, { notifications })).json();
    const members = (await server.app.inject(`${PATH}/batch/${id}`)).json().notifications;
    await server.app.inject({ method: 'PATCH', url: `${PATH}/${members[0].id}/cancel` });
    await server.db.query({ name: '', text: `UPDATE deliveries SET state = 'processing' WHERE id = $1` }, [
      members[1].id,
    ]);
    const url = `${PATH}/batch/${id}/cancel`;
    const answer = await server.app.inject({ method: 'PATCH', url });
    expect(answer.statusCode).to.equal(200);
    expectContract(`${PATH}/batch/{id}/cancel`, 'patch', '200', answer.json());
    expect(answer.json()).to.deep.equal({ id, size: 4, cancelled: 2, too_late: 1, already_cancelled: 1 });
    expect((await server.app.inject({ method: 'PATCH', url })).json()).to.include({
      cancelled: 0,
      already_cancelled: 3,
    });
    const read = await server.app.inject(`${PATH}/batch/${id}`);
    expectContract(`${PATH}/batch/{id}`, 'get', '200', read.json());
    expect(read.json()).to.deep.include({
      progress: { ended: 3, ratio: 0.75 },
      counts: { pending: 1, cancelled: 3 },
    });
  });

  it('knows no other batch', async () => {
    for (const id of [randomUUID(), '1'])
      expect(
        (await server.app.inject({ method: 'PATCH', url: `${PATH}/batch/${id}/cancel` })).statusCode,
      ).to.equal(404);
  });
});
