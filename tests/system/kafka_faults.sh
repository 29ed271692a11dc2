#!/bin/bash
# What goes wrong in topics ends in a gap that can be seen or in a stop with its reason, never in a silent jump: topics that
# are missing, records that are not ours, cut or of a newer format, records deleted below our position (while the server is
# away and while it stands still), partitions added, a topic made anew (shorter, longer, under the server), another cluster.
# With --long also three brokers under load: one killed, one frozen for 30 s, leaders moved; nothing is lost or counted twice.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"

kafka_start "$scratch/kafka" || fail "Kafka"
port=$(free_port)
printf 'store:\n  dir: %s\nhttp:\n  port: %s\nkafka:\n  brokers: %s\n  mark_seconds: 0\n  partitions: 2\n' "$scratch/store" "$port" "$KAFKA_BROKERS" >"$scratch/settings.yaml"
number=0
# more COUNT: sessions that were never said before, to the topics.
more() {
    local i
    for ((i = 0; i < $1; i++)); do
        number=$((number + 1))
        printf '{"source":"icon-a","kind":"login_session","key":"%d","version":1,"body":{"session":"S-%d","person":%d,"place":%d,"app":"X","begin":"2026-01-01T%02d:%02d:00.000Z","end":"2026-01-02T00:00:00.000Z"}}\n' \
            $number $number $number $number $((number / 60 % 24)) $((number % 60))
    done >"$scratch/more.jsonl"
    # One fact a record: a replay each would be slow, so the sink gets them in as many batches as there are hundreds.
    split -l 50 "$scratch/more.jsonl" "$scratch/more.part."
    local part
    for part in "$scratch"/more.part.*; do
        "$SEATMETER" replay -c "$scratch/settings.yaml" --brokers "$KAFKA_BROKERS" "$part" >/dev/null 2>"$scratch/replay.err" || { cat "$scratch/replay.err"; fail "replay"; }
    done
    rm -f "$scratch"/more.part.*
}
sessions() { api "$port" /metrics | awk '/^seatmeter_sessions /{ print $2 }'; }
has_sessions() { [ "$(sessions)" = "$1" ]; }
end_of() { offsets "$1" | awk -v p="$2" '$1 == p { print $2 }'; }
delete_below() { # delete_below TOPIC PARTITION OFFSET
    printf '{"partitions":[{"topic":"%s","partition":%s,"offset":%s}],"version":1}' "$1" "$2" "$3" >"$scratch/delete.json"
    kafka_tool org.apache.kafka.tools.DeleteRecordsCommand --offset-json-file "$scratch/delete.json" >/dev/null 2>&1 || fail "records of $1 could not be deleted"
}
logged() { grep -q -E -- "$1" "$scratch/server.log"; }
# The server must end by itself, with exit 5, and say why.
stops_with() {
    wait_for 60 "the server's end" not_running "$server" || fail "the server goes on: $1"
    wait "$server"
    local status=$?
    server=''
    [ $status = 5 ] || fail "the server ended with $status, expected 5: $1"
    tail -n 3 "$scratch/server.log" | grep -q -E -- "$2" || fail "the server did not say \"$2\": $1"
    note "$1: exit 5, \"$(grep -E -- "$2" "$scratch/server.log" | tail -n 1 | sed 's/.*error  *//' | cut -c1-150)\""
    : >"$scratch/server.log"
}

echo "== topics that are missing"
server_start "$scratch/settings.yaml" "$port"
wait_for 30 "a word on the missing topic" logged "topic seatmeter.facts: .*seatmeter topics create" || fail "the missing topic is not named"
expect 0 "topics create" "$SEATMETER" topics create -c "$scratch/settings.yaml"
more 100
wait_for 60 "the sessions" has_sessions 100 || fail "$(sessions) sessions, 100 were said"
note "created under the server: 100 sessions read"

echo "== a topic with other settings: said once, again when it changes, and when it is over"
alter() { kafka_tool kafka.admin.ConfigCommand --alter --entity-type topics --entity-name seatmeter.facts "$@" >/dev/null 2>&1 || fail "ConfigCommand $*"; }
alter --add-config retention.ms=3600000
wait_for 40 "a word on the settings" logged 'warning.*topic seatmeter.facts is not as it must be: retention.ms is 3600000, expected at least' || fail "other settings are not said"
alter --add-config retention.bytes=1000000
wait_for 40 "a word on both settings" logged 'warning.*retention.bytes is 1000000, expected -1' || fail "a change is not said"
alter --add-config retention.ms=-1 --delete-config retention.bytes
wait_for 40 "the end of it" logged 'topic seatmeter.facts is as it must be' || fail "the end is not said"
[ "$(grep -c 'seatmeter.facts is not as it must be' "$scratch/server.log")" = 2 ] || { grep 'as it must' "$scratch/server.log"; fail "not said once each"; }

