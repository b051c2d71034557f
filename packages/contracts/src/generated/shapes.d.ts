// Generated from schemas/openapi.yaml by packages/contracts/generate.ts. Edit the schema.
import type { Shape } from '../shapes.ts';
import type { components } from './http.ts';

type Schemas = components['schemas'];
export declare const shapes: {
  NewNotification: Shape<Schemas['NewNotification']>;
  NewBatch: Shape<Omit<Schemas['NewBatch'], 'notifications'> & { notifications: unknown[] }>;
  Reschedule: Shape<Schemas['Reschedule']>;
  NewTemplate: Shape<Schemas['NewTemplate']>;
  TemplateChange: Shape<Schemas['TemplateChange']>;
  Redrive: Shape<Schemas['Redrive']>;
  Purge: Shape<Schemas['Purge']>;
  Pause: Shape<Schemas['Pause']>;
  Resume: Shape<Schemas['Resume']>;
  PathParameters: Shape<Schemas['PathParameters']>;
  ListNotificationsQuery: Shape<Schemas['ListNotificationsQuery']>;
  ListTemplatesQuery: Shape<Schemas['ListTemplatesQuery']>;
  ListDeadLettersQuery: Shape<Schemas['ListDeadLettersQuery']>;
  ListLanesQuery: Shape<Schemas['ListLanesQuery']>;
};
