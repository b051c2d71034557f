// Draws the journey and the states into ARCHITECTURE.md from the tables in the code: `node infra/draw.ts`.
// A test fails when the drawings and the code differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journey } from '@fanfare/contracts';
import { TRANSITIONS } from '@fanfare/domain';

export const ARCHITECTURE = join(import.meta.dirname, '../ARCHITECTURE.md');

/** The text with its drawings as the code has them now. Throws where a drawing's place is missing. */
export function redrawn(text: string): string {
  return place(place(place(text, 'journey', drawJourney()), 'hops', listHops()), 'states', drawStates());
}

function place(text: string, name: string, drawing: string): string {
  const [begin, end] = [`<!-- drawn: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from)
    throw new Error(`ARCHITECTURE.md has no place for ${name}: ${begin} ... ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${drawing}\n\n${text.slice(to)}`;
}

function drawJourney(): string {
  const lines = Object.entries(journey).flatMap(([name, { topic, from, to }]) => [
    `  topic_${name}[("${topic.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}")]`,
    ...from.map((writer) => `  ${node(writer)} --> topic_${name}`),
    ...to.map((reader) => `  topic_${name} --> ${node(reader)}`),
  ]);
  return mermaid([
    'flowchart LR',
    ...lines,
    '  projector --> redis[("Redis status:&lt;partition&gt;")] --> gateway',
  ]);
}

function node(name: string): string {
  return name.includes(' ') ? `${name.replaceAll(' ', '_')}["${name}"]` : name;
}

function listHops(): string {
  const rows = Object.values(journey).map(
    ({ topic, from, to, key, value, retentionMs }) =>
      `| \`${topic}\` | ${from.join(', ')} | ${to.join(', ')} | ${key} | ${value} | ${retentionMs / 86_400_000} days |`,
  );
  return ['| topic | from | to | key | value | kept |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

function drawStates(): string {
  const arrows = Object.entries(TRANSITIONS).flatMap(([name, { from, to }]) =>
    from.map((state) => `  ${state} --> ${to}: ${name}`),
  );
  return mermaid(['stateDiagram-v2', '  [*] --> accepted', '  [*] --> scheduled', ...arrows]);
}

function mermaid(lines: string[]): string {
  return ['```mermaid', ...lines, '```'].join('\n');
}

if (import.meta.main) writeFileSync(ARCHITECTURE, redrawn(readFileSync(ARCHITECTURE, 'utf8')));
