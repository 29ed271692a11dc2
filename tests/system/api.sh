#!/bin/bash
# The API's outer edge: foreign hosts, wrong methods, bodies, addresses and parameters are refused with a sentence, as
# problem+json; every answer carries its headers; pages make the whole; the command says the same as the server; 200
# streams get what changes, and the server stays small.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

awk -v seed="$SEED" -v count=8000 -f "$tree/tests/support/facts_random.awk" >"$scratch/facts.jsonl"
printf '{"source":"icon-quiet","kind":"watermark","key":"watermark","version":1,"body":{"until":"2026-11-22T12:00:00.000Z"}}\n' >>"$scratch/facts.jsonl"
expect 0 "a store" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"
port=$(free_port)
settings_write "$scratch/settings.yaml" "$port" "$scratch/store" 'alerts:
  silent_seconds: 1'
server_start "$scratch/settings.yaml" "$port"
base=http://localhost:$port

refusals=0
# refused STATUS SAID CURL-WORDS…
refused() {
    local status=$1 said=$2 got
    refusals=$((refusals + 1))
    shift 2
    got=$(curl -sS --max-time 20 -D "$scratch/head" -o "$scratch/body" -w '%{http_code}' "$@") || fail "no answer: $*"
    [ "$got" = "$status" ] || { cat "$scratch/body"; fail "$got, expected $status: ${*: -1}"; }
    grep -qi '^content-type: application/problem+json' "$scratch/head" || fail "no problem+json: ${*: -1}"
    jq -e --arg said "$said" --argjson status "$status" '.status == $status and (.detail | contains($said))' "$scratch/body" >/dev/null ||
        { cat "$scratch/body"; fail "nothing like \"$said\": ${*: -1}"; }
}
day='from=2026-11-22T00:00:00.000Z&to=2026-11-23T00:00:00.000Z'
long=$(printf 'a%.0s' {1..3000})
refused 421 evil.example -H 'Host: evil.example' "$base/"
refused 421 127.0.0.1.evil -H 'Host: 127.0.0.1.evil' "$base/api/v1/now"
refused 404 openapi.json "$base/api/v2/now"
refused 404 openapi.json --path-as-is "$base/assets/../../settings.yaml"
refused 414 2048 "$base/$long"
refused 405 GET -X POST "$base/api/v1/now"
grep -qi '^allow: GET, HEAD' "$scratch/head" || fail "405 without Allow"
refused 415 application/json -X PUT -d '{}' "$base/api/v1/decisions"
jq -e '.title == "Unsupported Media Type"' "$scratch/body" >/dev/null || fail "415 has no title of its own"
refused 428 If-Match -X PUT -H 'Content-Type: application/json' -H 'Idempotency-Key: 1' -d '{}' "$base/api/v1/decisions"
jq -e '.title == "Precondition Required"' "$scratch/body" >/dev/null || fail "428 has no title of its own"
refused 405 GET -X DELETE "$base/api/v1/closes"
refused 405 GET -X NONSENSE "$base/livez"
refused 405 'seatmeter replay' -X PUT "$base/api/v1/entitlements"
refused 413 body -X GET -d '{}' "$base/api/v1/now"
refused 413 body -X GET -H 'Transfer-Encoding: chunked' -d '{}' "$base/api/v1/now"
refused 400 '"skope"' "$base/api/v1/now?skope=tenant"
refused 400 twice "$base/api/v1/now?scope=tenant&scope=system"
refused 400 escape "$base/api/v1/now?scope=%f"
refused 400 '"galaxy"' "$base/api/v1/now?scope=galaxy"
refused 400 '"-1"' "$base/api/v1/now?scope=tenant&id=-1"
refused 400 whole "$base/api/v1/now?scope=tenant&id=99999999999999999999"
refused 404 'no tenant 424242' "$base/api/v1/now?scope=tenant&id=424242"
refused 404 'no tenant 424242' "$base/api/v1/stream?scope=tenant&id=424242"
refused 400 'from is missing' "$base/api/v1/usage"
refused 400 '"yesterday"' "$base/api/v1/usage?from=yesterday&to=2026-11-23T00:00:00.000Z&granularity=day"
refused 400 granularity "$base/api/v1/usage?$day"
refused 400 '"weekly"' "$base/api/v1/usage?$day&granularity=weekly"
refused 400 'IANA' "$base/api/v1/usage?$day&granularity=day&zone=Mars/Olympus"
refused 400 '"best"' "$base/api/v1/usage?$day&granularity=day&profile=best"
refused 400 catalog "$base/api/v1/usage?$day&granularity=day&item=no-such"
refused 400 'too wide (limit 31 days)' "$base/api/v1/usage?from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z&granularity=10m"
refused 400 'before to' "$base/api/v1/usage?from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z&granularity=day"
refused 400 "at is missing" "$base/api/v1/explain?item=inbound-voice"
refused 400 "item is missing" "$base/api/v1/explain?at=peak"
refused 400 "which tenant" "$base/api/v1/explain?item=inbound-voice&at=peak&scope=tenant"
refused 404 "no tenant 424242" "$base/api/v1/explain?item=inbound-voice&at=peak&scope=tenant&id=424242"
refused 400 "\"noon\"" "$base/api/v1/explain?item=inbound-voice&at=noon"
refused 404 "Nothing has been heard" "$base/api/v1/explain?item=inbound-voice&at=2150-01-01T00:00:00.000Z"
refused 400 limit "$base/api/v1/usage?$day&granularity=day&limit=0"
refused 400 cursor "$base/api/v1/usage?$day&granularity=day&cursor=00"
refused 400 '"xml"' "$base/api/v1/usage?$day&granularity=day&format=xml"
refused 400 '"2026-02-30"' "$base/api/v1/closes/system/2026-02-30"
refused 400 '"0"' "$base/api/v1/closes/0/2026-11-22"
refused 404 2026-01-01 "$base/api/v1/closes/system/2026-01-01"
note "$refusals wrong requests are refused"
silent_told() { api "$port" /api/v1/alerts | jq -e '.alerts[] | select(.alert == "source silent" and .subject == "icon-quiet" and .ended == null)' >/dev/null; }
wait_for 30 "the alert of a silent source" silent_told || { api "$port" /api/v1/alerts; fail "a silent source raises nothing"; }
api "$port" /api/v1/now | jq -e '.rows | any(.state == "unknown" and .level == null and .seen_until != null)' >/dev/null || fail "what rests on a silent source is not unknown"

