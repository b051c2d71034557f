import type { Promised } from '@fanfare/db';
import type { PublishPromised } from './publish-promised.ts';

export type AbandonedDeps = {
  /** Groups that nobody has published in time; they are ours for a while. */
  takeAbandoned: () => Promise<Promised[]>;
  publishPromised: PublishPromised;
};

/** The chore of publishing what a crash, or a Kafka that was away, left unpublished. Doing it twice does no harm. */
export function onAbandoned({ takeAbandoned, publishPromised }: AbandonedDeps): () => Promise<boolean> {
  return async () => {
    const abandoned = await takeAbandoned();
    if (abandoned.length > 0) await publishPromised(abandoned);
    return abandoned.length > 0;
  };
}
