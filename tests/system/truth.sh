#!/bin/bash
# The simulator knows what it did.  The server, fed by the ICON tables alone, reports the same for each item that they
# feed, each tenant and ten-minute period, live and after the close; and so does a sweep of the tables by plain SQL.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

pg_start "$scratch" || fail "PostgreSQL"
port=$(free_port)
today=$(date -u +%F) from=$(date -u -d '2 days ago' +%FT00:00:00Z)
expect 0 "two past days and today" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 300 --tenants 3 --days 2 --seed "$SEED" --no-live
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
note "live for a while"
"$SEATMETER" simulate --dsn "$PG_DSN" --until "$(date -u -d '+20 seconds' +%FT%TZ)" --truth "$scratch/truth.jsonl" >"$scratch/simulator.log" 2>&1 &
simulator=$!
wait_for 120 "the simulator's end" not_running "$simulator" || fail "the simulator does not end"
wait "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }
simulator=
as_of=$(jq -r 'select(.as_of) | .as_of' "$scratch/truth.jsonl" | tail -n 1)
tenants=$(jq -r 'select(.scope == "tenant") | .id' "$scratch/truth.jsonl" | sort -un)
truth_rows "$scratch/truth.jsonl" 10m >"$scratch/truth.rows"
cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"
last=$(cut -f5 "$scratch/truth.rows" | sort | tail -n 1)
to=$(date -u -d "$last + 10 minutes" +%FT%TZ)
[ "$(awk -F'\t' '$6 > 0' "$scratch/truth.rows" | wc -l)" -gt 2000 ] || fail "hardly a period of the truth has a seat"
for item in $(cat "$scratch/items"); do
    awk -F'\t' -v item="$item" '$3 == item && $6 > 0 { found = 1 } END { exit !found }' "$scratch/truth.rows" || fail "in the truth no seat ever uses $item: it is not tested"
done

known_items() { awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" -; }
live_agrees() {
    usage_rows --url "http://localhost:$port" "$from" "$to" 10m system $tenants | known_items >"$scratch/live.rows" && cmp -s "$scratch/live.rows" "$scratch/truth.rows"
}
wait_for 300 "the server to report the truth as of $as_of" live_agrees || { rows_equal "$scratch/truth.rows" "$scratch/live.rows"; fail "the server's numbers are not the truth"; }
note "live: $(wc -l <"$scratch/live.rows") rows of $(wc -l <"$scratch/items") items, system and $(wc -w <<<"$tenants") tenants, are the truth"

note "the sweep in SQL"
psql -X -v as_of="'$as_of'" -v since="'$from'" -Atq -f "$tree/tests/support/icon_sweep.sql" >"$scratch/sweep.jsonl" || fail "the sweep"
jq -r --arg to "$to" 'select(.item and .start < ($to | sub("Z"; ".000Z"))) | [.scope, .id, .item, .granularity // "10m", .start, .peak, .peak_at, .seat_ms] | @tsv' "$scratch/sweep.jsonl" | sort >"$scratch/sweep.rows"
cut -f3 "$scratch/sweep.rows" | sort -u >"$scratch/sweep.items"
awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/sweep.items" "$scratch/live.rows" >"$scratch/live.swept.rows"
rows_equal "$scratch/sweep.rows" "$scratch/live.swept.rows" || fail "the sweep over the ICON tables says otherwise"
note "$(wc -l <"$scratch/sweep.rows") rows of $(wc -l <"$scratch/sweep.items") items are the sweep's"

note "after the close"
yesterday=$(date -u -d "$today - 1 day" +%F)
for day in "$(date -u -d "$today - 2 days" +%F)" "$yesterday"; do
    closed() { [ "$(api "$port" "/api/v1/closes?book=system&from=$day&to=$day" | grep -c "\"$day\"")" -gt 0 ]; }
    wait_for 1200 "the close of $day" closed || fail "$day was not closed"
done
usage_rows --url "http://localhost:$port" "$from" "$to" 10m system $tenants | known_items >"$scratch/closed.rows"
rows_equal "$scratch/truth.rows" "$scratch/closed.rows" || fail "after the close the ten-minute rows are not the truth"
truth_rows "$scratch/truth.jsonl" day | awk -F'\t' -v from="$yesterday" 'index($5, from) == 1' | cut -f3,5- >"$scratch/truth.days"
for book in system $tenants; do
    expect 0 "export of book $book, $yesterday" "$SEATMETER" export --url "http://localhost:$port" --book "$book" --day "$yesterday" --format json
    id=$book
    [ "$book" != system ] || id=0
    jq -r --argjson id "$id" '(.rows // .)[] | select(.profile == "exact" and (.scope == "system" or .scope == "tenant")) |
        [.item, .start, .peak, .peak_at, (if .seat_seconds then .seat_seconds * 1000 | round elif .seat_ms then .seat_ms else 0 end)] | @tsv' "$scratch/out" |
        awk -F'\t' 'NR == FNR { known[$1]; next } $1 in known' "$scratch/items" - | sort >"$scratch/export.rows"
    truth_rows "$scratch/truth.jsonl" day | awk -F'\t' -v from="$yesterday" -v id="$id" 'index($5, from) == 1 && $2 == id' | cut -f3,5- | sort >"$scratch/truth.day"
    rows_equal "$scratch/truth.day" "$scratch/export.rows" || fail "the closed day of book $book is not the truth"
done
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
