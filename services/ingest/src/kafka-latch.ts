/** Tells whether it is worth waiting for Kafka. One missed deadline opens it; a probe in the background shuts it. */
export type KafkaLatch = {
  /** Kafka did not answer lately: accept without it, the scheduler publishes later. */
  isOpen(): boolean;
  open(): void;
  stop(): void;
};

type LatchDeps = {
  probeEveryMs: number;
  /** Rejects while Kafka is away. */
  probe: () => Promise<void>;
  onChange: (open: boolean) => void;
};

export function createKafkaLatch({ probeEveryMs, probe, onChange }: LatchDeps): KafkaLatch {
  let timer: NodeJS.Timeout | null = null;

  function shut(): void {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    onChange(false);
  }

  function probeLater(): void {
    timer = setTimeout(() => void probe().then(shut, probeLater), probeEveryMs);
  }

  return {
    isOpen: () => timer !== null,
    open: () => {
      if (timer !== null) return;
      probeLater();
      onChange(true);
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
