import { fileURLToPath } from 'node:url';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch } from './api.ts';
import { run } from './program.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { type System, useSystem } from './system.ts';

const FANFARE = fileURLToPath(new URL('../../node_modules/.bin/fanfare', import.meta.url));

/** How many of each. */
const EACH = 60;
const TEXTS = ['Hemen gider', 'İkinci denemede gider [fail:1]', 'Reddedilir [reject]', 'Hiç gitmez [fail]'];

describe('what clients read, compared with the status log of everything sent so far', () => {
  const system = useSystem();

  it('is the same at any moment, also where a cancel shows what its event has yet to tell', async () => {
    const { apiUrl } = system();
    const sent = await sendBatchByCurl(system(), TEXTS.flatMap(members));
    const dropped = await sendBatchByCurl(system(), members('Vazgeçilir [fail]'));
    const counts = async (id: string) => (await getBatch(apiUrl, id)).counts;
    await eventually(async () => expect((await counts(dropped.id)).retrying).to.be.greaterThan(EACH / 2));
    const [first, cancelled, second] = await Promise.all([check(), cancelAll(system(), dropped.id), check()]);
    expect(cancelled).to.be.greaterThan(0);
    await eventually(async () => {
      expect(await counts(sent.id)).to.deep.equal({ delivered: 2 * EACH, failed: 2 * EACH });
      expect(await counts(dropped.id)).to.include({ cancelled });
    });
    for (const { code, report } of [first, second, await check()]) {
      expect(report).to.deep.include({ differences: 0, complete: true, items: [] });
      expect(code).to.equal(0);
    }
  });
});

function members(content: string): object[] {
  return Array.from({ length: EACH }, (_, index) => ({
    channel: 'email',
    recipient: recipientFor('email', index),
    content,
    max_attempts: 3,
  }));
}

/** Resolves with how many nobody was delivering at that moment. */
async function cancelAll({ apiUrl }: System, batchId: string): Promise<number> {
  let cancelled = 0;
  for (const { id } of (await getBatch(apiUrl, batchId)).notifications) {
    const { ok } = await fetch(new URL(`/api/v1/notifications/${id}/cancel`, apiUrl), { method: 'PATCH' });
    if (ok) cancelled += 1;
  }
  return cancelled;
}

async function check() {
  const { code, stdout } = await run(FANFARE, ['projection', 'check', '--json'], { env: await stack() });
  return { code, report: JSON.parse(stdout.toString()) };
}
