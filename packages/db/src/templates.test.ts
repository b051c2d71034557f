import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto';
import type { TemplateResource } from '@fanfare/contracts';
import { expect } from 'chai';
import { accepted, groupOf, useDatabase } from './fixture.ts';
import {
  acceptGroup,
  changeTemplate,
  createTemplate,
  deleteTemplate,
  findFirstUse,
  findTemplates,
  getNotification,
  getTemplate,
  type IdempotencyKey,
  listTemplates,
  type NewTemplate,
  type NotMade,
} from './index.ts';

function template(change: Partial<NewTemplate> = {}): NewTemplate {
  const texts = { body: 'Hi {{.Name}}', subject: null, html: null, variables: ['Name'] };
  return { id: randomUUIDv7(), name: randomUUID(), channel: 'sms', ...texts, ...change };
}

function keyed(path = '/api/v1/templates'): IdempotencyKey {
  return { caller: 'anonymous', path, key: randomUUID(), digest: createHash('sha256').update('a').digest() };
}

function stored(made: TemplateResource | NotMade | null): TemplateResource {
  if (made === null || typeof made === 'string') throw new Error(`it was not stored: ${made}`);
  return made;
}

describe('templates', () => {
  const test = useDatabase();
  const create = async (change: Partial<NewTemplate> = {}) =>
    stored(await createTemplate(test.db, template(change), null));
  const change = (id: string, body: string, name: string | null = null, key: IdempotencyKey | null = null) =>
    changeTemplate(test.db, id, { name, body, subject: null, html: null, variables: [] }, key);

  it('are given back as they were stored', async () => {
    const email = template({ channel: 'email', subject: 'Hi', html: '<p>{{.A}}</p>', variables: ['A', 'B'] });
    const made = stored(await createTemplate(test.db, email, null));
    expect(made).to.include({ version: 1, created_at: made.updated_at });
    expect(made).to.deep.include({ ...email });
    expect(await getTemplate(test.db, email.id)).to.deep.equal(made);
    expect(await getTemplate(test.db, randomUUID())).to.equal(null);
  });

  it('have a name of their own', async () => {
    const { name } = await create();
    expect(await createTemplate(test.db, template({ name }), keyed())).to.equal('name_taken');
    const other = await create();
    expect(await change(other.id, 'x', name)).to.equal('name_taken');
    expect(await getTemplate(test.db, other.id)).to.deep.equal(other);
  });

  it('keep every version', async () => {
    const first = await create();
    const second = stored(await change(first.id, 'Hello {{.Name}}', 'another name'));
    expect(second).to.include({ version: 2, body: 'Hello {{.Name}}', name: 'another name', id: first.id });
    const third = stored(await change(first.id, 'Third'));
    expect(third).to.include({ version: 3, name: 'another name', created_at: first.created_at });
    expect(await getTemplate(test.db, first.id)).to.deep.equal(third);
    expect(await getTemplate(test.db, first.id, 1)).to.deep.equal(first);
    expect(await getTemplate(test.db, first.id, 2)).to.deep.equal(second);
    expect(await change(randomUUID(), 'x')).to.equal(null);
  });

  it('make a version for each of many changes at once', async () => {
    const { id } = await create();
    const bodies = Array.from({ length: 20 }, (_, index) => `body ${index}`);
    const made = await Promise.all(bodies.map(async (body) => stored(await change(id, body))));
    expect(made.map(({ version }) => version)).to.have.members(bodies.map((_, index) => index + 2));
    const newest = made.find(({ version }) => version === 21);
    expect(await getTemplate(test.db, id)).to.deep.equal(newest);
  });

  it('are made once under a key, of any number at once', async () => {
    const key = keyed();
    const many = await Promise.all(
      Array.from({ length: 20 }, () => createTemplate(test.db, template(), key)),
    );
    const made = many.filter((one) => one !== 'key_taken').map(stored);
    expect(made).to.have.length(1);
    expect(await findFirstUse(test.db, key)).to.deep.include({
      resource_id: made[0]?.id,
      resource_version: 1,
    });
  });

  it('change once under a key, and the key knows the version', async () => {
    const { id } = await create();
    await change(id, 'second');
    const key = keyed(`/api/v1/templates/${id}`);
    const many = await Promise.all(Array.from({ length: 20 }, () => change(id, 'third', null, key)));
    const made = many.filter((one) => one !== 'key_taken').map(stored);
    expect(made.map(({ version }) => version)).to.deep.equal([3]);
    await change(id, 'fourth');
    expect(await findFirstUse(test.db, key)).to.deep.include({ resource_id: id, resource_version: 3 });
  });

  it('keep no key of what was not stored', async () => {
    const { name } = await create();
    const [one, two] = [keyed(), keyed()];
    expect(await createTemplate(test.db, template({ name }), one)).to.equal('name_taken');
    expect(await change(randomUUID(), 'x', null, two)).to.equal(null);
    for (const key of [one, two]) expect(await findFirstUse(test.db, key)).to.equal(null);
  });

  it('are deleted with their versions, unless a notification was made from one', async () => {
    const [used, free] = [await create(), await create()];
    await change(free.id, 'x');
    const notification = accepted({ template_id: used.id }, { template_version: 1 });
    await acceptGroup(test.db, groupOf([notification]));
    expect(await getNotification(test.db, notification.id)).to.include({
      template_id: used.id,
      template_version: 1,
    });
    expect(await deleteTemplate(test.db, used.id)).to.equal('in_use');
    expect(await deleteTemplate(test.db, free.id)).to.equal('deleted');
    expect(await deleteTemplate(test.db, free.id)).to.equal('unknown');
    expect(await getTemplate(test.db, free.id, 1)).to.equal(null);
    expect(await getTemplate(test.db, used.id)).to.deep.equal(used);
  });

  it('are listed by channel, the newest first, page after page', async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.push((await create({ channel: 'push' })).id);
    await create({ channel: 'email' });
    const newestFirst = made.toSorted((a, b) => (a < b ? 1 : -1));
    const page = (before: string | null) => listTemplates(test.db, { channel: 'push', before, limit: 5 });
    const first = await page(null);
    expect(first.map(({ id }) => id)).to.deep.equal(newestFirst.slice(0, 5));
    await create({ channel: 'push', id: randomUUIDv7() });
    const second = await page(first.at(-1)?.id ?? null);
    expect(second.map(({ id }) => id)).to.deep.equal(newestFirst.slice(5));
    const all = await listTemplates(test.db, { channel: null, before: null, limit: 200 });
    expect(new Set(all.map(({ channel }) => channel))).to.deep.equal(new Set(['sms', 'push', 'email']));
  });

  it('are found for rendering in their newest versions', async () => {
    const { id } = await create();
    await change(id, 'New {{.A}}{{.B}}');
    const found = await findTemplates(test.db, [id, randomUUID()]);
    expect([...found.keys()]).to.deep.equal([id]);
    expect(found.get(id)).to.deep.equal({
      version: 2,
      template: {
        channel: 'sms',
        body: { literals: ['New ', '', ''], names: ['A', 'B'] },
        subject: null,
        html: null,
      },
    });
  });
});
