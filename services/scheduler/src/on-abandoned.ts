import type { Promised } from '@fanfare/db';
import type { PublishPromised } from './publish-promised.ts';

export type AbandonedDeps = {
  /** Groups that nobody has published in time; they are ours for a while. */
  takeAbandoned: () => Promise<Promised[]>;
  publishPromised: PublishPromised;
};

/** Publishes what a crash, or a Kafka that was away, left unpublished. Publishing it twice does no harm. */
export async function onAbandoned({ takeAbandoned, publishPromised }: AbandonedDeps): Promise<boolean> {
  const abandoned = await takeAbandoned();
  if (abandoned.length > 0) await publishPromised(abandoned);
  return abandoned.length > 0;
}
