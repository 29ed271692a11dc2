#!/bin/bash
# tests/bench/pipeline.sh PROGRAM WORD… - runs PROGRAM with a Kafka of its own: KAFKA_BROKERS says where.
# For speed: the broker's JVM may compile as it likes, and has room.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka.sh"
folder=$(mktemp -d) || exit 1
trap 'kafka_stop; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
KAFKA_HEAP=256m KAFKA_JIT=full kafka_start "$folder" >&2 || exit 1
"$@"
