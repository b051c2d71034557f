import { PRIORITIES } from '@fanfare/contracts';
import type { Lane } from '@fanfare/providers';
import { gauge } from '@fanfare/runtime';
import type { OpenChannel } from './channel.ts';

/** How full the channels of this process are. */
export function measureChannels(channels: readonly OpenChannel[]): void {
  gauge({
    name: 'fanfare_delivery_in_flight',
    help: 'Notifications being delivered by this process',
    labels: ['channel'],
    collect: (metric) => {
      for (const { channel, scheduler } of channels) metric.set({ channel }, scheduler.inFlight());
    },
  });
  gauge({
    name: 'fanfare_delivery_waiting',
    help: 'Notifications that this process has read and not started yet',
    labels: ['channel', 'priority'],
    collect: (metric) => {
      for (const { channel, scheduler } of channels)
        for (const priority of PRIORITIES) metric.set({ channel, priority }, scheduler.waiting(priority));
    },
  });
}

/** Which lanes are shut, and why: of the states of a lane one is 1. */
export function measureLanes(lanes: readonly Lane[]): void {
  gauge({
    name: 'fanfare_lane_state',
    help: 'Whether a provider of a channel is called by this process: 1 for the state it is in',
    labels: ['channel', 'provider', 'state'],
    collect: (metric) => {
      metric.reset();
      for (const lane of lanes)
        metric.set({ channel: lane.channel, provider: lane.name, state: lane.state() }, 1);
    },
  });
}
