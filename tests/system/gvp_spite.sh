#!/bin/bash
# The adapter for GVP Reporting Servers against one that goes wrong in every way: each fault has one sentence, is over when the server is
# well, and leaves memory bounded; and while records come late and shift the pages, the adapter is killed with SIGKILL at random
# instants: what it handed over is in the end exactly what the server has.  TLS: an unknown certificate is refused, ca_file heals it.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

BUILD=${BUILD:-$tree/build/release}
/usr/bin/env ninja -C "$BUILD" tests/system.gvp_spite tests/system.icon_tail >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; fail "the test's programs"; }
port=$(free_port) calls=13200
echo good >"$scratch/mode"
printf 'secret\n' >"$scratch/password"
setpriv --pdeathsig KILL -- "$BUILD/tests/system.gvp_spite" "$port" "$scratch/mode" "$calls" &
spite=$!
wait_for 20 "the server" port_is_open "$port" || fail "the server"
settings_of() {
    cat <<END
sources:
  - kind: gvp
    name: gvp-a
    url: $1
    user: reader
    password_file: $scratch/password
    poll_seconds: 1
    lag_seconds: 5
    overlap_minutes: 1
    first_days: 1
    answer_timeout_seconds: 5
${2:-}
END
}
settings_of "http://127.0.0.1:$port" >"$scratch/settings.yaml"
adapter=
launch() {
    setpriv --pdeathsig KILL -- "$BUILD/tests/system.icon_tail" run "$scratch/settings.yaml" "$scratch/out" "$scratch/cursor" >>"$scratch/adapter.log" 2>&1 &
    adapter=$!
}
# said PATTERN: since the last call of forget
forget() { said_from=$(($(wc -l <"$scratch/adapter.log") + 1)); }
since() { tail -n "+$said_from" "$scratch/adapter.log" | grep -E -- "$1"; }
said() { wait_for 60 "the log to say: $1" since "$1" || { tail -n 5 "$scratch/adapter.log" >&2; fail "nobody says it"; }; }

launch
wait_for 30 "the first facts" grep -q '"kind":"port"' "$scratch/out" || fail "no fact came"
[ "$(head -n 1 "$scratch/out" | jq -r .kind)" = source ] || fail "the source is not declared first"
memory_kb() { awk '/VmHWM/ { print $2 }' "/proc/$adapter/status"; }

# trouble MODE PATTERN
trouble() {
    forget
    echo "$1" >"$scratch/mode"
    said "$2"
    # Once, and not again while it is the same.
    local before=$(since 'tried again' | wc -l)
    [ "$before" -le 2 ] || { since . >&2; fail "$1 is told $before times"; }
    echo good >"$scratch/mode"
    said 'answers again'
    note "$1: $(since "$2" | head -n 1 | sed 's/^[^ ]* *[^ ]* *//' | cut -c1-150)"
}
trouble redirect 'a redirect to http://127.0.0.1:9/elsewhere, which is not followed'
trouble forbidden '403: the user "reader" may not read this'
trouble no-rm 'RM/details: HTTP status 404: there is no such report'
trouble html 'no <manifest> in it: not an answer of a Reporting Server'
trouble garbled 'line [0-9]+, column [0-9]+: no XML that can be read: not well-formed'
trouble unfinished 'no XML that can be read: no element found'
trouble doctype 'a document type'
trouble cut 'transfer closed with [0-9]+ bytes remaining'
trouble silent 'Operation timed out|Operation too slow'
trouble drip 'Operation timed out'
trouble endless-header 'its header is longer than 65536 bytes'
trouble endless 'longer than 16 MiB'
trouble endless-records 'page_size is not heeded'
trouble endless-value '1 MiB without an element or a text'
[ "$(memory_kb)" -lt 65536 ] || fail "the adapter took $(memory_kb) kB"
note "the adapter took at most $(memory_kb) kB"
forget
printf 'wrong\n' >"$scratch/password"
said '401: the user "reader" or the password is wrong'
rm "$scratch/password"
said 'password_file .*: No such file'
printf 'secret\n' >"$scratch/password"
said 'answers again'
grep -c -E 'secret|wrong$' "$scratch/adapter.log" >/dev/null && grep -E 'secret' "$scratch/adapter.log" && fail "the password is in the log"

