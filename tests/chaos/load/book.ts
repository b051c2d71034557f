import type { Cancel, Unusable, Wanted } from '../ledger/evidence.ts';

/** Where those who send write down what they were told. */
export type Book = {
  wanted: Wanted[];
  unusable: Unusable[];
  cancels: Cancel[];
  /** Answers that nobody should get. */
  incidents: string[];
};

export function emptyBook(): Book {
  return { wanted: [], unusable: [], cancels: [], incidents: [] };
}
