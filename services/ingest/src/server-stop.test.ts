import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { useServer } from './fixture.ts';

describe('server that is about to stop', () => {
  const draining = Promise.withResolvers<void>();
  const drained = Promise.withResolvers<void>();
  after(() => drained.resolve());
  const server = useServer({
    requestTimeoutMs: 1_000,
    drain: async () => {
      draining.resolve();
      await drained.promise;
      await sleep(10);
    },
  });

  it('refuses new connections, says over those it has that they end, and closes whoever asks for nothing', async () => {
    const { app } = server;
    const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
    const connected = async () => {
      const seen = once(app.server, 'connection');
      const client = dial(port);
      await seen;
      return client;
    };
    const [idle, untouched] = [await connected(), await connected()];
    await idle.ask();
    await untouched.ask();
    const [silent, unfinished] = [await connected(), await connected()];
    unfinished.say('GET /api');
    const closed = app.close();
    await draining.promise;
    expect(await idle.ask())
      .to.include('HTTP/1.1 404')
      .and.to.match(/^Connection: close/m);
    const refused: unknown = await once(connect(port, '127.0.0.1'), 'connect').catch(
      (error: unknown) => error,
    );
    expect(refused).to.include({ code: 'ECONNREFUSED' });
    await idle.closed;
    expect(untouched.isOpen()).to.equal(true);
    drained.resolve();
    await Promise.all([untouched, silent, unfinished].map((each) => each.closed));
    await closed;
  });
});

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

/** A client that asks for what is not there, over one connection. */
function dial(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const ask = async (): Promise<string> => {
    socket.write(get('/api/v1/elsewhere'));
    const [answer] = (await once(socket, 'data')) as [string];
    return answer;
  };
  return {
    ask,
    say: (text: string) => socket.write(text),
    closed: once(socket.resume(), 'close'),
    isOpen: () => !socket.closed,
  };
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: example.com\r\n\r\n`;
}
