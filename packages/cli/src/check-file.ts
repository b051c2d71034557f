import type { Channel } from '@fanfare/contracts';
import { DEFAULT_CONTENT_LIMITS, validateNotification } from '@fanfare/domain';
import { loadConfig, positiveInt, z } from '@fanfare/runtime';
import { type CommandDeps, DONE_CODE, FAILED_CODE, INTERRUPTED_CODE } from './command.ts';
import type { DraftLine } from './draft-lines.ts';
import type { Source } from './draft-source.ts';
import { meterOf } from './meter.ts';
import { count } from './progress.ts';

const limit = (channel: Channel) => positiveInt().default(DEFAULT_CONTENT_LIMITS[channel]);
/** As ingest is set; whoever has set it otherwise there sets it here, too. */
const config = z.object({
  CONTENT_LIMIT_SMS: limit('sms'),
  CONTENT_LIMIT_EMAIL: limit('email'),
  CONTENT_LIMIT_PUSH: limit('push'),
});

/** Prints what is wrong with each line of a file, and sends nothing. */
export async function checkFile(
  { terminal, now, signal }: CommandDeps,
  { name, share }: Source,
  lines: AsyncIterable<DraftLine>,
): Promise<number> {
  const faultsOf = checker(now());
  const meter = meterOf(terminal, now);
  let checked = 0;
  let bad = 0;
  for await (const one of lines) {
    if (signal.aborted) return INTERRUPTED_CODE;
    const faults = faultsOf(one);
    for (const fault of faults) terminal.print(`${name}:${one.line}: ${fault}`);
    checked += 1;
    if (faults.length > 0) bad += 1;
    meter(share(), `${count(checked)} checked`);
  }
  terminal.tell(
    `${count(checked)} checked, ${bad === 0 ? 'all good' : `${count(bad)} bad`}. Nothing was sent.`,
  );
  return bad === 0 ? DONE_CODE : FAILED_CODE;
}

function checker(nowMs: number): (line: DraftLine) => string[] {
  const settings = loadConfig(config);
  const { CONTENT_LIMIT_SMS: sms, CONTENT_LIMIT_EMAIL: email, CONTENT_LIMIT_PUSH: push } = settings;
  const rules = { limits: { sms, email, push }, now: nowMs, unknownFields: 'refuse' } as const;
  return (one) => {
    if ('fault' in one) return [one.fault];
    const valid = validateNotification(one.draft, rules);
    return valid.ok ? [] : valid.faults.map(({ field, message }) => `${field} ${message}`);
  };
}
