import { expect } from 'chai';
import fc from 'fast-check';
import { collected } from './draft-fixture.ts';
import { type DraftLine, draftLines } from './draft-lines.ts';
import type { Draft } from './notifications-api.ts';

async function read(
  bytes: Buffer | string,
  { chunkBytes = 7, defaults = {} }: { chunkBytes?: number; defaults?: Draft } = {},
): Promise<DraftLine[]> {
  const all = Buffer.from(bytes);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
  }
  return collected(draftLines(chunks(), defaults));
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const said = (lines: DraftLine[]) => lines.map((one) => [one.line, 'draft' in one ? one.draft : one.fault]);

describe('a file of notifications', () => {
  it('is CSV with the columns of flags and fields, of values and of metadata', async () => {
    const csv =
      'to,content,var.Name,metadata.a.b,max_attempts,at\n+1,"a, ""b""",Ada,7,3,\n\n+2,,Bob,,x,2030-01-31\n';
    expect(said(await read(csv))).to.deep.equal([
      [
        2,
        {
          recipient: '+1',
          content: 'a, "b"',
          template_variables: { Name: 'Ada' },
          metadata: { 'a.b': '7' },
          max_attempts: 3,
        },
      ],
      [
        4,
        {
          recipient: '+2',
          template_variables: { Name: 'Bob' },
          max_attempts: 'x',
          scheduled_at: '2030-01-31',
        },
      ],
    ]);
  });

  it('is what spreadsheets of all countries write', async () => {
    for (const delimiter of [',', ';', '\t'])
      for (const end of ['\n', '\r\n'])
        for (const mark of ['', '\ufeff']) {
          const csv = `${mark}channel${delimiter}recipient${end}sms${delimiter}+1${end}push${delimiter}t`;
          expect(said(await read(csv)), JSON.stringify(csv)).to.deep.equal([
            [2, { channel: 'sms', recipient: '+1' }],
            [3, { channel: 'push', recipient: 't' }],
          ]);
        }
  });

  it('is NDJSON when it begins with a brace', async () => {
    expect(said(await read('\n{"channel":"sms"}\n\n  \n[1]\n{"a":\n{"recipient":"+1"}'))).to.deep.equal([
      [2, { channel: 'sms' }],
      [5, 'is not a JSON object'],
      [6, 'is not JSON: Unexpected end of JSON input'],
      [7, { recipient: '+1' }],
    ]);
  });

  it('says for itself what the flags would say for it', async () => {
    const defaults = { channel: 'sms', content: 'hi', metadata: { a: '1', b: '2' } };
    expect(said(await read('to,channel,metadata.b\n+1,push,\n+2,,3\n', { defaults }))).to.deep.equal([
      [2, { ...defaults, channel: 'push', recipient: '+1' }],
      [3, { ...defaults, recipient: '+2', metadata: { a: '1', b: '3' } }],
    ]);
  });

  const wrong: [string, string | Buffer, number, RegExp][] = [
    ['a column that nobody knows', 'to,nmae\n+1,x\n', 1, /column `nmae`.*Did you mean `var\.nmae`/],
    ['a misspelt column', 'recipeint,content\n', 1, /Did you mean `recipient`/],
    ['a column of an object’s own', 'to,constructor\n', 1, /column `constructor`/],
    ['a column twice', 'to,to\n', 1, /`to` twice/],
    ['too many cells', 'to,content\n+1,a\n+2,a,b\n', 3, /has 3 cells, and the header 2/],
    ['a quote that is not closed', 'to,content\n+1,"a\n+2,b\n', 3, /ends inside of a quoted cell/],
    ['text after a quoted cell', 'to,content\n+1,"a"b\n', 2, /goes on after its end/],
    ['a quote inside of a cell', 'to,content\n+1,a"b\n', 2, /stands inside of a cell/],
    ['another encoding', Buffer.from('to,content\n+1,J\xfcrg\n', 'latin1'), 2, /is not UTF-8/],
  ];
  for (const [what, bytes, line, fault] of wrong)
    it(`tells ${what}, and the line`, async () => {
      const last = (await read(bytes)).at(-1);
      expect(last?.line).to.equal(line);
      expect(last !== undefined && 'fault' in last ? last.fault : null).to.match(fault);
    });

  it('is not held in memory when it has no lines', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (; ; given += 1) yield Buffer.alloc(64 * 1024, 'x');
    }
    const lines = await collected(draftLines(endless(), {}));
    expect(lines).to.deep.equal([{ line: 1, fault: 'is too long to be a notification' }]);
    expect(given).to.be.lessThan(64);
  });

  it('of nothing asks for nothing', async () => {
    expect(await read('')).to.deep.equal([]);
    expect(await read('\n \n')).to.deep.equal([]);
    expect(await read('to,content\n')).to.deep.equal([]);
  });

  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', 'ü', '😀', ' ', "'") });
  const chunkBytes = fc.integer({ min: 1, max: 50 });

  it('written as CSV says the same when it is read, and every line its number', async () => {
    const rows = fc.array(
      fc.tuple(
        cell.map((text) => `+${text}`),
        cell,
      ),
    );
    await fc.assert(
      fc.asyncProperty(rows, chunkBytes, fc.constantFrom('\n', '\r\n'), async (cells, bytes, end) => {
        const records = cells.map((row) => row.map(quoted).join(',') + end);
        let line = 2;
        const expected = cells.map(([recipient, content], index) => {
          const at = line;
          line += records[index]?.match(/\n/g)?.length ?? 0;
          return [at, content === '' ? { recipient } : { recipient, content }];
        });
        const got = await read(`recipient,content${end}${records.join('')}`, { chunkBytes: bytes });
        expect(said(got)).to.deep.equal(expected);
      }),
    );
  });

  it('written as NDJSON says the same when it is read', async () => {
    const drafts = fc.array(fc.record({ channel: cell, metadata: fc.dictionary(cell, cell) }));
    await fc.assert(
      fc.asyncProperty(drafts, chunkBytes, async (all, bytes) => {
        const text = all.map((draft) => `${JSON.stringify(draft)}\n`).join('');
        const got = said(await read(text, { chunkBytes: bytes }));
        expect(JSON.stringify(got)).to.equal(JSON.stringify(all.map((draft, index) => [index + 1, draft])));
      }),
    );
  });
});
