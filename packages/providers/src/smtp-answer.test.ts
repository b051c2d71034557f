import { expect } from 'chai';
import { outcomeOfEnding } from './smtp-answer.ts';

const ID = '<1.0@example.org>';

function judge(command: string, reply: string | null, written: boolean): string {
  const { kind, ...rest } = outcomeOfEnding({ command, reply, fault: '', written }, ID, reply ?? 'fault');
  return 'answered' in rest ? `${kind} ${rest.answered ? 'answered' : 'nothing sent'}` : kind;
}

describe('what a reply of a mail server means', () => {
  const table: [command: string, reply: string | null, written: boolean, outcome: string][] = [
    ['DATA', '250 2.0.0 Ok', true, 'accepted'],
    ['RCPT TO', '550 5.1.1 no such user', false, 'rejected'],
    ['RCPT TO', '550-5.1.1 no\n550 5.1.1 such user', false, 'rejected'],
    ['RCPT TO', '550', false, 'rejected'],
    ['MAIL FROM', '552 5.3.4 too large', false, 'rejected'],
    ['DATA', '554 5.7.1 rate of spam words too high', true, 'rejected'],
    ['MAIL FROM', '503 5.5.1 bad sequence', false, 'unavailable nothing sent'],
    ['MAIL FROM', '530 5.7.0 authentication required', false, 'unavailable nothing sent'],
    ['RCPT TO', '535 5.7.8 authentication failed', false, 'unavailable nothing sent'],
    ['AUTH PLAIN', '535 5.7.8 bad credentials', false, 'unavailable nothing sent'],
    ['AUTH LOGIN', '504 5.5.4 no such mechanism', false, 'unavailable nothing sent'],
    ['CONN', '554 5.7.1 blocked', false, 'unavailable nothing sent'],
    ['EHLO', '550 who are you', false, 'unavailable nothing sent'],
    ['STARTTLS', '502 5.5.1 not here', false, 'unavailable nothing sent'],
    ['RCPT TO', '450 4.2.0 try again', false, 'unavailable nothing sent'],
    ['RCPT TO', '451 4.7.1 Greylisted, too many new senders', false, 'unavailable nothing sent'],
    ['RCPT TO', '450 4.2.1 receiving mail at too high a rate', false, 'unavailable nothing sent'],
    ['RCPT TO', '452 4.2.2 over quota', false, 'unavailable nothing sent'],
    ['RCPT TO', '450 4.7.25 cannot find your hostname', false, 'unavailable nothing sent'],
    ['CONN', '421 4.3.2 shutting down', false, 'unavailable nothing sent'],
    ['DATA', '451 4.3.0 queue file write error', true, 'unavailable answered'],
    ['CONN', '421 4.7.0 too many connections', false, 'throttled'],
    ['MAIL FROM', '421 4.7.1 try again later', false, 'throttled'],
    ['RCPT TO', '450 4.7.1 Error: too much mail from 192.0.2.1', false, 'throttled'],
    ['RCPT TO', '450-4.7.28 unusual\n450 4.7.28 volume', false, 'throttled'],
    ['CONN', '432 4.3.2 Concurrent connections limit exceeded', false, 'throttled'],
    ['DATA', '454 Throttling failure: Maximum sending rate exceeded.', true, 'throttled'],
    ['RCPT TO', '451-4.3.0 please\n451 4.3.0 slow down', false, 'throttled'],
    ['', null, false, 'unavailable nothing sent'],
    ['', null, true, 'unknown'],
    ['DATA', 'HTTP/1.1 200 OK', true, 'unknown'],
    ['DATA', '354 go on', true, 'unknown'],
    ['MAIL FROM', '999 what', false, 'unavailable nothing sent'],
  ];
  for (const [command, reply, written, outcome] of table)
    it(`${command || 'nothing'}: ${JSON.stringify(reply)}${written ? ', the message being written' : ''}: ${outcome}`, () => {
      expect(judge(command, reply, written)).to.equal(outcome);
    });

  const names: [reply: string, messageId: string][] = [
    ['250 2.0.0 Ok: queued as 4XyZ1b', '4XyZ1b'],
    ['250 OK id=1tEzXq-000000-1a', '1tEzXq-000000-1a'],
    ['250 Ok 0100019a-0000', ID],
    ['250', ID],
  ];
  for (const [reply, messageId] of names)
    it(`${JSON.stringify(reply)} is told by ${messageId}`, () => {
      const outcome = outcomeOfEnding({ command: 'DATA', reply, fault: '', written: true }, ID, reply);
      expect(outcome).to.deep.equal({ kind: 'accepted', messageId });
    });
});
