import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { COLLECTION, runCollection } from './bruno.ts';
import { readOpenapi } from './openapi.ts';
import { useSystem } from './system.ts';

/** The first run installs bru. */
const TIMEOUT_MS = 12 * 60_000;
const REQUEST = /^(get|post|put|patch|delete) \{\n {2}url: \{\{baseUrl\}\}([^?\n]+)/m;

describe('the Bruno collection', () => {
  const requests = requestsIn(COLLECTION);

  it('has every operation of the contract, and no other', () => {
    const requested = new Set(requests.map(({ operation }) => operation));
    expect([...requested]).to.have.members(operations());
  });

  it('says of every request what its answer is', () => {
    const silent = requests.filter(({ source }) => !/^assert \{\n {2}res\.status: eq \d{3}$/m.test(source));
    expect(silent.map(({ path }) => path)).to.deep.equal([]);
  });

  describe('against the services', function () {
    this.timeout(TIMEOUT_MS);
    const system = useSystem();

    it('gets each of these answers, one request after the other', async () => {
      const results = await runCollection(system().apiUrl);
      expect(results.filter(({ faults }) => faults.length > 0)).to.deep.equal([]);
      expect(results.map(({ path }) => path)).to.have.members(requests.map(({ path }) => path));
    });
  });
});

type Request = { path: string; operation: string; source: string };

/** A file that makes a request has a block of its method; the others tell of folders and settings. */
function requestsIn(dir: string): Request[] {
  return globSync('**/*.bru', { cwd: dir }).flatMap((file) => {
    const source = readFileSync(join(dir, file), 'utf8');
    const [, method, path] = REQUEST.exec(source) ?? [];
    if (method === undefined || path === undefined) return [];
    const operation = `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
    return [{ path: file.replace(/\.bru$/, ''), operation, source }];
  });
}

function operations(): string[] {
  return Object.entries(readOpenapi().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
}
