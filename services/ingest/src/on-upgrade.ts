import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Hands a WebSocket upgrade on to the gateway, byte for byte, so that clients need one port only. What the gateway
 * answers goes back as it is; a gateway that cannot be reached is a 502.
 */
export function forwardUpgrade(
  gateway: { host: string; port: number },
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  const upstream = connect(gateway);
  const end = (): void => {
    upstream.destroy();
    client.destroy();
  };
  upstream.once('connect', () => {
    upstream.write(requestHead(request));
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
  upstream.once('error', () => {
    if (upstream.bytesRead === 0) client.write('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
    end();
  });
  client.once('error', end).once('close', end);
  upstream.once('close', end);
}

function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  return [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n');
}
