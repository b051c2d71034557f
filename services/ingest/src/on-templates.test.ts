import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const TEMPLATES = '/api/v1/templates';
const NOTIFICATIONS = '/api/v1/notifications';

describe('templates by REST', () => {
  const server = useServer();
  const { post } = server;
  const send = (method: 'GET' | 'PUT' | 'DELETE', url: string, payload?: unknown, headers = {}) =>
    server.app.inject({
      method,
      url,
      headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
  const create = async (change: object = {}): Promise<string> => {
    const answer = await post(TEMPLATES, { ...welcome(), ...change });
    expect(answer.statusCode, answer.body).to.equal(201);
    return answer.json().id;
  };

  it('creates, reads, changes and deletes one', async () => {
    const asked = { ...welcome(), variables: ['Name', 'Unused'] };
    const created = await post(TEMPLATES, asked);
    expect(created.statusCode).to.equal(201);
    expectContract(TEMPLATES, 'post', '201', created.json());
    expect(created.json()).to.deep.include({ ...asked, subject: null, html: null, version: 1 });
    const location = String(created.headers['location']);
    expect(location).to.equal(`${TEMPLATES}/${created.json().id}`);
    const read = await send('GET', location);
    expectContract(`${TEMPLATES}/{id}`, 'get', '200', read.json());
    expect(read.json()).to.deep.equal(created.json());
    const changed = await send('PUT', location, { body: 'Hello {{.Name}}, {{.Code}}' });
    expect(changed.statusCode).to.equal(200);
    expectContract(`${TEMPLATES}/{id}`, 'put', '200', changed.json());
    expect(changed.json()).to.deep.include({ version: 2, name: asked.name, variables: ['Name', 'Code'] });
    expect((await send('GET', location)).json()).to.deep.equal(changed.json());
    expect((await send('DELETE', location)).statusCode).to.equal(204);
    for (const method of ['GET', 'DELETE'] as const)
      expect((await send(method, location)).statusCode).to.equal(404);
    expect((await send('PUT', location, { body: 'x' })).statusCode).to.equal(404);
  });

  it('refuses a name that is taken', async () => {
    const [one, other] = [welcome(), welcome()];
    await create(one);
    const again = await post(TEMPLATES, one);
    expect(again.statusCode).to.equal(409);
    expectContract(TEMPLATES, 'post', '409', again.json());
    expect(again.json()).to.include({ type: '/probs/template-name-taken' });
    const id = await create(other);
    expect((await send('PUT', `${TEMPLATES}/${id}`, one)).json()).to.include({
      type: '/probs/template-name-taken',
    });
    expect((await send('PUT', `${TEMPLATES}/${id}`, other)).statusCode).to.equal(200);
  });

  it('tells every fault at once, those of a text with line and column', async () => {
    const answer = await post(TEMPLATES, {
      name: ' ',
      channel: 'email',
      body: 'Hi\n  {{Name}}',
      subject: '{{.A',
      html: 7,
      variables: ['1st'],
      color: 'red',
    });
    expect(answer.statusCode).to.equal(400);
    expectContract(TEMPLATES, 'post', '400', answer.json());
    const fields = answer.json().errors.map(({ field }: { field: string }) => field);
    expect(fields).to.have.members(['name', 'html', 'body', 'subject', 'variables', 'color']);
    const only = await post(TEMPLATES, { ...welcome(), body: 'Hi\n  {{Name}}' });
    expect(only.json()).to.deep.include({
      type: '/probs/invalid-template',
      errors: [
        {
          field: 'body',
          message: 'line 2, column 3: a placeholder is written {{.Name}}, of A-Z, a-z, 0-9 and _',
        },
      ],
    });
  });

  const bad: [string, unknown, string][] = [
    ['nothing', {}, 'channel body name'],
    ['a list', [], ''],
    ['no body', { ...welcome(), body: undefined }, 'body'],
    ['a body that is none', { ...welcome(), body: 1 }, 'body'],
    ['a blank body', { ...welcome(), body: ' ' }, 'body'],
    ['a NUL', { ...welcome(), body: 'a\0' }, 'body'],
    ['half of a surrogate pair in the name', { ...welcome(), name: 'a\ud800' }, 'name'],
    ['a name too long', { ...welcome(), name: 'n'.repeat(256) }, 'name'],
    ['an unknown channel', { ...welcome(), channel: 'fax' }, 'channel'],
    ['HTML for an SMS', { ...welcome(), html: '<p>' }, 'html'],
    ['variables that are no list', { ...welcome(), variables: { Name: 1 } }, 'variables'],
    [
      'a sparse prototype',
      JSON.parse('{"__proto__":{"name":"x"},"constructor":1}'),
      'channel body name __proto__ constructor',
    ],
  ];
  for (const [what, body, fields] of bad)
    it(`refuses ${what}`, async () => {
      const answer = await post(TEMPLATES, body);
      expect(answer.statusCode).to.equal(400);
      const told = answer.json().errors.map(({ field }: { field: string }) => field);
      expect(told).to.have.members(fields.split(' '));
    });

  it('refuses another channel for a template that is there', async () => {
    const id = await create();
    const answer = await send('PUT', `${TEMPLATES}/${id}`, { body: 'x', channel: 'push' });
    expect(answer.json()).to.include({ type: '/probs/invalid-channel' });
  });

  it('lists them by channel, page after page', async () => {
    const ids = [await create({ channel: 'push' }), await create({ channel: 'push' })];
    ids.push(await create({ channel: 'push' }));
    const found: string[] = [];
    let url = `${TEMPLATES}?channel=push&limit=2`;
    for (let page = 0; page < 2; page += 1) {
      const answer = await send('GET', url);
      expectContract(TEMPLATES, 'get', '200', answer.json());
      found.push(...answer.json().items.map(({ id }: { id: string }) => id));
      url = `${TEMPLATES}?channel=push&limit=2&cursor=${answer.json().next_cursor}`;
    }
    expect(found).to.deep.equal(ids.toSorted((a, b) => (a < b ? 1 : -1)));
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=x',
      'cursor=x',
      'channel=fax',
      'status=a',
      'limit=1&limit=2',
    ])
      expect((await send('GET', `${TEMPLATES}?${query}`)).statusCode, query).to.equal(400);
  });

  describe('in a notification', () => {
    it('takes the place of the content, and its version is recorded', async () => {
      const id = await create();
      const asked = { ...toAda, template_id: id.toUpperCase(), template_variables: { Name: 'Ada <3' } };
      const first = await post(NOTIFICATIONS, asked);
      expect(first.statusCode, first.body).to.equal(202);
      expectContract(NOTIFICATIONS, 'post', '202', first.json());
      expect(first.json()).to.include({ content: 'Hi Ada <3!', template_id: id, template_version: 1 });
      await send('PUT', `${TEMPLATES}/${id}`, { body: 'Hello {{.Name}} {{.Count}} {{.Sure}}' });
      const second = await post(NOTIFICATIONS, {
        ...asked,
        content: 'replaced',
        template_variables: { Name: 'Bob', Count: 2, Sure: true, Unused: {} },
      });
      expect(second.json()).to.include({ content: 'Hello Bob 2 true', template_version: 2 });
      for (const answer of [first, second]) {
        const read = await send('GET', `${NOTIFICATIONS}/${answer.json().id}`);
        expect(read.json()).to.deep.equal({ ...answer.json(), status: 'pending' });
      }
      const deleted = await send('DELETE', `${TEMPLATES}/${id}`);
      expect(deleted.json()).to.include({ type: '/probs/template-in-use', status: 409 });
    });

    it('escapes in the HTML of an e-mail and only there', async () => {
      const parts = { body: '{{.A}}', subject: 'To {{.A}}', html: '<p title="{{.A}}">{{.A}}</p>' };
      const template_id = await create({ channel: 'email', ...parts });
      const mail = { channel: 'email', recipient: 'ada@example.com', template_id };
      const answer = await post(NOTIFICATIONS, { ...mail, template_variables: { A: `<b>"&'` } });
      expect(answer.json()).to.include({
        content: `<b>"&'`,
        subject: `To <b>"&'`,
        html: '<p title="&lt;b&gt;&quot;&amp;&#39;">&lt;b&gt;&quot;&amp;&#39;</p>',
      });
    });

    it('needs every value, and says which are missing', async () => {
      const template_id = await create({ body: '{{.A}} {{.B}} {{.A}} {{.constructor}} {{.__proto__}}' });
      const answer = await post(NOTIFICATIONS, { ...toAda, template_id, template_variables: { B: 'b' } });
      expect(answer.statusCode).to.equal(422);
      expectContract(NOTIFICATIONS, 'post', '422', answer.json());
      expect(answer.json()).to.deep.include({
        type: '/probs/template-render-failed',
        errors: ['A', 'constructor', '__proto__'].map((name) => ({
          field: `template_variables.${name}`,
          message: 'is missing',
        })),
      });
      expect((await post(NOTIFICATIONS, { ...toAda, template_id })).statusCode).to.equal(422);
      const none = { A: null, B: [1], constructor: { a: 1 }, ['__proto__']: 'p' };
      const wrong = await post(NOTIFICATIONS, { ...toAda, template_id, template_variables: none });
      expect(wrong.json().errors).to.have.length(3);
    });

    it('is held to the limits of its channel', async () => {
      const template_id = await create({ body: '{{.A}}' });
      const answer = await post(NOTIFICATIONS, {
        ...toAda,
        template_id,
        template_variables: { A: 'x'.repeat(161) },
      });
      expect(answer.statusCode).to.equal(400);
      expect(answer.json()).to.deep.include({
        type: '/probs/invalid-content',
        errors: [{ field: 'content', message: 'as rendered, must be at most 160 code points long' }],
      });
    });

    it('has to be there, and of the channel', async () => {
      const push = await create({ channel: 'push' });
      for (const template_id of [randomUUID(), push]) {
        const answer = await post(NOTIFICATIONS, { ...toAda, template_id });
        expect(answer.json()).to.deep.include({
          type: '/probs/unknown-template',
          status: 422,
          errors: [{ field: 'template_id', message: 'names no template for sms' }],
        });
      }
    });

    it('is rendered for each member of a batch, or for none', async () => {
      const template_id = await create();
      const member = (variables: object) => ({ ...toAda, template_id, template_variables: variables });
      const faulty = await post(`${NOTIFICATIONS}/batch`, {
        notifications: [member({ Name: 'Ada' }), member({}), { ...toAda, template_id: randomUUID() }],
      });
      expect(faulty.statusCode).to.equal(422);
      expect(faulty.json().errors.map(({ field }: { field: string }) => field)).to.deep.equal([
        'notifications[1].template_variables.Name',
        'notifications[2].template_id',
      ]);
      const created = await post(`${NOTIFICATIONS}/batch`, {
        notifications: [member({ Name: 'Ada' }), { ...toAda, content: 'plain' }, member({ Name: 'Bob' })],
      });
      expect(created.statusCode).to.equal(202);
      const { notifications } = (await send('GET', String(created.headers['location']))).json();
      type Member = { content: string; template_version: number | null };
      expect(
        notifications.map(({ content, template_version }: Member) => [content, template_version]),
      ).to.deep.equal([
        ['Hi Ada!', 1],
        ['plain', null],
        ['Hi Bob!', 1],
      ]);
    });
  });

  describe('under an idempotency key', () => {
    it('is made once of fifty at once, and answered as at first whatever became of it', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const asked = welcome();
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(TEMPLATES, asked, key)));
      expect(answers.filter(({ statusCode }) => statusCode === 201)).to.have.length(1);
      expect(answers.filter(({ statusCode }) => statusCode === 200)).to.have.length(49);
      const { id } = answers[0]?.json() ?? {};
      await send('PUT', `${TEMPLATES}/${id}`, { body: 'x', name: randomUUID() });
      const again = await post(TEMPLATES, asked, key);
      expectContract(TEMPLATES, 'post', '200', again.json());
      for (const answer of answers) expect(answer.json()).to.deep.equal(again.json());
      expect((await post(TEMPLATES, { ...asked, body: 'other' }, key)).json()).to.include({
        type: '/probs/idempotency-key-mismatch',
      });
    });

    it('is changed once of twenty at once', async () => {
      const id = await create();
      const key = { 'idempotency-key': randomUUID() };
      const url = `${TEMPLATES}/${id}`;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => send('PUT', url, { body: 'x' }, key)),
      );
      for (const answer of answers) expect(answer.json()).to.include({ version: 2, body: 'x' });
      await send('PUT', url, { body: 'y' });
      expect((await send('PUT', url, { body: 'x' }, key)).json()).to.deep.equal(answers[0]?.json());
      expect((await send('GET', url)).json()).to.include({ version: 3, body: 'y' });
      expect((await send('PUT', url, { body: 'z' }, key)).statusCode).to.equal(409);
    });

    it('is not made again once it is deleted', async () => {
      const key = { 'idempotency-key': randomUUID() };
      const asked = welcome();
      const { id } = (await post(TEMPLATES, asked, key)).json();
      await send('DELETE', `${TEMPLATES}/${id}`);
      expect((await post(TEMPLATES, asked, key)).statusCode).to.equal(404);
    });
  });
});

const toAda = { channel: 'sms', recipient: '+15550100' };

function welcome() {
  return { name: `welcome ${randomUUID()}`, channel: 'sms', body: 'Hi {{.Name}}!', variables: ['Name'] };
}
