#!/bin/bash
# tests/system/icon-tail.sh - the ICON adapter against a real PostgreSQL: whatever order the rows come in, the newest
# facts that were delivered say what the database says.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../support/postgres.sh"
root=$here/../..
BUILD=${BUILD:-$root/build}
ninja -C "$BUILD" system.icon_tail >/dev/null
program=$BUILD/tests/system.icon_tail

dir=$(mktemp -d)
adapter_pid=
finish() {
    local status=$?
    is_running "$adapter_pid" && kill -KILL "$adapter_pid"
    pg_stop
    [ "$status" = 0 ] || { echo "--- the adapter's last words:"; tail -n 20 "$dir/log" || true; }
    [ -n "${KEEP:-}" ] && echo "kept: $dir" || rm -rf "$dir"
}
trap finish EXIT

say() { echo "ok: $*"; }
# holds WHAT COMMAND…   (under set -e a "[ … ] && say" goes on when it is false)
holds() { local what=$1; shift; "$@" || { echo "FAILED: $what"; exit 1; }; say "$what"; }
sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$@"; }

pg_start "$dir"
schema=$root/deploy/icon-idb.postgres.sql
sql -f "$schema" >/dev/null
for table in g_login_session gx_session_endpoint gc_agent; do
    sql -c "CREATE INDEX ON $table (gsys_seq, id); CREATE INDEX ON $table (gsys_useq, id)"
done

cat >"$dir/settings.yaml" <<END
sources:
  - kind: icon
    name: icon-a
    dsn: icon
    user: seatmeter
    password_file: $PG_PASSWORD_FILE
    group: pair
    poll_ms: 50
    settle_seconds: 1
    page_rows: 7
    reconcile_minutes: 1
    reread_hour: 0
END

begin() {
    "$program" run "$dir/settings.yaml" "$dir/out" "$dir/cursor" 2>>"$dir/log" &
    adapter_pid=$!
}
end() { kill -TERM "$adapter_pid" && wait "$adapter_pid"; }

# What the database says, in the words of icon_tail newest; the first load's objects hold since ever.
day="'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'"
version="CASE WHEN gsys_useq > 0 THEN 4611686018427387904 + gsys_useq ELSE gsys_seq END"
want_sessions() {
    sql -c "SELECT 'login_session ' || id || ' ' || $version || ' ' || concat('{', CASE WHEN appname IS NOT NULL THEN '\"app\":\"' || appname || '\",' END,
        '\"begin\":\"', to_char(created, $day), '\"', ',\"dn\":' || nullif(primarydeviceid, 0), ',\"end\":\"' || to_char(terminated, $day) || '\"',
        ',\"login\":' || nullif(loginid, 0), ',\"person\":' || nullif(agentid, 0), ',\"place\":' || nullif(placeid, 0),
        ',\"session\":\"', loginsessionid, '\"}') FROM g_login_session"
    sql -c "SELECT 'session_media ' || id || ' ' || $version || ' ' || concat('{\"begin\":\"', to_char(created, $day), '\"', ',\"dn\":' || nullif(endpointid, 0),
        ',\"end\":\"' || to_char(terminated, $day) || '\"', ',\"media\":\"', coalesce(lower(mediatype), 'voice'), '\"', ',\"place\":' || nullif(placeid, 0),
        ',\"session\":\"', loginsessionid, '\"}') FROM gx_session_endpoint WHERE mediatype IS NOT NULL OR endpointtype <> 0"
}
have() { "$program" newest "$dir/out"; }
same_sessions() {
    have | grep -E '^(login_session|session_media|contradiction|unlawful)' | LC_ALL=C sort >"$dir/have"
    want_sessions | LC_ALL=C sort >"$dir/want"
    cmp -s "$dir/have" "$dir/want"
}
agree() {
    wait_for 60 "facts that equal the database: $1" same_sessions || { diff "$dir/have" "$dir/want" | head; return 1; }
    say "$1: $(wc -l <"$dir/have") sessions' rows agree"
}
# Into a file first: with pipefail, a grep -q that has found its line makes the writer's SIGPIPE a failure.
has() { have >"$dir/now" && grep -qF -- "$1" "$dir/now"; }
hears() { wait_for 60 "the log line: $1" grep -q -- "$1" "$dir/log"; }
fact() { wait_for 60 "the fact: $1" has "$1" || { have | grep -F -- "${1%% *}" | tail -5; return 1; }; }

