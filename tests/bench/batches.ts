import type { Bench } from './bench.ts';

export const BATCH_SIZE = 1_000;
/** Two are worked on at once, two wait: the next is there when one is done. */
const CONNECTIONS = 4;

type Batches = {
  /** The figure they are for. */
  figure: string;
  count: number;
  /** The notifications of one batch, whose number counts from 0. */
  batchOf: (index: number) => object[];
};

/** Has batches accepted, a few at a time. Returns their ids. @throws when one is refused */
export async function acceptBatches(bench: Bench, { figure, count, batchOf }: Batches): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;

  async function keepPosting(): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      ids.push(await postBatch(bench, batchOf(index)));
      bench.progress(`${figure} accept batch ${ids.length} of ${count}`, 'moving');
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, keepPosting));
  return ids;
}

async function postBatch({ system, signal }: Bench, notifications: object[]): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${system.ports.ingest}/api/v1/notifications/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ notifications }),
    signal,
  });
  if (response.status !== 202) throw new Error(`a batch was answered ${response.status}`);
  return ((await response.json()) as { id: string }).id;
}
