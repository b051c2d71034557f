import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type Upgrades = {
  forward: (request: IncomingMessage, client: Duplex, head: Buffer) => void;
  /** Ends the forwarded connections, which would hold up a stop: their clients connect again, to another replica. */
  end: () => void;
};

/**
 * Hands WebSocket upgrades on to the gateway, byte for byte, so that clients need one port only. What the gateway
 * answers goes back as it is; a gateway that cannot be reached is a 502.
 */
export function createUpgrades(gateway: { host: string; port: number }): Upgrades {
  const ends = new Set<() => void>();
  return {
    forward: (request, client, head) => {
      const upstream = connect(gateway);
      const end = (): void => {
        ends.delete(end);
        upstream.destroy();
        client.destroy();
      };
      ends.add(end);
      pipe(request, client, head, upstream);
      upstream.once('close', end);
      client.once('error', end).once('close', end);
    },
    end: () => {
      for (const end of ends) end();
    },
  };
}

function pipe(request: IncomingMessage, client: Duplex, head: Buffer, upstream: Socket): void {
  upstream.once('connect', () => {
    upstream.write(requestHead(request));
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
  upstream.once('error', () => {
    if (upstream.bytesRead === 0) client.write('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
  });
}

function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  return [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n');
}
