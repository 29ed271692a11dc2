#!/bin/bash
# An adapter's sink on three real brokers: its producer loses its place for good again and again while records are on their way
# (OUT_OF_ORDER_SEQUENCE_NUMBER, fatal).  Each time another is made and what was not acknowledged is sent again: no fact is missing
# in the topics, and the cursor stands at the last.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.kafka_sink system.read_topics >/dev/null || fail "the programs cannot be built"

parts_start 3 4
awk -v seed="$SEED" -v count=6000 -f "$tree/tests/support/facts_random.awk" | grep -v '"kind":"watermark"' >"$scratch/facts.jsonl"
"$BUILD/tests/system.kafka_sink" "$KAFKA_BROKERS" seatmeter "$scratch/facts.jsonl" 1000 >"$scratch/out" 2>"$scratch/sink.log" || { tail -n 5 "$scratch/sink.log"; fail "the sink"; }
cat "$scratch/out"
lost=$(grep -c 'the producer is lost' "$scratch/sink.log")
[ "$(sed 's/.* \([0-9]*\) producers/\1/' "$scratch/out")" -ge 4 ] && [ "$lost" -ge 1 ] || { cat "$scratch/sink.log"; fail "hardly a producer was lost"; }
"$BUILD/tests/system.read_topics" - "$scratch/facts.jsonl" | sort -u >"$scratch/said"
"$BUILD/tests/system.read_topics" "$KAFKA_BROKERS" seatmeter.facts seatmeter.objects | cut -f6- | sort -u >"$scratch/held"
# Of an object an older version is left out on purpose: every line held was said, and every session's row that was said is held.
comm -13 "$scratch/said" "$scratch/held" | head -n 3 | grep . && fail "the topics hold what was never said"
comm -23 "$scratch/said" "$scratch/held" | grep -E '"kind":"(login_session|session_media|port|coverage)"' | head -n 3 | grep . && fail "facts are missing"
count=$(wc -l <"$scratch/facts.jsonl")
cursor=$(timeout 20 kcat -C -q -e -b "$KAFKA_BROKERS" -t seatmeter.cursors -f '%k %s\n' 2>/dev/null | awk '$1 == "icon-a" { last = $2 } END { print last }')
[ "$cursor" = $((count / 100 * 100)) ] || fail "the cursor stands at $cursor of $count"
echo "SEED=$SEED: $(wc -l <"$scratch/held") different facts of $count held, cursor at $cursor, after $(cat "$scratch/out")"
