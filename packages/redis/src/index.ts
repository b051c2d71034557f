export { connectRedis } from './connect.ts';
export type { Log, RedisHandle, RedisMessage, Subscription } from './connect.ts';
export { createInboundLimit } from './inbound-limit.ts';
export type { Admission } from './inbound-limit.ts';
export { createPace } from './pace.ts';
export type { Pace, PaceOptions } from './pace.ts';
export { endOf, parseStatusFrame, STATUS_CHANNELS, statusMessage } from './status-frames.ts';
export type { StatusFrame } from './status-frames.ts';
