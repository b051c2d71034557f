import type { ConsumedRecord } from '../index.ts';

export type Place = Pick<ConsumedRecord, 'partition' | 'offset'>;

export function idOf({ partition, offset }: Place): string {
  return `${partition}/${offset}`;
}
