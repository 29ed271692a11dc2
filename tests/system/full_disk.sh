#!/bin/bash
# A full disk: ingest stops and says so, reads go on, and when space comes back nothing is missing.
# The disk is a small tmpfs in a mount namespace of this script's own.
if [ -z "${IN_NAMESPACE:-}" ]; then
    as=()
    [ "$(id -u)" = 0 ] || as=(--map-root-user)
    IN_NAMESPACE=1 exec unshare --mount "${as[@]}" "$0" "$@"
fi
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

disk=$scratch/disk
mkdir "$disk"
mount -t tmpfs -o size=3m tmpfs "$disk" || fail "cannot mount a small tmpfs"
at_end() { at_exit; }
trap 'status=$?; end_process "$server"; umount -l "$disk"; (exit $status); at_end' EXIT
awk -v seed="$SEED" -v count=120000 -f "$tree/tests/support/facts_random.awk" >"$scratch/facts.jsonl"
expect 0 "all of it on a large disk" "$SEATMETER" replay --store "$scratch/large" "$scratch/facts.jsonl"
used=$(du -sk "$scratch/large" | cut -f1)
note "a store of $used KiB"
[ "$used" -gt 4096 ] || fail "the load fits the small disk"

head -n 3000 "$scratch/facts.jsonl" >"$scratch/some.jsonl"
expect 0 "a little fits" "$SEATMETER" replay --store "$disk/store" "$scratch/some.jsonl"
rows() { usage_rows --store "$1" 2026-11-22T00:00:00Z 2026-11-24T06:00:00Z 10m system 101 102 103; }
rows "$disk/store" >"$scratch/before.rows"
expect 3 "the rest does not" "$SEATMETER" replay --store "$disk/store" "$scratch/facts.jsonl"
expect_said "[Nn]o space|full"
rows "$disk/store" >"$scratch/full.rows" || fail "reading from the full disk"
[ -s "$scratch/full.rows" ] || fail "no rows from the full disk"
note "reads go on"
mount -o remount,size=64m "$disk" || fail "remount"
expect 0 "with space, the same again" "$SEATMETER" replay --store "$disk/store" "$scratch/facts.jsonl"
rows "$disk/store" >"$scratch/small.rows"
rows "$scratch/large" >"$scratch/large.rows"
rows_equal "$scratch/large.rows" "$scratch/small.rows" || fail "something was lost"