number=0
# login SEQ [SECOND]: a login row; its id is its number.
login_row() {
    echo "INSERT INTO g_login_session (id, loginsessionid, agentid, loginid, placeid, state, primarydeviceid, appname, created, gsys_domain, gsys_seq, gsys_useq)
          VALUES ($1, 'S-$1', 5000 + $1 % 40, NULL, CASE WHEN $1 % 3 = 0 THEN 0 ELSE 3000 + $1 % 30 END, 1, 9000 + $1 % 50, 'Workspace', '2026-11-23 09:00:00'::timestamp + $1 * interval '77 ms', 1, $1, 0);"
}
written() { sql -c "UPDATE g_prov_control SET seqcounter = greatest(seqcounter, $1 + 1000), seqcurrent = $1 WHERE providertag = 2"; }

echo "seed ${SEED:=$RANDOM}"
RANDOM=$SEED
sql <<END
INSERT INTO g_prov_control VALUES (1, 1, 1, 10000, 200), (1, 1, 2, 100000, 0);
INSERT INTO g_sync_control VALUES (1, 1, 2, 0, 101, extract(epoch FROM timestamp '2026-11-23 08:00:00')::bigint, 500000, NULL, NULL);
INSERT INTO g_dss_gls_provider (dss_id, icon_dbid, ds_dbid, ds_dbid_prim, ds2_dbid, ds_type, dsconn_stime) VALUES (1, 77, 101, 101, 11, 1, '2026-11-22 00:00:00');
INSERT INTO gc_tenant (id, name, state, status, created, gsys_seq) VALUES (101, 'Acme', 1, 1, '2026-11-20', 1);
INSERT INTO gc_switch (id, tenantid, name, type, state, status, created, gsys_seq) VALUES (11, 101, 'SIP', 52, 1, 1, '2026-11-20', 2);
INSERT INTO gc_agent (id, tenantid, username, type, state, status, created, gsys_seq) SELECT 5000 + n, 101, 'user' || n, 2, 1, 1, '2026-11-20', 10 + n FROM generate_series(0, 39) n;
UPDATE gc_agent SET status = 2, deleted = '2026-11-21 12:00:00', lastchange = '2026-11-21 12:00:00', gsys_useq = 60 WHERE id = 5039;
INSERT INTO gc_group (id, name, tenantid, type, state, status, created, gsys_seq) VALUES (700, 'Sales', 101, 1, 1, 1, '2026-11-20', 55), (701, 'Access', 101, 4, 1, 1, '2026-11-20', 56);
INSERT INTO gcx_group_agent (id, groupid, agentid, status, created, gsys_seq) VALUES (1, 700, 5001, 1, '2026-11-20', 57);
INSERT INTO gc_annex (id, cfgobjectid, cfgobjecttype, sectionname, keyname, tenantid, value, status, created, gsys_seq) VALUES (1, 5002, 3, 'WFM', 'enabled', 101, 'Yes', 1, '2026-11-20', 58), (2, 5003, 3, 'other', 'enabled', 101, '1', 1, '2026-11-20', 59);
END
{ for n in {1..120}; do login_row "$n"; done; } | sql
sql -c "INSERT INTO gx_session_endpoint (id, agentid, endpointid, endpointtype, placeid, loginsessionid, state, mediatype, created, gsys_seq)
        SELECT n, 5000, CASE WHEN n % 4 = 0 THEN 0 ELSE 9000 + n END, CASE WHEN n % 4 = 0 THEN 0 ELSE 1 + n % 3 END, 3000, 'S-' || n, 1,
               CASE n % 4 WHEN 0 THEN CASE WHEN n % 8 = 0 THEN 'Chat' END WHEN 1 THEN 'email' END, '2026-11-23 09:00:00', 200 + n FROM generate_series(1, 80) n"
written 120

