import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { readBytes, type Room } from './body-bytes.ts';
import { ProblemError } from './problem.ts';

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)));

function stream(chunks: Buffer[]): Readable {
  return Readable.from(chunks, { objectMode: false });
}

function roomFor(bytesLeft: number): Room {
  return { bytesLeft };
}

async function refusalOf(bytes: Promise<Buffer>): Promise<unknown> {
  const refusal = await bytes.catch((error: unknown) => error);
  expect(refusal).to.be.instanceOf(ProblemError);
  return refusal instanceof ProblemError ? refusal.problem.status : null;
}

describe('the bytes of a body', () => {
  it('are those of its chunks in their order, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const whole = Buffer.concat(chunks);
        expect(await readBytes(stream(chunks), whole.length, roomFor(1_000_000))).to.deep.equal(whole);
      }),
    );
  });

  it('are refused from the first one that is too many', async () => {
    await fc.assert(
      fc.asyncProperty(
        pieces.filter((chunks) => chunks.length > 0),
        async (chunks) => {
          const bytesMax = Buffer.concat(chunks).length - 1;
          expect(await refusalOf(readBytes(stream(chunks), bytesMax, roomFor(1_000_000)))).to.equal(413);
        },
      ),
    );
  });

  it('are refused when the client goes away before the end', async () => {
    const payload = new Readable({ read: () => {} });
    const bytes = readBytes(payload, 100, roomFor(100));
    payload.push('{"a"');
    payload.destroy(new Error('aborted'));
    expect(await refusalOf(bytes)).to.equal(400);
  });

  it('take no more room than there is for all of them, and give it back however they end', async () => {
    const room = roomFor(100);
    const body = Buffer.alloc(60);
    for (const end of [
      (payload: Readable) => payload.push(null),
      (payload: Readable) => payload.push(Buffer.alloc(30)),
      (payload: Readable) => payload.destroy(new Error('aborted')),
    ]) {
      const payload = new Readable({ read: () => {} });
      const first = readBytes(payload, 80, room).catch(() => null);
      payload.push(body);
      await once(payload, 'data');
      expect(await refusalOf(readBytes(stream([body]), 80, room))).to.equal(503);
      end(payload);
      await first;
      expect(await readBytes(stream([body]), 80, room)).to.have.length(60);
    }
    expect(room).to.deep.equal(roomFor(100));
  });
});
