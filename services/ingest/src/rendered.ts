import type { Accepted, StoredTemplate } from '@fanfare/db';
import { type ContentLimits, type Draft, renderDraft, type Validated } from '@fanfare/domain';

export type RenderDeps = {
  limits: ContentLimits;
  /** In their newest versions, by id; an unknown one is missing. */
  findTemplates: (ids: string[]) => Promise<Map<string, StoredTemplate>>;
};

/** What is to be stored, and the version of its template that it was rendered from. */
export type Rendered = Required<Pick<Accepted, 'draft' | 'template_version'>>;

/** Each draft with what its template says; those without a template as they are. Templates are read once for all. */
export async function rendered(
  { limits, findTemplates }: RenderDeps,
  drafts: Draft[],
): Promise<Validated<Rendered>[]> {
  const ids = new Set(drafts.flatMap(({ template_id }) => template_id ?? []));
  const templates = ids.size === 0 ? null : await findTemplates([...ids]);
  return drafts.map((draft) => {
    if (draft.template_id === null) return { ok: true, value: { draft, template_version: null } };
    const found = templates?.get(draft.template_id.toLowerCase());
    const result = renderDraft(draft, found?.template ?? null, limits);
    return result.ok
      ? { ok: true, value: { draft: result.value, template_version: found?.version ?? null } }
      : result;
  });
}
