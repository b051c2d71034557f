import type { Accepted, Adopted, StoredTemplate } from '@fanfare/db';
import { type ContentLimits, renderDraft } from '@fanfare/domain';
import { tell } from './foreign-record.ts';

export type AdoptDeps = {
  limits: ContentLimits;
  /** What became of those whose id is there already. */
  findAdopted: (accepted: Accepted[]) => Promise<Map<string, Adopted>>;
  /** In their newest versions, by id; an unknown one is missing. */
  findTemplates: (ids: string[]) => Promise<Map<string, StoredTemplate>>;
  adoptForeign: (accepted: Accepted[]) => Promise<Adopted[]>;
};

/**
 * Stores notifications that came straight over Kafka; those that name a template as it says now. What an id has said once
 * it says for ever: one that is there is not rendered again, however its template has changed.
 * @returns what became of each, in order; an error for what no template can be made to say
 */
export async function adopt(deps: AdoptDeps, accepted: Accepted[]): Promise<(Adopted | Error)[]> {
  const templated = accepted.filter(({ draft }) => draft.template_id !== null);
  if (templated.length === 0) return deps.adoptForeign(accepted);
  const adopted: Map<string, Adopted | Error> = new Map(await deps.findAdopted(templated));
  const fresh = accepted.filter(({ id }) => !adopted.has(id));
  const { whole, faulty } = await renderAll(deps, fresh);
  for (const [id, error] of faulty) adopted.set(id, error);
  const stored = await deps.adoptForeign(whole);
  stored.forEach((what, index) => adopted.set(whole[index]?.id ?? '', what));
  return accepted.map(({ id }) => adopted.get(id) ?? 'unseen');
}

type Renderings = { whole: Accepted[]; faulty: Map<string, Error> };

async function renderAll({ limits, findTemplates }: AdoptDeps, accepted: Accepted[]): Promise<Renderings> {
  const ids = new Set(accepted.flatMap(({ draft }) => draft.template_id ?? []));
  const templates = await findTemplates([...ids]);
  const renderings: Renderings = { whole: [], faulty: new Map() };
  for (const one of accepted) {
    const template = templates.get(one.draft.template_id ?? '');
    const rendered = one.draft.template_id === null ? one : render(one, template, limits);
    if (rendered instanceof Error) renderings.faulty.set(one.id, rendered);
    else renderings.whole.push(rendered);
  }
  return renderings;
}

function render(
  accepted: Accepted,
  found: StoredTemplate | undefined,
  limits: ContentLimits,
): Accepted | Error {
  const { draft, asked } = accepted;
  const rendered = renderDraft(draft, found?.template ?? null, limits);
  if (!rendered.ok) return new Error(tell(rendered.faults));
  // The digest is of what was asked for: it is the same whatever the template says by then.
  const { content, subject, html } = draft;
  const asReceived = { ...asked, content, subject, html };
  return { ...accepted, draft: rendered.value, asked: asReceived, template_version: found?.version ?? null };
}
