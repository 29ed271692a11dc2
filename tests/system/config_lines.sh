#!/bin/bash
# A sidecar's lines under a running server: from a file that is rotated, a pipe whose writer comes and goes, a socket that says where
# to go on; bad lines are kept aside with their reason, lines that are missing stop the watermark, a large deletion waits for a
# decision with the lines behind it; kill -9 and a lost cursor rewrite nothing.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.config_facts >/dev/null || fail "system.config_facts cannot be built"
port=$(free_port)
url="http://localhost:$port"
settings="$scratch/settings.yaml"
way() { printf 'store:\n  dir: %s\nhttp:\n  port: %s\nsources:\n  - kind: config\n    name: config\n    %s: %s\n' "$scratch/store" "$port" "$1" "$2" >"$settings"; }
source_is() { [ "$(api "$port" /api/v1/sources | jq -c ".sources[] | select(.name == \"config\") | $1")" = "$2" ]; }
source_wants() { wait_for 30 "the source: $1 = $2" source_is "$@" || { api "$port" /api/v1/sources >&2; fail "the source"; }; }
until_is() { source_wants .watermark "\"2026-11-23T$1.000Z\""; }
dead() { api "$port" /api/v1/dead | jq -r '.dead[].why'; }
has_dead() { dead | grep -q -F -- "$1"; }
wants_dead() { wait_for 30 "a dead letter: $1" has_dead "$1" || { dead >&2; fail "a dead letter"; }; }
# told HH:MM:SS: what the store says of that instant
told() { "$BUILD/tests/system.config_facts" at "$scratch/store" "2026-11-23T$1.000Z" | tail -n +2; }
says() { [ "$(told "$1" | grep -c -E -- "$2")" = "$3" ]; }
tells() { [ "$(told "$1" | grep -c -E -- "$2")" = "$3" ] || { told "$1" >&2; fail "at $1 not $3 times: $2"; }; }
at() { printf '"at":"2026-11-23T%s.000Z"' "$1"; }
person() { printf '{"seq":%s,"op":"upsert","type":"person","dbid":%s,%s,"fields":{"tenant":101,"agent":true,"state":"%s","last_name":"Secret%s"}}\n' "$1" "$2" "$(at "$3")" "${4:-enabled}" "$2"; }
alive() { printf '{"op":"alive",%s}\n' "$(at "$1")"; }
# snapshot SEQ TIME FROM TO: persons FROM … TO, and a team of them
snapshot() {
    local sequence=$1 i
    printf '{"op":"snapshot-begin","seq":%s,%s}\n' "$((sequence++))" "$(at "$2")"
    printf '{"seq":%s,"op":"upsert","type":"tenant","dbid":101,"fields":{"name":"Acme","state":"enabled"}}\n' "$((sequence++))"
    for ((i = $3; i <= $4; i++)); do person "$((sequence++))" "$i" "$2"; done
    printf '{"seq":%s,"op":"upsert","type":"agent-group","dbid":2001,"fields":{"tenant":101,"members":[%s]}}\n' "$((sequence++))" "$(seq -s , "$3" "$4")"
    printf '{"op":"snapshot-end","seq":%s}\n' "$sequence"
}

note "a file"
file=$scratch/changes.jsonl
way file "$file"
expect 0 "settings" "$SEATMETER" settings check -c "$settings"
server_start "$settings" "$port"
wait_for 30 "the log" grep -q "the file $file: No such file or directory; tried again" "$scratch/server.log" || fail "nobody says that the file is away"
snapshot 1 09:00:00 1 60 >"$file" # seq 1 to 64
until_is 09:00:00
person 65 61 09:10:00 >>"$file"
printf '{"seq":66,"op":"delete","type":"person","dbid":2,%s}\n' "$(at 09:11:00)" >>"$file"
printf '{"seq":67,"op":"upsert","type":"agent-group","dbid":2001,%s,"fields":{"members":[1,61]}}\n' "$(at 09:12:00)" >>"$file"
alive 09:20:00 >>"$file"
until_is 09:20:00
tells 09:00:00 '^person ' 60
tells 09:10:00 '^person ' 61
tells 09:11:00 '^person ' 60
tells 09:11:00 '^member ' 60
tells 09:12:00 '^member ' 2
grep -q -a Secret "$scratch/store/data.mdb" && fail "a person's name is in the store"
note "killed while it grows, and rotated"
for round in {1..6}; do
    person $((67 + round)) $((100 + round)) "09:2$round:00" >>"$file"
    # Who rotates while nobody reads loses what was not read: that would be a hole.
    [ $round != 3 ] || { alive 09:23:30 >>"$file" && until_is 09:23:30 && mv "$file" "$file.old" && : >"$file"; }
    random_seconds 1
    short_pause "$random_s"
    server_kill
    server_start "$settings" "$port"
done
alive 09:30:00 >>"$file"
until_is 09:30:00
tells 09:30:00 '^person 10[1-6] ' 6
before=$(told 09:30:00 | sha256sum)
note "a lost cursor, and all of it again"
server_stop
"$BUILD/tests/system.config_facts" forget "$scratch/store" config || fail "the cursor"
cat "$file.old" "$file" >"$file.new" && mv "$file.new" "$file"
alive 09:31:00 >>"$file"
server_start "$settings" "$port"
until_is 09:31:00
[ "$(told 09:30:00 | sha256sum)" = "$before" ] || fail "the history was rewritten"
tells 09:11:00 '^person ' 60
note "bad lines, and missing ones"
{ printf 'nonsense\n{"op":"upsert","type":"person"}\n{"seq":74,"op":"upsert","type":"person","dbid":7,%s,"fields":{"agent":"perhaps"}}\n' "$(at 09:32:00)"
  head -c 1100000 /dev/zero | tr '\0' x; echo; } >>"$file"
wants_dead 'dbid is missing, expected an integer from 0 up'
wants_dead '"agent": "perhaps", expected agent, other, true, false or a code'
wants_dead 'longer than 1 MiB'
person 75 7 09:33:00 disabled >>"$file"
alive 09:34:00 >>"$file"
until_is 09:34:00
tells 09:34:00 '^person 7 101 - no ' 1
person 80 8 09:35:00 disabled >>"$file"
alive 09:36:00 >>"$file"
wait_for 30 "the log" grep -q 'seq 80 comes after 75: lines are missing' "$scratch/server.log" || fail "nobody says that lines are missing"
server_kill
server_start "$settings" "$port" # it is not forgotten
alive 09:37:00 >>"$file"
person 81 9 09:38:00 disabled >>"$file"
wait_for 30 "person 9" says 09:38:00 '^person 9 101 - no ' 1 || fail "person 9 does not come"
until_is 09:34:00
snapshot 82 09:40:00 1 60 >>"$file"
until_is 09:40:00
note "a large deletion is held with what is behind it"
snapshot 200 10:00:00 1 30 >>"$file"
person 234 500 10:01:00 >>"$file"
alive 10:02:00 >>"$file"
source_wants .held.note '"30 of 60 persons, 30 of 60 memberships of persons"'
until_is 09:40:00
server_kill
server_start "$settings" "$port"
source_wants .held.deletions 60
expect 0 "decide" "$SEATMETER" decide --url "$url" deletions config --reason "half of them left"
source_wants .held null
until_is 10:02:00
tells 09:59:59 '^person ' 60
tells 10:00:00 '^person ' 30
tells 10:01:00 '^person ' 31
server_stop

note "a pipe"
rm -rf "$scratch/store"
mkfifo "$scratch/pipe"
way pipe "$scratch/pipe"
server_start "$settings" "$port"
snapshot 1 09:00:00 1 30 >"$scratch/pipe"
until_is 09:00:00
{ printf '{"op":"snapshot-begin",%s}\n' "$(at 09:01:00)"; person 1 1 09:01:00; } >"$scratch/pipe" # broken off
wait_for 30 "the log" grep -q 'a snapshot was broken off' "$scratch/server.log" || fail "nobody says that it was broken off"
{ person 35 31 09:02:00; alive 09:03:00; } >"$scratch/pipe"
until_is 09:03:00
tells 09:03:00 '^person ' 31
server_stop

note "a socket"
rm -rf "$scratch/store"
way socket "$scratch/socket"
server_start "$settings" "$port"
wait_for 30 "the socket" test -S "$scratch/socket" || fail "no socket"
# say FILE: sends it, prints what the server says first
say() {
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.makefile().readline(), end="", flush=True); s.sendall(open(sys.argv[2], "rb").read()); s.close()' "$scratch/socket" "$1"
}
snapshot 1 09:00:00 1 30 >"$scratch/lines"
[ "$(say "$scratch/lines")" = '{"seq":null}' ] || fail "what the socket says first"
until_is 09:00:00
server_kill # leaves its socket behind
server_start "$settings" "$port"
listens() { [ "$(say /dev/null)" = '{"seq":34}' ]; }
wait_for 30 "the socket" listens || fail "the socket does not say where to go on"
{ person 34 1 09:01:00 disabled; person 35 1 09:01:00 disabled; alive 09:02:00; } >"$scratch/lines" # one again, one new
say "$scratch/lines" >/dev/null
until_is 09:02:00
tells 09:02:00 '^person 1 101 - no ' 1
server_stop
[ ! -e "$scratch/socket" ] || fail "the socket is left behind"
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
note "all held"
