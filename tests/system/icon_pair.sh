#!/bin/bash
# An HA pair: two ICONs, each with its own database, ids, numbers, lateness and dropped connections, half of the sessions
# with two names.  The server, fed by both, reports what the two of them together saw: while they write, after the close,
# and when one of the two is away.  Its coverage is the union of their connections.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

pg_start "$scratch" || fail "PostgreSQL"
pg_add_database icon_b || fail "the twin's database"
port=$(free_port)
from=$(date -u -d '2 days ago' +%FT00:00:00Z)
simulate() { "$SEATMETER" simulate --dsn "$PG_DSN" --twin icon_b --truth "$scratch/truth.jsonl" "$@"; }
filled=$(date -u -d '90 minutes ago' +%FT%TZ)
expect 0 "two past days of a pair" simulate --create --agents 250 --tenants 3 --days 2 --seed "$SEED" --drops 18 --now "$filled" --no-live
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
cat >>"$scratch/settings.yaml" <<END
    group: pair
    settle_seconds: 30
  - kind: icon
    name: icon-b
    dsn: icon_b
    group: pair
    settle_seconds: 30
END
of_pair() { psql -X -Atq -d "$1" -c "$2"; }
dropped() { of_pair "$1" "SELECT count(*) FROM g_dss_gls_provider WHERE dsconn_etime IS NOT NULL"; }
[ "$(dropped icon)" -gt 20 ] && [ "$(dropped icon_b)" -gt 20 ] || fail "hardly a connection was lost"
server_start "$scratch/settings.yaml" "$port"

truth_of() { # the last one written
    as_of=$(jq -r 'select(.as_of) | .as_of' "$scratch/truth.jsonl" | tail -n 1)
    truth_load "$scratch/truth.jsonl"
}
is_true() {
    truth_of
    truth_holds 240 "$port" "$from" "$until" || fail "$1: the server's numbers are not the pair's truth as of $as_of"
    note "$1: $(wc -l <"$scratch/rows") rows of $(wc -l <"$scratch/items") items are the truth as of $as_of"
}
is_true "the first load"

note "90 minutes in twenty seconds, with connections that drop"
before=$(($(dropped icon) + $(dropped icon_b)))
simulate --now "$filled" --until "$(date -u +%FT%TZ)" --speed 270 --late-share 2 >"$scratch/simulator.log" 2>&1 || { cat "$scratch/simulator.log"; fail "the simulator"; }
note "$(($(dropped icon) + $(dropped icon_b) - before)) connections were lost meanwhile"
is_true "live"

names() { of_pair "$1" "SELECT loginsessionid FROM g_login_session ORDER BY 1"; }
common=$(comm -12 <(names icon) <(names icon_b) | wc -l)
[ "$common" -gt 500 ] && [ "$(comm -3 <(names icon) <(names icon_b) | wc -l)" -gt 500 ] || fail "only $common sessions have a common name, or all have"
lost=$(of_pair icon "SELECT count(*) FROM g_login_session l JOIN g_dss_gls_provider d ON d.dss_id = l.gsys_domain AND d.dsconn_etime = l.terminated")
[ "$lost" -gt 100 ] || fail "only $lost sessions ended with their connection"
note "$common sessions have one name in both, $lost ended in the first with its connection"

# spans DAY: what both saw of a day, in ppm of it; each half-open, merged.
seen_ppm() {
    for database in icon icon_b; do
        of_pair $database "SELECT extract(epoch FROM dsconn_stime) * 1000, coalesce(extract(epoch FROM dsconn_etime) * 1000, 1e15) FROM g_dss_gls_provider"
    done | sort -t '|' -n | awk -F'|' -v from="$(date -u -d "$1" +%s)000" 'BEGIN { to = from + 86400000; at = from + 0 }
        { a = $1 < at ? at : $1; b = $2 > to ? to : $2; if (b > a) { seen += b - a; at = b } } END { printf "%d\n", seen / 86.4 + 0.5 }'
}
for day in "$(date -u -d '2 days ago' +%F)" "$(date -u -d yesterday +%F)"; do
    expect 0 "the report of $day" "$SEATMETER" report --url "http://localhost:$port" --scope system --item cim-ms --from "${day}T00:00:00Z" --to "${day}T23:59:00Z" --granularity day --format json
    told=$(jq '.rows[0].coverage * 1000000 | round' "$scratch/out") want=$(seen_ppm "$day")
    [ $((told - want)) -le 2 ] && [ $((want - told)) -le 2 ] || fail "coverage of $day: $told ppm, the connections' union is $want ppm"
    note "coverage of $day: $told ppm, as the two databases' connections say"
done

note "the twin's database is away: the other one's day goes on"
psql -X -q -d postgres -c "ALTER DATABASE icon_b ALLOW_CONNECTIONS false" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'icon_b'" >/dev/null
wait_for 60 "icon-b to be away" grep -q 'icon icon-b.*is away' "$scratch/server.log" || fail "nobody says that icon-b is away"
"$SEATMETER" now --url "http://localhost:$port" >"$scratch/now" || fail "now"
psql -X -q -d postgres -c "ALTER DATABASE icon_b ALLOW_CONNECTIONS true"
wait_for 60 "icon-b to be back" grep -q 'icon icon-b.*is back' "$scratch/server.log" || fail "nobody says that icon-b is back"

note "after the close"
yesterday=$(date -u -d yesterday +%F)
closed() { [ "$(api "$port" "/api/v1/closes?book=system&from=$yesterday&to=$yesterday" | grep -c "\"$yesterday\"")" -gt 0 ]; }
wait_for 1200 "the close of $yesterday" closed || fail "$yesterday was not closed"
is_true "after the close"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
