import type { Channel, TemplateResource } from '@fanfare/contracts';
import { type ContentTemplate, parseContentTemplate, rfc3339, type TemplateTexts } from '@fanfare/domain';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { isNameTaken } from './faults.ts';
import { type IdempotencyKey, KEYS, lostKeys, takeKeys } from './idempotency.ts';
import { columnValues, unnest } from './recordset.ts';

/** What a version of a template says. */
export type TemplateContent = TemplateTexts & { variables: string[] };
export type NewTemplate = TemplateContent & { id: string; name: string; channel: Channel };
/** Without a name it keeps the one it has. */
export type TemplateChange = TemplateContent & { name: string | null };

type TemplateRow = Omit<TemplateResource, 'created_at' | 'updated_at'> & {
  created_at: number;
  updated_at: number;
};

/** A template `t` in its version `v`, as it was then. */
const COLUMNS = `t.id, coalesce(v.name, t.name) AS name, t.channel, v.body, v.subject, v.html, v.variables, v.version,
  t.created_at, v.created_at AS updated_at`;

/** `name_taken`: another template has the name. `key_taken`: another request has the key. Nothing was stored then. */
export type NotMade = 'name_taken' | 'key_taken';

const CREATE_TEMPLATE: Statement = {
  name: 'create_template',
  text: `
    WITH keys AS (SELECT * FROM ${unnest(KEYS, 8, 'keys')}),
    won AS (${takeKeys('keys')}),
    lost AS MATERIALIZED (${lostKeys('keys', 'won')}),
    t AS (
      INSERT INTO templates (id, name, channel, created_at, updated_at)
      SELECT $1::uuid, $2, $3, ${NOW}, ${NOW} WHERE NOT EXISTS (SELECT FROM lost) RETURNING *
    ),
    v AS (
      INSERT INTO template_versions (template_id, version, name, body, subject, html, variables, created_at)
      SELECT id, version, name, $4, $5, $6, $7::text[], created_at FROM t RETURNING *
    )
    SELECT ${COLUMNS} FROM t JOIN v ON v.template_id = t.id`,
};

/** Stores a template and its key in one transaction; neither without the other. */
export async function createTemplate(
  db: Database,
  template: NewTemplate,
  key: IdempotencyKey | null,
): Promise<TemplateResource | NotMade> {
  const { id, name, channel, body, subject, html, variables } = template;
  const keys = key === null ? [] : [{ ...key, resource_id: id, resource_version: 1 }];
  const values = [id, name, channel, body, subject, html, variables, ...columnValues(KEYS, keys)];
  const rows = await unlessNameTaken(db.query<TemplateRow>(CREATE_TEMPLATE, values));
  if (rows === 'name_taken') return rows;
  const [row] = rows;
  return row === undefined ? 'key_taken' : resourceOf(row);
}

// The row is locked first: two changes of a template come after each other, and each makes a version.
const CHANGE_TEMPLATE: Statement = {
  name: 'change_template',
  text: `
    WITH found AS MATERIALIZED (SELECT id, version FROM templates WHERE id = $1 FOR UPDATE),
    keys AS (
      SELECT caller, path, key, digest, found.id AS resource_id, found.version + 1 AS resource_version
      FROM ${unnest(KEYS, 7, 'given')}, found
    ),
    won AS (${takeKeys('keys')}),
    lost AS MATERIALIZED (${lostKeys('keys', 'won')}),
    t AS (
      UPDATE templates t SET name = coalesce($2, t.name), version = found.version + 1, updated_at = ${NOW}
      FROM found WHERE t.id = found.id AND NOT EXISTS (SELECT FROM lost) RETURNING t.*
    ),
    v AS (
      INSERT INTO template_versions (template_id, version, name, body, subject, html, variables, created_at)
      SELECT id, version, name, $3, $4, $5, $6::text[], updated_at FROM t RETURNING *
    )
    SELECT found.id AS found_id, ${COLUMNS}
    FROM found LEFT JOIN t USING (id) LEFT JOIN v ON v.template_id = t.id`,
};

