#!/bin/bash
# The simulator's truth equals a plain SQL sweep over the ICON tables that it wrote: after a fill, after a fast live run
# with late rows and overlapping commits, after kill -9 and a new start.  And: its promise (G_SYNC_CONTROL) never runs
# ahead of rows that are not committed; the same seed gives the same rows; a foreign database is left alone; SIGTERM ends it.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/support/postgres.sh
program=${SEATMETER:-build/seatmeter} seed=${SEED:-1}
echo "SEED=$seed"
work=$(mktemp -d)
chmod 755 "$work"
running=
finish() {
    [ -z "$running" ] || kill -9 "$running" 2>/dev/null || true
    pg_stop
    rm -rf "$work"
}
trap finish EXIT
pg_start "$work"
since=2026-11-20T00:00:00Z

fail() {
    echo "FAILED: $*"
    exit 1
}
ask() { psql -X -Atq -c "$1"; }
simulate() { "$program" simulate --dsn "$PG_DSN" --password-file "$PG_PASSWORD_FILE" "$@"; }
# In the background, as a child of this very shell: $running is the program itself.
simulate_beside() {
    : >"$work/live"
    "$program" simulate --dsn "$PG_DSN" --password-file "$PG_PASSWORD_FILE" "$@" 2>"$work/live" &
    running=$!
}
fresh() {
    psql -X -q -d postgres -c 'DROP DATABASE icon WITH (FORCE)' -c 'CREATE DATABASE icon'
}
written_until() { ask "SELECT to_char(to_timestamp(until_ms / 1000.0) + interval '$1', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM seatmeter_simulator"; }

# compare NAME AS_OF: the four items of the sweep, every scope and ten minutes.
compare() {
    [ "$(head -n 1 "$work/truth")" = "{\"as_of\":\"$2\"}" ] || fail "$1: the truth is as of $(head -n 1 "$work/truth"), wanted $2"
    psql -X -Atq -v ON_ERROR_STOP=1 -v as_of="'$2'" -v since="'$since'" -f tests/support/icon_sweep.sql | sort >"$work/swept"
    grep '"10m"' "$work/truth" | grep -E '"(inbound-voice|email|web-media|workspace)"' | sort >"$work/told"
    [ "$(wc -l <"$work/told")" -gt 1000 ] || fail "$1: only $(wc -l <"$work/told") periods in the truth"
    diff "$work/swept" "$work/told" >"$work/diff" || { head -n 6 "$work/diff"; fail "$1: the truth (>) differs from the sweep (<)"; }
    echo "$1: $(wc -l <"$work/told") periods, the truth equals the sweep"
}
# All rows that say when something was, without numbers and write times.
dump() {
    ask 'SELECT id, loginsessionid, agentid, loginid, placeid, primarydeviceid, appname, created, terminated FROM g_login_session ORDER BY id'
    ask 'SELECT id, loginsessionid, agentid, placeid, endpointid, mediatype, created, terminated FROM gx_session_endpoint ORDER BY id'
    ask 'SELECT id, groupid, campaignid, created, terminated, state FROM go_campaign ORDER BY id'
}

echo "== a foreign database"
ask 'CREATE TABLE g_login_session (id INTEGER)'
code=0; simulate --no-live 2>"$work/said" || code=$?
[ $code = 2 ] && grep -q 'SEATMETER_SIMULATOR' "$work/said" || fail "without marker: exit $code, $(cat "$work/said")"
code=0; simulate --no-live --create 2>"$work/said" || code=$?
[ $code = 2 ] && grep -q "somebody else's" "$work/said" || fail "--create over ICON tables: exit $code, $(cat "$work/said")"
[ "$(ask "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")" = 1 ] || fail "something was written"
echo "refused twice, nothing written"

echo "== a fill"
fresh
simulate --create --seed "$seed" --days 2 --now 2026-11-22T10:33:00Z --no-live --truth "$work/truth"
compare "fill" 2026-11-22T10:33:00.000Z
[ "$(ask "SELECT count(DISTINCT date_trunc('hour', created)) FROM g_login_session")" = 59 ] || fail "an hour without a login"

