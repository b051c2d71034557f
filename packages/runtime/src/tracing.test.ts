import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { extractContext, injectContext, noTrace, startSpan, traceparentOf } from './tracing.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('tracing', () => {
  it('passes a traceparent through unchanged', () => {
    for (const value of [traceparent, Buffer.from(traceparent), [Buffer.from(traceparent)]]) {
      const context = extractContext({ traceparent: value, tracestate: Buffer.from('vendor=1') });
      expect(injectContext(context, { 'x-other': '1' })).to.deep.equal({
        'x-other': '1',
        traceparent,
        tracestate: 'vendor=1',
      });
    }
  });

  it('passes it through a span that nobody records', () => {
    const span = startSpan('send', extractContext({ traceparent }), { channel: 'sms' });
    expect(traceparentOf(span.context)).to.equal(traceparent);
    span.end('failed');
  });

  it('adds nothing where there is no trace, or a broken one', () => {
    expect(injectContext(extractContext({}), {})).to.deep.equal({});
    expect(injectContext(startSpan('send', noTrace).context, {})).to.deep.equal({});
    expect(traceparentOf(extractContext({ traceparent: '00-0-0-00' }))).to.equal(null);
    expect(traceparentOf(extractContext({ traceparent: [] }))).to.equal(null);
  });

  it('makes real spans when a tracer was loaded before', () => {
    const child = `00-0af7651916cd43dd8448eb211c80319c-00000000000000aa-01`;
    expect(
      runWithTracer(
        `traceparentOf(startSpan('send', extractContext({ traceparent: '${traceparent}' })).context)`,
      ),
    ).to.equal(child);
    expect(runWithTracer(`traceparentOf(startSpan('send', noTrace).context)`)).to.equal(
      `00-000000000000000000000000000000bb-00000000000000aa-01`,
    );
  });
});

/** Evaluates an expression in a process of its own, because a tracer cannot be taken out of one again. */
function runWithTracer(expression: string): string {
  const program = `
    import { trace } from '@opentelemetry/api';
    import { extractContext, noTrace, startSpan, traceparentOf } from './tracing.ts';
    const startSpanOf = (name, options, parent) => {
      const traceId = trace.getSpanContext(parent)?.traceId ?? '000000000000000000000000000000bb';
      const spanContext = () => ({ traceId, spanId: '00000000000000aa', traceFlags: 1 });
      return { spanContext, isRecording: () => true, end() {}, setStatus() {} };
    };
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: startSpanOf }) });
    process.stdout.write(String(${expression}));`;
  return execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
}
