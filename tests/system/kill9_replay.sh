#!/bin/bash
# seatmeter replay, killed with SIGKILL at twenty random instants and run again, ends with the numbers of an undisturbed
# run: a flush is one transaction, and a fact that comes twice changes nothing.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

awk -v seed="$SEED" -v count=80000 -f "$tree/tests/support/facts_random.awk" >"$scratch/facts.jsonl"
expect 0 "undisturbed: $(wc -l <"$scratch/facts.jsonl") facts" "$SEATMETER" replay --store "$scratch/calm" "$scratch/facts.jsonl"
began=${EPOCHREALTIME/./}
"$SEATMETER" replay --store "$scratch/measured" "$scratch/facts.jsonl" >/dev/null 2>&1
whole_ms=$(((${EPOCHREALTIME/./} - began) / 1000))
split -n l/7 "$scratch/facts.jsonl" "$scratch/part."

# Twenty kills over the parts; each part is run again until it ends by itself.
kills=0 hits=0
for part in "$scratch"/part.*; do
    for attempt in 1 2 3; do
        "$SEATMETER" replay --store "$scratch/killed" "$part" >"$scratch/replay.log" 2>&1 &
        replay=$!
        random_seconds 1
        # Somewhere in the time that a part takes.
        short_pause "$(awk "BEGIN { print ($random_s * $whole_ms / 7000) + 0.001 }")"
        kill -KILL "$replay" 2>/dev/null && kills=$((kills + 1))
        wait "$replay" 2>/dev/null
        [ $? != 137 ] || hits=$((hits + 1))
    done
    expect 0 "after the kills" "$SEATMETER" replay --store "$scratch/killed" "$part"
done
note "$kills kills, $hits of them before the end (a whole run takes $whole_ms ms)"
[ "$hits" -ge 10 ] || fail "only $hits kills came before the end: the load is too small to tell anything"
for store in calm killed; do
    usage_rows --store "$scratch/$store" 2026-11-22T00:00:00Z 2026-11-24T06:00:00Z 10m system 101 102 103 >"$scratch/$store.rows" || fail "report of $store"
done
note "$(wc -l <"$scratch/calm.rows") rows"
[ "$(awk -F'\t' '$6 > 0' "$scratch/calm.rows" | wc -l)" -gt 1000 ] || fail "hardly a row has a seat"
rows_equal "$scratch/calm.rows" "$scratch/killed.rows" || fail "the numbers differ"
expect 0 "verify" "$SEATMETER" verify --store "$scratch/killed"
