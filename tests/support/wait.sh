# tests/support/wait.sh - waiting for a condition, and a free port; to be sourced by bash.
#
#   wait_for SECONDS WHAT COMMAND…    true as soon as COMMAND succeeds; after SECONDS: says WHAT, false
#   free_port                         prints a loopback port that nobody listens on
#   short_pause [SECONDS]             0.05 s by default; only between two looks at a condition
#
# Nothing here is right because enough time passed: a wait looks at its condition again and again, and
# its time-out is generous, since it decides only how long a failure takes.

# A pause without a program of its own: read from a pipe into which nobody writes.
short_pause() {
    if [ -z "${pause_fd:-}" ]; then
        local folder
        folder=$(mktemp -d) && mkfifo "$folder/pipe" && exec {pause_fd}<>"$folder/pipe"
        rm -rf "$folder"
    fi
    read -r -t "${1:-0.05}" -u "$pause_fd" _ || true
}

wait_for() {
    local limit=$1 what=$2 start=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $((SECONDS - start)) -ge "$limit" ]; then
            echo "after $limit s still waiting for: $what" >&2
            return 1
        fi
        short_pause
    done
}

# True when something on this machine accepts connections there.
port_is_open() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
    local port attempt
    for attempt in {1..200}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM + attempt) % 12000))
        if ! port_is_open "$port"; then
            echo "$port"
            return 0
        fi
    done
    echo "no free port between 20000 and 32000" >&2
    return 1
}

# True while the process runs (a zombie does not).
is_running() {
    [ -n "${1:-}" ] && kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}