# 1. The first load.
begin
agree "first load"
fact 'object tenant/101@ever 1 {"deleted":false,"enabled":true,"id":101,"name":"Acme","type":"tenant"}'
fact 'object person/5002@ever 12 {"agent":true,"deleted":false,"enabled":true,"id":5002,"tenant":101,"type":"person","wfm":true}'
fact 'object person/5039@ever 4611686018427387964 {"agent":true,"deleted":false'
fact 'object person/5039@2026-11-21T12:00:00.000Z 4611686018427387964 {"agent":true,"deleted":true'
fact 'object switch/11@ever 2 {"deleted":false,"enabled":true,"id":11,"name":"SIP","switch_type":"sip","tenant":101,"type":"switch"}'
fact 'object agent-group/700@ever 55'
fact 'membership person/1 57 {"group":700,"member":5001,"member_type":"person"}'
fact 'coverage gls/77/1 0 {"from":"2026-11-22T00:00:00.000Z","group":"pair","note":"switch 11, by provider 101"}'
fact 'source icon-a 1 {"group":"pair","kind":"icon"}'
fact 'watermark watermark 1795420800500 {"until":"2026-11-23T08:00:00.500Z"}'
holds "a source says first what it is" [ "$(head -n 1 "$dir/out" | grep -c '"kind":"source"')" = 1 ]
holds "no access group, no person's name" [ "$(have | grep -cE 'group/701|user[0-9]')" = 0 ]

# 2. Numbers that become visible in another order than they were given; holes.
exec {late}> >(psql -X -q -At >/dev/null 2>&1)
late_pid=$!
{ echo "BEGIN;"; login_row 130; login_row 131; } >&"$late"
is_open() { [ -n "$(sql -c "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = 'psql' AND xact_start IS NOT NULL LIMIT 1")" ]; }
wait_for 30 "the open transaction" is_open
{ login_row 140; login_row 9000; } | sql
written 9000
agree "a higher number first"
echo "COMMIT;" >&"$late"
agree "then the lower ones"
exec {late}>&-
wait "$late_pid" || true

# 3. Log-outs are updates in place; many at once, in pages of 7.
sql -c "UPDATE g_login_session SET terminated = created + interval '3 hours', state = 0, gsys_useq = 10000 + id WHERE id BETWEEN 20 AND 60"
sql -c "UPDATE gx_session_endpoint SET terminated = '2026-11-23 12:00:00', state = 0, gsys_useq = 12000 + id % 5 WHERE id BETWEEN 10 AND 50"
written 13000
agree "log-outs"

# 4. The configuration changes: versions with their times, the first load's history untouched.
sql <<END
UPDATE gc_agent SET state = 2, lastchange = '2026-11-23 10:00:00', gsys_useq = 210 WHERE id = 5004;
UPDATE gc_agent SET status = 2, deleted = '2026-11-23 10:01:00', lastchange = '2026-11-23 10:01:00', gsys_useq = 211 WHERE id = 5005;
INSERT INTO gc_agent (id, tenantid, username, type, state, status, created, gsys_seq) VALUES (5100, 101, 'new', 2, 1, 1, '2026-11-23 10:02:00', 212);
INSERT INTO gc_agent (id, tenantid, username, type, state, status, created, deleted, lastchange, gsys_seq, gsys_useq) VALUES (5101, 101, 'short', 2, 1, 2, '2026-11-23 10:03:00', '2026-11-23 10:05:00', '2026-11-23 10:05:00', 213, 214);
UPDATE gcx_group_agent SET status = 2, deleted = '2026-11-23 10:04:00', gsys_useq = 215 WHERE id = 1;
INSERT INTO gc_annex (id, cfgobjectid, cfgobjecttype, sectionname, keyname, tenantid, value, status, created, gsys_seq) VALUES (3, 5006, 3, 'WFM', 'enabled', 101, '1', 1, '2026-11-23 10:06:00', 216);
INSERT INTO go_campaign (id, campaignid, groupid, state, created, gsys_seq) VALUES (1, 800, 700, 1, '2026-11-23 10:07:00', 1);
END
fact 'object person/5004@2026-11-23T10:00:00.000Z 4611686018427388114 {"agent":true,"deleted":false,"enabled":false'
fact 'object person/5005@2026-11-23T10:01:00.000Z 4611686018427388115 {"agent":true,"deleted":true'
fact 'object person/5100@2026-11-23T10:02:00.000Z 212 {"agent":true,"deleted":false,"enabled":true,"id":5100,"tenant":101,"type":"person","valid_from":"2026-11-23T10:02:00.000Z"}'
fact 'object person/5101@2026-11-23T10:03:00.000Z 213 {"agent":true,"deleted":false'
fact 'object person/5101@2026-11-23T10:05:00.000Z 4611686018427388118 {"agent":true,"deleted":true'
fact 'membership person/1 4611686018427388119 {"group":700,"member":5001,"member_type":"person","to":"2026-11-23T10:04:00.000Z"}'
fact 'object person/5006@2026-11-23T10:06:00.000Z 216 {"agent":true,"deleted":false,"enabled":true,"id":5006,"tenant":101,"type":"person","valid_from":"2026-11-23T10:06:00.000Z","wfm":true}'
fact 'campaign 1 1 {"campaign":800,"group":700,"loaded_from":"2026-11-23T10:07:00.000Z"}'
say "changes of the configuration are versions from their time on"

