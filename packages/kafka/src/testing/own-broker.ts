import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// By their paths, as the testkit does it: infra depends on this package.
import { installBinaries } from '../../../../infra/local-stack/install.ts';
import { brokers, kafkaPart } from '../../../../infra/local-stack/kafka.ts';
import { startPart } from '../../../../infra/local-stack/part.ts';
import { freePort } from '../../../../infra/local-stack/ports.ts';

/** A broker that a test may kill and set up as it likes, without harm to the one that other tests use. */
export type OwnBroker = {
  address: string;
  /** Where it keeps its logs and checkpoints. */
  dataDir: string;
  /** `kill -9`, and started again on the same data; resolves when it answers. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
};

/** @param settings of the broker, beside those of the local stack */
export async function startOwnBroker(settings: Record<string, string>): Promise<OwnBroker> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-broker-'));
  mkdirSync(join(dir, 'logs'));
  const [binaries, port] = [await installBinaries(() => {}), await freePort()];
  const part = kafkaPart({
    jars: binaries.kafkaJars,
    dir,
    port,
    controllerPort: await freePort(),
    tuned: 'start',
  });
  const process = await startPart(withSettings(part, settings), {
    onExit: () => {},
    signal: new AbortController().signal,
  });
  return {
    address: brokers(port),
    dataDir: join(dir, 'kafka'),
    async killAndRestart() {
      process.kill('SIGKILL');
      await process.restart();
    },
    async stop() {
      await process.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

type Part = ReturnType<typeof kafkaPart>;

function withSettings(part: Part, settings: Record<string, string>): Part {
  return {
    ...part,
    async prepare() {
      const command = await part.prepare();
      for (const [name, value] of Object.entries(settings)) appendFileSync(part.mark, `${name}=${value}\n`);
      return command;
    },
  };
}
