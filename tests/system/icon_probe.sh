#!/bin/bash
# What `seatmeter adapt icon --probe` says of the watermark's assumption, of columns and of the account, on a real PostgreSQL: each
# way in which they can be broken is made to happen, some of them between the probe's two looks, and must be said; the exit is 1
# where the tail could not be right.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.icon_probe >/dev/null || fail "system.icon_probe cannot be built"
pg_start "$scratch" || fail "PostgreSQL"
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -c "$1" || fail "SQL: $1"; }
psql -X -q -v ON_ERROR_STOP=1 -f "$tree/deploy/icon-idb.postgres.sql" >/dev/null || fail "ICON's tables"
sql "CREATE ROLE reader LOGIN PASSWORD '$PGPASSWORD'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"

utc="(now() AT TIME ZONE 'UTC')"
# logins FROM TO BEGAN: log-ins with these numbers, that began then
logins() { echo "INSERT INTO g_login_session (id, loginsessionid, state, created, created_ts, gsys_seq) SELECT n, 'S-' || n, 1, t, extract(epoch FROM t)::bigint, n FROM (SELECT n, date_trunc('second', $3) t FROM generate_series($1, $2) n) q"; }
whole() { # an ICON that is well: one provider, connected for an hour, everything stored up to 10 s ago; a hundred log-ins in order
    sql "TRUNCATE g_login_session, gx_session_endpoint, g_prov_control, g_sync_control, g_dss_gls_provider"
    sql "INSERT INTO g_prov_control VALUES (1, 1, 1, 1000, 10), (1, 1, 2, 1000, 100)"
    sql "INSERT INTO g_dss_gls_provider (dss_id, icon_dbid, ds_dbid, ds_dbid_prim, dsconn_stime) VALUES (1, 77, 101, 101, $utc - interval '1 hour')"
    sql "INSERT INTO g_sync_control VALUES (1, 1, 2, 0, 101, extract(epoch FROM now() - interval '10 s')::bigint, 0, NULL, NULL)"
    sql "$(logins 1 100 "$utc - interval '20 min' + n * interval '11 s'")"
}
checked=0
# says EXIT WHAT PATTERN [SQL meanwhile…]
says() {
    local code=$1 what=$2 pattern=$3 got
    shift 3
    "$BUILD/tests/system.icon_probe" "$PG_DSN" reader seatmeter "$PG_PASSWORD_FILE" "$@" >"$scratch/out" 2>"$scratch/err"
    got=$?
    [ "$got" = "$code" ] || { cat "$scratch/out" "$scratch/err"; fail "$what: exit $got, not $code"; }
    grep -q -E -- "$pattern" "$scratch/out" || { cat "$scratch/out"; fail "$what: it does not say: $pattern"; }
    checked=$((checked + 1))
    note "$what: $(grep -E -- "$pattern" "$scratch/out" | head -n 1 | sed 's/^ *//' | cut -c1-150)"
}

whole
says 0 "all is well" 'the newest 100 log-ins came in the order of their numbers, to within 0 s: first in, first out'
says 0 "one provider" 'provider 101, connected since .*, all events stored up to '
says 0 "the counters" 'numbers: given up to 1000, written up to 100, newest log-in 100'
says 0 "nothing came" 'no log-in came meanwhile: whether G_SYNC_CONTROL runs ahead of the rows was not seen'
says 0 "nothing moved" 'while we looked, 0 of 1 rows of G_SYNC_CONTROL moved'
says 0 "it moved" 'while we looked, 1 of 1 rows of G_SYNC_CONTROL moved' "UPDATE g_sync_control SET eventtimesec = eventtimesec + 5"
says 0 "what it promised was kept" '2 log-ins came meanwhile, none of them before what G_SYNC_CONTROL said: the assumption holds so far' "$(logins 101 102 "$utc")"

note "the watermark's promise is broken"
whole
says 1 "older than promised" '! 3 log-ins came that G_SYNC_CONTROL had said to be stored already: .* does not hold here' "$(logins 101 103 "$utc - interval '5 min'")"
whole
sql "DELETE FROM g_login_session WHERE id IN (98, 99)"
says 1 "older than promised, and below the newest number" '! 2 log-ins came that G_SYNC_CONTROL had said to be stored already' "$(logins 98 99 "$utc - interval '90 s'")"

