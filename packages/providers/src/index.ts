export type { BreakerSettings } from './breaker.ts';
export { createChain } from './chain.ts';
export type { Chain } from './chain.ts';
export { httpProvider } from './http.ts';
export type { HttpProviderOptions } from './http.ts';
export { createLane } from './lane.ts';
export type { Entry, Lane, LaneDescription, LaneOptions, LaneState } from './lane.ts';
export type { Provider, ProviderMessage } from './provider.ts';
