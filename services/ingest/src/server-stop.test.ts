import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { useServer } from './fixture.ts';

describe('server that stops', () => {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<null>();
  const server = useServer({
    getNotification: () => {
      asked.resolve();
      return answered.promise;
    },
  });

  it('answers in full what it was asked before and while it stops, then closes the connection', async () => {
    const { app } = server;
    const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const client = connect(Number(address.port), address.hostname).setEncoding('utf8');
    let answers = '';
    client.on('data', (text: string) => (answers += text));
    client.write(get('/api/v1/notifications/01890a5d-ac96-774b-bcce-b302099a8057'));
    await asked.promise;
    const closed = app.close();
    await eventually(() => !app.server.listening);
    const second = once(app.server, 'request');
    client.write(get('/api/v1/elsewhere'));
    await second;
    answered.resolve(null);
    await once(client, 'close');
    await closed;
    expect(answers.match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 404', 'HTTP/1.1 404']);
    expect(answers.match(/content-type: application\/problem\+json/g)).to.have.length(2);
    expect(answers.match(/^Connection: close/gm)).to.have.length(1);
  });
});

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: example.com\r\n\r\n`;
}
