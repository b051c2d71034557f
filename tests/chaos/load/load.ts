import type { Random } from '../../random.ts';
import { emptyBook, type Book } from './book.ts';
import { createClient } from './client.ts';
import { keepSending } from './keep-sending.ts';
import { type Order, planOrders } from './orders.ts';
import type { Producer } from './producer.ts';
import { sendRecord, sendUnusable } from './send-record.ts';
import { sendRequest } from './send-request.ts';

export type Load = {
  book: Book;
  /** Sends nothing more; resolves when the last answer is there, with how many notifications there were. */
  stop: () => Promise<number>;
};

export type LoadOptions = {
  random: Random;
  seed: number;
  perSecond: number;
  apiUrls: readonly string[];
  producer: Producer;
};

/** Begins to send by every door. */
export function startLoad({ random, seed, perSecond, apiUrls, producer }: LoadOptions): Load {
  const stopping = new AbortController();
  const book = emptyBook();
  const deps = { client: createClient(apiUrls), producer, book };
  const send = (order: Order): Promise<void> => {
    switch (order.door) {
      case 'rest':
      case 'batch':
        return sendRequest(deps, order);
      case 'json':
      case 'avro':
        return sendRecord(deps, order);
      case 'unusable':
        return sendUnusable(deps, order);
    }
  };
  const sending = keepSending({ orders: planOrders(random, seed), send, perSecond, signal: stopping.signal });
  return {
    book,
    stop: () => {
      stopping.abort();
      return sending;
    },
  };
}
