import { type StatusEvent, statusEventCodec } from '@fanfare/contracts';
import type { Decoded, Serde } from './codec.ts';
import { Undecodable } from './wire-format.ts';

/**
 * The status event that a record's bytes hold. A plain JSON value counts if it has every field of the schema that has
 * no default.
 * @throws Undecodable (or rejects with it) when they hold none
 */
export async function readStatusEvent(serde: Serde, bytes: Buffer | null): Promise<StatusEvent> {
  const decoded = serde.decode(statusEventCodec, bytes);
  return eventOf(decoded instanceof Promise ? await decoded : decoded);
}

function eventOf(decoded: Decoded<StatusEvent>): StatusEvent {
  if (decoded.format === 'avro') return decoded.value;
  try {
    // There and back: the schema checks the value and fills in what is left out.
    return statusEventCodec.type.fromBuffer(statusEventCodec.type.toBuffer(decoded.value));
  } catch (error) {
    throw new Undecodable('the JSON value is no StatusEvent', { cause: error });
  }
}
