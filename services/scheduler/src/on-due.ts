import type { Promised } from '@fanfare/db';
import type { PublishPromised } from './publish-promised.ts';

export type DueDeps = {
  /**
   * One transaction: notifications whose time has come go on (released to delivery, or expired), with the promise to
   * publish what follows. Null when there are none.
   */
  takeDue: () => Promise<Promised | null>;
  publishPromised: PublishPromised;
};

/** The chore of moving on what is due. A crash after the transaction leaves the promise to the relay. */
export function onDue({ takeDue, publishPromised }: DueDeps): () => Promise<boolean> {
  return async () => {
    const promised = await takeDue();
    if (promised !== null) await publishPromised([promised]);
    return promised !== null;
  };
}
