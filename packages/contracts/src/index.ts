export * from './codec.ts';
export type { Notification } from './generated/notification.ts';
export type { StatusEvent } from './generated/status-event.ts';
export * from './formats.ts';
export * from './headers.ts';
export * from './http.ts';
export * from './journey.ts';
export * from './shapes.ts';
