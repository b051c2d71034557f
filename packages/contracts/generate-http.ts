// What packages/contracts/src/generated/ has of schemas/openapi.yaml: the types of every schema, and for what clients
// send the validators that ajv compiles of each field. `node packages/contracts/generate.ts` writes both.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import openapiTS, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';
import { RFC_3339, UUID } from './src/formats.ts';

/** As far as this file reads them. */
type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: Schema;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  /** What follows "must" in the message of a fault; needed where it does not follow from the rest. */
  'x-must'?: string;
  /** The type of the problem that a fault in the field is; `invalid-request` unless it says otherwise. */
  'x-problem'?: string;
};
type Parameter = { $ref?: string; name: string; in: string; schema: Schema; description?: string };
type Operation = {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
};
type Api = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, Parameter> };
};

const text = readFileSync(new URL('../../schemas/openapi.yaml', import.meta.url), 'utf8');
const api: Api = parse(text);
const operations = Object.values(api.paths).flatMap((methods) => Object.values(methods));
const queries = new Map([['PathParameters', pathParameters()], ...operations.flatMap(queryOf)]);
const bodies = new Set(operations.flatMap(bodyOf));

/** File name and text of everything generated. */
export async function generateHttp(): Promise<[string, string][]> {
  return [
    ['http.ts', await typesModule()],
    ['shapes.js', shapesModule()],
    ['shapes.d.ts', shapesDeclarations()],
  ];
}

const HEAD = '// Generated from schemas/openapi.yaml by packages/contracts/generate.ts. Edit the schema.\n';

/**
 * A query is an object like a body, and the parameters in paths are one. What has a default is always there once it has
 * been read.
 */
async function typesModule(): Promise<string> {
  const read = [...queries].map(([name, query]) => [name, { ...query, required: withDefault(query) }]);
  const { parameters: _, ...components } = api.components;
  const schemas = { ...components.schemas, ...Object.fromEntries(read) };
  const document = { openapi: '3.1.0', info: { title: '', version: '' }, components: { schemas } };
  const types = astToString(await openapiTS(JSON.stringify(document), { defaultNonNullable: false }));
  const enums = Object.entries(api.components.schemas).filter(([, schema]) => schema.enum !== undefined);
  const values = Object.fromEntries(enums.map(([name, schema]) => [name, schema.enum]));
  return `${HEAD}${types}\nexport const enums = ${JSON.stringify(values, null, 2)} as const;\n`;
}

function withDefault({ properties = {} }: Schema): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
}

/** For each shape its fields; for each field whether a value is right, and what to say of one that is not. */
function shapesModule(): string {
  const validators = new Map<string, string>();
  const shapes = [
    ...[...bodies].map((name) => shapeOf(name, found(api.components.schemas, name), validators)),
    ...[...queries].map(([name, query]) => shapeOf(name, query, validators, 'query')),
  ];
  return `${HEAD}${compiled(validators)}\nexport const shapes = {\n${shapes.join('')}};\n`;
}

function shapesDeclarations(): string {
  const types = [...bodies, ...queries.keys()].map((name) => `  ${name}: Shape<${typeOf(name)}>;\n`);
  return `${HEAD}import type { Shape } from '../shapes.ts';
import type { components } from './http.ts';

type Schemas = components['schemas'];
export declare const shapes: {\n${types.join('')}};\n`;
}

/** Members that are held to a shape of their own have none yet. */
function typeOf(name: string): string {
  const { properties = {} } = api.components.schemas[name] ?? {};
  const lists = Object.keys(properties).filter((field) =>
    hasObjects(resolved(properties[field] ?? {}).items),
  );
  const omitted = lists.map((field) => ` & { ${field}: unknown[] }`).join('');
  const type = `Schemas['${name}']`;
  return lists.length === 0 ? type : `Omit<${type}, '${lists.join("' | '")}'>${omitted}`;
}

function hasObjects(items: Schema | undefined): boolean {
  return items?.properties !== undefined;
}

function shapeOf(name: string, schema: Schema, validators: Map<string, string>, from?: 'query'): string {
  const fields = Object.entries(schema.properties ?? {}).map(([field, given]) => {
    const value = resolved(given);
    const isNumber = from === 'query' && typesOf(value).includes('integer');
    const facts = {
      must: `must ${mustOf(value, `${name}.${field}`)}`,
      type: problemOf(value),
      ...(isNumber && { isNumber }),
      ...(from === 'query' && value.default !== undefined && { default: value.default }),
    };
    const is = validatorOf(value, `${name}_${field}`, validators);
    return `      ${JSON.stringify(field)}: { is: ${is}, ${JSON.stringify(facts).slice(1)},\n`;
  });
  const required = JSON.stringify(schema.required ?? []);
  return `  ${name}: {\n    required: ${required},\n    fields: {\n      __proto__: null,\n${fields.join('')}    },\n  },\n`;
}

