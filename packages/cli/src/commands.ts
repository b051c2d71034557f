import type { Command } from './command.ts';
import { dlqLs } from './dlq-ls.ts';
import { dlqPurge } from './dlq-purge.ts';
import { dlqRedrive } from './dlq-redrive.ts';
import { dlqShow } from './dlq-show.ts';
import { keysCreate, keysLs, keysRevoke } from './keys.ts';
import { lanesLs } from './lanes-ls.ts';
import { lanesPause, lanesResume } from './lanes-pause.ts';
import { send } from './send.ts';
import { tail } from './tail.ts';
import { projectionCheck, projectionRepair } from './projection.ts';

export const commands: Command[] = [
  send,
  tail,
  dlqLs,
  dlqShow,
  dlqRedrive,
  dlqPurge,
  lanesLs,
  lanesPause,
  lanesResume,
  keysCreate,
  keysLs,
  keysRevoke,
  projectionCheck,
  projectionRepair,
];
