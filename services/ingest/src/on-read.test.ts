import { STATUS_TOPIC, type TraceEntry } from '@fanfare/contracts';
import { project, readProgress } from '@fanfare/db';
import { acceptedDelivery, type Delivery, statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

describe('the trace of a notification', () => {
  const server = useServer();
  const sms = { channel: 'sms', recipient: '+15550100', content: 'Günaydın 👋' };
  const url = '/api/v1/notifications/{id}/trace';

  const accept = async () => {
    const { id, created_at } = (await server.post('/api/v1/notifications', sms)).json();
    const accepted = { id, max_attempts: 5, expires_at: null, delivery_mode: 'at_least_once' };
    return acceptedDelivery(accepted, Date.parse(created_at));
  };
  const traceOf = async (id: string): Promise<TraceEntry[]> => {
    const answer = (await server.app.inject(url.replace('{id}', id))).json();
    expectContract(url, 'get', '200', answer);
    expect(answer.notification_id).to.equal(id.toLowerCase());
    return answer.entries;
  };
  /** As the projector does; the newest event first, as they may come. */
  const tell = async (rows: Delivery[]): Promise<void> => {
    const about = {
      tenant_id: 'default',
      batch_id: null,
      template_id: null,
      channel: 'sms',
      priority: 'low',
    };
    const logged = await readProgress(server.db, STATUS_TOPIC, 0);
    const events = rows.toReversed().map((row, index) => ({
      ...statusEvent({ ...about, correlation_id: 'order-7', source: null }, row),
      log_partition: 0,
      log_offset: logged + index,
    }));
    const move = { partition: 0, expected: logged, next: logged + events.length };
    expect((await project(server.db, STATUS_TOPIC, [move], events)).moved).to.deep.equal([0]);
  };

  it('is its creation at first, at the moment it was accepted', async () => {
    const { id, at } = await accept();
    const [first, ...more] = await traceOf(id);
    expect(first).to.include({ event: 'created', created_at: new Date(at).toISOString() });
    expect([first?.details, more]).to.deep.equal([{}, []]);
  });

  it('is what the contract says for every transition, under an id in capitals too', async () => {
    const queued = await accept();
    const { id, at } = queued;
    const answer = { provider: 'acme', duration_ms: 20 };
    const claimed = { ...queued, state: 'processing' as const, fence: 1, attempt: 1, started_at: at + 1 };
    const retrying = { ...claimed, ...answer, state: 'retrying' as const, due_at: at + 9, at: at + 2 };
    const again = { ...claimed, fence: 2, attempt: 2, started_at: at + 9, at: at + 9 };
    const failed = { ...again, ...answer, state: 'failed' as const, outcome: 'rejected', reason: 'HTTP 400' };
    const redriven = { ...queued, cycle: 1, fence: 2, at: at + 20 };
    const last = { ...again, ...answer, cycle: 1, fence: 3, attempt: 1, at: at + 30 };
    const delivered = {
      ...last,
      state: 'delivered' as const,
      outcome: 'accepted',
      provider_message_id: 'm-1',
    };
    await tell([
      queued,
      claimed,
      { ...retrying, outcome: 'unavailable', reason: 'HTTP 503' },
      again,
      failed,
      redriven,
      delivered,
    ]);
    const entries = await traceOf(id.toUpperCase());
    expect(entries.map(({ event }) => event)).to.deep.equal([
      'created',
      'queued',
      'processing',
      'retrying',
      'processing',
      'failed',
      'queued',
      'delivered',
    ]);
    expect(entries[3]?.details).to.deep.equal({
      version: 13,
      cycle: 0,
      attempt: 1,
      started_at: new Date(at + 1).toISOString(),
      provider: 'acme',
      outcome: 'unavailable',
      duration_ms: 20,
      reason: 'HTTP 503',
      next_retry_at: new Date(at + 9).toISOString(),
    });
    expect(entries[6]?.details).to.deep.equal({ version: 1_000_021, cycle: 1, attempt: 0 });
  });
});
