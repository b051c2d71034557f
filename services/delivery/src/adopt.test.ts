import { randomUUID } from 'node:crypto';
import { workTopic } from '@fanfare/contracts';
import {
  type Accepted,
  adoptForeign,
  changeTemplate,
  createTemplate,
  findAdopted,
  findTemplates,
  getNotification,
  readPublishable,
} from '@fanfare/db';
import { useDatabase } from '@fanfare/db/fixture';
import { DEFAULT_CONTENT_LIMITS, type Draft } from '@fanfare/domain';
import { expect } from 'chai';
import { adopt, type AdoptDeps } from './adopt.ts';
import { readForeign } from './foreign-record.ts';

const NOW = Date.now();

describe('adopting what came over Kafka', () => {
  const test = useDatabase();
  let templateReads = 0;
  const deps = (): AdoptDeps => ({
    limits: DEFAULT_CONTENT_LIMITS,
    findAdopted: (accepted) => findAdopted(test.db, accepted),
    findTemplates: (ids) => {
      templateReads += ids.length;
      return findTemplates(test.db, ids);
    },
    adoptForeign: (accepted) => adoptForeign(test.db, accepted),
  });

  async function template(body: string, channel: Draft['channel'] = 'sms'): Promise<string> {
    const id = randomUUID();
    const content = { body, subject: null, html: null, variables: [] };
    await createTemplate(test.db, { id, name: id, channel, ...content }, null);
    return id;
  }

  async function change(id: string, body: string): Promise<void> {
    const version = { name: null, body, subject: null, html: null, variables: [] };
    await changeTemplate(test.db, id, version, null);
  }

  it('renders as the template says, and stores which version that was', async () => {
    const template_id = await template('Hi {{.Name}}');
    await change(template_id, 'Hello {{.Name}}');
    const one = foreign({ template_id, template_variables: { Name: 'Ada <3' } });
    const plain = foreign({ content: 'plain' });
    expect(await adopt(deps(), [one, plain])).to.deep.equal(['stored', 'stored']);
    expect(await getNotification(test.db, one.id)).to.include({
      content: 'Hello Ada <3',
      template_id,
      template_version: 2,
    });
    expect(await getNotification(test.db, plain.id)).to.include({ content: 'plain', template_version: null });
    const [row] = await readPublishable(test.db, [one.id]);
    expect(row?.notification).to.include({ content: 'Hello Ada <3', template_variables: null });
  });

  it('takes JSON text for variables, and its body before a content that was sent with it', async () => {
    const template_id = await template('Hi {{.Name}}');
    const one = foreign({ template_id, template_variables: '{"Name":"Ada"}', content: 'replaced' });
    expect(await adopt(deps(), [one])).to.deep.equal(['stored']);
    expect(await getNotification(test.db, one.id)).to.include({ content: 'Hi Ada' });
  });

  it('never renders an id again that is there, whatever has become of its template', async () => {
    const template_id = await template('Hi {{.Name}}');
    const fields = { id: randomUUID(), template_id, template_variables: { Name: 'Ada' } };
    expect(await adopt(deps(), [foreign(fields)])).to.deep.equal(['stored']);
    await change(template_id, 'Now {{.Missing}}');
    templateReads = 0;
    expect(await adopt(deps(), [foreign(fields)])).to.deep.equal(['known']);
    expect(templateReads).to.equal(0);
    expect(await getNotification(test.db, fields.id)).to.include({ content: 'Hi Ada', template_version: 1 });
  });

  it('knows the same id with other values for another notification', async () => {
    const template_id = await template('Hi {{.Name}}');
    const fields = { id: randomUUID(), template_id, template_variables: { Name: 'Ada' } };
    await adopt(deps(), [foreign(fields)]);
    for (const other of [
      { template_variables: { Name: 'Bob' } },
      { content: 'another' },
      { template_id: await template('Hi {{.Name}}') },
    ])
      expect(await adopt(deps(), [foreign({ ...fields, ...other })])).to.deep.equal(['conflict']);
  });

  it('is the same row for as many as come at once', async () => {
    const template_id = await template('Hi {{.Name}}');
    const fields = { id: randomUUID(), template_id, template_variables: { Name: 'Ada' } };
    const adopted = await Promise.all(Array.from({ length: 10 }, () => adopt(deps(), [foreign(fields)])));
    const flat = adopted.flat().filter((what) => what !== 'unseen' && what !== 'known');
    expect(flat).to.deep.equal(['stored']);
  });

  it('says what no template can be made to say, and stores the others', async () => {
    const [short, push] = [await template('{{.A}}{{.B}}'), await template('x', 'push')];
    const good = foreign({ template_id: short, template_variables: { A: 'a', B: 1 } });
    const faulty = [
      foreign({ template_id: short, template_variables: { C: 1 } }),
      foreign({ template_id: short, template_variables: { A: 'x'.repeat(160), B: 'y' } }),
      foreign({ template_id: randomUUID() }),
      foreign({ template_id: push }),
    ];
    const [stored, ...errors] = await adopt(deps(), [good, ...faulty]);
    expect(stored).to.equal('stored');
    expect(errors.map((error) => (error instanceof Error ? error.message : error))).to.deep.equal([
      'template_variables.A is missing; template_variables.B is missing',
      'content as rendered, must be at most 160 code points long',
      'template_id names no template for sms',
      'template_id names no template for sms',
    ]);
    for (const { id } of faulty) expect(await getNotification(test.db, id)).to.equal(null);
  });
});

/** As a producer's record is read. */
function foreign(fields: Record<string, unknown>): Accepted {
  const record = {
    topic: workTopic('sms', 'normal'),
    partition: 0,
    offset: 1,
    key: null,
    value: null,
    headers: {},
    timestampMs: NOW,
    done: () => {},
    isStale: () => false,
  };
  const read = readForeign(DEFAULT_CONTENT_LIMITS, record, {
    id: randomUUID(),
    recipient: '+15550100',
    ...fields,
  });
  if (!read.ok) throw new Error(read.message);
  return read.accepted;
}
