#!/bin/bash
# tests/bench/freshness.sh [--list | NAME] - how long a row that is visible in PostgreSQL takes to the page's stream.
#
# tail.freshness: the 99th percentile, in ms, of ROWS (default 200) logins; each is committed by psql, and the clock
# stops when the line with the new level has been read from GET /api/v1/stream.  Rows come at random instants, so that
# they meet the adapter's pace (250 ms) and the stream's (4 a second) anywhere.  All parts run on this machine; the
# database holds a day of 500 agents.
if [ "${1:-}" = --list ]; then
    echo tail.freshness
    exit 0
fi
SEATMETER=${SEATMETER:-$(dirname "${BASH_SOURCE[0]}")/../../build/bench/seatmeter}
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh" >&2
rows=${ROWS:-200}
{
    pg_start "$scratch" || fail "PostgreSQL"
    port=$(free_port)
    settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
    expect 0 "a day of 500 agents" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 500 --days 1 --seed "$SEED" --no-live
    server_start "$scratch/settings.yaml" "$port"
} >&2
level() { sed -n 's/.*"item":"cim-ms","level":\([0-9]*\).*/\1/p' <<<"$1"; }
settled() { [ "$(api "$port" /api/v1/now?scope=system | jq '.rows[] | select(.item == "cim-ms") | .level')" -gt 0 ]; }
wait_for 60 "the first levels" settled || fail "no levels"
coproc sql { psql -X -q -At -v ON_ERROR_STOP=1 2>&1; }
exec {stream}< <(exec curl -sN --max-time 3600 "http://localhost:$port/api/v1/stream?scope=system")
now=
while [ -z "$now" ] && IFS= read -r -t 30 -u "$stream" line; do now=$(level "$line"); done
[ -n "$now" ] || fail "the stream does not begin with the levels"

# A login at a place of its own: one more seat.
for ((row = 1; row <= rows; row++)); do
    random_seconds 1
    short_pause "$random_s"
    id=$((900000000 + row))
    # As ICON does it: the number is taken and the counter moved in the row's own transaction.
    echo "BEGIN;
          UPDATE g_prov_control SET seqcounter = (SELECT max(gsys_seq) FROM g_login_session) + 2
          WHERE seqcounter <= (SELECT max(gsys_seq) FROM g_login_session) + 1;
          INSERT INTO g_login_session (id, loginsessionid, placeid, state, created, created_ts, gsys_seq)
          SELECT $id, 'bench-$row', $id, 1, t, extract(epoch FROM t), 1 + (SELECT max(gsys_seq) FROM g_login_session)
          FROM (SELECT date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC') AS t) AS clock;
          COMMIT;
          \\echo done" >&"${sql[1]}"
    IFS= read -r -t 30 -u "${sql[0]}" answer && [ "$answer" = done ] || fail "psql: $answer"
    committed=${EPOCHREALTIME/./}
    seen=
    # The stream has a line every second or so, whatever happens: the limit is the clock's.
    while IFS= read -r -t 30 -u "$stream" line && [ $((${EPOCHREALTIME/./} - committed)) -lt 30000000 ]; do
        seen=$(level "$line")
        [ -z "$seen" ] || [ "$seen" = "$now" ] || break
    done
    arrived=${EPOCHREALTIME/./}
    [ "${seen:-0}" -gt "$now" ] || fail "row $row: the level went from $now to ${seen:-nothing within 30 s}"
    now=$seen
    echo $(((arrived - committed) / 1000)) >>"$scratch/delays"
done
sort -n "$scratch/delays" | awk -v rows="$rows" '{ delay[NR] = $1 } END {
    p50 = delay[int((NR + 1) / 2)]; p99 = delay[int(NR * 0.99 + 0.999)]
    printf "median %d ms, 99th percentile %d ms, longest %d ms of %d rows\n", p50, p99, delay[NR], NR > "/dev/stderr"
    printf "{\"name\":\"tail.freshness\",\"value\":%d,\"unit\":\"ms p99\",\"against\":\"the goal\",\"against_value\":1000,\"ratio\":%.3f,\"runs\":%d,\"spread\":[%d,%d]}\n", p99, p99 / 1000, NR, delay[1], delay[NR]
}'
