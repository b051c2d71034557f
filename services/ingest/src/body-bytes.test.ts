import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { readBytes } from './body-bytes.ts';
import { ProblemError } from './problem.ts';

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)));

function stream(chunks: Buffer[]): Readable {
  return Readable.from(chunks, { objectMode: false });
}

describe('the bytes of a body', () => {
  it('are those of its chunks in their order, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const whole = Buffer.concat(chunks);
        expect(await readBytes(stream(chunks), whole.length)).to.deep.equal(whole);
      }),
    );
  });

  it('are refused from the first one that is too many', async () => {
    await fc.assert(
      fc.asyncProperty(
        pieces.filter((chunks) => chunks.length > 0),
        async (chunks) => {
          const refusal: unknown = await readBytes(stream(chunks), Buffer.concat(chunks).length - 1).catch(
            (error: unknown) => error,
          );
          expect(refusal).to.be.instanceOf(ProblemError);
          expect((refusal as ProblemError).problem.status).to.equal(413);
        },
      ),
    );
  });

  it('are refused when the client goes away before the end', async () => {
    const payload = new Readable({ read: () => {} });
    const bytes = readBytes(payload, 100);
    payload.push('{"a"');
    payload.destroy(new Error('aborted'));
    const refusal = await bytes.catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(ProblemError);
  });
});
