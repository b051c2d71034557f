import { expect } from 'chai';
import fc from 'fast-check';
import { parseRfc3339, rfc3339 } from './rfc3339.ts';

const two = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
/** Times in form, of which many are none. */
const shaped = fc
  .tuple(
    fc.integer({ min: 0, max: 9_999 }).map((year) => String(year).padStart(4, '0')),
    fc.array(two, { minLength: 5, maxLength: 5 }),
    fc.constantFrom('T', 't', ' '),
    fc.constantFrom('', '.5', '.123456789', '.1234567890', ',5'),
    fc.oneof(fc.constantFrom('Z', 'z', ''), fc.tuple(fc.constantFrom('+', '-'), two, two).map(offset)),
  )
  .map(
    ([year, [month, day, hour, minute, second], letter, fraction, zone]) =>
      `${year}-${month}-${day}${letter}${hour}:${minute}:${second}${fraction}${zone}`,
  );

function offset([sign, hours, minutes]: [string, string, string]): string {
  return `${sign}${hours}:${minutes}`;
}

describe('texts that may be RFC 3339 times', () => {
  it('are read or not, and never throw', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-3:TZ+.-]{0,30}$/), shaped);
    fc.assert(
      fc.property(texts, (text) => {
        const ms = parseRfc3339(text);
        if (ms !== null) expect(Number.isSafeInteger(ms), text).to.equal(true);
      }),
    );
  });

  it('say the same when the moment that was read is written again', () => {
    fc.assert(
      fc.property(shaped, (text) => {
        const ms = parseRfc3339(text);
        const written = rfc3339(ms);
        // A year of five digits is for who reads it to refuse: the zone made it of one of four.
        if (written !== null && !/^[+-]/.test(written)) expect(parseRfc3339(written)).to.equal(ms);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep the clock and the calendar that they show, moved by their zone', () => {
    const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(days, fc.integer({ min: -1439, max: 1439 }), (date, minutes) => {
        const [sign, ahead] = [minutes < 0 ? '-' : '+', Math.abs(minutes)];
        const zone = [Math.floor(ahead / 60), ahead % 60]
          .map((part) => String(part).padStart(2, '0'))
          .join(':');
        const shown = new Date(date.getTime() + minutes * 60_000)
          .toISOString()
          .replace('Z', `${sign}${zone}`);
        if (/^\d{4}-/.test(shown)) expect(parseRfc3339(shown), shown).to.equal(date.getTime());
      }),
    );
  });
});