echo "== records that are no facts of ours"
timeout 20 kcat -C -q -b "$KAFKA_BROKERS" -t seatmeter.facts -p 0 -o 0 -c 1 -f '%s' >"$scratch/whole"
first=$(end_of seatmeter.facts 0)
printf 'hello' >"$scratch/foreign"
head -c -7 "$scratch/whole" >"$scratch/cut"
printf '\x08\x63' >"$scratch/newer"
{ cat "$scratch/whole"; printf '\x12\x03\xff\xff\xff'; } >"$scratch/onebad"
for record in foreign cut newer onebad; do timeout 20 kcat -P -b "$KAFKA_BROKERS" -t seatmeter.facts -p 0 "$scratch/$record" || fail kcat; done
more 10
wait_for 60 "the sessions behind" has_sessions 110 || fail "$(sessions) sessions, 110 were said"
api "$port" /api/v1/dead | jq -r '.dead[] | select(.topic) | [.topic, .partition, .offset, .index, .why] | @tsv' | sort -t$'\t' -k3n >"$scratch/dead"
cat "$scratch/dead"
[ "$(cut -f3 "$scratch/dead" | sort -n | tr '\n' ' ')" = "$first $((first + 1)) $((first + 2)) $((first + 3)) " ] || fail "not these four records in dead"
[ "$(awk -F'\t' -v o=$((first + 3)) '$3 == o { print $4 }' "$scratch/dead")" -gt 0 ] || fail "the batch with one bad fact lost more than this"
"$SEATMETER" dead list --url "http://localhost:$port" >"$scratch/out" || fail "dead list"
printf '{"source":"icon-a","place":"table G_LOGIN_SESSION, ID 7","why":"no begin","raw":"row"}' >"$scratch/refused"
timeout 20 kcat -P -b "$KAFKA_BROKERS" -t seatmeter.dead -k icon-a "$scratch/refused" || fail kcat
five_dead() { [ "$(api "$port" /api/v1/dead | jq .count)" = 5 ]; }
wait_for 30 "an adapter's refusal in dead" five_dead || fail "what an adapter refused is not in dead"
server_stop
timeout 20 kcat -C -q -b "$KAFKA_BROKERS" -t seatmeter.dead -e -f '%k\n' 2>/dev/null | grep '^seatmeter.facts/0/' | sort >"$scratch/told"
awk -F'\t' '{ print $1 "/" $2 "/" $3 "/" $4 }' "$scratch/dead" | sort | cmp - "$scratch/told" || { cat "$scratch/told"; fail "the topic seatmeter.dead was not told of all"; }
server_start "$scratch/settings.yaml" "$port"
[ "$(api "$port" /api/v1/dead | jq .count)" = 5 ] || fail "a restart changed the dead letters"
note "four refused, each with topic, partition, offset and index, here and in seatmeter.dead; the rest counted"

echo "== partitions added"
kafka_tool org.apache.kafka.tools.TopicCommand --alter --topic seatmeter.facts --partitions 5 >/dev/null 2>&1 || fail "partitions"
five() { [ "$(api "$port" /api/v1/sources | jq '[.partitions[] | select(.topic == "seatmeter.facts")] | length')" = 5 ]; }
more 200
wait_for 60 "the sessions in the new partitions" has_sessions 310 || fail "$(sessions) sessions, 310 were said"
five || fail "the server does not read five partitions"
[ "$(api "$port" /api/v1/gaps | jq '.gaps | length')" = 0 ] || fail "new partitions are no gap"
lag_gone "$port" || fail "lag"
note "five partitions: 310 sessions read, no gap"

echo "== records deleted before they were read, while the server is away"
server_stop
next=$(end_of seatmeter.facts 1)
more 300
end=$(end_of seatmeter.facts 1)
[ $((end - next)) -ge 3 ] || fail "only $((end - next)) records to delete from"
delete_below seatmeter.facts 1 $((end - 1))
server_start "$scratch/settings.yaml" "$port"
one_gap() { [ "$(api "$port" /api/v1/gaps | jq '.gaps | length')" = "$1" ]; }
wait_for 60 "the gap" one_gap 1 || fail "there is no gap"
wait_for 60 "no lag" lag_gone "$port" || fail "the server does not go on behind the gap"
closed_gap() { api "$port" /api/v1/gaps | jq -e '.gaps[0].to != null' >/dev/null; }
wait_for 30 "the gap's end" closed_gap || fail "the gap has no end"
api "$port" /api/v1/gaps | jq -c '.gaps[]'
api "$port" /api/v1/gaps | jq -e --argjson from "$next" --argjson to $((end - 1)) '.gaps[0] | .topic == "seatmeter.facts" and .partition == 1 and .from_offset == $from and .to_offset == $to and .from != null' >/dev/null || fail "not the gap of [$next, $((end - 1)))"
[ "$(api "$port" /metrics | awk '/^seatmeter_gaps /{ print $2 }')" = 1 ] || fail "metrics name another number of gaps"
[ "$(sessions)" -lt 610 ] || fail "nothing is missing"

