# tests/support/mariadb.sh - a private MariaDB in a folder of its own; to be sourced by bash, after postgres.sh or system.sh.
#
#   mdb_start DIR            makes DIR/mariadb, starts it on a free loopback port, waits until it answers; makes the database
#                            "icon" and the accounts reader (SELECT) and writer (everything), and their DSN "icon_mariadb" in
#                            $ODBCINI (pg_start makes that file; without it, here); MDB_PASSWORD_FILE has their password
#   mdb SQL… | mdb <FILE     as root, in database icon, without headings
#   mdb_stop                 ends it; the data stay
#
# Only the programs are installed, no service: as root the user "nobody" runs it.  Only the loopback, only with a random password.

mdb_pid='' mdb_dir=''

mdb() {
    if [ $# -gt 0 ]; then
        MYSQL_PWD=$mdb_password mariadb --no-defaults -h 127.0.0.1 -P "$MDB_PORT" -u root --local-infile=1 -N -B icon -e "$*"
    else
        MYSQL_PWD=$mdb_password mariadb --no-defaults -h 127.0.0.1 -P "$MDB_PORT" -u root --local-infile=1 -N -B icon
    fi
}
mdb_answers() { ! is_running "$mdb_pid" || MYSQL_PWD=$mdb_password mariadb --no-defaults -S "$mdb_dir/run/m.sock" -u root -e 'SELECT 1'; }

mdb_start() {
    local as=() driver
    mkdir -p "$1/mariadb" "$1/run" && mdb_dir=$(cd "$1" && pwd) || return 1
    command -v mariadbd >/dev/null || PATH=$PATH:/usr/sbin
    driver=$(find /usr/lib -name libmaodbc.so 2>/dev/null | head -n 1)
    command -v mariadbd >/dev/null && [ -n "$driver" ] || { echo "no MariaDB or no ODBC driver for it: run deploy/install test" >&2; return 1; }
    mdb_password=''
    if [ "$(id -u)" = 0 ]; then
        as=(--user=nobody)
        chown nobody: "$mdb_dir/mariadb" "$mdb_dir/run" && chmod a+x "$mdb_dir"
    fi
    mariadb-install-db --no-defaults "${as[@]}" --datadir="$mdb_dir/mariadb" --auth-root-authentication-method=normal --skip-test-db >"$mdb_dir/mariadb.log" 2>&1 ||
        { tail -n 5 "$mdb_dir/mariadb.log" >&2; return 1; }
    MDB_PORT=$(free_port) && export MDB_PORT || return 1
    setpriv --pdeathsig KILL -- mariadbd --no-defaults "${as[@]}" --datadir="$mdb_dir/mariadb" --socket="$mdb_dir/run/m.sock" --bind-address=127.0.0.1 \
        --port="$MDB_PORT" --innodb-flush-log-at-trx-commit=0 --local-infile=1 --character-set-server=utf8mb4 >>"$mdb_dir/mariadb.log" 2>&1 </dev/null &
    mdb_pid=$!
    wait_for 60 "MariaDB on port $MDB_PORT" mdb_answers && is_running "$mdb_pid" || { tail -n 5 "$mdb_dir/mariadb.log" >&2; return 1; }
    mdb_password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    mariadb --no-defaults -S "$mdb_dir/run/m.sock" -u root -e "CREATE DATABASE icon; CREATE USER reader@'%' IDENTIFIED BY '$mdb_password';
        GRANT SELECT ON icon.* TO reader@'%'; CREATE USER writer@'%' IDENTIFIED BY '$mdb_password'; GRANT ALL ON icon.* TO writer@'%';
        CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '$mdb_password'; GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
        SET PASSWORD FOR root@localhost = PASSWORD('$mdb_password')" || return 1
    MDB_PASSWORD_FILE=$mdb_dir/mariadb.password
    (umask 077 && printf '%s\n' "$mdb_password" >"$MDB_PASSWORD_FILE")
    [ -n "${ODBCINI:-}" ] || export ODBCSYSINI=$mdb_dir ODBCINI=$mdb_dir/odbc.ini
    printf '\n[MariaDB]\nDescription = MariaDB\nDriver = %s\n' "$driver" >>"$ODBCSYSINI/odbcinst.ini"
    printf '\n[icon_mariadb]\nDriver = MariaDB\nSERVER = 127.0.0.1\nPORT = %s\nDATABASE = icon\n' "$MDB_PORT" >>"$ODBCINI"
}

mdb_stop() {
    local pid=$mdb_pid
    mdb_pid=
    is_running "$pid" || return 0
    kill -TERM "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}

# ICON's tables, empty.
mdb_create_icon() {
    sed -E 's/TIMESTAMP\(3\)/DATETIME(3)/g; s/NUMERIC\(16\)/DECIMAL(16)/g; s/--.*//; s/\bTERMINATED\b/`TERMINATED`/g; s/\(LIKE (\w+) INCLUDING ALL\)/LIKE \1/' "$1" | mdb
}

# ICON's tables and their rows from the PostgreSQL that pg_start made, as the simulator left them, with the indexes that we ask for.
mdb_copy_icon() {
    local table
    mdb_create_icon "$1" || return 1
    for table in $(psql -X -Atq -c "SELECT upper(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_name LIKE 'g%' ORDER BY 1"); do
        psql -X -Atq -c "COPY $table TO STDOUT" >"$mdb_dir/copy" || return 1
        [ ! -s "$mdb_dir/copy" ] || mdb "SET sql_mode = ''; LOAD DATA LOCAL INFILE '$mdb_dir/copy' INTO TABLE $table CHARACTER SET utf8mb4" || return 1
    done
    rm -f "$mdb_dir/copy"
    for table in G_LOGIN_SESSION GX_SESSION_ENDPOINT GO_CAMPAIGN GC_AGENT GC_PLACE GC_ENDPOINT GC_LOGIN; do
        mdb "CREATE INDEX ${table}_SEQ ON $table (GSYS_SEQ, ID); CREATE INDEX ${table}_USEQ ON $table (GSYS_USEQ, ID)" || return 1
    done
}
