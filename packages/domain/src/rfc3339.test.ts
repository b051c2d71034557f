import { expect } from 'chai';
import fc from 'fast-check';
import { parseRfc3339 } from './rfc3339.ts';

const TIMES: Record<string, string> = {
  '2030-01-31T09:00:00Z': '2030-01-31T09:00:00.000Z',
  '2030-01-31t09:00:00z': '2030-01-31T09:00:00.000Z',
  '2030-01-31T09:00:00.5Z': '2030-01-31T09:00:00.500Z',
  '2030-01-31T09:00:00.123456789Z': '2030-01-31T09:00:00.123Z',
  '2030-01-31T23:59:59-12:00': '2030-02-01T11:59:59.000Z',
  '2030-01-31T09:00:00+03:30': '2030-01-31T05:30:00.000Z',
  '2030-02-28T00:00:00+00:00': '2030-02-28T00:00:00.000Z',
  '2028-02-29T00:00:00Z': '2028-02-29T00:00:00.000Z',
  '2000-02-29T00:00:00Z': '2000-02-29T00:00:00.000Z',
  '0001-01-01T00:00:00Z': '0001-01-01T00:00:00.000Z',
};

const NO_TIMES = [
  ...words('tomorrow 2030-01-31 2030-01-31T09:00 2030-01-31T09:00:00 2030-01-31T09:00Z 20300131T090000Z'),
  ...words('2030-02-31T00:00:00Z 2030-02-29T00:00:00Z 2100-02-29T00:00:00Z 2030-04-31T00:00:00Z'),
  ...words('2030-13-01T00:00:00Z 2030-00-10T00:00:00Z 2030-01-00T00:00:00Z 2030-01-32T00:00:00Z'),
  ...words('2030-01-31T24:00:00Z 2030-01-31T23:60:00Z 2030-01-31T23:59:60Z 2030-1-31T09:00:00Z'),
  ...words('2030-01-31T09:00:00+24:00 2030-01-31T09:00:00+03:60 2030-01-31T09:00:00+0300'),
  ...words('2030-01-31T09:00:00.Z 2030-01-31T09:00:00.1234567890Z 2030-01-31T09:00:00,5Z'),
  ...words('+002030-01-31T09:00:00Z -2030-01-31T09:00:00Z ٢٠٣٠-01-31T09:00:00Z 1894006800000'),
  '',
  ' 2030-01-31T09:00:00Z',
  '2030-01-31T09:00:00Z\n',
  '2030-01-31 09:00:00Z',
  'Thu, 31 Jan 2030 09:00:00 GMT',
];

function words(text: string): string[] {
  return text.split(' ');
}

describe('RFC 3339 times', () => {
  for (const [text, moment] of Object.entries(TIMES))
    it(`reads ${text}`, () => {
      expect(new Date(parseRfc3339(text) ?? NaN).toISOString()).to.equal(moment);
    });

  for (const text of NO_TIMES)
    it(`does not read ${JSON.stringify(text)}`, () => {
      expect(parseRfc3339(text)).to.equal(null);
    });

  it('reads whatever a computer writes', () => {
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(dates, (date) => parseRfc3339(date.toISOString()) === date.getTime()));
  });
});
