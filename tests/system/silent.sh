#!/bin/bash
# A source that falls silent: its day is held open until the deadline and then closed provisionally with its gap; what is open of it is
# unknown meanwhile, in now, stream and the numbers of later hours, never zero, while what rests on another source is known; an alert
# stands until it is heard again.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

port=$(free_port) url=http://localhost:$port
day=$(date -u -d '2 days ago' +%F) now=$(date -u +%FT%T.000Z) today=$(date -u +%F)
fact() { printf '{"source":"%s","kind":"%s","key":"%s","version":%s,"body":%s}\n' "$@"; }
{
    fact icon-a source icon-a 1 '{"kind":"icon"}'
    fact icon-a coverage all 1 '{"from":"'"$day"'T00:00:00.000Z","to":null}'
    fact icon-a login_session 1 1 '{"session":"s1","tenant":101,"dn":9001,"begin":"'"$day"'T10:00:00.000Z","end":null}'
    fact icon-a login_session 2 1 '{"session":"s2","tenant":101,"dn":9002,"begin":"'"$day"'T11:00:00.000Z","end":"'"$day"'T12:00:00.000Z"}'
    fact icon-a watermark watermark 1 '{"until":"'"$day"'T18:00:00.000Z"}'
    fact rs-a source rs-a 1 '{"kind":"gvp"}'
    fact rs-a coverage all 1 '{"from":"'"$day"'T00:00:00.000Z","to":null}'
    fact rs-a port 1 1 '{"tenant":101,"call":"c1","uses":["gvp"],"begin":"'"$day"'T10:00:00.000Z","end":null}'
    fact rs-a watermark watermark 1 '{"until":"'"$now"'"}'
} >"$scratch/facts.jsonl"
# settings DEADLINE_MINUTES SILENT_SECONDS
settings() {
    settings_write "$scratch/settings.yaml" "$port" "$scratch/store" "counting: {cap_hours: 120}
close: {wait_minutes: 0, deadline_minutes: $1}
alerts: {silent_seconds: $2}"
}
settings 10080 43200
say() { expect 0 "$1" "$SEATMETER" replay -c "$scratch/settings.yaml" "$2"; }
say "what was said before the silence" "$scratch/facts.jsonl"
wanted() { [ "$(api "$port" "$1" | jq -c "$2")" = "$3" ]; }
# wants PATH FILTER VALUE
wants() { wait_for 40 "$1: $2 = $3" wanted "$@" || { api "$port" "$1" | head -c 2500 >&2; fail "$1: $2 is not $3"; }; }
row() { echo "[.rows[] | select(.item == \"$1\")][0] | [.level, .state, .seen_until, .last_seen, .peak]"; }
usage() { echo "/api/v1/usage?scope=tenant&id=101&item=inbound-voice&granularity=$3&from=${1}T00:00:00Z&to=${2}"; }
silent='[.alerts[] | select(.alert == "source silent" and .subject == "icon-a") | [.ended == null, .detail.watermark]]'

note "the day is held"
server_start "$scratch/settings.yaml" "$port"
wait_for 30 "the log" grep -q "close: $day waits for icon-a" "$scratch/server.log" || fail "nobody says what the day waits for"
wants "/api/v1/closes?from=$day&to=$today" '[.. | objects | select(.day?)] | length' 0
wants "$(usage "$day" "${day}T23:59:00Z" day)" '[.rows[] | [.peak, .status, .coverage]]' '[[2,"open",0.75]]'

note "what is open is unknown, not zero"
for scope in system 'tenant&id=101'; do
    wants "/api/v1/now?scope=$scope" "$(row inbound-voice)" "[null,\"unknown\",\"${day}T18:00:00.000Z\",1,1]"
    wants "/api/v1/now?scope=$scope" '[.rows[] | select(.item == "gvp-ports")][0] | [.level, .seen_until, .last_seen]' '[1,null,null]'
done
wants /api/v1/now '[.sources[] | select(.name != "api") | [.name, .silent]]' '[["icon-a",true],["rs-a",false]]'
curl -sS -N --max-time 5 "$url/api/v1/stream?scope=tenant&id=101" >"$scratch/stream" 2>/dev/null
[ "$(sed -n 's/^data: //p' "$scratch/stream" | head -n 1 | jq -c "$(row inbound-voice)")" = "[null,\"unknown\",\"${day}T18:00:00.000Z\",1,1]" ] ||
    { head -c 2000 "$scratch/stream" >&2; fail "the stream does not say that it is unknown"; }
# What stayed open goes on in later hours, which nobody watched.
wants "$(usage "$day" "${day}T22:00:00Z" hour)" '[.rows[] | [.peak, .coverage]] | .[9:13] + .[17:20]' '[[0,1],[1,1],[2,1],[1,1],[1,1],[1,0],[1,0]]'
server_stop

note "the deadline, and an alert"
settings 1 2
server_start "$scratch/settings.yaml" "$port"
wait_for 60 "the log" grep -q "close: $day is closed provisionally: a source is missing, 2 books" "$scratch/server.log" || fail "the deadline closes nothing"
for book in system 101; do
    wants "/api/v1/closes/$book/$day" '[.close // .document // . | .status, .coverage_ppm, ([.gaps[] | [.group // .source, .from, .to]])]' \
        "[\"provisional\",750000,[[\"icon-a\",\"${day}T18:00:00.000Z\",\"$(date -u -d "$day + 1 day" +%F)T00:00:00.000Z\"]]]"
done
wants "$(usage "$day" "${day}T23:59:00Z" day)" '[.rows[] | [.peak, .status, .coverage]]' '[[2,"provisional",0.75]]'
wants /api/v1/alerts "$silent" "[[true,\"${day}T18:00:00.000Z\"]]"
wants "/api/v1/now?scope=tenant&id=101" "$(row inbound-voice)" "[null,\"unknown\",\"${day}T18:00:00.000Z\",1,1]"
server_stop

note "it is heard again"
{
    fact icon-a login_session 1 2 '{"session":"s1","tenant":101,"dn":9001,"begin":"'"$day"'T10:00:00.000Z","end":"'"$day"'T20:00:00.000Z"}'
    fact icon-a watermark watermark 2 '{"until":"'"$(date -u +%FT%T.000Z)"'"}'
} >"$scratch/back.jsonl"
settings 1 43200
say "what comes late" "$scratch/back.jsonl"
server_start "$scratch/settings.yaml" "$port"
wants /api/v1/alerts '[.alerts[] | select(.subject == "icon-a") | .ended == null]' '[false]'
wants "/api/v1/now?scope=tenant&id=101" "$(row inbound-voice)" '[0,"no-quantity",null,null,0]'
wants "$(usage "$day" "${day}T22:00:00Z" hour)" '[.rows[] | [.peak, .coverage]] | .[17:21]' '[[1,1],[1,1],[1,1],[0,1]]'
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