# 5. The watermark follows G_SYNC_CONTROL, never the clock and never backwards.
sql -c "UPDATE g_sync_control SET eventtimesec = eventtimesec + 3600"
fact 'watermark watermark 1795424400500 {"until":"2026-11-23T09:00:00.500Z"}'
sql -c "UPDATE g_sync_control SET eventtimesec = eventtimesec - 60"
{ login_row 9001; } | sql
agree "a row while the watermark stands"
fact 'watermark watermark 1795424400500'
say "the watermark stands while nothing moves"

# 6. Killed in the middle, many times; the cursor and its facts go together.
for round in 1 2 3 4 5; do
    kill -KILL "$adapter_pid"
    wait "$adapter_pid" 2>/dev/null || true
    { for n in {1..20}; do login_row $((9100 + round * 20 + n)); done; } | sql
    sql -c "UPDATE g_login_session SET terminated = created + interval '1 hour', gsys_useq = 20000 + $round * 100 + id % 7 WHERE id = 60 + $round"
    begin
    [ $((RANDOM % 2)) = 0 ] || fact "login_session $((9120 + round * 20)) "
done
agree "five kills"
holds "a restart rewrites no history" [ "$(have | grep -c '^contradiction')" = 0 ]

# 7. A column goes away, and comes back; the other tables go on.
sql -c "ALTER TABLE gx_session_endpoint RENAME COLUMN mediatype TO was_mediatype"
sql -c "UPDATE gx_session_endpoint SET terminated = '2026-11-23 13:00:00', gsys_useq = 13900 WHERE id = 6"
{ login_row 9301; } | sql
hears 'column MEDIATYPE (session_endpoint.columns.media) is missing'
fact 'login_session 9301 '
sql -c "ALTER TABLE gx_session_endpoint RENAME COLUMN was_mediatype TO mediatype"
sql -c "UPDATE gx_session_endpoint SET terminated = '2026-11-23 13:00:00', gsys_useq = 14000 WHERE id = 5"
hears 'table GX_SESSION_ENDPOINT is read again'
agree "a column that was missing"
holds "the missing column was said once" [ "$(grep -c 'MEDIATYPE (session_endpoint' "$dir/log")" = 1 ]
sql -c "ALTER TABLE go_campaign RENAME TO away"
{ login_row 9302; } | sql
fact 'login_session 9302 '
sql -c "INSERT INTO away (id, campaignid, groupid, state, created, gsys_seq) VALUES (2, 801, 700, 1, '2026-11-23 11:07:00', 2)"
hears 'table GO_CAMPAIGN (tables.campaign of the column map) is not read: there is no such table'
sql -c "ALTER TABLE away RENAME TO go_campaign"
fact 'campaign 2 2 '
say "a table that was missing is read when it is back"

# 8. Rows that cannot be mapped are kept aside with their place.
sql -c "INSERT INTO g_login_session (id, loginsessionid, created, terminated, gsys_seq) VALUES (9400, 'S-9400', '2026-11-23 12:00:00', '2026-11-23 11:00:00', 9400)"
wait_for 30 "a refused row" grep -q '^table G_LOGIN_SESSION, ID 9400: .*end' "$dir/out.refused" || { cat "$dir/out.refused"; exit 1; }
sql -c "DELETE FROM g_login_session WHERE id = 9400"
say "refused: $(head -n 1 "$dir/out.refused" | cut -c1-120)"

# 9. The database is away and comes back.
port=$PGPORT
pg_stop
hears 'is away'
pg_start "$dir" "$port"
hears 'is back'
{ login_row 9500; } | sql
agree "after the database's restart"

# 10. A row so late that its number lies far below the confirmed mark: found when the open sessions are compared.
{ login_row 125; } | sql
sql -c "SET session_replication_role = replica; UPDATE g_login_session SET terminated = created + interval '2 hours' WHERE id = 9500"
echo "    (a minute at most until the next comparison)"
want_late() { has 'login_session 125 '; }
wait_for 150 "the late row" want_late
say "a row that came far too late was found"

