import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Paths of the contract with their methods. */
type Openapi = { paths: Record<string, Record<string, unknown>> };

const OPENAPI = join(import.meta.dirname, '..', '..', 'schemas', 'openapi.yaml');

export function readOpenapi(): Openapi {
  return parse(readFileSync(OPENAPI, 'utf8')) as Openapi;
}
