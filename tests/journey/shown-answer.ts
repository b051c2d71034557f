import { expect } from 'chai';

/** An answer, as a page shows it or as it came. */
export type Shown = {
  /** Null where there is the body alone. */
  status: number | null;
  /** Names in lower case. */
  headers: [name: string, value: string][];
  body: unknown;
};

/** Values that a page gives a name to, by that name. */
export type Names = Map<string, string>;

/** Stands in an object or a list for whatever else is in it. */
const MORE = '…';

/** Reads a block of JSON, or of HTTP: a status line, headers, an empty line, JSON. */
export function parseAnswer(text: string): Shown {
  if (!text.startsWith('HTTP/')) return { status: null, headers: [], body: parseJson(text) };
  const end = text.indexOf('\n\n');
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const headers = lines.map((line) => line.split(/: (.*)/, 2));
  return {
    status: Number(first.split(' ')[1]),
    headers: headers.map(([name = '', value = '']) => [name.toLowerCase(), value]),
    body: parseJson(text.slice(end)),
  };
}

function parseJson(text: string): unknown {
  const json = text.replaceAll('…]', '"…"]').replaceAll(/…(?!")/g, '"…": true');
  return JSON.parse(json) as unknown;
}

/**
 * The answer that came is the one shown, but for what is never the same: a time stands for any time, and a count of
 * what happens meanwhile for any count. `$NAME` is a value that the page names here, or has named before.
 */
export function expectShown(shown: unknown, came: unknown, names: Names, path = 'the answer'): void {
  if (typeof shown === 'string') expectText(shown, came, names, path);
  else if (Array.isArray(shown)) expectList(shown, came, names, path);
  else if (typeof shown === 'object' && shown !== null) expectObject(shown, came, names, path);
  else if (typeof shown === 'number' && VARYING.test(path)) expect(came, path).to.be.a('number');
  else expect(came, path).to.equal(shown);
}

const VARYING = /\.(duration_ms|queue_depth|success_rate|\w+_per_minute)$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function expectText(shown: string, came: unknown, names: Names, path: string): void {
  expect(came, path).to.be.a('string');
  if (TIME.test(shown)) expect(came, path).to.match(TIME);
  else expectNamed(shown, String(came), names, path);
}

function expectNamed(shown: string, came: string, names: Names, path: string): void {
  const found = patternOf(shown, names).exec(came);
  expect(found, `${path}: ${came} where ${shown} is shown`).to.not.equal(null);
  for (const [name, value] of Object.entries(found?.groups ?? {})) names.set(name, value);
}

/** A name that has a value by now stands for just that. */
function patternOf(shown: string, names: Names): RegExp {
  const parts = shown.split(/\$([A-Z_]+)/).map((part, index) => {
    const value = index % 2 === 0 ? part : names.get(part);
    return value === undefined ? `(?<${part}>.+?)` : RegExp.escape(value);
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

function expectList(shown: unknown[], came: unknown, names: Names, path: string): void {
  expect(came, path).to.be.an('array');
  if (!Array.isArray(came)) return;
  const members = shown.filter((member) => member !== MORE);
  if (members.length === shown.length) expect(came.length, `length of ${path}`).to.equal(shown.length);
  for (const [index, member] of members.entries())
    expectShown(member, came[index], names, `${path}[${index}]`);
}

function expectObject(shown: object, came: unknown, names: Names, path: string): void {
  expect(came, path).to.be.an('object');
  const members = new Map(Object.entries(came ?? {}));
  const fields = Object.entries(shown).filter(([name]) => name !== MORE);
  const wanted = fields.map(([name]) => name);
  if (MORE in shown) expect([...members.keys()], path).to.include.members(wanted);
  else expect([...members.keys()], path).to.have.members(wanted);
  for (const [name, value] of fields) expectShown(value, members.get(name), names, `${path}.${name}`);
}
