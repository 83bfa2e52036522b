"""Writes the JSON lines of read_topics.py, of one topic, into a Parquet file.

    python read_topics.py … bird.messages.v1 | python to_parquet.py schemas/message/v1.avsc messages.parquet

One column per field of the schema, with its type (an array of records becomes a list of structs), and before them
topic, partition, offset, timestamp and key of the record. Then: duckdb -c "select * from 'messages.parquet'", or any
other reader of Parquet.
"""

import json
import shutil
import sys
import tempfile

import duckdb

KAFKA = {
    "topic": "VARCHAR",
    "partition": "INTEGER",
    "offset": "BIGINT",
    "timestamp": "TIMESTAMPTZ",
    "key": "VARCHAR",
}
PRIMITIVES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "bytes": "BLOB",
}


def sql_type(avro):
    """The SQL type of an Avro type, of those that our schemas use."""
    if isinstance(avro, list):
        (branch,) = [branch for branch in avro if branch != "null"]
        return sql_type(branch)
    if isinstance(avro, str):
        return PRIMITIVES[avro]
    if avro["type"] == "array":
        return f"{sql_type(avro['items'])}[]"
    if avro["type"] == "record":
        return f"STRUCT({', '.join(quote(field['name']) + ' ' + sql_type(field['type']) for field in avro['fields'])})"
    return {"timestamp-millis": "TIMESTAMPTZ"}[avro["logicalType"]]


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def column(field):
    """Bytes come as hex; everything else is read as its type."""
    path = f"value.{quote(field['name'])}"
    value = f"unhex({path})" if sql_type(field["type"]) == "BLOB" else path
    return f"{value} AS {quote(field['name'])}"


def main(schema_file, parquet_file):
    with open(schema_file, encoding="utf-8") as file:
        fields = json.load(file)["fields"]
    # Text first: unhex makes the bytes.
    types = [f"{quote(field['name'])} {sql_type(field['type']).replace('BLOB', 'VARCHAR')}" for field in fields]
    columns = {**KAFKA, "value": f"STRUCT({', '.join(types)})"}
    # A field may be named like a column of Kafka's, and then takes its place.
    names = {field["name"] for field in fields}
    wanted = [quote(name) for name in KAFKA if name not in names] + [column(field) for field in fields]
    # DuckDB wants a file, and what comes in may be a pipe.
    with tempfile.NamedTemporaryFile(suffix=".json") as lines:
        shutil.copyfileobj(sys.stdin.buffer, lines)
        lines.flush()
        source = duckdb.read_json(lines.name, format="newline_delimited", columns=columns)
        source.project(", ".join(wanted)).write_parquet(parquet_file, compression="zstd")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
