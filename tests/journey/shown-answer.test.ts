import { expect } from 'chai';
import { recipesIn, strayAnswersIn } from './recipes.ts';
import { expectShown, type Names, parseAnswer } from './shown-answer.ts';

describe('an answer that a page shows', () => {
  const time = '2026-11-23T09:00:00.000Z';

  for (const [what, shown, came] of [
    ['is itself', '{"a":[1,null,true,"b"]}', { a: [1, null, true, 'b'] }],
    ['has any time where it shows one', `{"at":"${time}"}`, { at: '2030-01-31T00:00:00.123Z' }],
    ['has any count of what happens meanwhile', '{"queue_depth":0}', { queue_depth: 7 }],
    ['has more where it says so', '{"a":1,…}', { a: 1, b: 2 }],
    ['has any list where it says so', '{"a":[…]}', { a: [1, 2, 3] }],
    ['has more members where it says so', '{"a":[1, …]}', { a: [1, 2, 3] }],
  ] as const)
    it(what, () => void check(shown, came));

  for (const [what, shown, came] of [
    ['another value', '{"a":1}', { a: 2 }],
    ['another text', '{"a":"b"}', { a: 'c' }],
    ['a value for null', '{"a":null}', { a: 0 }],
    ['no time for a time', `{"at":"${time}"}`, { at: 'soon' }],
    ['null for a time', `{"at":"${time}"}`, { at: null }],
    ['a field more', '{"a":1}', { a: 1, b: 2 }],
    ['a field less', '{"a":1,"b":2}', { a: 1 }],
    ['a field less of several', '{"a":1,"b":2,…}', { a: 1, c: 2 }],
    ['a member more', '[1]', [1, 2]],
    ['another member than the first of several', '[1, …]', [2, 1]],
    ['none of several members', '[1, …]', []],
    ['another order', '[1,2]', [2, 1]],
    ['an object for a list', '[…]', {}],
  ] as const)
    it(`is not the one with ${what}`, () => expect(() => check(shown, came)).to.throw());

  it('gives a value a name, and holds whatever comes later to it', () => {
    const names = check('{"id":"$ID","url":"/of/$ID"}', { id: 'x-1', url: '/of/x-1' });
    expect([...names]).to.deep.equal([['ID', 'x-1']]);
    check('{"id":"$ID:12"}', { id: 'x-1:12' }, names);
    expect(() => check('{"id":"$ID"}', { id: 'x-2' }, names)).to.throw();
    expect(() => check('{"id":"$ID","url":"/of/$ID"}', { id: 'x-1', url: '/of/x-2' })).to.throw();
  });

  it('may have a status and headers', () => {
    const text = 'HTTP/1.1 409 Conflict\nLocation: /a: b\n\n{"type":"t",…}\n';
    expect(parseAnswer(text)).to.deep.equal({
      status: 409,
      headers: [['location', '/a: b']],
      body: { type: 't', '…': true },
    });
  });

  it('is that of a process with the settings of its section', () => {
    const page = '## A\n\n<!-- with B=c D=1 -->\n\n```sh\nx\n```\n\n## B\n\n```sh\ny\n```\n';
    expect(recipesIn(page).map(({ settings }) => settings)).to.deep.equal([{ B: 'c', D: '1' }, {}]);
  });

  it('stands below its command', () => {
    const page =
      '# Send\n\n```sh\ncurl a\n```\n\n```json\n{}\n```\n\n```json\n[]\n```\n\n```sh\nA=1\n```\n\n```\nno\n```\n';
    expect(recipesIn(page).map(({ line, command, shown }) => [line, command, shown?.body])).to.deep.equal([
      [4, 'curl a\n', {}],
      [16, 'A=1\n', undefined],
    ]);
    expect(strayAnswersIn(page)).to.deep.equal([12]);
  });
});

function check(shown: string, came: unknown, names: Names = new Map()): Names {
  expectShown(parseAnswer(shown).body, came, names);
  return names;
}
