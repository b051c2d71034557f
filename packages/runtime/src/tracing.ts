/**
 * Trace context by hand: it comes out of headers, goes along as an argument and is put into headers again. Nothing
 * here follows callbacks about, so a request without a trace pays for none. Spans become real when an operator
 * preloads an OpenTelemetry SDK (`NODE_OPTIONS=--import=...`); without one a traceparent still passes through.
 */
import { ROOT_CONTEXT, SpanStatusCode, propagation, trace } from '@opentelemetry/api';
import type { Attributes, Context, TextMapGetter } from '@opentelemetry/api';
// By its own path: the package's index loads 2.5 MB more into every service.
import { W3CTraceContextPropagator } from '@opentelemetry/core/build/src/trace/W3CTraceContextPropagator.js';

export type TraceContext = Context;
/** Headers as Node's HTTP server and as kafkajs have them. */
export type CarrierHeaders = Readonly<
  Record<string, string | Buffer | readonly (string | Buffer)[] | undefined>
>;

// An SDK that was loaded before has set its own; ours is then left out.
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracer = trace.getTracer('fanfare');

/** Where there is no trace. */
export const noTrace: TraceContext = ROOT_CONTEXT;

/** The trace that headers speak of, or `noTrace`. */
export function extractContext(headers: CarrierHeaders): TraceContext {
  return headers['traceparent'] === undefined ? noTrace : propagation.extract(noTrace, headers, getter);
}

/** Adds `traceparent` (and `tracestate`) to headers, when there is a trace. Returns the same headers. */
export function injectContext<H extends Record<string, unknown>>(context: TraceContext, headers: H): H {
  if (context !== noTrace) propagation.inject(context, headers);
  return headers;
}

/** The traceparent to hand on, or null when there is no trace. */
export function traceparentOf(context: TraceContext): string | null {
  return injectContext<{ traceparent?: string }>(context, {}).traceparent ?? null;
}

/** Begins a span; `context` is what its children and outgoing headers take. */
export function startSpan(name: string, parent: TraceContext, attributes: Attributes = {}): ActiveSpan {
  const span = tracer.startSpan(name, { attributes }, parent);
  const known = parent !== noTrace || span.isRecording();
  return {
    context: known ? trace.setSpan(parent, span) : parent,
    end: (failure) => {
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end();
    },
  };
}

export type ActiveSpan = {
  context: TraceContext; /** Ends it; a failure, in a word or two, marks it as an error. */
  end: (failure?: string) => void;
};

const getter: TextMapGetter<CarrierHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => {
    const value = headers[key];
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? undefined : String(first);
  },
};
