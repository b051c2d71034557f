import { type Notification, notificationCodec, type StatusEvent, statusEventCodec } from '@fanfare/contracts';
import { notificationOf } from '@fanfare/db';
import { accepted } from '@fanfare/db/fixture';
import { acceptedDelivery, statusEvent } from '@fanfare/domain';
import { createSerde } from '@fanfare/kafka';

/** Values of work and status topics as bytes of the Confluent wire format, by the schemas in use. */
export type AvroBytes = {
  notification: (id: string, changes?: Partial<Notification>) => Buffer;
  event: (id: string) => Buffer;
};

export async function avroBytes(registryUrl: string): Promise<AvroBytes> {
  const serde = createSerde({ registryUrl });
  const encodeNotification = await serde.encoder<Notification>(notificationCodec);
  const encodeEvent = await serde.encoder<StatusEvent>(statusEventCodec);
  return {
    notification: (id, changes = {}) => encodeNotification({ ...someNotification(id), ...changes }),
    event: (id) => encodeEvent(statusEvent(someNotification(id), acceptedDelivery(someNotification(id), 0))),
  };
}

function someNotification(id: string): Notification {
  return notificationOf(accepted({}, { id }), Date.now());
}
