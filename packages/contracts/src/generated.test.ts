import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { generate } from '../generate.ts';
import { enums } from './generated/http.ts';
import { CHANNELS, DEAD_LETTER_REASONS, PRIORITIES } from './index.ts';

describe('what is generated', () => {
  it('is of the schemas as they are now', async () => {
    for (const [name, text] of await generate())
      expect(readFileSync(new URL(`generated/${name}`, import.meta.url), 'utf8'), name).to.equal(text);
  });

  it('knows the channels and priorities of the topics, and why there are dead letters', () => {
    expect(enums.Channel).to.deep.equal(CHANNELS);
    expect(enums.Priority).to.deep.equal(PRIORITIES);
    expect(enums.DeadLetterReason).to.deep.equal([...DEAD_LETTER_REASONS, 'unknown']);
  });
});