echo "== records deleted while the server stands still"
kill -STOP "$server"
next=$(end_of seatmeter.facts 2)
more 400
end=$(end_of seatmeter.facts 2)
delete_below seatmeter.facts 2 $((end - 1))
kill -CONT "$server"
wait_for 60 "the gap" one_gap 2 || fail "there is no gap"
wait_for 60 "no lag" lag_gone "$port" || fail "the server does not go on"
api "$port" /api/v1/gaps | jq -c '.gaps[] | select(.partition == 2)'
api "$port" /api/v1/gaps | jq -e --argjson from "$next" --argjson to $((end - 1)) '.gaps[] | select(.partition == 2) | .from_offset == $from and .to_offset == $to' >/dev/null || fail "not the gap of [$next, $((end - 1)))"
server_stop

echo "== a topic made anew"
make_anew() {
    kafka_tool org.apache.kafka.tools.TopicCommand --delete --topic seatmeter.facts >/dev/null 2>&1 || fail "delete"
    sleep_until_gone() { ! timeout 10 kcat -b "$KAFKA_BROKERS" -L -t seatmeter.facts -m 5 2>/dev/null | grep -q 'partition 0, leader'; }
    wait_for 30 "the topic to be gone" sleep_until_gone || fail "the topic stays"
    kafka_topic seatmeter.facts 5 message.timestamp.type=LogAppendTime || fail "create"
}
make_anew
more 30
server_launch "$scratch/settings.yaml" "$port"
stops_with "shorter" "it ends before what was already read of it: it was made anew"
more 2000
server_launch "$scratch/settings.yaml" "$port"
stops_with "longer" "another one stands in its place: the topic was made anew"
rm -rf "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
wait_for 60 "an empty store to read it" lag_gone "$port" || fail "an empty store does not read it"
make_anew
number=0
more 2100
stops_with "under the server" "made anew|fewer partitions"

echo "== another cluster"
kafka_stop
rm -rf "$scratch/kafka"
kafka_start "$scratch/kafka" || fail "Kafka"
sed -i "s/brokers: .*/brokers: $KAFKA_BROKERS/" "$scratch/settings.yaml"
expect 0 "the topics of another cluster" "$SEATMETER" topics create -c "$scratch/settings.yaml"
server_launch "$scratch/settings.yaml" "$port"
stops_with "another cluster" "these brokers are cluster .*, this store was filled from cluster"
kafka_stop
echo "SEED=$SEED: every fault a gap or a stop"
[ -n "${LONG:-}" ] || exit 0

echo "== three brokers under load"
rm -rf "$scratch/kafka" "$scratch/store"
parts_start 3 4
pg_start "$scratch" || fail "PostgreSQL"
yesterday=$(date -u -d yesterday +%F)
from=$(date -u -d "$yesterday" +%FT00:00:00Z) to=$(date -u -d "$yesterday" +%FT18:00:00Z)
expect 0 "a past day" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 400 --days 1 --seed "$SEED" --now "${yesterday}T06:00:00Z" --no-live
parts_settings "$scratch/three.yaml" "$port" "$scratch/three"
"$SEATMETER" simulate --dsn "$PG_DSN" --now "${yesterday}T06:00:00Z" --speed 400 --until "$to" --truth "$scratch/truth.jsonl" >"$scratch/simulator.log" 2>&1 &
simulator=$!
adapter_launch "$scratch/three.yaml"
server_start "$scratch/three.yaml" "$port"
short_pause 10
kafka_kill 2 && echo "  broker 2 killed"
short_pause 10
kafka_restart 2 || fail "broker 2"
echo "  broker 2 is back"
kafka_pause 3 && echo "  broker 3 frozen"
short_pause 30
kafka_continue 3 && echo "  broker 3 thawed"
short_pause 8
kafka_tool org.apache.kafka.tools.LeaderElectionCommand --election-type preferred --all-topic-partitions >/dev/null 2>&1 && echo "  leaders moved"
wait "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }
simulator=
truth_rows "$scratch/truth.jsonl" 10m | awk -F'\t' '$1 == "system"' >"$scratch/truth.rows"
cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"
agrees() {
    usage_rows --url "http://localhost:$port" "$from" "$to" 10m system | awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" - >"$scratch/three.rows"
    awk -F'\t' -v from="$from" '$5 >= substr(from, 1, 19)' "$scratch/truth.rows" | cmp -s "$scratch/three.rows" -
}
wait_for 180 "the numbers to be the truth" agrees || { rows_equal "$scratch/truth.rows" "$scratch/three.rows"; tail -n 5 "$scratch/adapter.log"; fail "after the brokers' faults the numbers are wrong"; }
[ "$(api "$port" /api/v1/gaps | jq '.gaps | length')" = 0 ] || fail "there are gaps"
adapter_stop
server_stop
grep -c 'the producer is lost' "$scratch/adapter.log" | sed 's/^/  producers lost: /'
echo "SEED=$SEED: $(wc -l <"$scratch/three.rows") rows equal the truth after a broker was killed, one frozen for 30 s and leaders moved"