# 10b. One that had ended when it came, so late: nothing but the nightly re-reading can find it.
end
sql -c "INSERT INTO g_login_session (id, loginsessionid, state, created, created_ts, terminated, terminated_ts, gsys_domain, gsys_seq, gsys_useq)
        SELECT 127, 'S-127', 2, t, extract(epoch FROM t), t + interval '9 min', extract(epoch FROM t) + 540, 1, 127, 0 FROM (SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') - interval '1 hour' AS t) q"
begin
{ login_row 9501; } | sql
fact 'login_session 9501 '
has 'login_session 127 ' && { echo "found before it was looked for"; exit 1; }
end
grep -q '"reread":[0-9]' "$dir/cursor" || { echo "the cursor does not say when the last night was: $(cat "$dir/cursor")"; exit 1; }
sed -i 's/"reread":[0-9]*/"reread":1/' "$dir/cursor"
begin
fact 'login_session 127 '
hears 'rows, [0-9]* stated again'
say "a row that only the nightly re-reading finds"

# 10c. A backfill of a day, twice: what began or ended in it, as it is, and nothing else.
sql -c "UPDATE g_login_session SET created_ts = extract(epoch FROM created), terminated_ts = extract(epoch FROM terminated)"
sql -c "UPDATE gx_session_endpoint SET created_ts = extract(epoch FROM created), terminated_ts = extract(epoch FROM terminated)"
backfill() { "${SEATMETER:-$BUILD/seatmeter}" adapt icon -c "$dir/settings.yaml" --from 2026-11-23 --to 2026-11-24 >"$dir/lines" 2>"$dir/backfill.log" || { cat "$dir/backfill.log"; return 1; }; }
backfill && "$program" newest "$dir/lines" | grep -E '^(login|session_media|contra|unlaw)' | LC_ALL=C sort >"$dir/first"
backfill && "$program" newest "$dir/lines" | grep -E '^(login|session_media|contra|unlaw)' | LC_ALL=C sort >"$dir/second"
want_sessions | grep -v '^login_session 127 ' | LC_ALL=C sort >"$dir/want"
cmp "$dir/first" "$dir/want" && cmp "$dir/second" "$dir/want" || { diff "$dir/first" "$dir/want" | head -5; exit 1; }
say "a backfill of a day: $(wc -l <"$dir/first") sessions' rows, the same twice"

# 11. A stop in the middle of a query that does not end.
exec {lock}> >(psql -X -q -At >/dev/null 2>&1)
lock_pid=$!
echo "BEGIN; LOCK TABLE g_login_session IN ACCESS EXCLUSIVE MODE;" >&"$lock"
waits() { [ -n "$(sql -c "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' LIMIT 1")" ]; }
wait_for 30 "the query that waits" waits
kill -TERM "$adapter_pid"
wait "$adapter_pid"
waits && { echo "the query still waits in the database"; exit 1; }
say "stopped while the table was locked: $(grep -o 'stopped in .*' "$dir/log" | tail -n 1)"
exec {lock}>&-
wait "$lock_pid" || true

# 12. A database that was restored: its counter lies below our mark; that cursor stops, the others go on.
sql -c "UPDATE g_prov_control SET seqcounter = 8000, seqcurrent = 8000 WHERE providertag = 2"
begin
hears 'G_LOGIN_SESSION: SEQCOUNTER of class gls is 8000, below the'
sql -c "INSERT INTO gc_place (id, tenantid, name, state, status, created, gsys_seq) VALUES (3001, 101, 'Desk', 1, 1, '2026-11-23 14:00:00', 230)"
fact 'object place/3001@2026-11-23T14:00:00.000Z 230'
{ login_row 9600; } | sql
end
begin
sql -c "INSERT INTO gc_place (id, tenantid, name, state, status, created, gsys_seq) VALUES (3002, 101, 'Desk', 1, 1, '2026-11-23 14:00:00', 231)"
fact 'object place/3002@'
end
has 'login_session 9600 ' && { echo "a row of the restored database was read"; exit 1; }
say "a restored database stops its cursor, after a restart, too"
grep -qi "$PGPASSWORD" "$dir/log" && { echo "the password is in the log"; exit 1; }
say "no password in the log"
