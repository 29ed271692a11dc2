# tests/support/postgres.sh - a private PostgreSQL cluster in a folder of its own; to be sourced by bash.
#
#   . tests/support/postgres.sh
#   trap pg_stop EXIT
#   pg_start DIR [PORT]      makes DIR/postgres if it is not there, starts it on a free loopback port,
#                            waits until it answers, and exports what follows
#   psql -c 'SELECT 1'       PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE point at the database "icon"
#   isql icon                ODBCINI and ODBCSYSINI name the DSN "icon", with user and password in it;
#                            PG_DSN=icon, PG_PASSWORD_FILE a file that holds the password
#   pg_add_database NAME     one more database beside "icon", with a DSN of its name
#   pg_stop                  ends it, quickly; the data stay in DIR until you remove them
#   pg_pause, pg_continue    the server stands still (SIGSTOP) and goes on: a database that does not answer
#
# PostgreSQL refuses to run as root: then the user "postgres" of the Debian package runs it, owns
# DIR/postgres, and must be able to enter DIR.  Only the loopback, and only with a random password.
# fsync is off (PG_FSYNC=on keeps it): these are data for an hour.  The server gets a signal when the
# shell that called pg_start dies, however it dies; so do not call it in a subshell that ends at once.

. "$(dirname "${BASH_SOURCE[0]}")/wait.sh"

pg_pid=

# The newest version's programs; Debian keeps them out of PATH.
pg_bin() {
    local found
    found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$found" ] || { echo "no PostgreSQL server found in /usr/lib/postgresql: run deploy/install" >&2; return 1; }
    dirname "$found"
}

# Runs a command as the user that PostgreSQL may run as.
pg_as() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

pg_init() {
    local dir=$1 bin=$2
    mkdir -p "$dir/postgres"
    chmod 700 "$dir/postgres"
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password"
    chmod 600 "$dir/password"
    cp "$dir/password" "$dir/postgres.password"
    if [ "$(id -u)" = 0 ]; then
        chmod a+x "$dir"
        chown postgres: "$dir/postgres" "$dir/postgres.password"
        if ! pg_as test -w "$dir/postgres"; then
            echo "the user postgres cannot enter $dir: choose a folder that every user may pass through" >&2
            return 1
        fi
    fi
    (cd / && pg_as env -u LC_ALL LANG=C "$bin/initdb" -D "$dir/postgres" -U seatmeter --pwfile="$dir/postgres.password" \
        -A scram-sha-256 -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions) >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        rm -rf "$dir/postgres"
        return 1
    }
    rm -f "$dir/postgres.password"
}

# psqlodbc's file, wherever this architecture keeps it.
pg_write_odbc() {
    local dir=$1 driver
    driver=$(find /usr/lib -name psqlodbcw.so 2>/dev/null | head -n 1)
    [ -n "$driver" ] || { echo "no PostgreSQL ODBC driver (psqlodbcw.so) found: run deploy/install" >&2; return 1; }
    printf '[PostgreSQL]\nDescription = PostgreSQL\nDriver = %s\n' "$driver" >"$dir/odbcinst.ini"
    (umask 077 && cat >"$dir/odbc.ini") <<END
[icon]
Driver = PostgreSQL
Servername = 127.0.0.1
Port = $PGPORT
Database = icon
Username = seatmeter
Password = $PGPASSWORD
END
    export ODBCSYSINI=$dir ODBCINI=$dir/odbc.ini PG_DSN=icon PG_PASSWORD_FILE=$dir/password
}

# setsid: a Ctrl-C in the terminal reaches the script, which ends its parts in order.
pg_launch() {
    local dir=$1 bin=$2 as=()
    [ "$(id -u)" = 0 ] && as=(--reuid=postgres --regid=postgres --init-groups)
    (cd / && exec setsid setpriv "${as[@]}" --pdeathsig INT -- env LANG=C TZ=UTC "$bin/postgres" -D "$dir/postgres" -p "$PGPORT" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync="${PG_FSYNC:-off}" \
        -c full_page_writes="${PG_FSYNC:-off}" -c synchronous_commit=off -c shared_buffers=64MB -c max_connections=40 \
        -c timezone=UTC -c log_timezone=UTC -c log_line_prefix='%m ' -c logging_collector=off) >>"$dir/postgres.log" 2>&1 &
    pg_pid=$!
}

pg_answers() {
    pg_isready -q -h 127.0.0.1 -p "$PGPORT" -U seatmeter -d postgres
}

# Ready, or gone (then the caller looks why).
pg_settled() {
    pg_answers || ! is_running "$pg_pid"
}

pg_start() {
    local dir bin attempt wanted=${2:-}
    mkdir -p "$1" && dir=$(cd "$1" && pwd) && bin=$(pg_bin) || return 1
    [ -f "$dir/postgres/PG_VERSION" ] || pg_init "$dir" "$bin" || return 1
    if [ "$(cat "$dir/postgres/PG_VERSION" 2>/dev/null || pg_as cat "$dir/postgres/PG_VERSION")" != "$(basename "$(dirname "$bin")")" ]; then
        echo "$dir/postgres was made by another version of PostgreSQL: remove it" >&2
        return 1
    fi
    export PGHOST=127.0.0.1 PGUSER=seatmeter PGDATABASE=icon PGPASSWORD
    PGPASSWORD=$(cat "$dir/password")
    # Another program may take the port between the look and the start: then the next one.
    for attempt in 1 2 3 4 5; do
        PGPORT=${wanted:-$(free_port)} && export PGPORT || return 1
        pg_launch "$dir" "$bin"
        wait_for 60 "PostgreSQL on port $PGPORT" pg_settled
        is_running "$pg_pid" && pg_answers && break
        pg_pid=
        if [ "$attempt" = 5 ] || [ -n "$wanted" ]; then
            echo "PostgreSQL did not start; the end of $dir/postgres.log:" >&2
            tail -n 5 "$dir/postgres.log" >&2
            return 1
        fi
    done
    if [ "$(psql -X -Atq -d postgres -c "SELECT count(*) FROM pg_database WHERE datname = 'icon'")" = 0 ]; then
        psql -X -q -d postgres -c 'CREATE DATABASE icon' || return 1
    fi
    pg_write_odbc "$dir"
}

pg_add_database() {
    psql -X -q -d postgres -c "CREATE DATABASE $1" || return 1
    sed -n "/^\[$PG_DSN\]/,/^\$/p" "$ODBCINI" | sed "s/^\[.*/[$1]/; s/^Database = .*/Database = $1/" >"$ODBCINI.more" &&
        (echo && cat "$ODBCINI.more") >>"$ODBCINI" && rm -f "$ODBCINI.more"
}

# A fast shutdown; waits until it is gone.
pg_stop() {
    local pid=$pg_pid
    pg_pid=
    is_running "$pid" || return 0
    kill -CONT "$pid" 2>/dev/null
    kill -INT "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}

# The postmaster and its children, so that open connections stand still, too.
pg_signal_all() {
    local child
    kill "-$1" "$pg_pid"
    for child in $(cat "/proc/$pg_pid/task/$pg_pid/children" 2>/dev/null); do
        kill "-$1" "$child" 2>/dev/null
    done
    return 0
}
pg_pause() { pg_signal_all STOP; }
pg_continue() { pg_signal_all CONT; }