/** The members of a list of objects are held to a shape of their own, so that each tells its faults. */
function validatorOf(schema: Schema, name: string, validators: Map<string, string>): string {
  const { items, ...list } = schema;
  const key = JSON.stringify(hasObjects(items) ? list : schema, withoutAnnotations);
  const known = validators.get(key) ?? `is_${name}`;
  validators.set(key, known);
  return known;
}

const ANNOTATIONS = new Set(['description', 'default', 'x-must', 'x-problem']);

/** The same rule takes one validator, whatever is said beside it. */
function withoutAnnotations(keyword: string, value: unknown): unknown {
  return ANNOTATIONS.has(keyword) ? undefined : value;
}

function compiled(validators: Map<string, string>): string {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    messages: false,
    formats: { uuid: UUID, 'date-time': RFC_3339 },
    code: { source: true, esm: true, lines: true },
  });
  for (const [schema, name] of validators) ajv.addSchema(JSON.parse(schema), name);
  const names = [...validators.values()];
  const code = standalone.default(ajv, Object.fromEntries(names.map((name) => [name, name])));
  // ajv writes its own helpers as CommonJS wants them, in modules as well.
  return code.replaceAll(
    /const (\w+) = require\("(.+?)"\)\.default;/g,
    'import $1Module from "$2.js";\nconst $1 = $1Module.default;',
  );
}

/** Follows from the schema where there is one way to say it. */
function mustOf(schema: Schema, where: string): string {
  const { 'x-must': must, enum: values, format, minimum, maximum, minItems, maxItems } = schema;
  const [type] = typesOf(schema);
  const alternative = schema.anyOf?.[0];
  if (must !== undefined) return must;
  if (alternative !== undefined) return mustOf(alternative, where);
  if (values !== undefined) return `be one of ${values.join(', ')}`;
  if (format === 'uuid') return 'be a UUID';
  if (format === 'date-time') return 'be an RFC 3339 time such as 2030-01-31T09:00:00Z';
  if (type === 'integer') return `be a whole number from ${minimum} to ${maximum}`;
  if (type === 'boolean') return 'be true or false';
  if (type === 'array') return `be an array of ${minItems} to ${maxItems}`;
  if (type === 'object') return 'be an object';
  if (schema.pattern !== undefined)
    throw new Error(`schemas/openapi.yaml: say in x-must what ${where} must be, as nobody reads a pattern`);
  return schema.maxLength === undefined
    ? 'be a string'
    : `be a string of at most ${schema.maxLength} characters`;
}

function problemOf(schema: Schema): string {
  return schema['x-problem'] ?? schema.anyOf?.[0]?.['x-problem'] ?? 'invalid-request';
}

function typesOf({ type = [] }: Schema): string[] {
  return [type].flat();
}

/** The query of an operation as a schema of its own, such as ListNotificationsQuery. */
function queryOf({ operationId, parameters = [] }: Operation): [string, Schema][] {
  const inQuery = parameters.map(parameterOf).filter((parameter) => parameter.in === 'query');
  if (inQuery.length === 0) return [];
  const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Query`;
  const properties = Object.fromEntries(inQuery.map(({ name: field, schema }) => [field, schema]));
  return [[name, { type: 'object', properties }]];
}

/** Those of all paths in one: a name says what it is of wherever it stands. */
function pathParameters(): Schema {
  const inPath = operations
    .flatMap(({ parameters = [] }) => parameters.map(parameterOf))
    .filter((parameter) => parameter.in === 'path');
  return { type: 'object', properties: Object.fromEntries(inPath.map(({ name, schema }) => [name, schema])) };
}

function parameterOf(parameter: Parameter): Parameter {
  return parameter.$ref === undefined ? parameter : found(api.components.parameters, nameIn(parameter.$ref));
}

function bodyOf({ operationId, requestBody }: Operation): string[] {
  if (requestBody === undefined) return [];
  const name = nameIn(requestBody.content['application/json'].schema.$ref ?? '');
  if (found(api.components.schemas, name).additionalProperties !== false)
    throw new Error(
      `schemas/openapi.yaml: ${operationId} refuses fields that ${name} does not have; let it say so`,
    );
  return [name];
}

/** With what its references name in their place. */
function resolved(schema: Schema): Schema {
  const { $ref, ...own } = schema;
  const named = $ref === undefined ? {} : resolved(found(api.components.schemas, nameIn($ref)));
  const { anyOf, items } = own;
  return {
    ...named,
    ...own,
    ...(anyOf !== undefined && { anyOf: anyOf.map(resolved) }),
    ...(items !== undefined && { items: resolved(items) }),
  };
}

function nameIn(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

function found<T>(named: Record<string, T>, name: string): T {
  const value = named[name];
  if (value === undefined) throw new Error(`schemas/openapi.yaml names ${name}, which it does not have`);
  return value;
}
