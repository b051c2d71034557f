import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ARCHITECTURE, redrawn } from './draw.ts';

describe('the drawings in ARCHITECTURE.md', () => {
  it('show the journey and the states as the code has them (else: node infra/draw.ts)', () => {
    const text = readFileSync(ARCHITECTURE, 'utf8');
    expect(redrawn(text)).to.equal(text);
  });
});
