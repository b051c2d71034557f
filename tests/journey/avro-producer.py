"""Writes notifications in Avro the way a Python service does: Confluent's client and serializer, nothing of ours.

Reads JSON lines {"topic", "key", "value", "headers"} and prints a line for each record that Kafka has acknowledged,
with the schema id its first bytes carry.
"""

import json
import struct
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import (
    SchemaRegistryClient,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
    topic_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

STRATEGIES = {
    "record": record_subject_name_strategy,
    "topic": topic_subject_name_strategy,
    "topic-record": topic_record_subject_name_strategy,
}


def main(brokers, registry_url, schema_file, strategy):
    with open(schema_file, encoding="utf-8") as file:
        schema = file.read()
    serialize = AvroSerializer(
        SchemaRegistryClient({"url": registry_url}),
        schema,
        conf={"auto.register.schemas": True, "subject.name.strategy": STRATEGIES[strategy]},
    )
    producer = Producer({"bootstrap.servers": brokers, "acks": "all", "enable.idempotence": True})
    for line in sys.stdin.buffer:
        send(producer, serialize, json.loads(line))
    left = producer.flush(30)
    if left > 0:
        sys.exit(f"{left} records were not acknowledged within 30 s")


def send(producer, serialize, record):
    context = SerializationContext(record["topic"], MessageField.VALUE)
    value = serialize(record["value"], context)
    (schema_id,) = struct.unpack(">I", value[1:5])
    producer.produce(
        record["topic"],
        key=record["key"],
        value=value,
        headers=list(record.get("headers", {}).items()),
        on_delivery=lambda error, message: report(error, message, schema_id),
    )
    producer.poll(0)


def report(error, message, schema_id):
    if error is not None:
        sys.exit(f"not delivered: {error}")
    place = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
    print(json.dumps({**place, "schema_id": schema_id}), flush=True)


main(*sys.argv[1:])
