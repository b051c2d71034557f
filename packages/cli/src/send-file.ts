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
import { type Meter, meterOf } from './meter.ts';
import { spanOf } from './moment.ts';
import type { Draft } from './notifications-api.ts';
import { count } from './progress.ts';
import { sendBatch } from './send-batch.ts';
import { elapsed, span } from './span.ts';
import { waitForBatches } from './wait-for-batches.ts';

/** A file on its way, and how far it has come. */
type Run = {
  source: Source;
  meter: Meter;
  startedAtMs: number;
  texts: Given['texts'];
  accepted: number;
  /** By an earlier run, with the same keys. */
  repeated: number;
  batches: { id: string; size: number }[];
  correlationId: string | null;
};

const GO_ON = 'Run the same command again to go on: what was accepted within 24 hours is not sent again.';

/** Sends what a file asks for, batch by batch, or only checks it. */
export async function sendFile(deps: CommandDeps, given: Given, path: string): Promise<number> {
  const { terminal, now, signal } = deps;
  const defaults = defaultsOf(given, now());
  const source = await openSource(path, terminal.input, signal);
  const lines = draftLines(source.chunks, defaults);
  if (given.flags.has('check')) return checkFile(deps, source, lines);
  const run = beginRun(deps, given, source);
  const faults = await sendAll(deps, run, draftBatches(lines));
  report(deps, given, run);
  if (faults.length > 0) return FAILED_CODE;
  if (signal.aborted) return INTERRUPTED_CODE;
  return given.flags.has('wait') ? waitForBatches(deps, run.batches) : DONE_CODE;
}

function beginRun({ terminal, now }: CommandDeps, { texts }: Given, source: Source): Run {
  const correlationId = texts['correlation-id'] ?? null;
  const counts = { accepted: 0, repeated: 0, batches: [], correlationId };
  return { source, meter: meterOf(terminal, now), startedAtMs: now(), texts, ...counts };
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

type Fault = { line: number; fault: string };

/** Sends batch after batch, until one has a bad line or somebody wants an end. Resolves with what is wrong with lines. */
async function sendAll(deps: CommandDeps, run: Run, batches: AsyncIterable<DraftBatch>): Promise<Fault[]> {
  const { terminal, signal, now } = deps;
  for await (const batch of batches) {
    if (signal.aborted) break;
    const faults = batch.faults.length > 0 ? batch.faults : await sendOrFaults(deps, run, batch);
    if (faults.length > 0) return refuse(deps, run.source, batch, faults);
    run.meter(run.source.share(), paceOf(run, now()));
  }
  if (signal.aborted) terminal.tell(`Interrupted. ${GO_ON}`);
  return [];
}

/** Sends a batch; resolves with what the API finds wrong with its lines. */
async function sendOrFaults(deps: CommandDeps, run: Run, batch: DraftBatch): Promise<Fault[]> {
  const key = keyOf(batch, run.texts['idempotency-key'] ?? '');
  run.correlationId ??= `send-${key.slice(-CORRELATION_DIGITS)}`;
  try {
    const { id, size, isRepeat } = await sendBatch(deps, batch, {
      key,
      correlationId: run.correlationId,
      isKnown: batch.index > 0,
      onWait: (why, waitMs) => run.meter(null, `${doneOf(run)}; again in ${span(waitMs)}: ${why}`),
    });
    run.batches.push({ id, size });
    run[isRepeat ? 'repeated' : 'accepted'] += size;
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const faults = faultsOf(error, batch);
    if (faults.length > 0 || deps.signal.aborted) return faults;
    if (run.batches.length > 0) deps.terminal.tell(`${doneOf(run)}. ${GO_ON}`);
    throw error;
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

function doneOf({ accepted, repeated }: Run): string {
  return `${count(accepted + repeated)} accepted`;
}

function paceOf(run: Run, nowMs: number): string {
  const spentMs = Math.max(1, nowMs - run.startedAtMs);
  const perSecond = Math.round(((run.accepted + run.repeated) * 1_000) / spentMs);
  const share = run.source.share() ?? 0;
  const left = share === 0 ? '' : `, ${span((spentMs * (1 - share)) / share)} left`;
  return `${doneOf(run)}, ${count(perSecond)}/s${left}`;
}

function report({ terminal, now }: CommandDeps, { flags }: Given, run: Run): void {
  const { accepted, repeated, batches, correlationId: correlation_id, startedAtMs } = run;
  const facts = { accepted, repeated, correlation_id, batch_ids: batches.map(({ id }) => id) };
  if (flags.has('json')) return terminal.print(JSON.stringify(facts));
  const before = repeated === 0 ? '' : `, ${count(repeated)} had been before`;
  terminal.print(`${count(accepted)} accepted${before}, in ${elapsed(now() - startedAtMs)}.`);
  if (correlation_id !== null) terminal.tell(`Their correlation id is ${correlation_id}.`);
}
