import { notificationCodec, statusEventCodec } from '@fanfare/contracts';
import { notificationOf } from '@fanfare/domain/fixture';
import { expect } from 'chai';
import fc from 'fast-check';
import { readAvro, readJson, Undecodable, writeAvro, writerIdOf } from './wire-format.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
/** What has lost or gained something on its way. */
const nearly = fc.tuple(fc.nat(), bytes, fc.nat({ max: 5 })).map(([at, noise, cut]) => {
  const whole = writeAvro(notificationCodec, 7, notificationOf({ content: 'İyi günler' }));
  const place = at % whole.length;
  return Buffer.concat([whole.subarray(0, place), noise.subarray(0, 3), whole.subarray(place + cut)]);
});
const text = fc.string({ unit: 'grapheme' });
const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** What a reader makes of bytes: a value, or the one error that it may throw. */
function attempt<T>(read: () => T): T | Undecodable {
  try {
    return read();
  } catch (error) {
    expect(error).to.be.instanceOf(Undecodable);
    return error as Undecodable;
  }
}

describe('bytes of any kind', () => {
  it('are decoded or undecodable, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, nearly), (value) => {
        attempt(() => writerIdOf(value));
        attempt(() => readJson(value));
        attempt(() => readAvro(notificationCodec, null, value));
        attempt(() => readAvro(statusEventCodec, null, value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are JSON if a JSON writer wrote them', () => {
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.jsonValue()),
        fc.constantFrom('', ' \n', '\ufeff'),
        (value, before) => {
          const json = JSON.stringify(value);
          const written = Buffer.from(before + json);
          expect(writerIdOf(written)).to.equal(null);
          expect(JSON.stringify(readJson(written))).to.equal(JSON.stringify(JSON.parse(json)));
        },
      ),
    );
  });

  it('are the value that an Avro writer wrote, under the id of its schema', () => {
    fc.assert(
      fc.property(id, fc.option(text), (schemaId, content) => {
        const written = writeAvro(notificationCodec, schemaId, notificationOf({ content }));
        expect(writerIdOf(written)).to.equal(schemaId);
        expect(readAvro(notificationCodec, null, written).content).to.equal(content);
      }),
    );
  });

  it('tell nothing of what they hold when they are undecodable', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{12,20}$/), (secret) => {
        const found = attempt(() => readJson(Buffer.from(`{"a":"${secret}"`)));
        expect(String(found)).not.to.include(secret);
      }),
    );
  });
});
