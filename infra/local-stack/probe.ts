import { connect } from 'node:net';

/** Whether a server on 127.0.0.1 answers `request` with bytes that start with `expected`. */
export function answersWith(port: number, request: Buffer, expected: Buffer): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1_000);
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => socket.write(request));
    socket.once('data', (reply) => resolve(reply.subarray(0, expected.length).equals(expected)));
    for (const event of ['error', 'timeout', 'close'] as const) socket.once(event, () => resolve(false));
  }).finally(() => socket.destroy());
}
