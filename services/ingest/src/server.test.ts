import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { contract, expectContract, OPENAPI, useServer } from './fixture.ts';

describe('server', () => {
  const server = useServer();
  const sms = { channel: 'sms', recipient: '+15550100', content: 'Günaydın 👋' };
  const { post } = server;

  it('answers a notification as it will be read', async () => {
    const created = await post('/api/v1/notifications', { ...sms, metadata: { a: [1] }, priority: 'high' });
    expect(created.statusCode).to.equal(202);
    expectContract('/api/v1/notifications', 'post', '202', created.json());
    const location = String(created.headers['location']);
    expect(location).to.equal(`/api/v1/notifications/${created.json().id}`);
    const read = await server.app.inject(location);
    expectContract('/api/v1/notifications/{id}', 'get', '200', read.json());
    expect(read.json()).to.deep.equal({ ...created.json(), status: 'pending' });
  });

  it('takes and gives back what only an e-mail has', async () => {
    const mail = { channel: 'email', recipient: 'ada@example.com', content: 'Günaydın 👋' };
    const parts = { subject: 'İyi günler: "Ada" 👋', html: '<p title="a">Günaydın 👋</p>\n' };
    const created = await post('/api/v1/notifications', { ...mail, ...parts });
    expect(created.statusCode).to.equal(202);
    expect(created.json()).to.include(parts);
    expectContract('/api/v1/notifications', 'post', '202', created.json());
    const read = await server.app.inject(String(created.headers['location']));
    expect(read.json()).to.deep.equal({ ...created.json(), status: 'pending' });
    const plain = await post('/api/v1/notifications/batch', { notifications: [mail, { ...mail, ...parts }] });
    const { notifications } = (await server.app.inject(String(plain.headers['location']))).json();
    expect(notifications[0]).to.include({ subject: null, html: null });
    expect(notifications[1]).to.include(parts);
  });

  it('answers a batch with its members in their order', async () => {
    const notifications = ['one', 'two', 'three'].map((content) => ({ ...sms, content }));
    const created = await post('/api/v1/notifications/batch', { notifications, metadata: { campaign: 'x' } });
    expect(created.statusCode).to.equal(202);
    expectContract('/api/v1/notifications/batch', 'post', '202', created.json());
    const read = await server.app.inject(String(created.headers['location']));
    expectContract('/api/v1/notifications/batch/{id}', 'get', '200', read.json());
    expect(read.json()).to.deep.include({ counts: { pending: 3 }, metadata: { campaign: 'x' } });
    expect(read.json().notifications.map(({ content }: { content: string }) => content)).to.deep.equal([
      'one',
      'two',
      'three',
    ]);
  });

  it('begins a trace with the creation', async () => {
    const { id } = (await post('/api/v1/notifications', sms)).json();
    const trace = await server.app.inject(`/api/v1/notifications/${id}/trace`);
    expectContract('/api/v1/notifications/{id}/trace', 'get', '200', trace.json());
    expect(trace.json().entries.map(({ event }: { event: string }) => event)).to.deep.equal(['created']);
  });

  it('cancels what nobody has claimed, once', async () => {
    const { id } = (await post('/api/v1/notifications', sms)).json();
    const url = `/api/v1/notifications/${id}/cancel`;
    const headers = { 'content-type': 'application/json' };
    const cancelled = await server.app.inject({ method: 'PATCH', url, headers, payload: '' });
    expect(cancelled.statusCode).to.equal(200);
    expectContract('/api/v1/notifications/{id}/cancel', 'patch', '200', cancelled.json());
    expect(cancelled.json()).to.include({ status: 'cancelled', cancelled_at: cancelled.json().updated_at });
    const again = await server.app.inject({ method: 'PATCH', url });
    expect(again.statusCode).to.equal(409);
    expect(again.json()).to.include({ type: '/probs/invalid-transition' });
  });

  it('tells every fault of a request at once', async () => {
    const answer = await post('/api/v1/notifications', {
      channel: 'sms',
      recipient: 'me',
      content: ' ',
      color: 'red',
      max_attempts: 11,
    });
    expect(answer.statusCode).to.equal(400);
    expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
    expectContract('/api/v1/notifications', 'post', '400', answer.json());
    expect(answer.json().errors.map(({ field }: { field: string }) => field)).to.have.members([
      'color',
      'recipient',
      'content',
      'max_attempts',
    ]);
  });

  it('names the index of a bad member and stores none of the batch', async () => {
    const answer = await post('/api/v1/notifications/batch', {
      notifications: [sms, { ...sms, content: 'x'.repeat(161) }],
    });
    expect(answer.statusCode).to.equal(400);
    expect(answer.json()).to.deep.include({
      type: '/probs/invalid-content',
      errors: [{ field: 'notifications[1].content', message: 'must be at most 160 code points long' }],
    });
  });

  it('refuses what only an e-mail has where it is not one', async () => {
    const answer = await post('/api/v1/notifications', {
      ...sms,
      subject: 'Merhaba',
      html: '<p>Merhaba</p>',
    });
    expect(answer.statusCode).to.equal(400);
    expect(answer.json()).to.deep.include({
      type: '/probs/invalid-content',
      errors: ['subject', 'html'].map((field) => ({ field, message: 'is for email alone' })),
    });
  });

  it('echoes a correlation id, makes one where there is none or a bad one', async () => {
    const given = await post('/api/v1/notifications', sms, { 'x-correlation-id': 'order-7' });
    expect(given.headers['x-correlation-id']).to.equal('order-7');
    expect(given.json().correlation_id).to.equal('order-7');
    const bad = await post('/api/v1/notifications', sms, { 'x-correlation-id': 'white space' });
    expect(bad.headers['x-correlation-id']).to.match(/^[0-9a-f-]{36}$/);
  });

  it('has exactly the paths and methods of the contract, which it serves', async () => {
    for (const [path, methods] of Object.entries(contract.paths))
      for (const method of Object.keys(methods)) {
        const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
        expect(server.app.hasRoute({ url, method: method.toUpperCase() }), `${method} ${path}`).to.equal(
          true,
        );
        const ok = await server.app.inject({
          method: 'OPTIONS',
          url: path.replaceAll(/\{\w+\}/g, randomUUID()),
        });
        expect(ok.headers['allow']).to.equal(Object.keys(methods).join(', ').toUpperCase());
      }
    expect((await server.app.inject('/openapi.yaml')).body).to.equal(OPENAPI);
  });
});
