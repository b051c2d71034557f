import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLogger } from './logger.ts';
import type { LogLevel } from './logger.ts';

describe('logger', () => {
  it('writes one JSON object a line', () => {
    const { log, lines } = logging();
    log.info('first', { n: 1, nested: { text: 'line\nbreak' } });
    log.warn('second');
    const [first, second] = lines();
    expect(first).to.include({ level: 'info', msg: 'first', service: 'test', n: 1 });
    expect(first?.['nested']).to.deep.equal({ text: 'line\nbreak' });
    expect(new Date(String(first?.['time'])).toISOString()).to.equal(first?.['time']);
    expect(second).to.include({ level: 'warn', msg: 'second' });
  });

  it('drops what names a person or opens a door, at any depth and in any case', () => {
    const { log, lines } = logging();
    const deep = [{ To: '+15550100199', kept: { Authorization: 'Bearer x', password: 'x', channel: 'sms' } }];
    log.info('sent', { recipient: 'ada@example.org', content: 'hi', subject: 's', html: '<p>', deep });
    const [line] = lines();
    expect(line).to.not.have.any.keys('recipient', 'content', 'subject', 'html');
    expect(line?.['deep']).to.deep.equal([{ kept: { channel: 'sms' } }]);
  });

  it('drops them from the fields of a child too', () => {
    const { log, lines } = logging();
    log.child({ id: 'n-1', recipient: 'ada@example.org' }).child({ attempt: 2 }).info('x', { more: true });
    expect(lines()[0]).to.include({ service: 'test', id: 'n-1', attempt: 2, more: true });
    expect(lines()[0]).to.not.have.property('recipient');
  });

  it('writes an error as name, message, code, stack and cause, and nothing a client hung on it', () => {
    const { log, lines } = logging();
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    log.error('failed', {
      error: Object.assign(new TypeError('no', { cause }), { parameters: ['ada@example.org'] }),
    });
    const error = Object(lines()[0]?.['error']);
    expect(error)
      .to.have.all.keys('name', 'message', 'stack', 'cause')
      .and.include({ name: 'TypeError', message: 'no' });
    expect(error.cause).to.include({ message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' });
  });

  it('survives what JSON does not know', () => {
    const { log, lines } = logging();
    const circular: Record<string, unknown> = { at: new Date(0) };
    circular['self'] = circular;
    log.info('odd', { circular, big: 2n ** 64n, bytes: Buffer.from('secret'), nothing: undefined });
    const [line] = lines();
    expect(line).to.include({ big: '18446744073709551616', bytes: '[6 bytes]' });
    expect(line?.['circular']).to.include({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('keeps its own fields when others have their names', () => {
    const { log, lines } = logging();
    log.info('mine', { level: 'fatal', message: 'other', msg: 'other', time: 'never', service: 'other' });
    expect(lines()[0]).to.include({ level: 'info', msg: 'mine', service: 'test' });
  });

  it('writes nothing under its level', () => {
    const { log, lines } = logging('warn');
    log.debug('no');
    log.info('no');
    log.warn('yes');
    log.error('yes');
    expect(lines().map(({ msg }) => msg)).to.deep.equal(['yes', 'yes']);
  });

  it('drops lines, and says how many, instead of growing while its reader is slow', async () => {
    const { log, lines, stream } = logging();
    stream.cork();
    for (let line = 0; line < 20; line += 1) log.info('big', { text: 'x'.repeat(1024 * 1024) });
    expect(stream.writableLength).to.be.lessThan(6 * 1024 * 1024);
    stream.uncork();
    lines();
    await log.flush();
    log.info('after');
    const [told, after] = lines().slice(-2);
    expect(told).to.include({ level: 'warn', dropped: 16 });
    expect(after).to.include({ msg: 'after' });
  });

  it('goes on when the reader of its log is gone', async () => {
    const { log, stream } = logging();
    stream.destroy(new Error('EPIPE'));
    log.info('nobody hears this');
    await log.flush();
  });
});

function logging(level: LogLevel = 'info') {
  const stream = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  const read: string[] = [];
  const lines = (): Record<string, unknown>[] => {
    const text: Buffer | null = stream.read();
    if (text !== null) read.push(...text.toString().trimEnd().split('\n'));
    return read.map((line) => Object(JSON.parse(line)));
  };
  return { log: createLogger({ service: 'test', level, stream }), lines, stream };
}
