import { setTimeout as sleep } from 'node:timers/promises';
import {
  countDeadLetters,
  countOpenDeadLetters,
  type Database,
  deleteDeadLetter,
  getDeadLetter,
  listDeadLetters,
  previewRedrive,
  purgeDeadLetters,
  redriveDeadLetter,
  redriveDeadLetters,
} from '@fanfare/db';
import type { DeadLetterDeps } from './on-dead-letters.ts';

/** The index of dead letters in Postgres, as the API uses it. */
export function deadLetterIndex(db: Database): DeadLetterDeps {
  return {
    listDeadLetters: (search, page) => listDeadLetters(db, search, page),
    getDeadLetter: (id) => getDeadLetter(db, id),
    deleteDeadLetter: (id) => deleteDeadLetter(db, id),
    purgeDeadLetters: (search, limit) => purgeDeadLetters(db, search, limit),
    countDeadLetters: (search) => countDeadLetters(db, search),
    countOpenDeadLetters: (filter, beyond) => countOpenDeadLetters(db, filter, beyond),
    redriveDeadLetters: (filter, limit) => redriveDeadLetters(db, filter, limit),
    redriveDeadLetter: (id) => redriveDeadLetter(db, id),
    previewRedrive: (filter) => previewRedrive(db, filter),
    monotonicMs: () => performance.now(),
    sleep: (ms) => sleep(ms),
  };
}
