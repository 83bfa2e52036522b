#!/bin/sh
# Reads a whole topic with kcat, to its end: keys, partitions, offsets, headers; values where kcat can decode Avro.
#
#   kcat.sh BROKERS TOPIC [REGISTRY]
#
# With REGISTRY, and a kcat that was built with Avro ("kcat -V" names it): JSON values. Else tab-separated: partition,
# offset, timestamp in ms, key, bytes of the value, headers. Debian's kcat has no Avro.
set -eu
brokers=$1 topic=$2 registry=${3-}

if [ -n "$registry" ] && kcat -V | grep -qi 'avro'; then
  exec kcat -C -q -e -b "$brokers" -t "$topic" -s value=avro -r "$registry" -f '%s\n'
fi
exec kcat -C -q -e -b "$brokers" -t "$topic" -f '%p\t%o\t%T\t%k\t%S\t%h\n'
