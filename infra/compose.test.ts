import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@fanfare/runtime';
import { expect } from 'chai';
import { parse } from 'yaml';
import { config as deliveryOf } from '../services/delivery/src/config.ts';
import { config as gateway } from '../services/gateway/src/config.ts';
import { config as ingest } from '../services/ingest/src/config.ts';
import { config as projector } from '../services/projector/src/config.ts';
import { config as retry } from '../services/retry/src/config.ts';
import { config as scheduler } from '../services/scheduler/src/config.ts';
import { config as simulator } from '../services/simulator/src/config.ts';
import { rootDir } from './paths.ts';
import { config as prepare } from './prepare.ts';
import { services } from './services.ts';

type ComposeService = {
  image: string;
  command?: string;
  environment?: Record<string, string | number>;
  env_file?: { path: string; required: boolean }[];
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
};

const delivery = deliveryOf({});
const schemas = { delivery, gateway, ingest, prepare, projector, retry, scheduler, simulator };
const compose = parse(readFileSync(join(rootDir, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};

describe('docker-compose.yml', () => {
  it('runs every service there is, from its own main', () => {
    const commands = services.map(({ name }) => [name, compose.services[name]?.command]);
    const expected = services.map(({ name }) => [name, `services/${name}/src/main.ts`]);
    expect(commands).to.deep.equal(expected);
  });

  for (const [name, schema] of Object.entries(schemas))
    it(`sets nothing for ${name} that it does not know, and nothing it refuses`, () => {
      const environment = compose.services[name]?.environment ?? {};
      const known = Object.keys(schema.shape);
      expect(Object.keys(environment).filter((setting) => !known.includes(setting))).to.deep.equal([]);
      loadConfig(schema, withoutVariables(environment));
    });

  it('asks for keys where a service listens beyond loopback', () => {
    for (const [name, schema] of [
      ['ingest', ingest],
      ['gateway', gateway],
    ] as const) {
      const environment = compose.services[name]?.environment ?? {};
      const open = withoutVariables({ ...environment, AUTH_MODE: 'none' });
      expect(loadConfig(schema, withoutVariables(environment)).AUTH_MODE).to.equal('api-key');
      expect(() => loadConfig(schema, open)).to.throw('AUTH_MODE: must be api-key');
    }
  });

  it('starts what needs Redis when Redis answers', () => {
    const needing = Object.values(compose.services).filter(({ environment }) => environment?.['REDIS_URL']);
    expect(needing).to.have.length.greaterThan(1);
    const conditions = needing.map(({ depends_on }) => depends_on?.['redis']?.condition);
    expect(conditions).to.deep.equal(needing.map(() => 'service_healthy'));
  });

  it('reads providers from a file that need not be there, and that neither git nor an image takes', () => {
    const [file, ...others] = compose.services['delivery']?.env_file ?? [];
    expect([file?.required, others]).to.deep.equal([false, []]);
    for (const list of ['.gitignore', '.dockerignore'])
      expect(readFileSync(join(rootDir, list), 'utf8').split('\n')).to.include(file?.path);
  });

  it('opens its ports on loopback alone', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports).to.have.length.greaterThan(3);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).to.deep.equal([]);
  });

  it('runs the same Kafka as the local stack and the tests in containers', () => {
    const pom = readFileSync(join(rootDir, 'infra/local-stack/pom.xml'), 'utf8');
    const containers = readFileSync(join(rootDir, 'packages/testkit/src/containers.ts'), 'utf8');
    const [, version] = /<kafka\.version>(.*)<\/kafka\.version>/.exec(pom) ?? [];
    const image = `apache/kafka:${version}`;
    expect(compose.services['kafka']?.image).to.equal(image);
    expect(containers).to.include(`'${image}'`);
  });
});

/** `${LOG_LEVEL:-}` is what is given, else what stands after the dash. */
function withoutVariables(environment: Record<string, string | number>): Record<string, string> {
  const entries = Object.entries(environment);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(value).replace(/\$\{\w+:-([^}]*)\}/, '$1')]),
  );
}
