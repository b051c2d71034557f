import { expect } from 'chai';
import { createScreen } from './screen.ts';

describe('screen', () => {
  it('aligns rows under their heading, with the time since', () => {
    const { screen, text } = recording({});
    screen.heading('stack');
    screen.row('kafka answers on 127.0.0.1:29092');
    const [, heading, row = ''] = text().split('\n');
    expect(heading).to.equal('  stack');
    expect(row).to.match(/^ {6}kafka {5}answers on 127\.0\.0\.1:29092 +\d+ ms$/);
    expect(row).to.have.length(80);
  });

  it('writes a moving line into a log only now and then', () => {
    const { screen, text } = recording({});
    for (const megabytes of [1, 2, 3]) screen.row(`maven ${megabytes} MB`, 'moving');
    expect(text().match(/maven/g)).to.have.length(1);
  });

  it('keeps the footer below everything, whatever is printed, and erases every row it took', () => {
    const { screen, shown } = recording({ isTTY: true, columns: 20 });
    screen.setFooter(['first', 'a line of thirty-three characters']);
    screen.print('said meanwhile');
    screen.row('maven 1 MB', 'moving');
    screen.row('maven 2 MB', 'moving');
    screen.setFooter(['last']);
    expect(shown()).to.deep.equal(['said meanwhile', 'last']);
  });
});

function recording(kind: { isTTY?: boolean; columns?: number }) {
  let text = '';
  const screen = createScreen({ ...kind, write: (chunk) => Boolean((text += String(chunk))) });
  return { screen, text: () => text, shown: () => interpret(text, kind.columns ?? 80) };
}

/** What a terminal of that width shows after `text`: lines wrap, `ESC[nA ESC[J` goes up and clears. */
function interpret(text: string, columns: number): string[] {
  const rows: string[] = [];
  for (const part of text.replaceAll('\u001B', '^').split(/(\^\[\d+A\^\[J|\n)/)) {
    const up = /\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) rows.length -= Number(up);
    else if (part !== '\n') rows.push(...(part.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []));
  }
  return rows;
}
