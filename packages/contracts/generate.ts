// Writes src/generated/ from schemas/: what generate-http.ts makes of openapi.yaml, and for each record in *.avsc its
// TypeScript type and the schema's text as a constant.
// `node packages/contracts/generate.ts`; a test fails when the result and the schemas differ.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateHttp } from './generate-http.ts';

type AvroType = string | AvroType[] | { type: AvroType };
type Field = { name: string; type: AvroType; doc?: string };
type RecordSchema = { name: string; doc?: string; fields: Field[] };

const SCHEMAS = join(import.meta.dirname, '../../schemas');
const TARGET = join(import.meta.dirname, 'src/generated');
const PRIMITIVES: Record<string, string> = {
  null: 'null',
  string: 'string',
  int: 'number',
  long: 'number',
  boolean: 'boolean',
};

/** File name and text of everything generated. */
export async function generate(): Promise<Map<string, string>> {
  const files = readdirSync(SCHEMAS).filter((name) => name.endsWith('.avsc'));
  const records = files.map((file): [string, string] => [file.replace('.avsc', '.ts'), moduleOf(file)]);
  return new Map([...records, ...(await generateHttp())]);
}

function moduleOf(file: string): string {
  const text = readFileSync(join(SCHEMAS, file), 'utf8').trim();
  const schema: RecordSchema = JSON.parse(text);
  const constant = `${schema.name.charAt(0).toLowerCase()}${schema.name.slice(1)}Schema`;
  return [
    `// Generated from schemas/${file} by packages/contracts/generate.ts. Edit the schema.`,
    `/** ${schema.doc ?? schema.name} */`,
    `export type ${schema.name} = {`,
    ...schema.fields.flatMap(fieldLines),
    '};',
    '',
    `export const ${constant} = \`${text}\`;`,
    '',
  ].join('\n');
}

function fieldLines({ name, type, doc }: Field): string[] {
  return [...(doc === undefined ? [] : [`  /** ${doc} */`]), `  ${name}: ${typeOf(type)};`];
}

function typeOf(type: AvroType): string {
  if (Array.isArray(type)) return type.map(typeOf).toSorted().toReversed().join(' | ');
  const known = typeof type === 'string' ? PRIMITIVES[type] : typeOf(type.type);
  if (known === undefined)
    throw new Error(`generate.ts knows no TypeScript type for ${JSON.stringify(type)}`);
  return known;
}

if (import.meta.main) {
  mkdirSync(TARGET, { recursive: true });
  for (const [name, text] of await generate()) writeFileSync(join(TARGET, name), text);
}
