#!/bin/bash
# An ICON database on MariaDB: the same rows give the same numbers, the simulator's truth; rows that become visible out of order,
# updates and late rows come through; the probe says what is there, and tells an account that may write from one that may
# only read.  And: 64-bit integers as texts (Oracle's driver knows no others) read the same rows from PostgreSQL.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/mariadb.sh"
also_at_exit mdb_stop
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.icon_tail >/dev/null || fail "system.icon_tail cannot be built"

pg_start "$scratch" || fail "PostgreSQL"
mdb_start "$scratch/mdb" || fail "MariaDB"
port=$(free_port)
from=$(date -u -d '1 day ago' +%FT00:00:00Z)
expect 0 "a day in PostgreSQL" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 200 --days 1 --seed "$SEED" --no-live --truth "$scratch/truth.jsonl"
mdb_copy_icon "$tree/deploy/icon-idb.postgres.sql" || fail "copying to MariaDB"
note "$(mdb 'SELECT COUNT(*) FROM G_LOGIN_SESSION') log-ins are in MariaDB"
settings() { # settings FILE PORT STORE USER
    settings_write "$1" "$2" "$3"
    sed -i "s/dsn: .*/dsn: icon_mariadb/" "$1"
    printf '    user: %s\n    password_file: %s\n    settle_seconds: 1\n    poll_ms: 50\n    page_rows: 500\n' "$4" "$MDB_PASSWORD_FILE" >>"$1"
}
settings "$scratch/settings.yaml" "$port" "$scratch/store" reader
settings "$scratch/writer.yaml" "$port" "$scratch/store" writer

expect 0 "the probe" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --probe
for said in 'MariaDB' 'login_session: G_LOGIN_SESSION' 'person=AGENTID' 'CREATE INDEX GC_TENANT_SEQ ON GC_TENANT \(GSYS_SEQ, ID\)' \
    'account: it may only read, which is enough' 'codes.switch_type, GC_SWITCH.TYPE: .*52 \(1 rows\) = sip' 'annex.wfm, option WFM/enabled: [1-9]' \
    'no object has this option: is it called so here\? \(annex.mailbox' 'media, GX_SESSION_ENDPOINT.MEDIATYPE: .*chat .*= chat' \
    'watermark: 6? ?[0-9]+ open connections' 'nothing was written'; do
    grep -q -E -- "$said" "$scratch/out" || { cat "$scratch/out"; fail "the probe does not say: $said"; }
done
grep -E 'G_LOGIN_SESSION_SEQ|G_LOGIN_SESSION_USEQ' "$scratch/out" && fail "an index that is there is asked for"
expect 0 "the probe with another account" "$SEATMETER" adapt icon -c "$scratch/writer.yaml" --probe
expect_said '! this account may change GC_ANNEX, .*an account that may only SELECT is enough'

server_start "$scratch/settings.yaml" "$port"
truth_load "$scratch/truth.jsonl"
truth_holds 120 "$port" "$from" "$until" || fail "from MariaDB the numbers are not the truth"
note "$(wc -l <"$scratch/rows") rows of $(wc -l <"$scratch/items") items from MariaDB are the truth"
server_stop

