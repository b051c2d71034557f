import { isTerminal } from '@fanfare/domain';
import { type Step, stepOf } from './journey.ts';
import type { Update } from './live-frame.ts';
import type { Listener } from './live-socket.ts';
import type { Follow } from './live.ts';
import type { Created, TraceEntry } from './notifications-api.ts';
import { statusStream } from './status-stream.ts';

export type JourneyDeps = {
  follow: Follow;
  /** What was accepted. */
  create: () => Promise<Created>;
  trace: (id: string) => Promise<TraceEntry[]>;
  onCreated: (created: Created) => void;
  /** Told every state once, in order. */
  onStep: (step: Step, created: Created) => void;
  signal: AbortSignal;
};

/**
 * Creates a notification and follows it to its end, or until the signal aborts. It listens before it creates: a live
 * stream that cannot be had is found out while nothing was sent. Resolves with the newest state.
 * @throws ApiError
 */
export async function followJourney(deps: JourneyDeps): Promise<Step | null> {
  const over = new AbortController();
  const opened = Promise.withResolvers<void>();
  const journey = createJourney(deps, () => over.abort());
  const listener: Listener = {
    onOpen: (ask) => {
      journey.onOpen(ask);
      opened.resolve();
    },
    onFrame: journey.onFrame,
  };
  const following = deps.follow(listener, AbortSignal.any([deps.signal, over.signal]));
  try {
    await Promise.race([opened.promise, following]);
    if (!deps.signal.aborted) journey.begin(await deps.create());
  } catch (error) {
    over.abort();
    await following.catch(() => {});
    throw error;
  }
  await following;
  return journey.end();
}

type Journey = Listener & {
  begin: (created: Created) => void;
  end: () => Promise<Step | null>;
};

function createJourney({ trace, onCreated, onStep }: JourneyDeps, onEnd: () => void): Journey {
  let ask: ((request: object) => void) | null = null;
  let stream: Listener | null = null;
  let newest: Step | null = null;
  // Of the first state after a connection was made, and of the last, those before it may not have been heard.
  let mayLack = true;
  let told = Promise.resolve();

  async function tell(update: Update, created: Created): Promise<void> {
    const before = mayLack || isTerminal(update.status) ? await stepsOf(created) : [];
    mayLack = false;
    const steps = before.filter(({ version }) => version < update.version);
    for (const step of [...steps, update]) {
      if (newest !== null && step.version <= newest.version) continue;
      newest = step;
      onStep(step, created);
    }
    if (isTerminal(update.status)) onEnd();
  }

  async function stepsOf(created: Created): Promise<Step[]> {
    const entries = await trace(created.id).catch(() => []);
    return entries.map((entry) => stepOf(entry, created)).filter((step) => step !== null);
  }

  return {
    onOpen: (newAsk) => {
      ask = newAsk;
      mayLack = true;
      stream?.onOpen(ask);
    },
    onFrame: (frame) => stream?.onFrame(frame),
    begin: (created) => {
      onCreated(created);
      const onUpdate = (update: Update): void => {
        told = told.then(() => tell(update, created));
      };
      stream = statusStream({ notification_id: created.id }, { onUpdate, onGap: () => {} });
      if (ask !== null) stream.onOpen(ask);
    },
    end: async () => {
      await told;
      return newest;
    },
  };
}
