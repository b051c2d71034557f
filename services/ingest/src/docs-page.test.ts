import { expect } from 'chai';
import { useServer } from './fixture.ts';

describe('the page at /docs', () => {
  const server = useServer();

  it('loads all it needs from the server itself', async () => {
    const page = await server.app.inject('/docs');
    expect(page.statusCode).to.equal(200);
    expect(page.headers['content-type']).to.equal('text/html; charset=utf-8');
    const files = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => String(url));
    expect(files).to.have.length(4);
    const script = await server.app.inject('/docs/show.js');
    expect(script.body).to.include("url: 'openapi.yaml'");
    expect((await server.app.inject('/openapi.yaml')).statusCode).to.equal(200);
    for (const file of files) {
      const answer = await server.app.inject(`/${file}`);
      expect(answer.statusCode, file).to.equal(200);
      expect(answer.headers['content-type'], file).to.match(
        /^(text\/(css|javascript); charset=utf-8|image\/png)$/,
      );
      expect(answer.rawPayload.length, file).to.be.above(200);
    }
  });

  it('refers to no other host, and may ask none', async () => {
    const page = await server.app.inject('/docs');
    const script = await server.app.inject('/docs/show.js');
    const sheet = await server.app.inject('/docs/swagger-ui.css');
    for (const { body } of [page, script]) expect(body).to.not.match(/:\/\/|["']\/\//);
    expect(sheet.body).to.not.match(/@import|url\(["']?(?!["']?data:)/);
    const policy = String(page.headers['content-security-policy']);
    const sources = policy.split('; ').flatMap((directive) => directive.split(' ').slice(1));
    expect(policy).to.match(/^default-src 'none'; /);
    expect(new Set(sources)).to.deep.equal(new Set(["'none'", "'self'", 'data:']));
    expect(policy).to.match(/script-src 'self';/);
  });
});
