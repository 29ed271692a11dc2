#!/bin/bash
# deploy/quickstart --kafka: the same as without, through a real broker and an adapter of its own; --keep goes on with the same
# topics; nothing that it started is left.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

processes_of() {
    printf '%s\n' "$1" >"$scratch/pattern"
    grep -l -z -F -f "$scratch/pattern" /proc/[0-9]*/cmdline 2>/dev/null
}

port=$(free_port)
for round in 1 2; do
    timeout 1800 "$tree/deploy/quickstart" --once --kafka --port "$port" --keep "$scratch/kept" >"$scratch/round$round.log" 2>&1 || {
        cat "$scratch/round$round.log" "$scratch"/kept/{server,adapter}.log
        fail "round $round"
    }
    grep -q "inbound-voice" "$scratch/round$round.log" || fail "no table of what is in use was printed"
    tail -n 3 "$scratch/round$round.log"
    [ -z "$(processes_of "$scratch/kept/")" ] || fail "left running: $(processes_of "$scratch/kept/")"
done
grep -q "icon-a: starts without a cursor" "$scratch/kept/adapter.log" || fail "the first adapter did not start from the beginning"
grep -q "icon-a: goes on from its cursor" "$scratch/kept/adapter.log" || fail "the second adapter did not find its cursor in the topic"
expect 0 "the kept store has yesterday's close" "$SEATMETER" close list --store "$scratch/kept/store"
expect_said "$(date -u -d yesterday +%F)"
[ "$(grep -c "$(date -u -d yesterday +%F)" "$scratch/out")" = 4 ] || fail "yesterday is not closed once for the system and each of three tenants"