note "numbers against the order of commits"
whole
sql "DELETE FROM g_login_session WHERE id IN (97, 98); UPDATE g_sync_control SET eventtimesec = eventtimesec - 3600"
says 0 "lower numbers, in time" '2 log-ins became visible below the newest number, all within settle_seconds: they are read' "$(logins 97 98 "$utc - interval '100 s'")"
sql "DELETE FROM g_login_session WHERE id IN (10, 98)"
says 0 "lower numbers, too late" '! 2 log-ins became visible below the newest number, 1 of them more than settle_seconds old, the worst [0-9]+ s' \
    "$(logins 10 10 "$utc - interval '18 min'")" "$(logins 98 98 "$utc - interval '100 s'")"
whole
sql "UPDATE g_login_session SET created = created - interval '10 min', created_ts = created_ts - 600 WHERE id IN (50, 60)"
says 0 "late writers" '! of the newest 100 log-ins, 2 began more than settle_seconds before one with a lower number, the worst 589 s: late writers'
whole
sql "UPDATE g_prov_control SET seqcounter = 90 WHERE providertag = 2"
says 1 "numbers above the counter" '! the newest log-in has number 100, above the 90 that were given \(SEQCOUNTER, class gls\): the database was restored'
sql "DELETE FROM g_prov_control WHERE providertag = 2"
says 0 "no counter" '! G_PROV_CONTROL has no row of class gls'

note "clocks"
whole
sql "UPDATE g_login_session SET created = created + interval '1 hour' WHERE id > 90"
says 1 "CREATED is another zone's" '! of the newest 100 log-ins, 10 have CREATED and CREATED_TS that are not the same instant, by 3600 s at most'
says 1 "log-ins of the future" '! the newest log-in began 3[0-9]{3} s from now by our clock'
whole
sql "UPDATE g_sync_control SET eventtimesec = eventtimesec + 7200"
says 1 "promises of the future" '! G_SYNC_CONTROL speaks of events 7[0-9]{3} s from now by our clock'

note "connections"
whole
sql "UPDATE g_sync_control SET eventtimesec = eventtimesec - 86400"
says 0 "a row from before the connection" '! provider 101, connected since .*: its row in G_SYNC_CONTROL is older than that'
sql "DELETE FROM g_sync_control"
says 0 "no row" '! provider 101, connected since .*: no row in G_SYNC_CONTROL'
sql "UPDATE g_dss_gls_provider SET dsconn_etime = $utc"
says 0 "no open connection" '! no open connection: the watermark stands where the last one ended'
sql "DELETE FROM g_dss_gls_provider"
says 1 "no connection ever" '! no open connection: nothing says what ICON sees, so the watermark stands'

note "columns and the account"
whole
says 0 "an account that only reads" 'account: it may only read, which is enough'
sql "GRANT UPDATE ON gc_agent TO reader"
says 0 "an account that may write" '! this account may change GC_AGENT: an account that may only SELECT is enough'
sql "REVOKE UPDATE ON gc_agent FROM reader; ALTER TABLE g_login_session ALTER COLUMN terminated TYPE varchar(40)"
says 1 "a column of another type" '! column terminated is of type varchar, expected date and time \(tables.login_session'
sql "ALTER TABLE g_login_session RENAME COLUMN terminated TO ended"
says 1 "a column that is gone" '! column TERMINATED \(tables.login_session.columns.terminated of the column map\) is missing'
sql "ALTER TABLE g_login_session RENAME TO away"
says 1 "a table that is gone" '! there is no such table .*tables.login_session'

# The same from the program, as an account that only reads; it leaves nothing behind.
sql "ALTER TABLE away RENAME TO g_login_session; ALTER TABLE g_login_session RENAME COLUMN ended TO terminated;
     ALTER TABLE g_login_session ALTER COLUMN terminated TYPE timestamp(3) USING terminated::timestamp(3)"
whole
cat >"$scratch/settings.yaml" <<END
sources:
  - kind: icon
    name: icon-a
    dsn: $PG_DSN
    user: reader
    password_file: $PG_PASSWORD_FILE
END
expect 0 "the program's probe" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --probe
expect_said 'account: it may only read, which is enough'
expect_said '0 faults, .*nothing was written'
sql "UPDATE g_prov_control SET seqcounter = 90 WHERE providertag = 2"
expect 1 "the program's probe of a restored database" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --probe
note "$checked things that a probe says were made to happen"
