#!/bin/bash
# tests/bench/adapter.sh [--list | NAME…] - the ICON adapter on a real PostgreSQL.
#
# adapter.icon, adapter.memory: see adapter.c; BENCH_ROWS log-ins (default 500000; 5000000 for the goal of issue 6).
# adapter.idle: the share of a core that a process with ten ICON sources at the default pace takes while nothing happens, in
# percent, over 20 s; goal 1.  The server runs them; only their threads count.
if [ "${1:-}" = --list ]; then
    printf '%s\n' adapter.icon adapter.memory adapter.idle
    exit 0
fi
program=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/bench
SEATMETER=${SEATMETER:-$program/seatmeter}
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh" >&2
wants() { local name; [ $# = 1 ] && return 0; for name in "${@:2}"; do [ "$name" != "$1" ] || return 0; done; return 1; }
export BENCH_ROWS=${BENCH_ROWS:-500000}
{
    pg_start "$scratch" || fail "PostgreSQL"
    expect 0 "a site" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 100 --days 0 --seed "$SEED" --no-live
} >&2
if wants adapter.icon "$@" || wants adapter.memory "$@"; then
    psql -X -q -c "INSERT INTO g_login_session (id, loginsessionid, agentid, loginid, placeid, state, primarydeviceid, appname, created, created_ts, terminated,
            terminated_ts, gsys_domain, gsys_seq, gsys_useq)
        SELECT n + 900000000, md5(n::text), 5001 + n % 90, 7001 + n % 90, 3001 + n % 90, 2, 9001 + n % 90, 'InteractionWorkspace', t, extract(epoch FROM t),
            t + interval '1 hour', extract(epoch FROM t) + 3600, 5001, 1000000 + n, 10000000 + n
        FROM (SELECT n, date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC') - interval '2 days' + n * interval '20 ms' AS t FROM generate_series(1, $BENCH_ROWS) n) rows" \
        -c "ANALYZE g_login_session" >&2 || fail "rows"
    BENCH_ROWS=$(psql -X -Atq -c 'SELECT count(*) FROM g_login_session') "$program/tests/bench.adapter" "$@" || exit 1
    psql -X -q -c "DELETE FROM g_login_session WHERE id > 900000000" -c "VACUUM ANALYZE g_login_session" >&2
fi
if wants adapter.idle "$@"; then
    {
        port=$(free_port)
        settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
        printf '    settle_seconds: 2\n' >>"$scratch/settings.yaml" # what was loaded first is settled then, as it is two minutes later by default
        for n in b c d e f g h i j; do printf '  - kind: icon\n    name: icon-%s\n    dsn: %s\n    settle_seconds: 2\n' $n "$PG_DSN" >>"$scratch/settings.yaml"; done
        server_start "$scratch/settings.yaml" "$port"
        # Of the threads of the adapters alone: the server has its own figure.
        rest() { [ "$(grep -c 'connected to DSN' "$scratch/server.log")" = 10 ]; }
        wait_for 60 "ten sources" rest || fail "ten sources"
        ticks() { local sum=0 stat; for stat in /proc/"$server"/task/*/stat; do read -r line <"$stat" && [[ $line == *"(adapt "* ]] && line=${line##*) } && set -- $line && sum=$((sum + ${12} + ${13})); done 2>/dev/null; echo "$sum"; }
        short_pause 15
        before=$(ticks)
        short_pause 20
        after=$(ticks)
    } >&2
    awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN { share = ticks / hz / 20 * 100
        printf "{\"name\":\"adapter.idle\",\"value\":%.2f,\"unit\":\"%% of a core\",\"against\":\"the goal, 10 sources\",\"against_value\":1,\"ratio\":%.3f,\"runs\":1,\"spread\":[]}\n", share, share }'
fi
