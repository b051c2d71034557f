import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect } from 'chai';
import { type HttpConnection, openConnection, requestBytes } from './http-connection.ts';

describe('http connection', () => {
  let server: Server;
  let connection: HttpConnection;

  const serve = async (listener: RequestListener): Promise<void> => {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    connection = await openConnection((server.address() as AddressInfo).port);
  };
  const send = (body: string) => connection.send(requestBytes('/path', body, 'x-mark: one\r\n'));

  afterEach(() => {
    connection.close();
    server.close();
  });

  it('sends what a server reads, and reads what it answers, one after the other', async () => {
    await serve((request, response) => {
      request.setEncoding('utf8').once('data', (body: string) => {
        const text = [request.method, request.url, request.headers['x-mark'], body].join(' ');
        response.writeHead(202, { 'content-length': Buffer.byteLength(text) }).end(text);
      });
    });
    const first = await send('çay');
    const second = await send('kahve');
    expect([first.status, first.body.toString()]).to.deep.equal([202, 'POST /path one çay']);
    expect(second.body.toString()).to.equal('POST /path one kahve');
  });

  it('waits for the rest of an answer that comes in pieces', async () => {
    await serve((_, response) => {
      response.writeHead(200, { 'content-length': 200_000 });
      response.write('a'.repeat(100_000), () => response.end('b'.repeat(100_000)));
    });
    const { body } = await send('');
    expect(body.toString()).to.equal('a'.repeat(100_000) + 'b'.repeat(100_000));
  });

  it('fails when the server leaves before it has answered', async () => {
    await serve((request) => request.socket.destroy());
    const failure = await send('').catch((error: unknown) => String(error));
    expect(failure).to.include('closed before the answer');
    expect(connection.isOpen()).to.equal(false);
    expect(await send('').catch((error: unknown) => String(error))).to.include('the connection is closed');
  });

  it('fails when an answer does not say how long it is', async () => {
    await serve((_, response) => {
      response.write('chunked');
      response.end();
    });
    const failure = await send('').catch((error: unknown) => String(error));
    expect(failure).to.include('without a content-length');
  });

  it('does not open where nobody listens', async () => {
    await serve(() => {});
    const nobody = createTcpServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    expect(await openConnection(port).catch((error: unknown) => String(error))).to.include('ECONNREFUSED');
  });
});