echo "== live, fast, with late rows and a watcher of the promise"
fresh
simulate_beside --create --seed "$seed" --days 1 --now 2026-11-21T10:30:00Z --until 2026-11-23T02:15:00Z --speed 15000 --late-share 3 \
    --truth "$work/truth"
promises=0
while kill -0 "$running" 2>/dev/null; do
    # The promise first, then, in a later snapshot, what lies before it: that may never grow again.
    line=$(ask "SELECT min(eventtimesec * 1000 + eventtimeusec / 1000) FROM g_sync_control WHERE providertag = 2" 2>/dev/null) || line=
    [ -n "$line" ] || continue
    echo "$line $(ask "SELECT count(*) FILTER (WHERE extract(epoch FROM created) * 1000 <= $line) + count(*) FILTER (WHERE extract(epoch FROM terminated) * 1000 <= $line) FROM g_login_session")" >>"$work/promises"
    promises=$((promises + 1))
done
wait "$running" || fail "the live run ended badly: $(cat "$work/live")"
running=
compare "live" 2026-11-23T02:15:00.000Z
while read -r at count; do
    now=$(ask "SELECT count(*) FILTER (WHERE extract(epoch FROM created) * 1000 <= $at) + count(*) FILTER (WHERE extract(epoch FROM terminated) * 1000 <= $at) FROM g_login_session")
    [ "$now" = "$count" ] || fail "at the promise $at there were $count events of sessions, later $now"
done < <(sort -u "$work/promises" | awk 'NR % 5 == 0' | head -n 60)
echo "$promises promises watched, none ran ahead"
inverted=$(ask "SELECT count(*) FROM (SELECT created, max(created) OVER (ORDER BY gsys_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM g_login_session) q WHERE created < before")
[ "$inverted" -gt 5 ] || fail "only $inverted rows got their numbers out of order"
[ "$(ask 'SELECT bool_and(seqcounter >= seqcurrent AND seqcurrent > 0) FROM g_prov_control')" = t ] || fail "SEQCURRENT is beyond SEQCOUNTER"
dump >"$work/live.rows"

echo "== kill -9 in the middle, three times, and on"
for _ in 1 2 3; do
    before=$(ask 'SELECT until_ms FROM seatmeter_simulator')
    simulate_beside --now "$(written_until '0 s')" --speed 5000 --late-share 3
    until [ "$(ask 'SELECT until_ms FROM seatmeter_simulator')" -gt $((before + 3600000)) ]; do :; done
    kill -9 "$running"
    wait "$running" 2>/dev/null || true
    running=
done
until=$(written_until '1 h')
simulate --now "$until" --no-live --truth "$work/truth"
compare "after three kills" "$until"

echo "== the same seed, filled at once"
fresh
simulate --create --seed "$seed" --days 3 --now 2026-11-23T02:15:00Z --no-live
dump >"$work/fill.rows"
cmp "$work/live.rows" "$work/fill.rows" || fail "live and fill wrote different rows for seed $seed"
echo "$(wc -l <"$work/fill.rows") rows, the same"
code=0; simulate --seed $((seed + 1)) --no-live 2>"$work/said" || code=$?
[ $code = 2 ] && grep -q -- "--seed $seed" "$work/said" || fail "another seed: exit $code, $(cat "$work/said")"

echo "== SIGTERM while live"
simulate_beside --now 2026-11-23T02:16:00Z --truth "$work/truth"
until grep -q 'live from' "$work/live"; do :; done
code=0; simulate --no-live 2>"$work/said" || code=$?
[ $code = 4 ] && grep -q 'another simulator' "$work/said" || fail "a second simulator: exit $code, $(cat "$work/said")"
kill -TERM "$running"
wait "$running" || fail "exit $? after SIGTERM: $(cat "$work/live")"
running=
compare "after SIGTERM" "$(written_until '0 s')"
