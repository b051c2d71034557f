export { httpProvider } from './http.ts';
export type { HttpProviderOptions } from './http.ts';
export type { Provider, ProviderMessage } from './provider.ts';
