#!/bin/bash
# The counting rules of the settings go through the topics: the first server says them, one that finds them said says nothing, one
# that is started with others says those, from the first day that no book has closed, and all servers count by them; a kill
# at any instant loses none.  In the end the stores hold the same.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.store_dump >/dev/null || fail "system.store_dump cannot be built"
parts_start 1 2

today=$(date -u +%F) yesterday=$(date -u -d -1day +%F) before=$(date -u -d -2day +%F)
line() { # KIND KEY BODY
    printf '{"source":"icon-a","kind":"%s","key":"%s","version":1,"body":%s}\n' "$@" >>"$scratch/facts.jsonl"
}
line source icon-a '{"kind":"icon"}'
line coverage c "{\"from\":\"${before}T00:00:00.000Z\",\"to\":null}"
line login_session a "{\"session\":\"a\",\"person\":1,\"place\":1,\"dn\":1,\"begin\":\"${before}T09:00:00.000Z\",\"end\":\"${before}T17:00:00.000Z\"}"
line login_session b "{\"session\":\"b\",\"person\":2,\"place\":2,\"dn\":2,\"begin\":\"${yesterday}T01:00:00.000Z\",\"end\":null}"
line watermark watermark "{\"until\":\"${yesterday}T20:00:00.000Z\"}"

port_a=$(free_port) port_b=$(free_port)
settings() { # NAME PORT CAP
    parts_settings "$scratch/$1.yaml" "$2" "$scratch/$1"
    sed -i '/^sources:/,$d; /^counting:/d; /^close:/d' "$scratch/$1.yaml"
    printf 'counting: {cap_hours: %s}\nclose: {wait_minutes: 1}\n' "$3" >>"$scratch/$1.yaml"
}
server_a='' server_b=''
begin() {
    setpriv --pdeathsig KILL -- "$SEATMETER" serve -c "$scratch/$1.yaml" >>"$scratch/server-$1.log" 2>&1 </dev/null &
    printf -v "server_$1" %s $!
}
finish() { # NAME TERM|KILL
    local pid=server_$1 status
    pid=${!pid}
    printf -v "server_$1" %s ''
    kill "-$2" "$pid" || fail "server $1 ended by itself: $(tail -n 3 "$scratch/server-$1.log")"
    wait "$pid" 2>/dev/null
    status=$?
    [ "$2" = KILL ] || [ $status = 0 ] || fail "server $1 ended with $status after SIGTERM"
}
end_both() {
    for pid in $server_a $server_b; do kill -KILL "$pid" 2>/dev/null; done
}
also_at_exit end_both
rules() { api "$1" /api/v1/catalog | jq -c "[.rulesets[] | [.key, .state, .body.cap_hours]] | sort"; }
rules_are() { [ "$(rules "$1")" = "$2" ]; }
wants() { # WHAT JSON PORT…
    local port what=$1 json=$2
    shift 2
    for port; do wait_for 60 "$what" rules_are "$port" "$json" || { tail -n 3 "$scratch"/server-?.log; fail "$what: port $port has $(rules "$port")"; }; done
    note "$what: $json"
}
seconds_are() { # PORT DAY SECONDS of inbound-voice
    [ "$(api "$1" "/api/v1/usage?from=$2T00:00:00.000Z&to=$2T23:00:00.000Z&granularity=day&zone=UTC&item=inbound-voice" | jq -c '[.rows[] | select(.profile == "exact") | .seat_seconds]')" = "[$3]" ]
}
closed() { [ "$(api "$1" /api/v1/closes | jq -c '[.closes[] | select(.book == "system") | .day]')" = "[\"$before\"]" ]; }

settings a "$port_a" 24
settings b "$port_b" 24
begin a
wants "the first server's rules hold since ever" '[["ever","in-force",24]]' "$port_a"
expect 0 "facts" "$SEATMETER" replay --brokers "$KAFKA_BROKERS" "$scratch/facts.jsonl"
wait_for 60 "a close" closed "$port_a" || { api "$port_a" /api/v1/closes; api "$port_a" /api/v1/sources; fail "not closed"; }
begin b
wait_for 60 "the same close" closed "$port_b" || fail "b has no close"
wants "a second server says nothing more" '[["ever","in-force",24]]' "$port_b"
version() { api "$1" /api/v1/catalog | jq -c '[.rulesets[].version]'; }
[ "$(version "$port_a")" = "$(version "$port_b")" ] || fail "versions: $(version "$port_a"), $(version "$port_b")"
wait_for 60 "yesterday" seconds_are "$port_b" "$yesterday" 82800 || fail "yesterday is not counted to its end"

finish b TERM
settings b "$port_b" 2
begin b
wants "other settings hold from the first open day on, for both" "[[\"$yesterday\",\"in-force\",2],[\"ever\",\"past\",24]]" "$port_a" "$port_b"
for port in "$port_a" "$port_b"; do
    wait_for 60 "yesterday again" seconds_are "$port" "$yesterday" 7200 || fail "port $port does not count yesterday by the new cap"
    seconds_are "$port" "$before" 28800 || fail "port $port counts the closed day otherwise"
done

for ((cap = 3; cap <= ${LONG:+2}7; cap++)); do
    finish b KILL
    settings b "$port_b" $cap
    begin b
    random_seconds 2
    short_pause "$random_s"
done
wants "killed again and again, the last settings hold" "[[\"$yesterday\",\"in-force\",$((cap - 1))],[\"ever\",\"past\",24]]" "$port_a" "$port_b"

note "a broker that stands still at the start"
finish b TERM
settings b "$port_b" 5
kafka_pause 1
begin b
random_seconds 3
short_pause "$random_s"
kafka_continue 1
wants "then it goes on" "[[\"$yesterday\",\"in-force\",5],[\"ever\",\"past\",24]]" "$port_a" "$port_b"
for port in "$port_a" "$port_b"; do wait_for 30 "the last records" lag_gone "$port" || fail "there is lag"; done
for name in a b; do
    finish $name TERM
    expect 0 "verify $name" "$SEATMETER" verify --store "$scratch/$name"
done
"$BUILD/tests/system.store_dump" "$scratch/a" "$scratch/b" >"$scratch/dump.txt" 2>"$scratch/dump.count" || { cat "$scratch/dump.txt"; fail "the stores differ"; }
echo "SEED=$SEED: $((cap - 3)) kills; $(cat "$scratch/dump.count") of the two stores are equal"
