import { randomUUID } from 'node:crypto';
import { type NotificationResource, workTopic } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getNotification } from './api.ts';
import { curl } from './curl.ts';
import { deadLetter } from './dead-letters.ts';
import { kcatProduce, requireKcat } from './kcat.ts';
import { recipientFor } from './recipients.ts';
import { callsFor } from './simulator.ts';
import { useSystem } from './system.ts';

describe('templates, by either door', () => {
  const system = useSystem();
  before(requireKcat);

  it('say the same to the provider, whichever way a notification came', async () => {
    const template_id = await create({ channel: 'sms', body: 'Sayın {{.Name}}, kodunuz {{.Code}} <👋>' });
    const asked = { template_id, template_variables: { Name: 'Ayşe & "Ali"', Code: 4711 } };
    const content = 'Sayın Ayşe & "Ali", kodunuz 4711 <👋>';
    const byRest = await curl(`${system().apiUrl}/api/v1/notifications`, {
      body: { channel: 'sms', recipient: recipientFor('sms', 80), ...asked },
    });
    const { id } = byRest.json as NotificationResource;
    const byKafka = await produce({ recipient: recipientFor('sms', 80), ...asked });
    for (const one of [id, byKafka]) {
      await delivered(one, { content, template_id, template_version: 1 });
      expect((await callsFor(system().simulatorUrl, one)).map((call) => call.content)).to.deep.equal([
        content,
      ]);
    }
  });

  it('are rendered once: what is retried says what it said before', async () => {
    const template_id = await create({ channel: 'sms', body: 'Önce {{.Name}} [fail:1]' });
    const id = await produce({
      recipient: recipientFor('sms', 81),
      template_id,
      template_variables: { Name: 'Ada' },
    });
    await eventually(async () => expect(await callsFor(system().simulatorUrl, id)).to.have.length(1));
    await curl(`${system().apiUrl}/api/v1/templates/${template_id}`, {
      method: 'PUT',
      body: { body: 'Sonra {{.Name}} {{.Missing}}' },
    });
    await delivered(id, { template_version: 1 });
    const calls = await callsFor(system().simulatorUrl, id);
    expect(calls.map(({ content }) => content)).to.deep.equal(['Önce Ada [fail:1]', 'Önce Ada [fail:1]']);
  });

  it('make a dead letter of a record that lacks a value', async () => {
    const template_id = await create({ channel: 'sms', body: '{{.Name}} {{.Code}}' });
    const id = await produce({
      recipient: recipientFor('sms', 82),
      template_id,
      template_variables: { Name: 'Ada' },
    });
    const letter = await deadLetter(system(), id);
    expect(JSON.stringify(letter)).to.include('template_variables.Code is missing');
    expect(await callsFor(system().simulatorUrl, id)).to.be.empty;
  });

  async function create(template: Record<string, unknown>): Promise<string> {
    const answer = await curl(`${system().apiUrl}/api/v1/templates`, {
      body: { name: `şablon ${randomUUID()}`, ...template },
    });
    expect(answer.status, answer.text).to.equal(201);
    return (answer.json as { id: string }).id;
  }

  async function produce(fields: Record<string, unknown>): Promise<string> {
    const id = randomUUID();
    const value = JSON.stringify({ id, ...fields });
    await kcatProduce(system().brokers, { topic: workTopic('sms', 'normal'), key: id, value });
    return id;
  }

  async function delivered(id: string, fields: Record<string, unknown>): Promise<void> {
    const check = async (): Promise<void> => {
      const found = await getNotification(system().apiUrl, id);
      expect(found).to.include({ status: 'delivered', ...fields });
    };
    await eventually(check);
  }
});
