#!/bin/bash
# A full disk: ingest stops and says so, reads go on, and when space comes back nothing is missing.
# The disk is a small tmpfs in a mount namespace of this script's own.
if [ -z "${IN_NAMESPACE:-}" ]; then
    as=()
    [ "$(id -u)" = 0 ] || as=(--map-root-user)
    # In a chroot the root is no mount point, whose propagation unshare could change.
    unshare --mount "${as[@]}" true 2>/dev/null || as+=(--propagation unchanged)
    IN_NAMESPACE=1 exec unshare --mount "${as[@]}" "$0" "$@"
fi
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

disk=$scratch/disk
mkdir "$disk"
mount -t tmpfs -o size=3m tmpfs "$disk" || fail "cannot mount a small tmpfs"
end_disk() { end_process "$server"; umount -l "$disk"; }
also_at_exit end_disk
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
expect 0 "verify" "$SEATMETER" verify --store "$disk/store"

note "a server whose disk is full"
umount "$disk" && mount -t tmpfs -o size=64m tmpfs "$disk" || fail "mounting another tmpfs"
pg_start "$scratch/postgres" || fail "PostgreSQL"
port=$(free_port)
today=$(date -u +%F) yesterday=$(date -u -d yesterday +%F) before=$(date -u -d '2 days ago' +%F)
settings_write "$scratch/settings.yaml" "$port" "$disk/store"
expect 0 "a day and a few hours, which fit" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 800 --days 1 --seed "$SEED" --now "${yesterday}T04:00:00Z" --no-live
server_start "$scratch/settings.yaml" "$port"
counted() { api "$port" "/api/v1/usage?scope=system&item=cim-ms&from=${yesterday}T03:00:00Z&to=${yesterday}T04:00:00Z&granularity=hour" >"$scratch/counted" && jq -e '.rows[0].peak > 0' "$scratch/counted" >"$scratch/yes"; }
wait_for 60 "the first hours to be counted" counted || fail "the first hours were not counted"
said_full() { grep -q -i 'no space' "$scratch/server.log"; }
# Now the disk has hardly more room than what is on it.
used=$(df -k --output=used "$disk" | tail -n 1)
mount -o remount,size=$((used + 200))k "$disk" || fail "remount"
note "the store has $used KiB, the disk $((used + 200)) KiB"
cp "$scratch/counted" "$scratch/counted.before"
"$SEATMETER" simulate --dsn "$PG_DSN" --now "${today}T00:00:00Z" --no-live --truth "$scratch/truth.jsonl" >"$scratch/simulator.log" 2>&1 || { cat "$scratch/simulator.log"; fail "the simulator"; }
wait_for 120 "the server to say that the disk is full" said_full || fail "it did not say so"
note "it says so: $(grep -i -m 1 'no space' "$scratch/server.log")"
for path in "/api/v1/usage?scope=system&item=cim-ms&from=${before}T00:00:00Z&to=${yesterday}T00:00:00Z&granularity=day" "/api/v1/now?scope=system" /livez /metrics; do
    api "$port" "$path" >"$scratch/answer" || fail "$path is not answered while the disk is full"
done
counted && cmp -s <(jq '.rows[0].peak' "$scratch/counted.before") <(jq '.rows[0].peak' "$scratch/counted") || fail "what was counted before is not answered"
short_pause 5
[ "$(grep -c -i 'no space' "$scratch/server.log")" -lt 8 ] || fail "it says so again and again"
mount -o remount,size=256m "$disk" || fail "remount"
tenants=$(jq -r 'select(.scope == "tenant") | .id' "$scratch/truth.jsonl" | sort -un)
truth_rows "$scratch/truth.jsonl" 10m >"$scratch/truth.rows"
cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"
agrees() {
    usage_rows --url "http://localhost:$port" "${before}T00:00:00Z" "${today}T00:00:00Z" 10m system $tenants |
        awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" - >"$scratch/server.rows" && cmp -s "$scratch/server.rows" "$scratch/truth.rows"
}
wait_for 300 "the truth, once there is space" agrees || { rows_equal "$scratch/truth.rows" "$scratch/server.rows"; fail "something was lost"; }
note "with space again, nothing is missing: $(wc -l <"$scratch/server.rows") rows are the truth"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$disk/store"
