"""Reads whole topics with Confluent's client, from the first record to the end that they have now.

    python read_topics.py --brokers localhost:9092 --registry http://localhost:8081 bird.messages.v1

Prints one JSON line per record: {"topic", "partition", "offset", "timestamp", "key", "value"}. Timestamps are ISO 8601
in UTC, bytes are hex. Records come in order within a partition, not between partitions.

--reader-schema FILE decodes into that Avro schema instead of the one that each record was written with: your own copy
of the fields that you use. Commits no offsets; a service keeps its group's offsets and uses subscribe() instead.
"""

import argparse
import json
import sys
import uuid
from datetime import datetime, timezone

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 30


def records(brokers, registry, topics, reader_schema=None):
    """Yields each record as a dict, until the ends that the topics have when it is called."""
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}), reader_schema)
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": f"read-topics-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        bounds = bounds_of(consumer, topics)
        consumer.assign([TopicPartition(topic, partition, low) for (topic, partition), (low, _) in bounds.items()])
        missing = {place: high for place, (_, high) in bounds.items()}
        while missing:
            message = consumer.poll(PATIENCE_S)
            if message is None:
                raise TimeoutError(f"no record within {PATIENCE_S} s; still to come: {missing}")
            if message.error():
                raise RuntimeError(message.error())
            topic, partition, offset = message.topic(), message.partition(), message.offset()
            _, millis = message.timestamp()
            yield {
                "topic": topic,
                "partition": partition,
                "offset": offset,
                "timestamp": datetime.fromtimestamp(millis / 1000, timezone.utc),
                "key": None if message.key() is None else message.key().decode(),
                "value": deserialize(message.value(), SerializationContext(topic, MessageField.VALUE)),
            }
            if offset + 1 >= missing.get((topic, partition), 0):
                missing.pop((topic, partition), None)
    finally:
        consumer.close()


def bounds_of(consumer, topics):
    """{(topic, partition): (first offset, end)} of the partitions that hold records."""
    bounds = {}
    for topic in topics:
        metadata = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic]
        if metadata.error:
            raise RuntimeError(f"{topic}: {metadata.error}")
        for partition in metadata.partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE_S)
            if high > low:
                bounds[(topic, partition)] = (low, high)
    return bounds


def to_json(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True, help="host:port, comma-separated")
    parser.add_argument("--registry", required=True, help="base URL of the schema registry's Confluent API")
    parser.add_argument("--reader-schema", type=argparse.FileType(encoding="utf-8"), help="Avro schema to decode into")
    parser.add_argument("topics", nargs="+")
    options = parser.parse_args()
    schema = options.reader_schema.read() if options.reader_schema else None
    for record in records(options.brokers, options.registry, options.topics, schema):
        sys.stdout.write(json.dumps(record, default=to_json, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
