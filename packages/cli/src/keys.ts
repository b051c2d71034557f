import { rfc3339, SCOPES, type Scope } from '@fanfare/domain';
import { type Command, type CommandDeps, DONE_CODE, FAILED_CODE, type Given, UsageError } from './command.ts';
import type { KeyStore } from './keys-store.ts';
import { span } from './span.ts';
import { table } from './table.ts';

const WHERE = `Keys are in Postgres, which is found by DATABASE_URL as the services find it; the API has no part in it, and the
first key is made like any other.`;

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Make an API key, and print it once',
  flags: {
    name: { value: 'NAME', help: 'What it is for, as lists show it; up to 100 characters' },
    scopes: {
      value: 'SCOPES',
      help: `What it may do, some of ${SCOPES.join(',')};\nsend,read unless said otherwise`,
    },
  },
  manual: `  send   makes, reschedules and cancels notifications
  read   reads everything, also over the WebSocket
  admin  changes templates, dead letters and lanes, and may do all of that too

The key alone goes to standard output. It is not kept: who loses it makes another one. Services ask for keys where
AUTH_MODE is api-key; clients send it as \`Authorization: Bearer <key>\`, and these commands take it from FANFARE_API_KEY.

${WHERE}`,
  run: (deps, given) => withStore(deps, (store) => create(deps, given, store)),
};

export const keysLs: Command = {
  name: 'keys ls',
  summary: 'List API keys, without their secrets',
  flags: { json: { help: 'Print JSON: items' } },
  manual: WHERE,
  run: (deps, given) => withStore(deps, (store) => list(deps, given, store)),
};

export const keysRevoke: Command = {
  name: 'keys revoke',
  summary: 'Let API keys be taken no more',
  operands: { usage: 'ID…', max: 100 },
  flags: {},
  manual: `Within 5 seconds no process takes it any more; while Postgres is away, within 5 minutes. It cannot be undone.
IDs are in \`fanfare keys ls\`, and between the underscores of the key.

${WHERE}`,
  run: (deps, given) => {
    if (given.operands.length === 0) throw new UsageError('Which key? `fanfare keys ls` lists their IDs.');
    return withStore(deps, (store) => revoke(deps, given, store));
  },
};

async function create({ terminal }: CommandDeps, { texts }: Given, store: KeyStore): Promise<number> {
  const name = nameIn(texts['name']);
  const scopes = scopesIn(texts['scopes'] ?? 'send,read');
  const { id, text } = await store.create({ name, scopes });
  terminal.tell(`Key ${id} of ${name} may ${scopes.join(', ')}. It is shown this once:`);
  terminal.print(text);
  return DONE_CODE;
}

const NAME = /^[^\p{Cc}\p{Cs}]{1,100}$/u;

function nameIn(text: string | undefined): string {
  const name = text?.trim() ?? '';
  if (!NAME.test(name)) throw new UsageError('--name must say what it is for, in 1 to 100 characters.');
  return name;
}

function scopesIn(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  const scopes = SCOPES.filter((scope) => words.includes(scope));
  if (scopes.length === 0 || words.some((word) => !SCOPES.some((scope) => scope === word)))
    throw new UsageError(`--scopes must be some of ${SCOPES.join(',')}.`);
  return scopes;
}

const HEADERS = ['ID', 'MADE', 'REVOKED', 'SCOPES', 'NAME'];

async function list({ terminal, now }: CommandDeps, { flags }: Given, store: KeyStore): Promise<number> {
  const keys = await store.list();
  const nowMs = now();
  const ago = (at: number | null): string => (at === null ? '-' : `${span(nowMs - at)} ago`);
  const rows = keys.map(({ id, created_at, revoked_at, scopes, name }) => [
    id,
    ago(created_at),
    ago(revoked_at),
    scopes.join(','),
    name,
  ]);
  if (flags.has('json')) terminal.print(JSON.stringify({ items: keys.map(itemOf) }, null, 2));
  else if (keys.length === 0) terminal.tell('No keys. `fanfare keys create` makes one.');
  else terminal.print(table(HEADERS, rows, terminal.columns));
  return DONE_CODE;
}

function itemOf({ created_at, revoked_at, ...key }: Awaited<ReturnType<KeyStore['list']>>[number]) {
  return { ...key, created_at: rfc3339(created_at), revoked_at: rfc3339(revoked_at) };
}

async function revoke({ terminal }: CommandDeps, { operands }: Given, store: KeyStore): Promise<number> {
  let code = DONE_CODE;
  for (const id of operands) {
    const key = await store.revoke(id);
    if (key === null) code = FAILED_CODE;
    if (key === null) terminal.tell(`There is no key ${id}.`);
    else terminal.print(`${id} (${key.name}) is revoked.`);
  }
  return code;
}

async function withStore(
  { openKeys }: CommandDeps,
  use: (store: KeyStore) => Promise<number>,
): Promise<number> {
  const store = await openKeys();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