/** Makes a new version of a template, its newest; null when there is no such template. */
export async function changeTemplate(
  db: Database,
  id: string,
  { name, body, subject, html, variables }: TemplateChange,
  key: IdempotencyKey | null,
): Promise<TemplateResource | NotMade | null> {
  // What the key stands for is read under the lock.
  const keys = key === null ? [] : [{ ...key, resource_id: null, resource_version: null }];
  const values = [id, name, body, subject, html, variables, ...columnValues(KEYS, keys)];
  const rows = await unlessNameTaken(db.query<TemplateRow | Unchanged>(CHANGE_TEMPLATE, values));
  if (rows === 'name_taken') return rows;
  const [row] = rows;
  if (row === undefined) return null;
  return row.version === null ? 'key_taken' : resourceOf(row);
}

type Unchanged = { version: null };

async function unlessNameTaken<T>(rows: Promise<T>): Promise<T | 'name_taken'> {
  try {
    return await rows;
  } catch (error) {
    if (isNameTaken(error)) return 'name_taken';
    throw error;
  }
}

const GET_TEMPLATE: Statement = {
  name: 'get_template',
  text: `
    SELECT ${COLUMNS} FROM templates t JOIN template_versions v ON v.template_id = t.id
    WHERE t.id = $1 AND v.version = coalesce($2, t.version)`,
};

/** A template in its newest version, or as it was in another; null when there is none. */
export async function getTemplate(
  db: Database,
  id: string,
  version: number | null = null,
): Promise<TemplateResource | null> {
  const [row] = await db.query<TemplateRow>(GET_TEMPLATE, [id, version]);
  return row === undefined ? null : resourceOf(row);
}

const LIST_TEMPLATES: Statement = {
  name: 'list_templates',
  text: `
    SELECT ${COLUMNS} FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
    WHERE ($1::text IS NULL OR t.channel = $1) AND t.id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY t.id DESC LIMIT $3`,
};

/** In the order of their ids, which is that of their creation, the newest first. */
export async function listTemplates(
  db: Database,
  { channel, before, limit }: { channel: Channel | null; before: string | null; limit: number },
): Promise<TemplateResource[]> {
  return (await db.query<TemplateRow>(LIST_TEMPLATES, [channel, before, limit])).map(resourceOf);
}

// A notification that is accepted in this very moment has been rendered: it keeps what it says, and the id.
const DELETE_TEMPLATE: Statement = {
  name: 'delete_template',
  text: `
    WITH found AS MATERIALIZED (SELECT id FROM templates WHERE id = $1 FOR UPDATE),
    gone AS (
      DELETE FROM templates t USING found
      WHERE t.id = found.id AND NOT EXISTS (SELECT FROM notifications WHERE template_id = $1) RETURNING t.id
    )
    SELECT EXISTS (SELECT FROM gone) AS is_gone FROM found`,
};

/** Deletes a template with its versions, unless a notification was made from one. */
export async function deleteTemplate(db: Database, id: string): Promise<'deleted' | 'in_use' | 'unknown'> {
  const [row] = await db.query<{ is_gone: boolean }>(DELETE_TEMPLATE, [id]);
  if (row === undefined) return 'unknown';
  return row.is_gone ? 'deleted' : 'in_use';
}

/** What notifications are rendered from now. */
export type StoredTemplate = { version: number; template: ContentTemplate };

const FIND_TEMPLATES: Statement = {
  name: 'find_templates',
  text: `
    SELECT t.id, t.channel, t.version, v.body, v.subject, v.html
    FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
    WHERE t.id = ANY ($1::uuid[])`,
};

type FoundTemplate = TemplateTexts & { id: string; channel: Channel; version: number };

/** Templates in their newest versions, by id; an unknown one is missing. */
export async function findTemplates(db: Database, ids: string[]): Promise<Map<string, StoredTemplate>> {
  const rows = ids.length === 0 ? [] : await db.query<FoundTemplate>(FIND_TEMPLATES, [ids]);
  const parsed = rows.map(({ id, channel, version, body, subject, html }) => {
    const template = parseContentTemplate(channel, { body, subject, html });
    if (!template.ok) throw new Error(`template ${id} was stored although it is none`);
    return [id, { version, template: template.value }] as const;
  });
  return new Map(parsed);
}

function resourceOf({ created_at, updated_at, ...row }: TemplateRow): TemplateResource {
  const { id, name, channel, body, subject, html, variables, version } = row;
  const times = {
    created_at: rfc3339(created_at),
    updated_at: rfc3339(updated_at),
  };
  return { id, name, channel, body, subject, html, variables, version, ...times };
}
