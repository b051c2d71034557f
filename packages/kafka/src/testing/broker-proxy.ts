import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * A way to one broker that can be frozen and cut without doing either to the broker that other tests use. The broker
 * tells its clients its own address; the proxy puts its own port there.
 */
export type BrokerProxy = {
  address: string;
  /** Connections that neither side has closed. */
  connections(): number;
  /** Nothing passes any more in either direction; connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Closes every connection; while down, new ones are closed at once. */
  goDown(): void;
  comeBack(): void;
  close(): Promise<void>;
};

export async function proxyTo(broker: string): Promise<BrokerProxy> {
  const [host = '', port = ''] = broker.split(':');
  const pairs = new Set<Socket>();
  let isDown = false;

  const server = createServer((client) => {
    if (isDown) return void client.destroy();
    const upstream = connect(Number(port), host);
    const rewrite = frameRewriter(host, Number(port), () => portOf(server));
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => client.write(rewrite(chunk)));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      pairs.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(one);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const each = (act: (socket: Socket) => void): void => {
    for (const socket of pairs) act(socket);
  };
  return {
    address: `127.0.0.1:${portOf(server)}`,
    connections: () => pairs.size / 2,
    freeze: () => each((socket) => socket.pause()),
    thaw: () => each((socket) => socket.resume()),
    goDown() {
      isDown = true;
      each((socket) => socket.destroy());
    },
    comeBack: () => void (isDown = false),
    async close() {
      each((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

/** Whole responses only: the address to replace may lie across two chunks. */
function frameRewriter(host: string, from: number, to: () => number): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  const wanted = addressBytes(host, from);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let end = 0;
    while (rest.length >= end + 4 && rest.length >= end + 4 + rest.readInt32BE(end))
      end += 4 + rest.readInt32BE(end);
    const whole = Buffer.from(rest.subarray(0, end));
    rest = rest.subarray(end);
    for (let at = whole.indexOf(wanted); at !== -1; at = whole.indexOf(wanted, at + 1))
      addressBytes(host, to()).copy(whole, at);
    return whole;
  };
}

/** As Kafka's protocol writes it: a length-prefixed host, then the port in 4 bytes. */
function addressBytes(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length, 0);
  bytes.write(host, 2);
  bytes.writeInt32BE(port, 2 + host.length);
  return bytes;
}
