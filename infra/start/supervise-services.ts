import { type ServiceName, services, urlOf } from '../services.ts';
import { type KeepDeps, keepService } from './keep-service.ts';

export type SupervisedServices = { url(name: ServiceName): string; stop(): Promise<void> };

/** Who takes work in stops first, the provider last: what is in flight gets through. */
const STOP_ORDER: ServiceName[][] = [
  ['ingest', 'scheduler', 'retry'],
  ['delivery'],
  ['projector', 'gateway'],
  ['simulator'],
];

/** Starts every service and waits until all are ready; one that crashes is reported and started again. */
export async function superviseServices(deps: KeepDeps): Promise<SupervisedServices> {
  const { screen, env, signal } = deps;
  const kept = services.map(({ name }) => keepService(name, deps));
  const stop = async (): Promise<void> => {
    for (const names of STOP_ORDER) {
      const together = kept.filter(({ name }) => names.includes(name));
      await Promise.all(together.map((service) => service.stop()));
    }
  };
  try {
    await Promise.all(
      kept.map(async (service) => {
        await service.ready();
        screen.row(`${service.name} answers on ${urlOf(service.name, env)}`);
      }),
    );
    signal.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: (name) => urlOf(name, env), stop };
}
