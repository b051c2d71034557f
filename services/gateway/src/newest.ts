import type { StatusUpdate } from './status-update.ts';

/** At 300 notifications a second, minutes of them; what comes late is late by milliseconds. */
const REMEMBERED_MAX = 50_000;

/**
 * Tells whether a state is newer than every one of its notification that came before. An attempt's event is not waited
 * for, so that it may come after that of the attempt's end; nobody is told an older state than he has.
 */
export function createNewest(rememberedMax = REMEMBERED_MAX): (state: StatusUpdate) => boolean {
  const versions = new Map<string, number>();
  return ({ notification_id, version }) => {
    if (version <= (versions.get(notification_id) ?? -1)) return false;
    versions.delete(notification_id);
    versions.set(notification_id, version);
    const [oldest] = versions.size > rememberedMax ? versions.keys() : [];
    if (oldest !== undefined) versions.delete(oldest);
    return true;
  };
}
