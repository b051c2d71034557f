import type { MetricsResource } from '@fanfare/contracts';
import type { Counts } from '@fanfare/db';
import { rfc3339 } from '@fanfare/domain';

export type MetricsDeps = {
  countLastMinute: () => Promise<Counts & { at: number }>;
  /** Records of the work topics that delivery has yet to be done with. Rejects, soon, while Kafka is away. */
  queueDepth: () => Promise<number>;
};

/** `GET /api/v1/metrics`. Whoever asks while an answer is being counted gets that one. */
export function onMetrics(deps: MetricsDeps): () => Promise<MetricsResource> {
  let counting: Promise<MetricsResource> | null = null;
  return () => {
    counting ??= count(deps).finally(() => {
      counting = null;
    });
    return counting;
  };
}

async function count({ countLastMinute, queueDepth }: MetricsDeps): Promise<MetricsResource> {
  const [{ created, delivered, failed, cancelled, expired, at }, queue_depth] = await Promise.all([
    countLastMinute(),
    queueDepth().catch(() => null),
  ]);
  return {
    created_per_minute: created,
    delivered_per_minute: delivered,
    failed_per_minute: failed,
    cancelled_per_minute: cancelled,
    expired_per_minute: expired,
    success_rate: delivered + failed === 0 ? null : delivered / (delivered + failed),
    queue_depth,
    as_of: rfc3339(at),
  };
}
