import { parseAnswer, type Shown } from './shown-answer.ts';

/** A command of a page, and the answer that stands below it. */
export type Recipe = {
  /** Where the command begins. */
  line: number;
  command: string;
  shown: Shown | null;
  /** What its section is about, by a comment there: `<!-- with NAME=value ... -->`. */
  settings: Settings;
};

export type Settings = Readonly<Record<string, string>>;

type Block = { line: number; language: string; text: string; settings: Settings };

/** The commands of a page, in its order: every block of `sh`, with the block of `json` or `http` that follows it. */
export function recipesIn(markdown: string): Recipe[] {
  const blocks = blocksIn(markdown);
  return blocks.flatMap(({ line, language, text, settings }, index) => {
    if (language !== 'sh') return [];
    const next = blocks[index + 1];
    const isAnswer = next?.language === 'json' || next?.language === 'http';
    const shown = isAnswer ? parseAnswer(next.text) : null;
    return [{ line, command: text, shown, settings }];
  });
}

/** Answers that stand below no command, which nobody would compare. */
export function strayAnswersIn(markdown: string): number[] {
  const blocks = blocksIn(markdown);
  const strays = blocks.filter(
    ({ language }, index) => /^(json|http)$/.test(language) && blocks[index - 1]?.language !== 'sh',
  );
  return strays.map(({ line }) => line);
}

function blocksIn(markdown: string): Block[] {
  const fenced = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return Array.from(fenced, ({ index, 1: language = '', 2: text = '' }) => {
    const before = markdown.slice(0, index);
    return { line: before.split('\n').length + 1, language, text, settings: settingsOf(before) };
  });
}

function settingsOf(before: string): Settings {
  const section = before.slice(Math.max(0, before.lastIndexOf('\n## ')));
  const [, pairs = ''] = /<!-- with (.*) -->/.exec(section) ?? [];
  return Object.fromEntries(Array.from(pairs.matchAll(/(\w+)=(\S+)/g), ([, name, value]) => [name, value]));
}
