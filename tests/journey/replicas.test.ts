import { randomUUID } from 'node:crypto';
import {
  type Channel,
  CHANNELS,
  type Priority,
  PRIORITIES,
  type TraceEntry,
  workTopic,
} from '@fanfare/contracts';
import type { ServiceName, ServiceProcess } from '@fanfare/infra/services';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch, getNotification, getTrace } from './api.ts';
import { type AvroProducer, produceAvro } from './avro-producer.ts';
import { kcatProduceLines } from './kcat.ts';
import { expectStory, listen, type Listener } from './listen.ts';
import { metricOf } from './metrics.ts';
import { python } from './python.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl, sendByCurl } from './rest-door.ts';
import { callsForAll, type ProviderCall } from './simulator.ts';
import { type System, useSystem } from './system.ts';

/** What becomes of a notification: how it ends, and what the provider answers until then, which the marker tells it. */
type Fate = {
  marker: string;
  end: string;
  answers: string[];
  max_attempts?: number;
  delivery_mode?: string;
  dueInMs?: number;
  expiresInMs?: number;
};

const FATES: readonly Fate[] = [
  { marker: '', end: 'delivered', answers: ['accepted'] },
  { marker: '', end: 'delivered', answers: ['accepted'], dueInMs: 5_000 },
  { marker: '[fail:2]', end: 'delivered', answers: ['failed', 'failed', 'accepted'] },
  { marker: '[fail]', end: 'failed', answers: ['failed', 'failed'], max_attempts: 2 },
  { marker: '[reject]', end: 'failed', answers: ['rejected'] },
  { marker: '[throttle:1]', end: 'delivered', answers: ['throttled', 'accepted'] },
  { marker: '[drop:1]', end: 'delivered', answers: ['dropped', 'accepted'] },
  { marker: '[drop:1]', end: 'failed', answers: ['dropped'], delivery_mode: 'at_most_once' },
  // Tried as often as there is time for.
  { marker: '[fail]', end: 'expired', answers: ['failed'], max_attempts: 10, expiresInMs: 8_000 },
];

type Wanted = { fate: Fate; channel: Channel; priority: Priority; recipient: string; content: string };
type Sent = Wanted & { id: string };

/** Every fate in every channel at every priority. */
const WANTED: readonly Wanted[] = FATES.flatMap((fate) =>
  CHANNELS.flatMap((channel, index) =>
    PRIORITIES.map((priority) => ({
      fate,
      channel,
      priority,
      recipient: recipientFor(channel, index),
      content: `İki kopya ${priority} ${fate.marker}`.trim(),
    })),
  ),
);

/** What each of these counts, when it has had its part. */
const WORK: readonly [ServiceName, string][] = [
  ['ingest', 'fanfare_http_request_duration_seconds_count'],
  ['delivery', 'fanfare_provider_call_seconds_count'],
  ['retry', 'fanfare_retry_moved_total'],
  ['projector', 'fanfare_projector_records_total'],
];

describe('two of every service side by side', () => {
  // Comes before the end of the other services.
  after(async () => {
    await Promise.all(listeners.map(({ close }) => close()));
    await Promise.all(added.map((process) => process.stop()));
  });
  const system = useSystem();
  let added: ServiceProcess[] = [];
  let listeners: Listener[] = [];
  let sent: Sent[] = [];
  let calls = new Map<string, ProviderCall[]>();

  before('start the second ones, send by every door', async function () {
    // The first run downloads the Python client.
    this.timeout(5 * 60_000);
    const { brokers, registryUrl, simulatorUrl, apiUrl } = system();
    const producer: AvroProducer = { python: await python(), brokers, registryUrl, strategy: 'record' };
    added = await startSecondOnes(system());
    const apiUrls = [apiUrl, urlOf(added, 'ingest')];
    listeners = await Promise.all(apiUrls.map(listen));
    const sentAtMs = Date.now();
    sent = [
      ...(await sendBatch(system(), listeners)),
      ...(await sendBatch({ ...system(), apiUrl: urlOf(added, 'ingest') }, listeners)),
      ...(await sendSingly(system(), apiUrls)),
      ...(await produceJson(system())),
      ...(await produceInAvro(producer)),
    ];
    // The members of a batch are listened to by their batch.
    for (const { id } of sent.slice(2 * WANTED.length))
      for (const { subscribe } of listeners) subscribe({ notification_id: id });
    for (const one of sent) await ends(system(), one);
    calls = await callsForAll(
      simulatorUrl,
      sent.map(({ id }) => id),
      sentAtMs,
    );
  });
  it('each has its part of the work', async () => {
    for (const [name, metric] of WORK)
      for (const url of system().urlsOf(name))
        expect(await metricOf(url, metric), `${metric} of ${name} at ${url}`).to.be.greaterThan(0);
  });

  it('the provider is asked as often as it takes, and never again', () => {
    const told = sent.map(({ id, fate }) => ({ id, ...fate, answers: answersFor(id) }));
    const wanted = sent.map(({ id, fate }) => ({
      id,
      ...fate,
      answers: wantedAnswers(fate, answersFor(id)),
    }));
    expect(told).to.deep.equal(wanted);
  });

  it('every trace is whole, and in the order of its versions', async () => {
    for (const { id, fate } of sent) await eventually(() => expectTrace(id, fate));
  });

  it('a listener at either gateway hears every story to its end', async () => {
    for (const [index, { heard }] of listeners.entries())
      for (const { id, fate } of sent)
        await eventually(() => expectStory(heard(id), fate.end)).catch((error: Error) => {
          error.message = `listener ${index}, ${id}: ${error.message}`;
          throw error;
        });
  });

  function answersFor(id: string): string[] {
    return calls.get(id)?.map(({ answer }) => answer) ?? [];
  }

  async function expectTrace(id: string, fate: Fate): Promise<void> {
    const trace = await getTrace(system().apiUrl, id);
    const events = withoutReleases(trace).map(({ event }) => event);
    const attempts = answersFor(id).flatMap((_, index) => [...(index > 0 ? ['retrying'] : []), 'processing']);
    const told = ['created', 'queued', ...attempts];
    expect(events, `trace of ${id}`).to.deep.equal([...told, ...lastWords(fate, told, events), fate.end]);
    expectAscending(versionsOf(trace));
  }
});

