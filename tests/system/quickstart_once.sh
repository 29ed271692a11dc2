#!/bin/bash
# deploy/quickstart --once ends by itself with a page, seats in use and yesterday closed; --keep goes on with the same data;
# nothing that it started is left, nor its folder.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

# The pattern in a file, since grep's own command line is among those searched.
processes_of() {
    printf '%s\n' "$1" >"$scratch/pattern"
    grep -l -z -F -f "$scratch/pattern" /proc/[0-9]*/cmdline 2>/dev/null
}

port=$(free_port)
TMPDIR=$scratch timeout 1800 "$tree/deploy/quickstart" --once --port "$port" >"$scratch/first.log" 2>&1
status=$?
cat "$scratch/first.log"
[ $status = 0 ] || fail "deploy/quickstart --once: exit $status"
grep -q "http://localhost:$port/" "$scratch/first.log" || fail "no address of the page was printed"
grep -q "inbound-voice" "$scratch/first.log" || fail "no table of what is in use was printed"
[ -z "$(find "$scratch" -maxdepth 1 -name 'seatmeter.*')" ] || fail "its folder was left behind: $(ls "$scratch")"
[ -z "$(processes_of "$scratch/seatmeter.")" ] || fail "left running: $(processes_of "$scratch/seatmeter.")"

note "twice with --keep"
for round in 1 2; do
    timeout 1800 "$tree/deploy/quickstart" --once --port "$port" --keep "$scratch/kept" >"$scratch/keep$round.log" 2>&1 || {
        cat "$scratch/keep$round.log"
        fail "with --keep, round $round"
    }
    tail -n 3 "$scratch/keep$round.log"
done
[ -z "$(processes_of "$scratch/kept/")" ] || fail "left running: $(processes_of "$scratch/kept/")"
expect 0 "the kept store has yesterday's close" "$SEATMETER" close list --store "$scratch/kept/store"
expect_said "$(date -u -d yesterday +%F)"

note "Ctrl-C"
port=$(free_port)
TMPDIR=$scratch setsid "$tree/deploy/quickstart" --port "$port" >"$scratch/interrupted.log" 2>&1 &
quickstart=$!
wait_for 300 "the table" grep -q "Ctrl-C ends it" "$scratch/interrupted.log" || { cat "$scratch/interrupted.log"; fail "it never came up"; }
kill -TERM "$quickstart"
wait "$quickstart" || fail "exit $? after SIGTERM"
[ -z "$(processes_of "$scratch/seatmeter.")" ] || fail "left running: $(processes_of "$scratch/seatmeter.")"
! port_is_open "$port" || fail "port $port is still open"
note "all ended"
