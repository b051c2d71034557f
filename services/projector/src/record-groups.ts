import type { ConsumedRecord } from '@fanfare/kafka';
import { grouped, Stopped } from '@fanfare/runtime';

export type RecordGroups = {
  push: (records: ConsumedRecord[]) => void;
  /** Resolves when every record that was pushed is handled, or given up because of a stop. */
  idle: () => Promise<void>;
};

export type RecordGroupsOptions = {
  handle: (records: ConsumedRecord[]) => Promise<void>;
  /** Most records in one group. */
  sizeMax: number;
  onFatal: (error: unknown) => void;
};

/** Hands records on in groups, one group at a time: whatever arrives meanwhile is the next. */
export function createRecordGroups({ handle, sizeMax, onFatal }: RecordGroupsOptions): RecordGroups {
  const join = grouped<ConsumedRecord, void>({
    run: async (records) => {
      await handle(records);
      return records.map(() => undefined);
    },
    sizeMax,
    inFlightMax: 1,
  });
  // Given up at a stop, a record stays uncommitted, and whoever gets it next handles it.
  const onFailure = (error: unknown) => (error instanceof Stopped ? undefined : onFatal(error));
  return {
    push: (records) => {
      for (const record of records) join(record).catch(onFailure);
    },
    idle: () => join.idle(),
  };
}
