import { join } from 'node:path';
import { JVM_FLAGS, type Tuning } from './jvm.ts';
import type { Part } from './part.ts';
import { javaCommand } from './requirements.ts';

/** Apicurio Registry, spoken to through its Confluent-compatible interface. */
export function registryPart(deps: { jar: string; dir: string; port: number; tuned: Tuning }): Part {
  const data = join(deps.dir, 'registry');
  return {
    name: 'registry',
    port: deps.port,
    mark: data,
    logFile: join(deps.dir, 'logs/registry.log'),
    async prepare() {
      const settings = {
        'quarkus.http.host': '127.0.0.1',
        'quarkus.http.port': deps.port,
        REGISTRY_DATASOURCE_URL: `jdbc:h2:file:${data}`,
        LOG_LEVEL: 'WARN',
      };
      const properties = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
      return {
        command: javaCommand(),
        args: ['-Xmx256m', ...JVM_FLAGS[deps.tuned], ...properties, '-jar', deps.jar],
      };
    },
    answers: () => isOk(`${registryUrl(deps.port)}/subjects`),
  };
}

export function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

function isOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  );
}
