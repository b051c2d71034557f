import { expect } from 'chai';
import { createHealth, serveHealth } from './health.ts';
import type { Checks } from './health.ts';

describe('health', () => {
  it('is live and ready when all it needs answers', async () => {
    await serving({ kafka: () => Promise.resolve(), postgres: () => true }, async (get) => {
      expect(await get('/healthz/live')).to.include({ status: 200 });
      expect(await get('/healthz/ready?verbose')).to.include({ status: 200 });
    });
  });

  it('names what is away, and stays live', async () => {
    const refusal = new Error('connect ECONNREFUSED 127.0.0.1:9092');
    await serving({ kafka: () => Promise.reject(refusal), postgres: () => true }, async (get) => {
      const { status, type, body } = await get('/healthz/ready');
      expect({ status, type }).to.deep.equal({ status: 503, type: 'application/problem+json' });
      expect(JSON.parse(body)).to.deep.include({
        status: 503,
        detail: 'away: kafka',
        errors: [{ field: 'kafka', message: 'connect ECONNREFUSED 127.0.0.1:9092' }],
      });
      expect(await get('/healthz/live')).to.include({ status: 200 });
    });
  });

  it('gives up on a check that hangs, and does not start it again meanwhile', async () => {
    let calls = 0;
    const gate = Promise.withResolvers<void>();
    const hang = () => {
      calls += 1;
      return gate.promise;
    };
    await serving({ redis: hang }, async (get) => {
      const answers = await Promise.all([get('/healthz/ready'), get('/healthz/ready')]);
      for (const { status, body } of answers) {
        expect(status).to.equal(503);
        expect(body).to.include('no answer within');
      }
      expect(calls).to.equal(1);
      gate.resolve();
      expect(await get('/healthz/ready')).to.include({ status: 200 });
    });
  });

  it('says why it is not ready whatever the checks would say', async () => {
    await serving('stopping', async (get) => {
      const { status, body } = await get('/healthz/ready');
      expect(status).to.equal(503);
      expect(JSON.parse(body)).to.include({ detail: 'stopping' });
    });
  });

  it('shows the metrics of the process', async () => {
    await serving({}, async (get) => {
      const { status, type } = await get('/metrics');
      expect(status).to.equal(200);
      expect(type).to.match(/^text\/plain; version=0.0.4/);
    });
  });

  it('leaves everything else to the server it is mounted on', async () => {
    const health = createHealth(() => ({}));
    expect(health.answer('/healthz')).to.equal(null);
    expect(health.answer('/constructor')).to.equal(null);
    await serving({}, async (get) => {
      expect(await get('/other')).to.include({ status: 404 });
      expect(await get('/healthz/live', 'POST')).to.include({ status: 404 });
    });
  });

  it('refuses a port that is taken', async () => {
    const health = createHealth(() => ({}));
    const first = await serveHealth(health, { host: '127.0.0.1', port: 0 });
    const second = await serveHealth(health, { host: '127.0.0.1', port: first.port }).catch(
      (error: unknown) => error,
    );
    first.close();
    expect(second).to.have.property('code', 'EADDRINUSE');
  });
});

type Get = (path: string, method?: string) => Promise<{ status: number; type: string | null; body: string }>;

async function serving(readiness: Checks | string, use: (get: Get) => Promise<void>): Promise<void> {
  const server = await serveHealth(
    createHealth(() => readiness),
    { host: '127.0.0.1', port: 0 },
  );
  try {
    await use(async (path, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: await response.text(),
      };
    });
  } finally {
    server.close();
  }
}
