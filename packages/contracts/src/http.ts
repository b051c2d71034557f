import { type components, enums } from './generated/http.ts';

/** REST's types by the names that the code calls them; what they are is said in schemas/openapi.yaml. */
type Schemas = components['schemas'];

export const STATUSES = enums.Status;
export const DELIVERY_MODES = enums.DeliveryMode;
export const DEAD_LETTER_RESOLUTIONS = enums.DeadLetterResolution;
export const DEAD_LETTER_STATES = enums.DeadLetterState;

export type Status = Schemas['Status'];
export type DeliveryMode = Schemas['DeliveryMode'];
export type NewNotification = Schemas['NewNotification'];
export type NotificationResource = Schemas['Notification'];
export type NotificationPage = Schemas['NotificationPage'];
export type BatchResource = Schemas['Batch'];
export type BatchDetail = Schemas['BatchDetail'];
export type BatchCancellation = Schemas['BatchCancellation'];
export type MetricsResource = Schemas['Metrics'];
export type TicketResource = Schemas['Ticket'];
export type Trace = Schemas['Trace'];
export type TraceEntry = Trace['entries'][number];
export type TraceDetails = Schemas['TransitionDetails'];
export type TemplateResource = Schemas['Template'];
export type TemplatePage = Schemas['TemplatePage'];
export type DeadLetterResource = Schemas['DeadLetter'];
export type DeadLetterPage = Schemas['DeadLetterPage'];
export type DeadLetterResolution = Schemas['DeadLetterResolution'];
export type DeadLetterState = Schemas['DeadLetterState'];
export type RedriveReport = Schemas['RedriveReport'];
export type PurgeReport = Schemas['PurgeReport'];
export type LaneResource = Schemas['Lane'];
export type LaneList = Schemas['LaneList'];
/** An error answer, RFC 9457. */
export type Problem = Schemas['Problem'];
export type FieldError = NonNullable<Problem['errors']>[number];
