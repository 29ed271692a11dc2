#!/bin/bash
# Random interleavings of ICON's writers in a real PostgreSQL and a real MariaDB: sessions that hold transactions open and commit out of
# order, blocks of numbers, batches hours late, purges, restarts, sessions that the server ends, columns that go away or change their type
# (ALTER TABLE) and come back.  The facts of the adapter, by an account that may only read, are the rows of the database.
# 50 seeds each, 300 with --long; the same generator does thousands in memory (tests/property/test_icon.c).
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/mariadb.sh"
also_at_exit mdb_stop
# The linker cannot wrap what is optimized across files, as a release is: a tree of its own, without.
BUILD=$tree/build/plain
{ cmake -S "$tree" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER_LAUNCHER="$(command -v ccache)" && ninja -C "$BUILD" system.icon_interleave; } >"$scratch/build.log" 2>&1 ||
    { tail -n 20 "$scratch/build.log"; fail "system.icon_interleave cannot be built"; }
SEEDS=${SEEDS:-${LONG:+300}}
export SEED SEEDS=${SEEDS:-50}

pg_start "$scratch" || fail "PostgreSQL"
psql -X -q -v ON_ERROR_STOP=1 -f "$tree/deploy/icon-idb.postgres.sql" >/dev/null || fail "ICON's tables"
psql -X -q -v ON_ERROR_STOP=1 -c "CREATE ROLE reader LOGIN PASSWORD '$PGPASSWORD'" -c "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader" \
    -c "CREATE INDEX ON g_login_session (created_ts, id)" || fail "the reader's account"
mdb_start "$scratch/mdb" || fail "MariaDB"
mdb_create_icon "$tree/deploy/icon-idb.postgres.sql" && mdb "CREATE INDEX BEGINS ON G_LOGIN_SESSION (CREATED_TS, ID)" || fail "ICON's tables in MariaDB"

interleave() { # WHAT DSN READER WRITER ADMIN PASSWORD_FILE
    local what=$1
    shift
    "$BUILD/tests/system.icon_interleave" "$@" >"$scratch/out" 2>"$scratch/err"
    case $? in
    0) note "$what: $(cat "$scratch/out")" ;;
    *) cat "$scratch/out" "$scratch/err"; fail "$what: the facts are not the database" ;;
    esac
}
interleave PostgreSQL "$PG_DSN" reader seatmeter seatmeter "$PG_PASSWORD_FILE"
interleave MariaDB icon_mariadb reader writer root "$MDB_PASSWORD_FILE"