# Broken on purpose: no HTTP at all, a header without an end, a connection that is dropped at once.
for wrong in $'\x16\x03\x01\x02\x00' 'GET' $'GET /livez HTTP/1.1\r\nHost' $'GET / HTTP/9.9\r\n\r\n' "GET /$long$long$long$long$long$long HTTP/1.1"; do
    { exec 3<>"/dev/tcp/127.0.0.1/$port" && printf '%s' "$wrong" >&3; exec 3>&-; } 2>/dev/null
done
api "$port" /livez >/dev/null || fail "the server is gone"

note "headers"
for path in / /assets/app.js /api/v1/now /metrics /openapi.json /nothing; do
    curl -sS -D "$scratch/head" -o /dev/null "$base$path"
    for header in "content-security-policy: default-src 'self'" 'x-content-type-options: nosniff' 'referrer-policy: no-referrer'; do
        grep -qi "^$header" "$scratch/head" || fail "$path without $header"
    done
done
for path in / /api/v1/now /api/v1/stream /metrics; do
    [ "$(curl -sS -I -o "$scratch/head" -w '%{http_code} %{size_download}' "$base$path")" = "200 0" ] || fail "HEAD $path"
done
api "$port" /openapi.json | jq -e '.openapi == "3.1.0" and (.paths | length > 15)' >/dev/null || fail "openapi.json"
api "$port" /metrics | awk '/^#/ { next } !/^seatmeter_[a-z_]+(\{[^}]*\})? [-0-9.e+]+$/ { print; bad = 1 } { n++ } END { exit bad || n < 60 }' || fail "/metrics"

note "pages, and the command beside the server"
whole=$(api "$port" "/api/v1/usage?$day&granularity=hour&scope=tenant&limit=10000" | jq -c '.rows[]' | sha256sum)
cursor='' pages=0
: >"$scratch/pages"
while :; do
    api "$port" "/api/v1/usage?$day&granularity=hour&scope=tenant&limit=777${cursor:+&cursor=$cursor}" >"$scratch/page" || fail "a page"
    jq -c '.rows[]' "$scratch/page" >>"$scratch/pages"
    pages=$((pages + 1))
    cursor=$(jq -r '.next // ""' "$scratch/page")
    [ -n "$cursor" ] || break
done
[ "$whole" = "$(sha256sum <"$scratch/pages")" ] || fail "$pages pages are not the whole"
note "$pages pages are the whole"
for format in table csv json; do
    words=(--scope tenant --from 2026-11-22 --to 2026-11-24 --granularity 10m --format $format)
    "$SEATMETER" report --url "$base" "${words[@]}" >"$scratch/by-url" || fail "report --url"
    "$SEATMETER" report --store "$scratch/store" "${words[@]}" >"$scratch/by-store" || fail "report --store"
    [ -s "$scratch/by-url" ] && cmp "$scratch/by-url" "$scratch/by-store" || fail "$format differs"
done
expect 0 "now" "$SEATMETER" now -c "$scratch/settings.yaml"
expect 2 "an item that is none" "$SEATMETER" report --url "$base" --from 2026-11-22 --to 2026-11-23 --granularity day --item no-such
expect 1 "a close that is none" "$SEATMETER" close show --url "$base" system 2020-01-01
expect 3 "no server" "$SEATMETER" now --url "http://localhost:$(free_port)"
expect 2 "both" "$SEATMETER" now --url "$base" --store "$scratch/store"

note "200 streams"
for i in $(seq 200); do
    curl -sN --max-time 60 "$base/api/v1/stream" >"$scratch/stream.$i" &
    streams+=($!)
done
all_moved() { [ "$(grep -l -c '^id: .*-[0-9]*$' "$scratch"/stream.* | wc -l)" = 200 ] && [ "$(grep -c '^event: now' "$scratch/stream.1")" -ge 3 ]; }
wait_for 60 "three events in each stream" all_moved || fail "streams"
kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
note "the server has $kb kB with 200 streams"
[ "$kb" -lt 200000 ] || fail "$kb kB"
kill "${streams[@]}"
gone() { [ "$(api "$port" /metrics | awk '/^seatmeter_http_streams/ { print $2 }')" -le 1 ]; }
wait_for 60 "the streams' end to be noticed" gone || fail "streams stay"
server_stop
