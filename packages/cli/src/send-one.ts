import { randomUUID } from 'node:crypto';
import { isTerminal } from '@fanfare/domain';
import { type CommandDeps, DONE_CODE, FAILED_CODE, type Given, INTERRUPTED_CODE } from './command.ts';
import { draftOf } from './draft.ts';
import { followJourney, type JourneyDeps } from './follow-journey.ts';
import { type Step, stepLine, waitsFor } from './journey.ts';
import type { Created } from './notifications-api.ts';
import { printable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Sends one notification, and shows its journey to the end unless told not to wait. */
export async function sendOne(deps: CommandDeps, given: Given): Promise<number> {
  const isJson = given.flags.has('json');
  const create = (): Promise<Created> => createFrom(deps, given);
  if (given.flags.has('no-wait')) {
    const created = await create();
    deps.terminal.print(isJson ? JSON.stringify(created) : created.id);
    return DONE_CODE;
  }
  const view = isJson ? jsonView(deps.terminal) : journeyView(deps);
  const { follow, api, signal, terminal } = deps;
  const wanted = AbortSignal.any([signal, terminal.gone]);
  const { trace } = api.notifications;
  const journey = followJourney({ ...view, follow, create, trace, signal: wanted });
  const end = await journey.finally(view.close);
  if (end?.status === 'delivered') return DONE_CODE;
  return signal.aborted ? INTERRUPTED_CODE : FAILED_CODE;
}

function createFrom({ api, now }: CommandDeps, given: Given): Promise<Created> {
  const { 'idempotency-key': key, 'correlation-id': correlationId } = given.texts;
  return api.notifications.create(draftOf(given, now()), {
    headers: {
      // One of its own, so that nothing is sent twice when it has to be asked again.
      'idempotency-key': key ?? randomUUID(),
      ...(correlationId !== undefined && { 'x-correlation-id': correlationId }),
    },
  });
}

type View = Pick<JourneyDeps, 'onCreated' | 'onStep'> & { close: () => void };

function jsonView({ print }: Terminal): View {
  return {
    onCreated: (created) => print(JSON.stringify(created)),
    onStep: (step) => print(JSON.stringify(step)),
    close: () => {},
  };
}

const TICK_MS = 1_000;

/** A line a state, and on a terminal below them what it waits for. */
function journeyView({ terminal, now, signal }: CommandDeps): View {
  let shown: { step: Step | null; created: Created } | null = null;
  const tick = (): void => {
    if (shown === null || !terminal.isLive) return;
    const { step, created } = shown;
    terminal.show(`  … ${waitsFor(step, created.scheduled_at, now())}`);
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    onCreated: (created) => {
      terminal.print(`${created.channel} to ${printable(created.recipient)}, ${created.id}\n`);
      shown = { step: null, created };
      tick();
    },
    onStep: (step, created) => {
      // Everything is pending for an instant; it is worth a line where it waits for its time.
      if (step.status !== 'pending' || created.scheduled_at !== null)
        terminal.print(stepLine(step, Date.parse(created.created_at), terminal.paint));
      shown = isTerminal(step.status) ? null : { step, created };
      tick();
    },
    close: () => {
      clearInterval(timer);
      terminal.clear();
      if (shown !== null && signal.aborted)
        terminal.tell(`It goes on without you: fanfare tail --id ${shown.created.id}`);
    },
  };
}