# The set of facts is the database's, while writers overlap.
"$BUILD/tests/system.icon_tail" run "$scratch/settings.yaml" "$scratch/facts" "$scratch/cursor" 2>"$scratch/tail.log" &
simulator=$!
versions() { mdb "SELECT CONCAT('login_session ', ID, ' ', IF(GSYS_USEQ > 0, 4611686018427387904 + GSYS_USEQ, GSYS_SEQ)) FROM G_LOGIN_SESSION UNION ALL
    SELECT CONCAT('session_media ', ID, ' ', IF(GSYS_USEQ > 0, 4611686018427387904 + GSYS_USEQ, GSYS_SEQ)) FROM GX_SESSION_ENDPOINT WHERE MEDIATYPE IS NOT NULL OR ENDPOINTTYPE <> 0" | sort; }
told() { "$BUILD/tests/system.icon_tail" newest "$scratch/facts" | grep -E '^(login_session|session_media|contra)' | cut -d' ' -f1-3 | sort; }
same() { versions >"$scratch/want" && told >"$scratch/have" && cmp -s "$scratch/want" "$scratch/have"; }
agree() { wait_for 60 "$1" same || { diff "$scratch/want" "$scratch/have" | head; tail -n 5 "$scratch/tail.log"; fail "$1"; } && note "$1: $(wc -l <"$scratch/want") rows agree"; }
agree "the first load"
row() { echo "INSERT INTO G_LOGIN_SESSION (ID, LOGINSESSIONID, AGENTID, PLACEID, STATE, CREATED, CREATED_TS, GSYS_DOMAIN, GSYS_SEQ, GSYS_USEQ) VALUES ($1, 'M-$1', 5001, 3001, 1, '2026-11-23 09:00:00.120', 1795424400, 5001, $1, 0);"; }
base=$(mdb 'SELECT GREATEST(MAX(GSYS_SEQ), MAX(GSYS_USEQ)) + 1000 FROM G_LOGIN_SESSION')
mdb "UPDATE G_PROV_CONTROL SET SEQCOUNTER = $base + 1000000 WHERE PROVIDERTAG = 2"
for round in 1 2 3 4 5 6; do
    low=$((base + round * 1000)) high=$((base + round * 1000 + 500))
    coproc late { MYSQL_PWD=$mdb_password mariadb --no-defaults -h 127.0.0.1 -P "$MDB_PORT" -u root -N -B -n icon 2>&1; }
    { echo 'BEGIN;'; for n in 1 2 3; do row $((low + n)); done; echo "SELECT 'open';"; } >&"${late[1]}"
    read -r -t 30 _ <&"${late[0]}"
    { for n in 1 2 3; do row $((high + n)); done; } | mdb
    mdb "UPDATE G_LOGIN_SESSION SET \`TERMINATED\` = '2026-11-23 10:00:00', TERMINATED_TS = 1795428000, STATE = 2, GSYS_USEQ = $high + 10 + ID % 3 WHERE ID BETWEEN $high AND $high + 2;
         UPDATE G_PROV_CONTROL SET SEQCURRENT = $high + 20 WHERE PROVIDERTAG = 2"
    agree "round $round, higher numbers first"
    echo 'COMMIT; SELECT 1;' >&"${late[1]}"
    read -r -t 30 _ <&"${late[0]}"
    agree "round $round, then the lower ones"
    late_stdin=${late[1]}
    exec {late_stdin}>&-
    wait "$late_PID" 2>/dev/null
    [ $((round % 3)) != 0 ] || { kill -KILL $simulator; wait $simulator 2>/dev/null; "$BUILD/tests/system.icon_tail" run "$scratch/settings.yaml" "$scratch/facts" "$scratch/cursor" 2>>"$scratch/tail.log" & simulator=$!; }
done
mdb 'ALTER TABLE GX_SESSION_ENDPOINT CHANGE CREATED CREATED VARCHAR(40)' 2>/dev/null && mdb "UPDATE GX_SESSION_ENDPOINT SET CREATED = 'soon', GSYS_USEQ = $base + 90000 ORDER BY ID DESC LIMIT 1;
    UPDATE G_PROV_CONTROL SET SEQCURRENT = $base + 90000 WHERE PROVIDERTAG = 2; $(row $((base + 90001)))"
wait_for 60 "the row beside a column that was retyped" grep -q "\"key\":\"$((base + 90001))\"" "$scratch/facts" || fail "a retyped column stopped another table"
loud() { cat "$scratch/tail.log" "$scratch/facts.refused" | grep -q -E 'GX_SESSION_ENDPOINT.*(not read|CREATED|begin)'; }
wait_for 60 "words about the retyped column" loud || { tail -n 3 "$scratch/tail.log"; fail "a retyped column was met in silence"; }
note "a column that was retyped: $(cat "$scratch/tail.log" "$scratch/facts.refused" | grep -E 'GX_SESSION_ENDPOINT.*(not read|CREATED|begin)' | tail -n 1 | cut -c1-200)"
! grep -q "$mdb_password" "$scratch/tail.log" || fail "the password is in the log"

# PostgreSQL, asked in other systems' ways.
ninja -C "$BUILD" system.odbc_ways >/dev/null || fail "system.odbc_ways cannot be built"
"$BUILD/tests/system.odbc_ways" "$PG_DSN" "" >"$scratch/own" || fail "PostgreSQL in its own way"
[ "$(wc -l <"$scratch/own")" -gt 300 ] || fail "hardly a row"
for system in Oracle DB2 other; do
    "$BUILD/tests/system.odbc_ways" "$PG_DSN" "$system" >"$scratch/ways" || fail "PostgreSQL in the ways of $system"
    cmp "$scratch/own" "$scratch/ways" || fail "in the ways of $system the rows are others"
done
note "$(wc -l <"$scratch/own") rows, the same in the texts and bindings of Oracle, DB2 and the standard"
