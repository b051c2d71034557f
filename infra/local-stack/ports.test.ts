import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { freePort, requireFreePorts } from './ports.ts';

describe('ports', () => {
  it('says which port is taken, who has it, and which setting moves us', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const wanted = { port, name: 'kafka', setting: 'KAFKA_PORT' };
    const refusal = await requireFreePorts([wanted]).catch((error: unknown) => String(error));
    server.close();
    await once(server, 'close');

    expect(refusal).to.include(`Port ${port} (kafka) is taken`).and.include('KAFKA_PORT=');
    await requireFreePorts([wanted]);
  });

  it('never gives the same port twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(new Set(ports).size).to.equal(50);
  });
});
