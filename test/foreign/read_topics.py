"""Reads every topic of a running pipeline with Confluent's own client, and prints what it found as JSON lines.

Usage: read_topics.py RUN_JSON TOPIC [TOPIC ...]
Each line: {"topic": ..., "partition": ..., "offset": ..., "key": ..., "value": {...}}; bytes are shown as hex.
"""

import json
import sys
import uuid
from datetime import datetime

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value)}")


def main(run_file, topics):
    with open(run_file, encoding="utf-8") as file:
        run = json.load(file)
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": run["registry"]["url"]}))
    consumer = Consumer(
        {
            "bootstrap.servers": run["kafka"]["brokers"],
            "group.id": f"foreign-{uuid.uuid4()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    metadata = consumer.list_topics(timeout=10)
    ends = {}
    for topic in topics:
        for partition in metadata.topics[topic].partitions:
            _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            if high > 0:
                ends[(topic, partition)] = high
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in ends])
    while ends:
        message = consumer.poll(10)
        if message is None:
            sys.exit(f"no record within 10 s; still to come: {ends}")
        if message.error():
            sys.exit(str(message.error()))
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
        key = message.key().decode() if message.key() is not None else None
        line = {"topic": topic, "partition": partition, "offset": offset, "key": key, "value": value}
        print(json.dumps(line, default=plain, ensure_ascii=False))
        if offset + 1 >= ends.get((topic, partition), 0):
            ends.pop((topic, partition), None)
    consumer.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
