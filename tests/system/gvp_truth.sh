#!/bin/bash
# The simulator acts ICON and a GVP Reporting Server at once, with late records, calls of two legs, calls handed on and calls that
# last.  The server, fed by the ICON tables and by two sources that read the same Reporting Server (one of them by small pages), reports
# the truth for the items of both; while the server is killed at random instants.  Wrong credentials are told and healed.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

pg_start "$scratch" || fail "PostgreSQL"
port=$(free_port) gvp_port=$(free_port)
yesterday=$(date -u -d yesterday +%F)
from=$(date -u -d "$yesterday - 1 day" +%FT00:00:00Z) to=$(date -u -d "$yesterday" +%FT18:00:00Z)
printf 'secret word\n' >"$scratch/gvp.password"
printf 'not it\n' >"$scratch/asked.password"
expect 0 "a day" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 300 --days 1 --seed "$SEED" --now "${yesterday}T06:00:00Z" --no-live
source_of() {
    cat <<END
  - kind: gvp
    name: $1
    group: gvp
    url: http://127.0.0.1:$gvp_port
    user: reader
    password_file: $scratch/asked.password
    poll_seconds: 1
    page_size: $2
END
}
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
{ source_of rs-a 5000 && source_of rs-b 37; } >>"$scratch/settings.yaml"
expect 0 "settings" "$SEATMETER" settings check -c "$scratch/settings.yaml"

"$SEATMETER" simulate --dsn "$PG_DSN" --now "${yesterday}T06:00:00Z" --speed 1500 --until "$to" --truth "$scratch/truth.jsonl" --late-share 2 --late-minutes 20 \
    --gvp-port "$gvp_port" --gvp-user reader --gvp-password-file "$scratch/gvp.password" >"$scratch/simulator.log" 2>&1 &
simulator=$!
server_start "$scratch/settings.yaml" "$port"
wait_for 30 "the log" grep -q 'gvp rs-a: .*401: the user "reader" or the password is wrong; tried again' "$scratch/server.log" || fail "nobody says that the password is wrong"
cp "$scratch/gvp.password" "$scratch/asked.password"
wait_for 60 "the log" grep -q 'gvp rs-a: .*answers again' "$scratch/server.log" || fail "the right password is not taken"
for kill in {1..6}; do
    random_seconds 4
    short_pause "$random_s"
    server_kill
    echo "  kill $kill after $random_s s"
    server_launch "$scratch/settings.yaml" "$port"
done
wait_for 60 "the server's answer" server_ready || fail "the server does not answer"
ended() { grep -q 'simulate: ended at' "$scratch/simulator.log" || not_running "$simulator"; }
wait_for 240 "the end of the simulated day" ended && is_running "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }

tenants=$(jq -r 'select(.scope == "tenant") | .id' "$scratch/truth.jsonl" | sort -un)
truth_rows "$scratch/truth.jsonl" 10m >"$scratch/truth.rows"
cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"
for item in gvp-ports gvp-asr gvp-tts call-recording call-parking inbound-voice web-media; do
    awk -F'\t' -v item="$item" '$3 == item && $6 > 0 { found = 1 } END { exit !found }' "$scratch/truth.rows" || fail "in the truth nothing ever uses $item: it is not tested"
done
numbers() {
    usage_rows --url "http://localhost:$port" "$from" "$to" 10m system $tenants | awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" - >"$scratch/server.rows"
}
agrees() { numbers && cmp -s "$scratch/server.rows" "$scratch/truth.rows"; }
wait_for 240 "the server's numbers to be the truth" agrees || { rows_equal "$scratch/truth.rows" "$scratch/server.rows"; fail "the numbers are wrong"; }
note "$(wc -l <"$scratch/server.rows") rows of $(wc -l <"$scratch/items") items are the truth, after 6 kills"

sources() { api "$port" /api/v1/sources | jq -c "$1"; }
watermarks() { [ "$(sources '[.[] | arrays | .[] | select(.kind == "gvp") | .watermark // "" | select(. > "'"${to%:00Z}"'")] | length')" = 2 ]; }
wait_for 120 "both watermarks beyond the end" watermarks || { api "$port" /api/v1/sources; fail "the watermarks stand"; }
api "$port" /api/v1/dead | jq -e '.count == 0' >/dev/null || fail "there are dead letters"
coverage=$("$SEATMETER" report --url "http://localhost:$port" --scope system --item gvp-ports --from "${yesterday}T00:00:00Z" --to "${yesterday}T06:00:00Z" --granularity hour --format json | jq -c '[.rows[].coverage] | unique')
[ "$coverage" = '[1]' ] || [ "$coverage" = '[1.0]' ] || fail "coverage is $coverage"

note "a probe, and a span read again"
expect 0 "a probe" "$SEATMETER" adapt gvp --probe --source rs-a -c "$scratch/settings.yaml"
expect_said 'MCP, calls in progress: [1-9][0-9]* records on 1 pages, made at .*, which generation_time says'
expect_said 'RM, calls that ended in the last hour: '
expect_said '    session    session-id       in ([1-9][0-9]*) of \1'
expect_said '    uses asr       asr          by '
printf 'record: {session: call-id}\n' >"$scratch/map.yaml"
sed "s|name: rs-a|name: rs-a\n    map: $scratch/map.yaml|" "$scratch/settings.yaml" >"$scratch/mapped.yaml"
expect 1 "a probe with a wrong map" "$SEATMETER" adapt gvp --probe --source rs-a -c "$scratch/mapped.yaml"
expect_said 'cannot be taken; the first: call-id is missing'
expect_said 'not in the map: .*session-id'
"$SEATMETER" adapt gvp --source rs-b --from "${yesterday}T00:00:00Z" --to "${yesterday}T06:00:00Z" -c "$scratch/settings.yaml" >"$scratch/again.jsonl" 2>"$scratch/err" || { cat "$scratch/err"; fail "a span read again"; }
"$SEATMETER" replay --store "$scratch/again" "$scratch/again.jsonl" >/dev/null 2>"$scratch/err" || { cat "$scratch/err"; fail "the replay"; }
ports_of_span() { awk -F'\t' -v from="${yesterday}T00:30" -v to="${yesterday}T06:00" '($3 ~ /^gvp-|^call-/) && $5 >= from && $5 < to' "$1"; }
usage_rows --store "$scratch/again" "${yesterday}T00:00:00Z" "${yesterday}T06:00:00Z" 10m system $tenants >"$scratch/again.rows"
ports_of_span "$scratch/again.rows" >"$scratch/again.ports"
ports_of_span "$scratch/truth.rows" >"$scratch/truth.ports"
rows_equal "$scratch/truth.ports" "$scratch/again.ports" || fail "the span that was read again is not the truth"
note "$(wc -l <"$scratch/again.ports") rows of the span are the truth"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
end_process "$simulator"
wait "$simulator"
code=$?
simulator=
[ $code = 0 ] || [ $code = 127 ] || fail "the simulator ended with $code"
echo "SEED=$SEED: the truth"
