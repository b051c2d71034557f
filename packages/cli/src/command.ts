import { parseArgs } from 'node:util';
import type { Api } from './api.ts';
import { ApiError } from './ask.ts';
import { closest } from './closest.ts';
import type { KeyStore } from './keys-store.ts';
import type { Follow } from './live.ts';
import type { Terminal } from './terminal.ts';

export type CommandDeps = {
  api: Api;
  follow: Follow;
  openKeys: () => Promise<KeyStore>;
  terminal: Terminal;
  /** Epoch milliseconds. */
  now: () => number;
  /** In [0, 1). */
  random: () => number;
  /** Aborted when somebody wants an end of it. */
  signal: AbortSignal;
};

/** `value` names what a flag takes, `CHANNEL`; one without takes nothing. */
export type Flag = { value?: string; isMany?: boolean; help: string };

export type Command = {
  /** The words that call it: `dlq ls`. */
  name: string;
  summary: string;
  /** What may follow, as its usage shows it: `[ID…]`. */
  operands?: { usage: string; max: number };
  /** What one should know before, in whole paragraphs. */
  manual?: string;
  flags: Record<string, Flag>;
  /** Resolves with the exit code. */
  run: (deps: CommandDeps, given: Given) => Promise<number>;
};

/** What a command was called with. */
export type Given = {
  operands: string[];
  texts: Partial<Record<string, string>>;
  /** Of flags that may be given many times. */
  lists: Partial<Record<string, string[]>>;
  flags: Set<string>;
};

/** What was typed cannot be meant; nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be done now. The message is for people. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export const DONE_CODE = 0;
export const FAILED_CODE = 1;
export const USAGE_CODE = 2;
/** What a shell reports of a program that Ctrl-C ended. */
export const INTERRUPTED_CODE = 130;

/** Finds the command that is meant, and runs it. Resolves with the exit code. */
export async function run(commands: Command[], args: string[], deps: CommandDeps): Promise<number> {
  try {
    return await dispatch(commands, args, deps);
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof ApiError && error.status === 400);
    if (!isUsage && !(error instanceof ApiError) && !(error instanceof CommandFailed)) throw error;
    deps.terminal.tell(error.message);
    return isUsage ? USAGE_CODE : FAILED_CODE;
  }
}

async function dispatch(commands: Command[], args: string[], deps: CommandDeps): Promise<number> {
  const command = commands.find(({ name }) => isCall(args, name));
  if (command === undefined) return overview(commands, args, deps);
  const words = command.name.split(' ').length;
  const given = parse(command, args.slice(words));
  if (!given.flags.has('help')) return command.run(deps, given);
  deps.terminal.print(manualOf(command));
  return DONE_CODE;
}

function isCall(args: string[], name: string): boolean {
  return name.split(' ').every((word, index) => args[index] === word);
}

function overview(commands: Command[], args: string[], { terminal }: CommandDeps): number {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wanted = words.join(' ');
  const below = commands.filter(({ name }) => `${name} `.startsWith(wanted === '' ? '' : `${wanted} `));
  if (below.length === 0) throw unknownCommand(commands, words);
  const isAsked = args.some((arg) => arg === '--help' || arg === '-h');
  const text = overviewOf(below);
  if (isAsked) terminal.print(text);
  else terminal.tell(text);
  return isAsked ? DONE_CODE : USAGE_CODE;
}

function unknownCommand(commands: Command[], words: string[]): UsageError {
  const wanted = words.slice(0, 2).join(' ');
  const names = commands.map(({ name }) => name);
  const meant = closest(wanted, names);
  const hint = meant === null ? `There are: ${names.join(', ')}.` : `Did you mean \`fanfare ${meant}\`?`;
  return new UsageError(`There is no command \`${wanted}\`. ${hint}`);
}

const HELP: Record<string, Flag> = { help: { help: 'Show this' } };

function parse({ name, flags, operands }: Command, args: string[]): Given {
  const known = { ...flags, ...HELP };
  const options = Object.fromEntries(
    Object.entries(known).map(([flag, { value, isMany = false }]) => {
      const type = value === undefined ? ('boolean' as const) : ('string' as const);
      return [flag, { type, multiple: isMany, ...shortOf(flag) }];
    }),
  );
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > (operands?.max ?? 0))
      throw new UsageError(`\`fanfare ${name}\` takes no \`${positionals.at(-1)}\`.`);
    const entries = Object.entries(values);
    const texts = entries.flatMap(([flag, value]) => (typeof value === 'string' ? [[flag, value]] : []));
    const lists = entries.flatMap(([flag, value]) =>
      Array.isArray(value) ? [[flag, value.map(String)]] : [],
    );
    const set = entries.flatMap(([flag, value]) => (value === true ? [flag] : []));
    return {
      operands: positionals,
      texts: Object.fromEntries(texts),
      lists: Object.fromEntries(lists),
      flags: new Set(set),
    };
  } catch (error) {
    throw explain(error, name, Object.keys(known));
  }
}

function shortOf(flag: string): { short?: string } {
  return flag === 'help' ? { short: 'h' } : {};
}

/** Node says what is wrong, but not what would be right. */
function explain(error: unknown, name: string, known: string[]): unknown {
  if (!(error instanceof TypeError && 'code' in error)) return error;
  const [, flag] = /^Unknown option '(-[^']+)'/.exec(error.message) ?? [];
  const meant =
    flag === undefined
      ? null
      : closest(
          flag,
          known.map((other) => `--${other}`),
        );
  const what = flag === undefined ? firstSentence(error.message) : `There is no \`${flag}\`.`;
  const hint = meant === null ? `See \`fanfare ${name} --help\`.` : `Did you mean \`${meant}\`?`;
  return new UsageError(`${what} ${hint}`);
}

function firstSentence(text: string): string {
  return `${text.split(/[.\n]/)[0]}.`;
}

function overviewOf(commands: Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const rows = commands.map(({ name, summary }) => `  fanfare ${name.padEnd(width)}${summary}`);
  return `${rows.join('\n')}

Add --help to any of them. FANFARE_URL says where the REST API is; http://127.0.0.1:8080 unless set.
FANFARE_API_KEY is the key that it is asked with, where it wants one.`;
}

function manualOf({ name, summary, operands, manual, flags }: Command): string {
  const entries = Object.entries({ ...flags, ...HELP }).map(
    ([flag, { value, help }]) => [value === undefined ? `--${flag}` : `--${flag} ${value}`, help] as const,
  );
  const width = Math.max(...entries.map(([left]) => left.length + 2), 19);
  const rows = entries.map(
    ([left, help]) => `  ${left.padEnd(width)}${help.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`,
  );
  const usage = ['fanfare', name, operands?.usage, '[FLAGS]'].filter((part) => part !== undefined).join(' ');
  return `${summary}

Usage: ${usage}

${rows.join('\n')}
${manual === undefined ? '' : `\n${manual}\n`}
Exit codes: 0 done, 1 it failed, 2 it was called wrongly and did nothing, 130 interrupted.`;
}
