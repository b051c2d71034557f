import { z } from '@fanfare/runtime';
import type { Ask } from './ask.ts';

// A newer server may say more, and know more words, than is written here.
const laneSchema = z.object({
  channel: z.string(),
  provider: z.string(),
  position: z.number(),
  status: z.string(),
  paused_at: z.string().nullable(),
  paused_reason: z.string().nullable(),
  throttled_until: z.string().nullable(),
  seen_at: z.string(),
});
const listSchema = z.object({ items: z.array(laneSchema) });

export type Lane = z.infer<typeof laneSchema>;

/** One lane, or without a provider every lane of the channel. */
export type LanesMeant = { channel: string; provider?: string };

/** Every call may throw an ApiError; a change answers with the lanes as they are then. */
export type LanesApi = {
  list: (channel: string | null) => Promise<Lane[]>;
  pause: (lanes: LanesMeant, reason: string | null) => Promise<Lane[]>;
  resume: (lanes: LanesMeant) => Promise<Lane[]>;
};

const PATH = '/api/v1/lanes';

export function connectLanes(ask: Ask): LanesApi {
  const change = async (lanes: LanesMeant, verb: 'pause' | 'resume', body?: object): Promise<Lane[]> => {
    const answer = await ask('PATCH', `${pathOf(lanes)}/${verb}`, body);
    return lanes.provider === undefined ? listSchema.parse(answer).items : [laneSchema.parse(answer)];
  };
  return {
    list: async (channel) => {
      const query = channel === null ? '' : `?${new URLSearchParams({ channel }).toString()}`;
      return listSchema.parse(await ask('GET', `${PATH}${query}`)).items;
    },
    pause: (lanes, reason) => change(lanes, 'pause', reason === null ? undefined : { reason }),
    resume: (lanes) => change(lanes, 'resume'),
  };
}

function pathOf({ channel, provider }: LanesMeant): string {
  return [PATH, channel, ...(provider === undefined ? [] : [provider])]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/');
}
