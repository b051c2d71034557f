import { parseStatusFrame } from '@fanfare/redis';
import { counter } from '@fanfare/runtime';
import { type FollowDeps, followLog, type LogFollower } from './follow-log.ts';

export type StatusFeedDeps = Omit<FollowDeps, 'onGap'> & {
  /** Monotonic milliseconds. */
  now: () => number;
};

/** The status log as Redis tells it, and what tells that Redis has not told all of it. */
export type StatusFeed = Pick<LogFollower, 'place'> & {
  onMessage: (message: string) => void;
  /** Redis is listened to, at first or again. */
  onSubscribed: () => void;
  /** To be called every second: silence, too, says that something is missing. */
  checkSilence: () => void;
};

/** The projector speaks of every partition once a second. While it does not, the log is read as often. */
const SILENCE_MAX_MS = 2_500;

const missed = counter({
  name: 'fanfare_gateway_missed_total',
  help: 'Times that the status log was read in Postgres, by what told that frames were missed',
  labels: ['sign'],
});

export function createStatusFeed({ now, ...deps }: StatusFeedDeps): StatusFeed {
  const heardAt = new Map<number, number>();
  const startedAt = now();
  const log = followLog({ ...deps, onGap: () => missed.inc({ sign: 'gap' }) });

  function miss(sign: 'reconnect' | 'silence'): void {
    missed.inc({ sign });
    log.readOn();
  }

  function isSilent(): boolean {
    const partitions = Array.from(log.place()?.offsets.keys() ?? []);
    return partitions.some((partition) => now() - (heardAt.get(partition) ?? startedAt) > SILENCE_MAX_MS);
  }

  return {
    place: log.place,
    onMessage: (message) => {
      const frame = parseStatusFrame(message);
      if (frame === null) return;
      heardAt.set(frame.partition, now());
      log.hear(frame);
    },
    onSubscribed: () => miss('reconnect'),
    checkSilence: () => (isSilent() ? miss('silence') : undefined),
  };
}
