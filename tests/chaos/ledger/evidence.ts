import type { DeadLetterReason, Status, StatusEvent } from '@fanfare/contracts';
import type { DeliveryState } from '@fanfare/domain';

/** Everything a run knows at its end: what was promised, and what each witness saw. Times are epoch milliseconds. */
export type Evidence = {
  wanted: Wanted[];
  unusable: Unusable[];
  cancels: Cancel[];
  faults: FaultRecord[];
  /** What the provider got, in the order in which it came. */
  calls: Call[];
  /** The status topic, in any order. */
  events: Event[];
  /** The dead-letter topic. */
  letters: Letter[];
  /** The truth and what clients read. */
  rows: Row[];
  /** The trace that clients read: the versions of each notification. */
  traced: Map<string, number[]>;
  /** Rows of the index of dead letters. */
  lettersIndexed: number;
  /** What `fanfare projection check` found, or null. */
  projectionDiffers: string | null;
  /** Calls made when the delivery groups read their topics again from the start. */
  callsAfterReset: number;
  /** What nobody planned: an answer that no client should get, a service that ended by itself. */
  incidents: string[];
};

export type Door = 'rest' | 'batch' | 'json' | 'avro';

/** A notification that somebody asked for, and what they were told. */
export type Wanted = {
  /** Its correlation id; the members of a batch share theirs. */
  ref: string;
  /** Null when it was not told, and was not found afterwards either. */
  id: string | null;
  door: Door;
  /**
   * `accepted`: answered 202, or acknowledged by Kafka. `maybe`: a 503 that says so, or no answer at all.
   * `refused`: a 503 that says that nothing was accepted, or a refused connection.
   */
  answer: 'accepted' | 'maybe' | 'refused';
  scheduledAt: number | null;
  expiresAt: number | null;
  /** When Kafka was known to have it, to be delivered at once; null when that is not known. */
  readyAt: number | null;
  /** It was produced again with another content: Kafka has `both`, or it `may` have; null for most. */
  conflict: 'both' | 'may' | null;
};

/** A record on a work topic that nobody can deliver. */
export type Unusable = { key: string; reason: DeadLetterReason; isAcknowledged: boolean };

export type Cancel = {
  id: string;
  answeredAt: number;
  /** `unknown` without an answer, or with one that says nothing. */
  answer: 'cancelled' | 'too late' | 'unknown';
};

export const FAULTS = [
  'ingest',
  'delivery',
  'retry',
  'projector',
  'scheduler',
  'gateway',
  'kafka',
  'postgres',
  'redis',
  'registry',
  'freeze',
  'fail',
  'throttle',
  'hang',
  'drop',
  'slow',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** A fault, from its first moment until what it hit was up again. */
export type FaultRecord = {
  kind: FaultKind;
  /** Which process or part, and which of its replicas. */
  target: string;
  at: number;
  /** When it was lifted: a killed process ended, a frozen one thawed, a stopped server asked to start. */
  liftedAt: number;
  /** When what it hit answered again. */
  overAt: number;
};

export type Call = {
  id: string;
  cycle: number;
  at: number;
  answer: 'accepted' | 'failed' | 'rejected' | 'throttled' | 'hung' | 'dropped';
};

export type Event = Pick<
  StatusEvent,
  'version' | 'cycle' | 'attempt' | 'max_attempts' | 'at' | 'started_at' | 'outcome' | 'next_retry_at'
> & { id: string; status: Status };

export type Letter = { key: string; reason: string; cycle: number };

export type Row = {
  id: string;
  correlation_id: string | null;
  state: DeliveryState;
  cycle: number;
  fence: number;
  attempt: number;
  max_attempts: number;
  delivery_mode: string;
  expires_at: number | null;
  dead_letter_reason: string | null;
  /** What clients read; null where there is no such row. */
  status: Status | null;
  version: number | null;
};
