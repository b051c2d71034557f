import type { ServiceProcess } from '@fanfare/infra/services';
import { after, before } from 'mocha';
import { type System, useSystem } from './system.ts';

/** Delivery processes with settings of a test's own, in place of the one that the others use. */
export type Deliveries = {
  /** All the services, as of `useSystem`. */
  system: () => System;
  /** Where the processes are that run now. */
  urls: () => string[];
  /** Ends them softly and starts as many anew. */
  restart: () => Promise<void>;
};

/**
 * All services, with so many delivery processes, from the first test of a `describe` to its last.
 * @param settings on top of those of all; may start what they name
 */
export function useDeliveries(
  count: number,
  settings: (system: System) => Promise<NodeJS.ProcessEnv> | NodeJS.ProcessEnv,
): Deliveries {
  let processes: ServiceProcess[] = [];
  let env: NodeJS.ProcessEnv = {};

  // Comes before the end of the other services.
  after('start the usual delivery process again', async () => {
    await stop();
    await system().startDelivery();
  });
  const system = useSystem();

  async function start(): Promise<void> {
    const starting = Array.from({ length: count }, () => system().addReplica('delivery', env));
    processes = await Promise.all(starting);
  }

  async function stop(): Promise<void> {
    await Promise.all(processes.map((process) => process.stop()));
  }

  before('start other delivery processes', async () => {
    env = await settings(system());
    await system().stopDelivery();
    await start();
  });
  return {
    system,
    urls: () => processes.map(({ url }) => url),
    restart: async () => {
      await stop();
      await start();
    },
  };
}
