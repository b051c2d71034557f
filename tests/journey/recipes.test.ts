import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceProcess } from '@fanfare/infra/services';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { requireCurl } from './curl.ts';
import { requireKcat } from './kcat.ts';
import { readOpenapi } from './openapi.ts';
import { run } from './program.ts';
import { type Recipe, recipesIn, type Settings, strayAnswersIn } from './recipes.ts';
import { expectShown, type Names, parseAnswer, type Shown } from './shown-answer.ts';
import { useSystem } from './system.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'API.md'), 'utf8');
const PAGE_URL = 'http://127.0.0.1:8080';
const PAGE_BROKERS = '127.0.0.1:29092';
/** What curl ends with when it is told to fail for an answer of 400 and more. */
const REFUSED_CODE = 22;

/** What the page says of where things are, and where they are in this run. */
type Here = readonly (readonly [page: string, place: string])[];

describe('the commands of docs/API.md', () => {
  let names: Names = new Map();
  const replicas = new Map<string, ServiceProcess>();
  let dir = '';

  // Said first, so that it comes before the other services are stopped.
  after(() => Promise.all(Array.from(replicas.values(), (process) => process.stop())));
  const system = useSystem();

  before(requireCurl);
  before(requireKcat);
  before('make curl fail for what is refused', async () => {
    dir = await mkdtemp(join(tmpdir(), 'fanfare-recipes-'));
    await writeFile(join(dir, '.curlrc'), 'fail-with-body\n');
  });
  after(() => rm(dir, { recursive: true }));

  it('stand on a page that names every path of the contract', () => {
    const paths = Object.keys(readOpenapi().paths).map((path) => path.replace('/api/v1', ''));
    expect(paths.filter((path) => !PAGE.includes(path))).to.deep.equal([]);
  });

  it('stand above every answer', () => expect(strayAnswersIn(PAGE)).to.deep.equal([]));

  for (const recipe of recipesIn(PAGE))
    it(`line ${recipe.line}: ${recipe.command.split('\n', 1)[0]}`, async () => {
      // What only reads may be asked until it is so far.
      const attempt = () => follow(recipe);
      names = isReading(recipe) ? await eventually(attempt, { intervalMs: 200 }) : await attempt();
    });

  /** Of a process that has these settings besides those of all. */
  async function apiUrl(settings: Settings): Promise<string> {
    if (Object.keys(settings).length === 0) return system().apiUrl;
    const key = JSON.stringify(settings);
    const process = replicas.get(key) ?? (await system().addReplica('ingest', settings));
    replicas.set(key, process);
    return process.url;
  }

  /** Runs a command and compares its answer. Returns all names that the page has given by then. */
  async function follow({ command, shown, settings }: Recipe): Promise<Names> {
    const here: Here = [
      [PAGE_URL, new URL(await apiUrl(settings)).origin],
      [PAGE_BROKERS, system().brokers],
    ];
    const { code, stdout, stderr } = await shell(command, here);
    const isRefused = (shown?.status ?? 0) >= 400;
    expect(code, `${stderr}${stdout.toString()}`).to.equal(isRefused ? REFUSED_CODE : 0);
    const known = new Map([...names, ...(await assigned(command, here))]);
    if (shown !== null) expectAnswer(shown, parseAnswer(stdout.toString().replaceAll('\r\n', '\n')), known);
    return known;
  }

  /** As somebody types it after everything above it, with the values that they kept. */
  function shell(command: string, here: Here): ReturnType<typeof run> {
    const kept = Array.from(names, ([name, value]) => `${name}='${value}'`);
    const values = assignedIn(command).map((name) => `"$${name}"`);
    const keep = `printf '%s\\n' ${values.join(' ')} > ${dir}/assigned`;
    const script = [`export FANFARE_URL=${PAGE_URL}`, ...kept, command, 'code=$?', keep, 'exit $code'];
    const placed = here.reduce((text, [page, place]) => text.replaceAll(page, place), script.join('\n'));
    return run('bash', ['-c', placed], { cwd: ROOT, env: { CURL_HOME: dir } });
  }

  async function assigned(command: string, here: Here): Promise<[name: string, value: string][]> {
    const text = await readFile(join(dir, 'assigned'), 'utf8');
    const values = here.reduce((placed, [page, place]) => placed.replaceAll(place, page), text).split('\n');
    return assignedIn(command).map((name, index) => [name, values[index] ?? '']);
  }
});

function expectAnswer(shown: Shown, came: Shown, names: Names): void {
  if (shown.status !== null) expect(came.status, 'status').to.equal(shown.status);
  const headers = new Map(came.headers);
  for (const [name, value] of shown.headers) expectShown(value, headers.get(name), names, name);
  expectShown(shown.body, came.body, names);
}

function assignedIn(command: string): string[] {
  return Array.from(command.matchAll(/^([A-Z_]+)=/gm), ([, name = '']) => name);
}

function isReading({ command }: Recipe): boolean {
  return !/ -(d|X) /.test(command);
}
