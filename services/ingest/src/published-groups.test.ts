import { expect } from 'chai';
import { createPublishedGroups } from './published-groups.ts';

describe('publishedGroups', () => {
  it('hands each id to one transaction, and again only when that one failed', async () => {
    const forgotten: string[][] = [];
    const groups = createPublishedGroups(async (ids) => void forgotten.push(ids));
    groups.add('a');
    groups.add('b');
    expect(groups.take()).to.deep.equal(['a', 'b']);
    expect(groups.take()).to.be.empty;
    groups.putBack(['a', 'b']);
    await groups.flush();
    expect(forgotten).to.deep.equal([['a', 'b']]);
    await groups.flush();
    expect(forgotten).to.have.length(1);
  });

  it('keeps the ids when forgetting fails', async () => {
    let isAway = true;
    const groups = createPublishedGroups(() =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(),
    );
    groups.add('a');
    const error = await groups.flush().catch((thrown: unknown) => thrown);
    expect(error).to.be.an('error');
    isAway = false;
    expect(groups.take()).to.deep.equal(['a']);
  });
});
