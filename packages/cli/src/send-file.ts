import { ApiError } from './ask.ts';
import { checkFile } from './check-file.ts';
import {
  type CommandDeps,
  DONE_CODE,
  FAILED_CODE,
  type Given,
  INTERRUPTED_CODE,
  UsageError,
} from './command.ts';
import { draftOf } from './draft.ts';
import { type DraftBatch, draftBatches, keyOf } from './draft-batches.ts';
import { draftLines } from './draft-lines.ts';
import { openSource, type Source } from './draft-source.ts';
import { meterOf } from './meter.ts';
import { spanOf } from './moment.ts';
import type { Draft } from './notifications-api.ts';
import { count } from './progress.ts';
import { sendBatch } from './send-batch.ts';
import { elapsed, span } from './span.ts';
import { waitForBatches } from './wait-for-batches.ts';

/** How far a file has come. */
type Tally = {
  accepted: number;
  /** By an earlier run, with the same keys. */
  repeated: number;
  batches: { id: string; size: number }[];
  correlationId: string | null;
};

const GO_ON = 'Run the same command again to go on: what was accepted within 24 hours is not sent again.';

/** Sends what a file asks for, batch by batch, or only checks it. */
export async function sendFile(deps: CommandDeps, given: Given, path: string): Promise<number> {
  const defaults = defaultsOf(given, deps.now());
  const source = await openSource(path, deps.terminal.input, deps.signal);
  const lines = draftLines(source.chunks, defaults);
  if (given.flags.has('check')) return checkFile(deps, source, lines);
  const startedAtMs = deps.now();
  const tally: Tally = { accepted: 0, repeated: 0, batches: [], correlationId: null };
  const faults = await sendAll(deps, given, { source, batches: draftBatches(lines), tally });
  report(deps, given, tally, deps.now() - startedAtMs);
  if (faults.length > 0) return FAILED_CODE;
  if (deps.signal.aborted) return INTERRUPTED_CODE;
  return given.flags.has('wait') ? waitForBatches(deps, tally.batches) : DONE_CODE;
}

/** What is said for every line. A repeated run must say the same, so a time that depends on the clock cannot be. */
function defaultsOf(given: Given, nowMs: number): Draft {
  if (given.texts['to'] !== undefined) throw new UsageError('With --file the recipients are in the file.');
  for (const flag of ['at', 'expires'])
    if (spanOf(given.texts[flag] ?? '') !== null)
      throw new UsageError(
        `With --file --${flag} must be a time, such as 2030-01-31T09:00:00Z, so that a repeated run says the same.`,
      );
  return draftOf(given, nowMs);
}

type FileRun = { source: Source; batches: AsyncIterable<DraftBatch>; tally: Tally };

/** Sends batch after batch, until one has a bad line or somebody wants an end. Resolves with what is wrong with lines. */
async function sendAll(
  deps: CommandDeps,
  given: Given,
  { source, batches, tally }: FileRun,
): Promise<Fault[]> {
  const { terminal, signal, now } = deps;
  const meter = meterOf(terminal, now);
  const startedAtMs = now();
  for await (const batch of batches) {
    if (signal.aborted) break;
    const faults =
      batch.faults.length > 0 ? batch.faults : await sendOrFaults(deps, given, batch, tally, meter);
    if (faults.length > 0) return refuse(deps, source, batch, faults);
    meter(source.share(), paceOf(tally, source.share(), now() - startedAtMs));
  }
  if (signal.aborted) terminal.tell(`Interrupted. ${GO_ON}`);
  return [];
}

type Fault = { line: number; fault: string };

/** Sends a batch; resolves with what the API finds wrong with its lines. */
async function sendOrFaults(
  deps: CommandDeps,
  { texts }: Given,
  batch: DraftBatch,
  tally: Tally,
  meter: ReturnType<typeof meterOf>,
): Promise<Fault[]> {
  const key = keyOf(batch, texts['idempotency-key'] ?? '');
  tally.correlationId ??= texts['correlation-id'] ?? `send-${key.slice(-CORRELATION_DIGITS)}`;
  const done = count(tally.accepted + tally.repeated);
  try {
    const { id, size, isRepeat } = await sendBatch(deps, batch, {
      key,
      correlationId: tally.correlationId,
      isKnown: batch.index > 0,
      onWait: (why, waitMs) => meter(null, `${done} accepted; again in ${span(waitMs)}: ${why}`),
    });
    tally.batches.push({ id, size });
    tally[isRepeat ? 'repeated' : 'accepted'] += size;
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const faults = faultsOf(error, batch);
    if (faults.length === 0 && !deps.signal.aborted) {
      if (tally.batches.length > 0) deps.terminal.tell(`${done} were accepted. ${GO_ON}`);
      throw error;
    }
    return faults;
  }
}

/** Enough that no two files have the same. */
const CORRELATION_DIGITS = 16;

/** The API names members of the batch; people know lines. */
function faultsOf({ faults }: ApiError, { lines }: DraftBatch): Fault[] {
  return faults.flatMap(({ field, message }) => {
    const [, index, name = ''] = /^notifications\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    const line = lines[Number(index)];
    return line === undefined ? [] : [{ line, fault: name === '' ? message : `${name} ${message}` }];
  });
}

const FAULTS_TOLD_MAX = 20;

function refuse({ terminal }: CommandDeps, { name }: Source, batch: DraftBatch, faults: Fault[]): Fault[] {
  for (const { line, fault } of faults.slice(0, FAULTS_TOLD_MAX)) terminal.tell(`${name}:${line}: ${fault}`);
  if (faults.length > FAULTS_TOLD_MAX) terminal.tell(`… and ${count(faults.length - FAULTS_TOLD_MAX)} more`);
  const first = Math.min(...batch.lines.slice(0, 1), ...faults.map(({ line }) => line));
  terminal.tell(`Nothing was sent from line ${first} on. \`--check\` finds every bad line. ${GO_ON}`);
  return faults;
}

function paceOf({ accepted, repeated }: Tally, share: number | null, spentMs: number): string {
  const done = accepted + repeated;
  const left = share === null || share === 0 ? '' : `, ${span((spentMs * (1 - share)) / share)} left`;
  return `${count(done)} accepted, ${count(Math.round((done * 1_000) / Math.max(1, spentMs)))}/s${left}`;
}

function report({ terminal }: CommandDeps, { flags }: Given, tally: Tally, spentMs: number): void {
  const { accepted, repeated, batches, correlationId: correlation_id } = tally;
  const facts = { accepted, repeated, correlation_id, batch_ids: batches.map(({ id }) => id) };
  if (flags.has('json')) return terminal.print(JSON.stringify(facts));
  const before = repeated === 0 ? '' : `, ${count(repeated)} had been before`;
  terminal.print(`${count(accepted)} accepted${before}, in ${elapsed(spentMs)}.`);
  if (correlation_id !== null) terminal.tell(`Their correlation id is ${correlation_id}.`);
}
