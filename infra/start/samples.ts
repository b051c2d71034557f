import type { Screen } from '../screen.ts';
import { drawJourney, drawNewest } from './draw-journey.ts';
import { followJourney, type Journey } from './follow-journey.ts';

type Deps = { screen: Screen; url: string; signal: AbortSignal };
type Sample = { label: string; body: Record<string, unknown> };

const DUE_IN_MS = 5_000;
/** Two retries, after 2 s and 4 s with their jitter, and room for a slow machine. */
const SHOW_MS = 45_000;

/** Recipients are numbers and domains set aside for fiction. */
function samples(now: number): Sample[] {
  return [
    {
      label: 'plain sms',
      body: { channel: 'sms', recipient: '+15550100', content: 'Your code is 4711', priority: 'high' },
    },
    {
      label: 'email that fails twice',
      body: {
        channel: 'email',
        recipient: 'ada@example.org',
        content: 'The simulator refuses this two times. [fail:2]',
      },
    },
    {
      label: 'push due in 5 s',
      body: {
        channel: 'push',
        recipient: 'sample-device-token',
        content: 'Your train leaves in ten minutes',
        scheduled_at: new Date(now + DUE_IN_MS).toISOString(),
      },
    },
  ];
}

/** Sends three notifications by REST and draws what becomes of each while it happens. */
export async function showSamples({ screen, url, signal }: Deps): Promise<void> {
  screen.heading('three samples');
  const stop = AbortSignal.any([signal, AbortSignal.timeout(SHOW_MS)]);
  const shown = samples(Date.now()).map((sample) => ({ ...sample, journey: noJourney }));
  const draw = (): string[] => shown.map(({ label, journey }) => drawJourney(label, journey));
  const follow = async (sample: (typeof shown)[number]): Promise<void> => {
    const created = await send(url, sample.body);
    await followJourney({ url, created, signal: stop }, (journey) => {
      sample.journey = journey;
      if (screen.isTerminal) screen.setFooter(draw());
      else screen.print(drawNewest(sample.label, journey));
    });
  };
  await Promise.all(shown.map(follow));
  screen.setFooter([]);
  if (screen.isTerminal) screen.print(draw().join('\n'));
}

const noJourney: Journey = { createdAt: 0, states: [] };

type Created = { id: string; createdAt: number };

async function send(url: string, body: Record<string, unknown>): Promise<Created> {
  const response = await fetch(`${url}/api/v1/notifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  const isCreated = typeof answer === 'object' && answer !== null && 'id' in answer && 'created_at' in answer;
  if (!isCreated) throw new Error(`a sample was answered ${response.status}: ${JSON.stringify(answer)}`);
  return { id: String(answer.id), createdAt: Date.parse(String(answer.created_at)) };
}
