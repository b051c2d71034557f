import type { Channel, TemplatePage, TemplateResource } from '@fanfare/contracts';
import type { IdempotencyKey, NewTemplate, NotMade, TemplateChange } from '@fanfare/db';
import { type Answer, once, type OnceDeps } from './idempotency.ts';
import {
  readNewTemplate,
  readTemplateChange,
  readTemplateList,
  templateCursor,
} from './on-templates-request.ts';
import { notFound, problem } from './problem.ts';

export type TemplateDeps = OnceDeps & {
  newId: () => string;
  createTemplate: (template: NewTemplate, key: IdempotencyKey | null) => Promise<TemplateResource | NotMade>;
  /** Makes a new version; null when there is no such template. */
  changeTemplate: (
    id: string,
    change: TemplateChange,
    key: IdempotencyKey | null,
  ) => Promise<TemplateResource | NotMade | null>;
  /** In its newest version, or as it was in another. */
  getTemplate: (id: string, version?: number | null) => Promise<TemplateResource | null>;
  listTemplates: (page: {
    channel: Channel | null;
    before: string | null;
    limit: number;
  }) => Promise<TemplateResource[]>;
  /** A template that a notification was made from stays. */
  deleteTemplate: (id: string) => Promise<'deleted' | 'in_use' | 'unknown'>;
};

/** `POST /api/v1/templates` */
export function onCreateTemplate(
  deps: TemplateDeps,
  body: unknown,
  key: IdempotencyKey | null,
): Promise<Answer<TemplateResource>> {
  return once(deps, key, {
    make: async () => {
      const template = readNewTemplate(body);
      return made(await deps.createTemplate({ ...template, id: deps.newId() }, key), template.name);
    },
    rebuild: ({ resource_id, resource_version }) => deps.getTemplate(resource_id, resource_version),
  });
}

/** `PUT /api/v1/templates/{id}`: what was made from an earlier version stays as it is. */
export function onChangeTemplate(
  deps: TemplateDeps,
  { id, body, key }: { id: string; body: unknown; key: IdempotencyKey | null },
): Promise<Answer<TemplateResource>> {
  return once(deps, key, {
    make: async () => {
      const change = readTemplateChange(body, await onReadTemplate(deps, id));
      const changed = await deps.changeTemplate(id, change, key);
      if (changed === null) throw notFound(id);
      return made(changed, change.name ?? '');
    },
    rebuild: ({ resource_id, resource_version }) => deps.getTemplate(resource_id, resource_version),
  });
}

/** `GET /api/v1/templates/{id}` */
export async function onReadTemplate(
  { getTemplate }: Pick<TemplateDeps, 'getTemplate'>,
  id: string,
): Promise<TemplateResource> {
  const template = await getTemplate(id);
  if (template === null) throw notFound(id);
  return template;
}

/** `GET /api/v1/templates` */
export async function onListTemplates(
  { listTemplates }: Pick<TemplateDeps, 'listTemplates'>,
  query: unknown,
): Promise<TemplatePage> {
  const { limit, ...where } = readTemplateList(query);
  const found = await listTemplates({ ...where, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: found.length > limit && last !== undefined ? templateCursor(last.id) : null };
}

/** `DELETE /api/v1/templates/{id}` */
export async function onDeleteTemplate(
  { deleteTemplate }: Pick<TemplateDeps, 'deleteTemplate'>,
  id: string,
): Promise<void> {
  const deleted = await deleteTemplate(id);
  if (deleted === 'unknown') throw notFound(id);
  if (deleted === 'in_use')
    throw problem('template-in-use', { detail: 'there are notifications that were made from it' });
}

function made(template: TemplateResource | NotMade, name: string): TemplateResource | null {
  if (template === 'name_taken')
    throw problem('template-name-taken', { detail: `there is another template called ${name}` });
  return template === 'key_taken' ? null : template;
}
