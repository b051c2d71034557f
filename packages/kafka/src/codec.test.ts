import type { Codec } from '@fanfare/contracts';
import avro from 'avsc';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import {
  createSerde,
  type Decoded,
  RegistryAway,
  registerSchemas,
  type SchemaCache,
  SchemaRefused,
  type Serde,
  type StoredSchema,
  Undecodable,
} from './index.ts';
import { opened } from './testing/harness.ts';
import { addresses } from './testing/stack.ts';

type Message = { id: string; text: string | null; size: number };

describe('codec', () => {
  const open = opened();
  afterEach(open.closeAll);
  let url = '';
  before(async () => {
    url = (await addresses()).registryUrl;
  });

  async function registered(): Promise<{ codec: Codec<Message>; serde: Serde }> {
    const codec = newCodec();
    await registerSchemas({ url, subjects: [codec] });
    return { codec, serde: createSerde({ registryUrl: url }) };
  }

  async function serving(server: Server): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.add(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
  }

  it('reads what it wrote, at once after the first record', async () => {
    const { codec, serde } = await registered();
    const encode = await serde.encoder(codec);
    const message = { id: 'a', text: 'Günaydın 👋', size: 3 };
    const bytes = encode(message);
    expect([bytes[0], bytes.length]).to.deep.equal([0, 5 + codec.encode(message).length]);
    const first = serde.decode(codec, bytes);
    expect(first).to.be.instanceOf(Promise);
    expect(plain(await first)).to.deep.equal({ format: 'avro', value: message });
    const second = serde.decode(codec, bytes);
    expect(second).to.not.be.instanceOf(Promise);
    expect(plain(await second)).to.deep.equal({ format: 'avro', value: message });
  });

  it("reads other versions' values into ours", async () => {
    const { codec, serde } = await registered();
    const wider = writerOf(codec, [
      { name: 'added', type: 'int', default: 0 },
      { name: 'text', type: ['null', 'string'], default: null },
      { name: 'id', type: 'string' },
    ]);
    await registerSchemas({ url, subjects: [wider] });
    const encode = await createSerde({ registryUrl: url }).encoder(wider);
    const bytes = encode({ added: 5, text: { string: 'x' }, id: 'b' });
    expect(plain(await serde.decode(codec, bytes))).to.deep.equal({
      format: 'avro',
      value: { id: 'b', text: 'x', size: 7 },
    });
  });

  it('takes JSON objects as they are, after a byte order mark and spaces too', async () => {
    const { codec, serde } = await registered();
    for (const text of ['{"a":"ä"}', ' \r\n\t{"a":"ä"}', '\uFEFF{"a":"ä"}\n'])
      expect(serde.decode(codec, Buffer.from(text))).to.deep.equal({ format: 'json', value: { a: 'ä' } });
  });

  it('says why bytes can never be read', async () => {
    const { codec, serde } = await registered();
    const encode = await serde.encoder(codec);
    const good = encode({ id: 'abcdef', text: null, size: 1 });
    await serde.decode(codec, good);
    const cases: [string, Buffer | null][] = [
      ['the record has no value', null],
      ['the value is empty', Buffer.alloc(0)],
      ['too short for a schema id', Buffer.from([0])],
      ['too short for a schema id', Buffer.from([0, 0, 0, 1])],
      [
        'unknown magic byte: neither Avro with a schema id nor a JSON object',
        Buffer.from([1, 0, 0, 0, 1, 2]),
      ],
      ['unknown magic byte: neither Avro with a schema id nor a JSON object', Buffer.from('   ')],
      ['unknown magic byte: neither Avro with a schema id nor a JSON object', Buffer.from('[1]')],
      ['JSON that does not parse', Buffer.from('{"recipient":"+1555')],
      ['JSON that does not parse', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ['the Avro value is cut off', good.subarray(0, 5)],
      ['the Avro value is cut off', good.subarray(0, good.length - 1)],
      ['bytes follow the Avro value', Buffer.concat([good, Buffer.from([0])])],
      ['the value does not fit its schema', Buffer.concat([good.subarray(0, 5), Buffer.from([2, 65, 8, 0])])],
    ];
    for (const [reason, bytes] of cases) {
      const error = await failure(() => serde.decode(codec, bytes));
      expect(error, reason).to.be.instanceOf(Undecodable);
      expect(error.message).to.equal(reason);
    }
  });

  it('cannot read an unknown schema id, nor a schema of something else', async () => {
    const { codec, serde } = await registered();
    const unknown = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0]);
    expect(await failure(() => serde.decode(codec, unknown))).to.be.instanceOf(Undecodable);
    expect(await failure(() => serde.decode(codec, unknown))).to.be.instanceOf(Undecodable);
    const other = newCodec();
    await registerSchemas({ url, subjects: [other] });
    const bytes = (await serde.encoder(other))({ id: 'a', text: null, size: 1 });
    const error = await failure(() => serde.decode(codec, bytes));
    expect(error).to.be.instanceOf(Undecodable);
    expect(error.message).to.match(/cannot be read as/);
  });

  it('works from the cache while the registry is away, and waits for what is not there', async () => {
    const codec = newCodec();
    await registerSchemas({ url, subjects: [codec] });
    const cache = newCache();
    const encode = await createSerde({ registryUrl: url, cache }).encoder(codec);
    const bytes = encode({ id: 'a', text: null, size: 1 });

    const away = createSerde({ registryUrl: 'http://127.0.0.1:9/apis', cache });
    expect((await away.encoder(codec))({ id: 'a', text: null, size: 1 })).to.deep.equal(bytes);
    expect(plain(await away.decode(codec, bytes))).to.deep.equal({
      format: 'avro',
      value: { id: 'a', text: null, size: 1 },
    });
    expect(await failure(() => away.encoder(newCodec()))).to.be.instanceOf(RegistryAway);
    expect(await failure(() => away.decode(codec, Buffer.from([0, 1, 2, 3, 4, 5])))).to.be.instanceOf(
      RegistryAway,
    );
  });

  it('asks again after the registry was away', async () => {
    const { codec, serde: direct } = await registered();
    const bytes = (await direct.encoder(codec))({ id: 'a', text: null, size: 1 });
    let isAway = true;
    const server = createServer((request, response) => {
      if (isAway) response.writeHead(503).end('{}');
      else get(url + request.url, (upstream) => void upstream.pipe(response));
    });
    const serde = createSerde({ registryUrl: await serving(server) });
    expect(await failure(() => serde.decode(codec, bytes))).to.be.instanceOf(RegistryAway);
    isAway = false;
    // For a moment it is taken to be away still.
    await eventually(async () => expect(await serde.decode(codec, bytes)).to.have.property('format', 'avro'));
  });

  it('gives a registry that never answers three seconds', async () => {
    const server = createServer(() => undefined);
    const serde = createSerde({ registryUrl: await serving(server) });
    expect(await failure(() => serde.encoder(newCodec()))).to.be.instanceOf(RegistryAway);
  });

  it('has every subject fully compatible from its first schema on', async () => {
    const { codec } = await registered();
    await registerSchemas({ url, subjects: [codec] });
    const narrower = writerOf(codec, [{ name: 'number', type: 'long' }]);
    expect(await failure(() => registerSchemas({ url, subjects: [narrower] }))).to.be.instanceOf(
      SchemaRefused,
    );
    const unknown = createSerde({ registryUrl: url });
    expect((await failure(() => unknown.encoder(newCodec()))).message).to.match(/does not know/);
  });
});