/** A second REST has the second gateway behind it. */
async function startSecondOnes({ addReplica }: System): Promise<ServiceProcess[]> {
  const gateway = await addReplica('gateway');
  const others: readonly ServiceName[] = ['delivery', 'retry', 'projector', 'scheduler'];
  const started = await Promise.all([
    addReplica('ingest', { GATEWAY_PORT: String(gateway.port) }),
    ...others.map((name) => addReplica(name)),
  ]);
  return [gateway, ...started];
}

function urlOf(processes: ServiceProcess[], wanted: ServiceName): string {
  const found = processes.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`no ${wanted} was started`);
  return found.url;
}

async function sendBatch(system: System, listeners: readonly Listener[]): Promise<Sent[]> {
  const { id } = await sendBatchByCurl(system, WANTED.map(bodyOf));
  for (const { subscribe } of listeners) subscribe({ batch_id: id });
  const { notifications } = await getBatch(system.apiUrl, id);
  return WANTED.map((wanted, index) => ({ ...wanted, id: notifications[index]?.id ?? '' }));
}

/** Each to the next of them, as a balancer would. */
async function sendSingly(system: System, apiUrls: readonly string[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const [index, wanted] of WANTED.entries()) {
    const apiUrl = apiUrls[index % apiUrls.length] ?? system.apiUrl;
    sent.push({ ...wanted, id: (await sendByCurl({ ...system, apiUrl }, bodyOf(wanted))).id });
  }
  return sent;
}

async function produceJson({ brokers }: System): Promise<Sent[]> {
  const sent = WANTED.map((wanted) => ({ ...wanted, id: randomUUID() }));
  for (const [topic, ofTopic] of Map.groupBy(sent, topicOf))
    await kcatProduceLines(
      brokers,
      topic,
      ofTopic.map((one) => ({ key: one.id, json: { ...bodyOf(one), id: one.id } })),
    );
  return sent;
}

async function produceInAvro(producer: AvroProducer): Promise<Sent[]> {
  const sent = WANTED.map((wanted) => ({ ...wanted, id: randomUUID() }));
  const records = sent.map((one) => {
    const { scheduled_at, expires_at, ...body } = bodyOf(one);
    const value = { ...body, id: one.id, scheduled_at: msOf(scheduled_at), expires_at: msOf(expires_at) };
    return { topic: topicOf(one), key: one.id, value };
  });
  await produceAvro(producer, records);
  return sent;
}

function topicOf({ channel, priority }: Wanted): string {
  return workTopic(channel, priority);
}

function bodyOf({ fate, channel, priority, recipient, content }: Wanted) {
  const { max_attempts = 5, delivery_mode = 'at_least_once' } = fate;
  const [scheduled_at, expires_at] = [momentIn(fate.dueInMs), momentIn(fate.expiresInMs)];
  return { channel, priority, recipient, content, max_attempts, delivery_mode, scheduled_at, expires_at };
}

function momentIn(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(Date.now() + ms).toISOString();
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function ends({ apiUrl }: System, { id, fate }: Sent): Promise<unknown> {
  return eventually(
    async () => expect((await getNotification(apiUrl, id)).status, `status of ${id}`).to.equal(fate.end),
    { intervalMs: 100 },
  );
}

/** What expires is tried once at least, and how often then is a matter of time. */
function wantedAnswers({ end, answers }: Fate, got: readonly string[]): string[] {
  const isRepeated = end === 'expired' && got.length > 1;
  return isRepeated ? got.map(() => answers[0] ?? '') : answers;
}

/** What expires may do so at the end of an attempt, or while it waits for the next. */
function lastWords({ end }: Fate, told: readonly string[], events: readonly string[]): string[] {
  return end === 'expired' && events.length === told.length + 2 ? ['retrying'] : [];
}

/** An attempt whose lane was shut meanwhile is given back without a call, as often as that happens. */
function withoutReleases(trace: readonly TraceEntry[]): TraceEntry[] {
  return trace.filter((entry, index) => !isRelease(entry) && !isRelease(trace[index + 1]));
}

function isRelease(entry: TraceEntry | undefined): boolean {
  return entry?.event === 'retrying' && entry.details['outcome'] === undefined;
}

function versionsOf(trace: readonly TraceEntry[]): unknown[] {
  return trace.slice(1).map(({ details }) => details['version']);
}

function expectAscending(versions: readonly unknown[]): void {
  const numbers = versions.map(Number);
  expect(numbers, 'versions of a trace').to.deep.equal([...new Set(numbers)].toSorted((a, b) => a - b));
}
