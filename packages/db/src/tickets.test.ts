import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { readTicket, writeTicket } from './tickets.ts';

const key = randomBytes(30);
const ticket = { callerId: '00000000deadbeef', expiresAt: 1_780_000_060_000 };
const IN_TIME = ticket.expiresAt - 1;

describe('a ticket', () => {
  it('says who, until its time is over', () => {
    const text = writeTicket(key, ticket);
    expect(text).to.match(/^[\w-]+$/);
    expect(readTicket(key, text, IN_TIME)).to.deep.equal(ticket);
    expect(readTicket(key, text, ticket.expiresAt)).to.equal(null);
  });

  it('cannot be made up, changed or made with another key', () => {
    const text = writeTicket(key, ticket);
    const bytes = Buffer.from(text, 'base64url');
    for (const at of bytes.keys())
      for (let bit = 1; bit < 256; bit *= 2) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bit;
        expect(readTicket(key, changed.toString('base64url'), IN_TIME)).to.equal(null);
      }
    expect(readTicket(randomBytes(30), text, IN_TIME)).to.equal(null);
    for (const other of [`${text}=`, `${text} `, text.slice(0, -2), '', 'made up', 'A'.repeat(600)])
      expect(readTicket(key, other, IN_TIME)).to.equal(null);
  });
});