for kill in {1..15}; do
    random_seconds 2
    short_pause "$random_s"
    kill -KILL "$adapter"
    wait "$adapter" 2>/dev/null
    launch
done
note "15 kills"
kill -STOP "$spite"
forget
said 'timed out'
kill -CONT "$spite"
curl -sS "http://127.0.0.1:$port/truth" | sort >"$scratch/truth"
[ "$(wc -l <"$scratch/truth")" = $((2 * calls)) ] || fail "the truth"
handed() {
    "$BUILD/tests/system.icon_tail" newest "$scratch/out" >"$scratch/newest"
    awk '$1 == "port" { match($0, /"begin":"[^"]*"/); begin = substr($0, RSTART + 9, RLENGTH - 10); end = ""
         if (match($0, /"end":"[^"]*"/)) end = substr($0, RSTART + 7, RLENGTH - 8); print $2, begin, end }' "$scratch/newest" | sort >"$scratch/handed"
    cmp -s "$scratch/truth" "$scratch/handed"
}
wait_for 150 "all records, each once" handed || { diff "$scratch/truth" "$scratch/handed" | head; fail "what was handed over is not what the server has"; }
grep -E 'contradiction|unlawful' "$scratch/newest" && fail "contradictions"
[ ! -s "$scratch/out.refused" ] || { head -n 3 "$scratch/out.refused"; fail "records were refused"; }
note "$(wc -l <"$scratch/handed") legs, those of the server, in $(grep -c '"kind":"port"' "$scratch/out") facts"
begun=$(date +%s%N)
kill -TERM "$adapter"
wait "$adapter" || fail "the adapter ended with $?"
[ $((($(date +%s%N) - begun) / 1000000)) -lt 5000 ] || fail "a stop took long"
jq -rc 'select(.kind == "watermark") | .body.until' "$scratch/out" | sort -c || fail "a watermark went back"

note "TLS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$scratch/tls.key" -out "$scratch/tls.pem" 2>/dev/null || fail "a certificate"
mkdir -p "$scratch/www/ems-rs/RT/CDRs/MCP"
printf "<a><manifest><meta generation_time='2026-11-23T10:00:00Z'/></manifest><cdr comp-id='5' session-id='tls' gvp-guid='g' start-time='2026-11-23T09:00:00Z'/></a>" \
    >"$scratch/www/ems-rs/RT/CDRs/MCP/details?page=1&page-size=5000"
tls_port=$(free_port)
(cd "$scratch/www" && exec setpriv --pdeathsig KILL -- openssl s_server -accept "127.0.0.1:$tls_port" -cert ../tls.pem -key ../tls.key -Verify 1 -CAfile ../tls.pem -verify_return_error -WWW -quiet) >"$scratch/tls.log" 2>&1 &
wait_for 20 "the TLS server" port_is_open "$tls_port" || { cat "$scratch/tls.log"; fail "the TLS server"; }
rm -f "$scratch/out" "$scratch/cursor"
settings_of "https://127.0.0.1:$tls_port" "    legs: [MCP]" >"$scratch/settings.yaml"
forget
launch
said 'certificate'
end_process "$adapter"
settings_of "https://127.0.0.1:$tls_port" "    legs: [MCP]
    ca_file: $scratch/tls.pem" >"$scratch/settings.yaml"
forget
launch
said 'alert|certificate required|tried again'
! grep -q '"kind":"port"' "$scratch/out" || fail "a server that wants a certificate was read without one"
end_process "$adapter"
settings_of "https://127.0.0.1:$tls_port" "    legs: [MCP]
    ca_file: $scratch/tls.pem
    cert_file: $scratch/tls.pem
    key_file: $scratch/tls.key" >"$scratch/settings.yaml"
launch
wait_for 30 "a port over TLS" grep -q '"key":"5/tls"' "$scratch/out" || { tail -n 3 "$scratch/adapter.log"; fail "nothing came over TLS"; }
end_process "$adapter"
end_process "$spite"
echo "SEED=$SEED: all held"
