import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type Upgrades = {
  forward: (request: IncomingMessage, client: Duplex, head: Buffer) => void;
  /**
   * Ends the forwarded connections, which would hold up a stop, soon: their clients connect again, to another replica.
   * Whoever asks from then on is refused.
   */
  end: () => void;
};

/**
 * The close of a client that goes away (1001), masked with zeros. The gateway answers it with its own, behind the last of
 * its frames, so the client hears a goodbye from whoever knows where a frame ends.
 */
const GOODBYE = Buffer.from('88820000000003e9', 'hex');
const GOODBYE_MS = 500;
/** A host that has gone says nothing, and the system would wait two minutes for it. */
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Hands WebSocket upgrades on to the gateway, byte for byte, so that clients need one port only. What the gateway
 * answers goes back as it is; a gateway that cannot be reached is a 502.
 */
export function createUpgrades(
  gateway: { host: string; port: number },
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
): Upgrades {
  const forwarded = new Map<Socket, () => void>();
  let isEnding = false;
  return {
    forward: (request, client, head) => {
      if (isEnding) return void client.end(refusal('503 Service Unavailable'));
      const upstream = connect(gateway);
      upstream.setTimeout(connectTimeoutMs, () => upstream.destroy(new Error('the gateway does not answer')));
      const end = (): void => {
        forwarded.delete(upstream);
        upstream.destroy();
        client.destroy();
      };
      forwarded.set(upstream, end);
      pipe(request, client, head, upstream);
      upstream.once('close', end);
      client.once('error', end).once('close', end);
    },
    end: () => {
      isEnding = true;
      for (const [upstream, end] of forwarded) {
        // Before the request's head it would be none.
        if (upstream.connecting) end();
        else upstream.write(GOODBYE);
        setTimeout(end, GOODBYE_MS);
      }
    },
  };
}

/** Any other upgrade (clients of HTTP/2, Java's among them, offer h2c with each request) is declined by answering without. */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function pipe(request: IncomingMessage, client: Duplex, head: Buffer, upstream: Socket): void {
  upstream.once('connect', () => {
    upstream.setTimeout(0);
    upstream.write(requestHead(request));
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
  upstream.once('error', () => {
    if (upstream.bytesRead === 0) client.write(refusal('502 Bad Gateway'));
  });
}

function refusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
}

function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  return [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n');
}
