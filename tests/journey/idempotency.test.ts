import { randomUUID } from 'node:crypto';
import type { ServiceProcess } from '@fanfare/infra/services';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch, getNotification } from './api.ts';
import { type Gate, openGate } from './gate.ts';
import { recipientFor } from './recipients.ts';
import { callsFor } from './simulator.ts';
import { useSystem } from './system.ts';

const ONE = '/api/v1/notifications';
const BATCH = '/api/v1/notifications/batch';
const TEMPLATES = '/api/v1/templates';
const AT_ONCE = 50;

type Reply = { status: number; body: unknown };

describe('fifty requests at once with one key, over two ingest processes', () => {
  // Comes before the end of the services.
  after(async () => {
    await second?.stop();
    redisGate?.shut();
  });
  const system = useSystem();
  let redisGate: Gate | undefined;
  let second: ServiceProcess | undefined;

  before('start a second ingest, that loses Redis when the test says so', async () => {
    const { REDIS_URL } = await stack();
    const url = new URL(REDIS_URL);
    redisGate = await openGate({ host: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${redisGate.port}`;
    second = await system().addReplica('ingest', { REDIS_URL: url.href });
  });

  for (const redis of ['with Redis', 'without Redis'] as const)
    describe(redis, () => {
      before(async () => {
        if (redis === 'without Redis') redisGate?.shut();
        else await redisGate?.open();
      });

      it('make one notification and one call to the provider', async () => {
        const key = randomUUID();
        const body = { channel: 'sms', recipient: recipientFor('sms', 70), content: `bir kez ${key}` };
        const replies = await sendAtOnce(ONE, body, key);
        const { id } = bodyOf(expectOne(replies, 202));
        await eventually(async () =>
          expect(await getNotification(system().apiUrl, id)).to.include({ status: 'delivered' }),
        );
        expect(await callsFor(system().simulatorUrl, id)).to.have.length(1);
        // However long ago: as it was answered first.
        const [again] = await sendAtOnce(ONE, body, key, 1);
        expect(again).to.deep.equal({ status: 200, body: replies[0]?.body });
        const [other] = await sendAtOnce(ONE, { ...body, content: 'başka' }, key, 1);
        expect(other?.status).to.equal(409);
      });

      it('make one batch and one call for each of its members', async () => {
        const key = randomUUID();
        const notifications = [1, 2, 3].map((index) => ({
          channel: 'push',
          recipient: recipientFor('push', 70 + index),
          content: `bir kez ${key}`,
        }));
        const replies = await sendAtOnce(BATCH, { notifications }, key);
        const { id, size } = bodyOf(expectOne(replies, 202));
        expect(size).to.equal(3);
        await eventually(async () =>
          expect(await getBatch(system().apiUrl, id)).to.deep.include({ counts: { delivered: 3 } }),
        );
        const members = (await getBatch(system().apiUrl, id)).notifications;
        for (const member of members)
          expect(await callsFor(system().simulatorUrl, member.id)).to.have.length(1);
      });

      it('make one template', async () => {
        const key = randomUUID();
        const body = { name: `bir kez ${key}`, channel: 'sms', body: 'Merhaba {{.Name}}' };
        expectOne(await sendAtOnce(TEMPLATES, body, key), 201);
      });

      it('cancel once, and all are told so', async () => {
        const later = new Date(Date.now() + 3_600_000).toISOString();
        const body = {
          channel: 'sms',
          recipient: recipientFor('sms', 71),
          content: 'sonra',
          scheduled_at: later,
        };
        const [created] = await sendAtOnce(ONE, body, randomUUID(), 1);
        const { id } = bodyOf(created);
        const replies = await sendAtOnce(`${ONE}/${id}/cancel`, null, randomUUID(), AT_ONCE, 'PATCH');
        for (const reply of replies) {
          expect(reply.status).to.equal(200);
          expect(reply.body).to.include({ id, status: 'cancelled' });
        }
      });
    });

  /** Every other one to the other process. */
  function sendAtOnce(
    path: string,
    body: unknown,
    key: string,
    count = AT_ONCE,
    method = 'POST',
  ): Promise<Reply[]> {
    const urls = [second?.url ?? '', system().apiUrl];
    const requests = Array.from({ length: count }, async (_, index): Promise<Reply> => {
      const response = await fetch(new URL(path, urls[index % urls.length]), {
        method,
        headers: {
          'idempotency-key': key,
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    });
    return Promise.all(requests);
  }
});

/** One made it, and everybody has its answer. */
function expectOne(replies: Reply[], made: number): Reply | undefined {
  const statuses = replies.map(({ status }) => status);
  expect(statuses).to.have.members([made, ...Array.from({ length: AT_ONCE - 1 }, () => 200)]);
  const first = replies.find(({ status }) => status === made);
  for (const { body } of replies) expect(body).to.deep.equal(first?.body);
  return first;
}

function bodyOf(reply: Reply | undefined): { id: string; size?: number } {
  if (reply === undefined) throw new Error('there was no answer');
  return reply.body as { id: string; size?: number };
}