function newCodec(): Codec<Message> {
  const name = `test.Message${randomUUID().replaceAll('-', '')}`;
  return codecOf(name, [
    { name: 'id', type: 'string' },
    { name: 'text', type: ['null', 'string'], default: null },
    { name: 'size', type: 'int', default: 7 },
  ]);
}

/** What another program registers under the same subject. */
function writerOf(codec: Codec<Message>, fields: object[]): Codec<unknown> {
  const writer = codecOf<unknown>(codec.subject, fields);
  const type = avro.Type.forSchema(JSON.parse(writer.schema), { wrapUnions: true });
  return { ...writer, type, encode: (value) => type.toBuffer(value) };
}

function codecOf<T>(subject: string, fields: object[]): Codec<T> {
  const schema = JSON.stringify({ type: 'record', name: subject, fields });
  const type = avro.Type.forSchema(JSON.parse(schema), { wrapUnions: false });
  return { subject, schema, type, encode: (value) => type.toBuffer(value) };
}

function newCache(): SchemaCache {
  const kept: StoredSchema[] = [];
  return {
    load: () => Promise.resolve(kept),
    save(id, schema) {
      kept.push({ id, schema });
      return Promise.resolve();
    },
  };
}

/** Avro values are instances of a generated class. */
function plain<T extends object>({ format, value }: Decoded<T>): { format: string; value: unknown } {
  return { format, value: typeof value === 'object' ? { ...value } : value };
}

async function failure(run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}
