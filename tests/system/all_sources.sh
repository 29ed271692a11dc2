#!/bin/bash
# Every kind of source at once: the simulator acts the two ICONs of a pair, a Configuration Database, a GVP Reporting Server, and drops
# files of what was sold, with lost connections and late rows.  One server reads them all and is killed in between; ICON's own configuration is switched off.  Its
# numbers are the truth for every item and scope that the simulator knows: after the fill, at the end, and in the documents of the days
# that were closed meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

pg_start "$scratch" || fail "PostgreSQL"
pg_add_database icon_b && pg_add_database config_db || fail "the databases"
port=$(free_port) gvp_port=$(free_port)
day=$(date -u -d '3 days ago' +%F) next=$(date -u -d '2 days ago' +%F)
from=${day}T00:00:00Z filled=${next}T15:00:00Z to=$(date -u -d "$next + 1 day" +%FT03:00:00Z)
simulate() { "$SEATMETER" simulate --dsn "$PG_DSN" --twin icon_b --config config_db --sold "$scratch/drop" --truth "$scratch/truth.jsonl" --late-share 2 --late-minutes 8 "$@"; }
mkdir "$scratch/drop"
expect 0 "a day and a half" simulate --create --agents 240 --tenants 3 --days 1 --seed "$SEED" --drops 12 --now "$filled" --no-live
cp "$scratch/truth.jsonl" "$scratch/filled.jsonl"

printf 'tables:\n' >"$scratch/icon-map.yaml"
for table in annex tenant switch endpoint place login person group group_person group_place; do printf '  %s: {table: ~}\n' "$table" >>"$scratch/icon-map.yaml"; done
cat >"$scratch/settings.yaml" <<END
store:
  dir: $scratch/store
http:
  port: $port
sources:
  - {kind: icon, name: icon-a, group: pair, dsn: $PG_DSN, settle_seconds: 10, map: $scratch/icon-map.yaml}
  - {kind: icon, name: icon-b, group: pair, dsn: icon_b, settle_seconds: 10, map: $scratch/icon-map.yaml}
  - {kind: config, name: config, dsn: config_db}
  - {kind: gvp, name: rs-a, group: gvp, url: "http://127.0.0.1:$gvp_port", poll_seconds: 1}
  - {kind: gvp, name: rs-b, group: gvp, url: "http://127.0.0.1:$gvp_port", poll_seconds: 1, page_size: 41}
  - {kind: entitlement, name: sold, dir: $scratch/drop, poll_seconds: 1}
END
expect 0 "settings" "$SEATMETER" settings check -c "$scratch/settings.yaml"

is_true() {
    truth_load "$2"
    truth_holds 120 "$port" "$from" "$until" || fail "$1: the server's numbers are not the truth"
    note "$1: $(wc -l <"$scratch/rows") rows of $(wc -l <"$scratch/items") items are the truth"
}

server_start "$scratch/settings.yaml" "$port"
is_true "the first load, without calls" "$scratch/filled.jsonl"

note "twelve hours over midnight, live, with calls"
simulate --now "$filled" --speed 1500 --until "$to" --gvp-port "$gvp_port" >"$scratch/simulator.log" 2>&1 &
simulator=$!
random_seconds 12
short_pause "$random_s"
server_kill
note "the server was killed after $random_s s"
server_start "$scratch/settings.yaml" "$port"
ended() { grep -q 'simulate: ended at' "$scratch/simulator.log" || not_running "$simulator"; }
wait_for 120 "the end of the simulated hours" ended && is_running "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }
is_true "live" "$scratch/truth.jsonl"
for item in $(cat "$scratch/items"); do
    awk -F'\t' -v item="$item" '$3 == item && $6 > 0 { found = 1 } END { exit !found }' "$scratch/truth.rows" || fail "in the truth nothing ever uses $item: it is not tested"
done

# closed_rows DAY: the day rows of the documents that stand, of the newest revision, in the form of the truth's
closed() { [ "$(api "$port" "/api/v1/closes?from=$1&to=$1" | jq '[.. | objects | select(.day? == "'"$1"'" and .status? == "closed") | .book] | unique | length')" = $(($(wc -w <<<"$tenants") + 1)) ]; }
for date in "$day" "$next"; do
    wait_for 120 "the closes of $date" closed "$date" || { api "$port" "/api/v1/closes?from=$date&to=$date"; fail "$date is not closed in every book"; }
done
closed_rows() {
    local book
    for book in system $tenants; do
        api "$port" "/api/v1/closes/$book/$1" | jq -r '.rows[] | select(.profile == "exact" and (.scope == "system" or .scope == "tenant")) | [.scope, .id // 0, .item, "day", .start, .peak, .peak_at, .seat_ms] | @tsv'
    done | known_items | sort
}
for date in "$day" "$next"; do
    closed_rows "$date" >"$scratch/closed.rows"
    truth_rows "$scratch/truth.jsonl" day | awk -F'\t' -v date="$date" 'index($5, date) == 1' >"$scratch/truth.day"
    rows_equal "$scratch/truth.day" "$scratch/closed.rows" || fail "the closes of $date are not the truth"
    note "$date: $(wc -l <"$scratch/closed.rows") rows of $(($(wc -w <<<"$tenants") + 1)) closes are the truth"
done
is_true "after the close" "$scratch/truth.jsonl"

bought_rows() { jq -r "$1 | [.scope, .id // 0, .item, .start, .peak, .entitled, .burst, .over, .over_burst] | map(. // \"\") | @tsv"; }
bought_rows 'select(.granularity == "day" and (.partial | not))' <"$scratch/truth.jsonl" | sort >"$scratch/truth.bought"
for scope in system $tenants; do
    words=(--scope system)
    [ "$scope" = system ] || words=(--scope tenant --id "$scope")
    "$SEATMETER" report --url "http://localhost:$port" "${words[@]}" --from "$from" --to "${next}T23:59:00Z" --granularity day --format json | bought_rows '.rows[]'
done | known_items | sort >"$scratch/bought"
rows_equal "$scratch/truth.bought" "$scratch/bought" || fail "what was bought, and how far the peaks lie beyond it, is not the truth"
passed=$(awk -F'\t' '$8 > 0' "$scratch/bought" | wc -l)
[ "$passed" -gt 10 ] && [ "$(awk -F'\t' '$8 == "0"' "$scratch/bought" | wc -l)" -gt 10 ] || fail "$passed of $(wc -l <"$scratch/bought") peaks lie beyond what was bought: not tested"
note "$(wc -l <"$scratch/bought") peaks beside what was bought, $passed of them beyond it, are the truth"
api "$port" /api/v1/dead | jq -e '.count == 0' >/dev/null || fail "there are dead letters"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
end_process "$simulator"
simulator=
