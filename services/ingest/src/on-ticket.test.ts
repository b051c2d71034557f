import { openCursorKey, readTicket } from '@fanfare/db';
import { apiKeyText } from '@fanfare/domain';
import { expect } from 'chai';
import { expectContract, useServer } from './fixture.ts';

const NOW = Date.parse('2030-01-31T09:00:00.000Z');
const PATH = '/api/v1/ws/tickets';
const ID = '0'.repeat(16);
const authorization = `Bearer ${apiKeyText({ id: ID, secret: 'a'.repeat(64) })}`;

describe('tickets for WebSockets', () => {
  const reader = useServer({ now: () => NOW, verifyKey: ({ id }) => ({ id, scopes: ['read'] }) });
  const sender = useServer({ verifyKey: ({ id }) => ({ id, scopes: ['send'] }) });

  it('are given to who may read, good for a minute', async () => {
    const answer = await reader.app.inject({ method: 'POST', url: PATH, headers: { authorization } });
    expect(answer.statusCode).to.equal(201);
    expectContract(PATH, 'post', '201', answer.json());
    expect(answer.json().expires_at).to.equal('2030-01-31T09:01:00.000Z');
    const key = await openCursorKey(reader.db)();
    const ticket = { callerId: ID, expiresAt: NOW + 60_000 };
    expect(readTicket(key, answer.json().ticket, NOW)).to.deep.equal(ticket);
  });

  it('are given to nobody else', async () => {
    expect((await reader.app.inject({ method: 'POST', url: PATH })).statusCode).to.equal(401);
    const answer = await sender.app.inject({ method: 'POST', url: PATH, headers: { authorization } });
    expect(answer.statusCode).to.equal(403);
  });
});
