import { endOf, parseStatusFrame } from '@fanfare/redis';
import { counter } from '@fanfare/runtime';
import { type StatusUpdate, statusUpdate } from './status-update.ts';

export type StatusFeedDeps = {
  onUpdate: (update: StatusUpdate) => void;
  /** Something may have been missed: states have to be read again. */
  onMissed: () => void;
  /** Monotonic milliseconds. */
  now: () => number;
};

/** What the projector tells over Redis, and what tells that something of it is missing. */
export type StatusFeed = {
  onMessage: (message: string) => void;
  /** Redis is listened to, at first or again. */
  onSubscribed: () => void;
  /** To be called every few seconds: silence, too, says that something is missing. */
  checkSilence: () => void;
};

/** The projector speaks of every partition once a second; a rebalance of its replicas takes a few. */
const SILENCE_MAX_MS = 5_000;

const missed = counter({
  name: 'fanfare_gateway_missed_total',
  help: 'Times that states had to be read again, by what told that frames were missed',
  labels: ['sign'],
});

export function createStatusFeed({ onUpdate, onMissed, now }: StatusFeedDeps): StatusFeed {
  const partitions = new Map<number, { end: number; heardAt: number }>();
  let startedAt = now();

  function miss(sign: 'gap' | 'reconnect' | 'silence'): void {
    missed.inc({ sign });
    onMissed();
  }

  function onMessage(message: string): void {
    const frame = parseStatusFrame(message);
    if (frame === null) return;
    const follows = partitions.get(frame.partition)?.end === frame.since;
    partitions.set(frame.partition, { end: endOf(frame), heardAt: now() });
    if ('event' in frame) onUpdate(statusUpdate(frame.event));
    if (!follows) miss('gap');
  }

  function onSubscribed(): void {
    startedAt = now();
    miss('reconnect');
  }

  function checkSilence(): void {
    const heard =
      partitions.size === 0 ? [startedAt] : Array.from(partitions.values(), ({ heardAt }) => heardAt);
    if (now() - Math.min(...heard) > SILENCE_MAX_MS) miss('silence');
  }

  return { onMessage, onSubscribed, checkSilence };
}
