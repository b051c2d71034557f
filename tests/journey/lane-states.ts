import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';

type Readiness = { status: string; lanes: { channel: string; name: string; state: string }[] };

/** What a delivery process says of its lanes where it says whether it is ready: `sms/http` is `open`. */
export async function laneStates(deliveryUrl: string, channel: string): Promise<Record<string, string>> {
  const response = await fetch(new URL('/healthz/ready', deliveryUrl));
  expect(response.status, 'a shut lane is no reason to be taken out of service').to.equal(200);
  const { lanes } = (await response.json()) as Readiness;
  const own = lanes.filter((lane) => lane.channel === channel);
  return Object.fromEntries(own.map(({ name, state }) => [`${channel}/${name}`, state]));
}

/** Resolves when every one of the delivery processes says so. */
export async function untilLanes(
  deliveryUrls: readonly string[],
  channel: string,
  expected: Record<string, string>,
): Promise<void> {
  for (const url of deliveryUrls)
    await eventually(async () => expect(await laneStates(url, channel)).to.deep.equal(expected));
}
