import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { createScreen } from '../screen.ts';
import { createComplaints } from './complaints.ts';

const line = (level: string, msg: string): string =>
  JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level, service: 'delivery', msg, a: 1 });

describe('complaints of services', () => {
  it('shows the first of a service at once and counts the others', async () => {
    const { screen, lines } = recording();
    const complaints = createComplaints(screen, new AbortController().signal, 20);
    complaints.read('delivery', line('info', 'started'));
    complaints.read('delivery', line('warn', 'a database connection broke'));
    complaints.read('delivery', line('warn', 'a database connection broke'));
    complaints.read('delivery', 'not JSON, "level":"warn"');
    expect(lines()).to.deep.equal(['  ! delivery warns: a database connection broke']);
    await eventually(() =>
      expect(lines().at(-1)).to.equal('  ! delivery said 1 more like this; see its log'),
    );
  });

  it('is silent while it is known why they come, and once all is to stop', () => {
    const { screen, lines } = recording();
    const stop = new AbortController();
    const complaints = createComplaints(screen, stop.signal);
    const [speak, speakToo] = [complaints.hush(), complaints.hush()];
    speak();
    complaints.read('retry', line('error', 'no broker answered'));
    speakToo();
    stop.abort();
    complaints.read('retry', line('error', 'no broker answered'));
    expect(lines()).to.deep.equal([]);
  });
});

function recording() {
  let text = '';
  const screen = createScreen({ write: (chunk) => Boolean((text += String(chunk))) });
  return { screen, lines: () => text.split('\n').slice(0, -1) };
}
