import type { Promised } from '@fanfare/db';
import type { PublishPromised } from './publish-promised.ts';

export type DueDeps = {
  /** One transaction: due notifications become accepted, with the promise to publish them. */
  releaseDue: () => Promise<Promised | null>;
  publishPromised: PublishPromised;
};

/** Releases notifications whose time has come. A crash after the transaction leaves the promise to the relay. */
export async function onDue({ releaseDue, publishPromised }: DueDeps): Promise<boolean> {
  const promised = await releaseDue();
  if (promised === null) return false;
  await publishPromised([promised]);
  return true;
}
