import {
  changeTemplate,
  createTemplate,
  type Database,
  deleteTemplate,
  findTemplates,
  getTemplate,
  listTemplates,
} from '@fanfare/db';
import type { TemplateDeps } from './on-templates.ts';
import type { RenderDeps } from './rendered.ts';

/** Templates as Postgres has them. */
export function templateStore(
  db: Database,
): Omit<TemplateDeps, 'newId' | 'recallUse' | 'findFirstUse'> & Pick<RenderDeps, 'findTemplates'> {
  return {
    createTemplate: (template, key) => createTemplate(db, template, key),
    changeTemplate: (id, change, key) => changeTemplate(db, id, change, key),
    getTemplate: (id, version) => getTemplate(db, id, version),
    listTemplates: (page) => listTemplates(db, page),
    deleteTemplate: (id) => deleteTemplate(db, id),
    findTemplates: (ids) => findTemplates(db, ids),
  };
}
