import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What a page may read of an answer, beside its body. */
const EXPOSED_HEADERS = ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Correlation-ID'];
/** A browser asks again for leave after so long. */
const PREFLIGHT_GOOD_SECONDS = 600;

/** Lets pages of other origins call, and does nothing where there are none: a browser then lets no page of theirs. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  void app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_GOOD_SECONDS,
    strictPreflight: false,
  });
}
