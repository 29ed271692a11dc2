# tests/support/system.sh - what the system tests share; to be sourced by bash.  Each test is one script, exit 0 = passed.
#
#   SEATMETER        the program; tests/run sets it, else the release build
#   scratch          a folder of this test, removed at its end together with every process it started
#   settings_write FILE PORT STORE [MORE]   a settings file; with PostgreSQL at work its ICON source is in it
#   server_start SETTINGS PORT              starts `serve` and waits until /readyz says 200; its log: $scratch/server.log
#   server_stop, server_kill                by SIGTERM, which must end with exit 0; by SIGKILL
#   api PORT PATH                           the body of an answer, or false
#   expect CODE WHAT COMMAND…               runs it; its output: $scratch/out and err; fails the test at another exit code
#   usage_rows --store DIR|--url URL FROM TO GRANULARITY SCOPE…   numbers of each scope, sorted, one row a line
#   truth_load FILE  the simulator's truth by 10 minutes: $scratch/truth.rows and its $scratch/items, $tenants, and $until, its last period's end
#   truth_holds SECONDS PORT FROM UNTIL     what the server says of these items and scopes ($scratch/rows) is the truth within that time
#   known_items      of rows on stdin those of $scratch/items
#   also_at_exit COMMAND                    what else is to be ended with the test, first; its exit code stays what it was
#   random_seconds MOST                     0.000 to MOST, from SEED
set -u -o pipefail
export LC_ALL=C.UTF-8 TZ=UTC
. "$(dirname "${BASH_SOURCE[0]}")/postgres.sh"
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SEATMETER=${SEATMETER:-$tree/build/release/seatmeter}
[ -x "$SEATMETER" ] || { echo "no program at $SEATMETER: build it, or set SEATMETER" >&2; exit 2; }
SEED=${SEED:-$$}
RANDOM=$SEED
echo "SEED=$SEED"
scratch=$(mktemp -d)
chmod 711 "$scratch"
server='' simulator=''

fail() {
    echo "FAILED: $*" >&2
    [ ! -s "$scratch/server.log" ] || { echo "the end of the server's log:" && tail -n 15 "$scratch/server.log"; } >&2
    exit 1
}
note() { printf '%(%H:%M:%S)T  %s\n' -1 "$*"; }

end_process() {
    is_running "$1" || return 0
    kill -TERM "$1" 2>/dev/null
    wait_for 20 "the end of process $1" not_running "$1" || kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}
not_running() { ! is_running "$1"; }
ends=()
also_at_exit() { ends=("$1" ${ends[@]+"${ends[@]}"}); }
at_exit() {
    local status=$? end
    trap '' INT TERM
    for end in ${ends[@]+"${ends[@]}"}; do $end; done
    end_process "$server"
    end_process "$simulator"
    pg_stop
    if [ $status != 0 ] && [ -n "${LOGS:-}" ]; then
        mkdir -p "$LOGS" && cp "$scratch"/*.log "$LOGS/" 2>/dev/null
    fi
    rm -rf "$scratch"
    exit $status
}
trap at_exit EXIT
trap 'exit 130' INT TERM

random_seconds() {
    local ms=$(((RANDOM * 32768 + RANDOM) % ($1 * 1000 + 1)))
    random_s=$((ms / 1000)).$(printf %03d $((ms % 1000)))
}

settings_write() {
    cat >"$1" <<END
store:
  dir: $3
http:
  port: $2
END
    [ -z "${4:-}" ] || printf '%s\n' "$4" >>"$1"
    [ -z "$pg_pid" ] || cat >>"$1" <<END
sources:
  - kind: icon
    name: icon-a
    dsn: $PG_DSN
END
}

api() { curl -sS --fail-with-body --max-time 30 "http://localhost:$1$2"; }
server_ready() { not_running "$server" || api "$server_port" /readyz; }

server_launch() {
    server_port=$2
    setpriv --pdeathsig KILL -- "$SEATMETER" serve -c "$1" >>"$scratch/server.log" 2>&1 </dev/null &
    server=$!
}
server_start() {
    server_launch "$@"
    wait_for 60 "the server's /readyz" server_ready || fail "the server is not ready"
    is_running "$server" || fail "the server ended at once"
}
server_stop() {
    local pid=$server status
    server=
    kill -TERM "$pid" 2>/dev/null
    wait "$pid"
    status=$?
    [ $status = 0 ] || fail "the server ended with $status after SIGTERM"
}
server_kill() {
    local pid=$server
    server=
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}

expect() {
    local code=$1 what=$2 status
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    if [ "$status" != "$code" ]; then
        cat "$scratch/out" "$scratch/err" >&2
        fail "$what: exit $status, expected $code"
    fi
    note "$what: exit $code"
}
expect_said() {
    grep -q -E -- "$1" "$scratch/out" "$scratch/err" || { cat "$scratch/err" >&2 && fail "nothing like \"$1\" was said"; }
}

# A scope is "system" or a tenant's id.  Status and revision are left out: they tell of closing, not of counting.
usage_rows() {
    local where=("$1" "$2") from=$3 to=$4 granularity=$5 scope words
    shift 5
    for scope in "$@"; do
        words=(--scope system)
        [ "$scope" = system ] || words=(--scope tenant --id "$scope")
        "$SEATMETER" report "${where[@]}" "${words[@]}" --from "$from" --to "$to" --granularity "$granularity" --format json |
            jq -r '.rows[] | [.scope, .id // 0, .item, .granularity, .start, .peak, .peak_at, (if .seat_seconds then .seat_seconds * 1000 | round else null end)] | @tsv' || return 1
    done | sort
}

# The same form from the simulator's truth; periods that as_of falls into are left out.
truth_rows() {
    jq -r --arg granularity "$2" 'select(.item and .granularity == $granularity and (.partial | not)) |
        [.scope, .id, .item, .granularity, .start, .peak, .peak_at, .seat_ms] | @tsv' "$1" | sort
}

truth_load() {
    truth_rows "$1" 10m >"$scratch/truth.rows"
    [ -s "$scratch/truth.rows" ] || fail "no rows of truth in $1"
    cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"
    tenants=$(jq -r 'select(.scope == "tenant") | .id' "$1" | sort -un)
    until=$(date -u -d "$(cut -f5 "$scratch/truth.rows" | sort | tail -n 1) + 10 minutes" +%FT%TZ)
}
known_items() { awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" -; }
truth_is_told() { usage_rows --url "http://localhost:$1" "$2" "$3" 10m system $tenants | known_items >"$scratch/rows" && cmp -s "$scratch/rows" "$scratch/truth.rows"; }
truth_holds() {
    local seconds=$1
    shift
    wait_for "$seconds" "the server to tell the truth" truth_is_told "$@" || { rows_equal "$scratch/truth.rows" "$scratch/rows"; return 1; }
}

# rows_equal A B: shows how two files of rows differ.
rows_equal() {
    [ -s "$1" ] && [ -s "$2" ] || { echo "no rows in $1 or $2" >&2; return 1; }
    cmp -s "$1" "$2" && return 0
    echo "$(diff "$1" "$2" | grep -c '^[<>]') rows differ between $(basename "$1") (<) and $(basename "$2") (>):" >&2
    diff "$1" "$2" | head -n 20 >&2
    return 1
}
