"""Writes one event with a schema of another version, as a foreign producer would; registers the schema.

Usage: write_event.py BROKERS REGISTRY TOPIC SCHEMA.avsc KEY < event.json
"""

import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main(brokers, registry, topic, schema_file, key):
    with open(schema_file, encoding="utf-8") as file:
        serialize = AvroSerializer(SchemaRegistryClient({"url": registry}), file.read())
    value = serialize(json.load(sys.stdin), SerializationContext(topic, MessageField.VALUE))
    failures = []
    producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
    producer.produce(topic, value, key, on_delivery=lambda error, _: failures.append(error) if error else None)
    if producer.flush(30) > 0 or failures:
        sys.exit(f"not acknowledged: {failures}")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
