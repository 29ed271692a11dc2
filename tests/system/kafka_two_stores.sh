#!/bin/bash
# Two servers read the same topics into stores of their own: one from the start, one with an empty store in the middle of the
# load; each is stood still, ended and killed at other instants, while the adapter goes on.  Both close days through the topic.
# In the end their stores hold the same, record for record, and the same closes, each once; neither saw another digest.  On the
# way they draw marks every second, and at every mark at which both stood they had equal digests.  Then a server whose store
# knew a session more from the start begins: it and the other say so.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.store_dump system.read_topics >/dev/null || fail "the programs cannot be built"

rounds=6
[ -z "${LONG:-}" ] || rounds=24
parts_start 1 4
pg_start "$scratch" || fail "PostgreSQL"
yesterday=$(date -u -d yesterday +%F)
start=$(date -u -d "$yesterday - 1 day" +%FT00:00:00Z) to=$(date -u -d "$yesterday + 1 day" +%FT01:00:00Z)
[ "$(date -u +%H)" -ge 2 ] || to=$(date -u +%FT%H:%M:00Z)
expect 0 "two past days" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 500 --days 2 --seed "$SEED" --now "$start" --no-live
port_a=$(free_port) port_b=$(free_port)
parts_settings "$scratch/a.yaml" "$port_a" "$scratch/a"
parts_settings "$scratch/b.yaml" "$port_b" "$scratch/b"
sed -i 's/^  brokers:.*/&\n  mark_seconds: 1/' "$scratch/a.yaml" "$scratch/b.yaml"
"$SEATMETER" simulate --dsn "$PG_DSN" --now "$start" --speed 4000 --until "$to" >"$scratch/simulator.log" 2>&1 &
simulator=$!
adapter_launch "$scratch/a.yaml"
# Two of the three tenants have days of their own.
printf '{"source":"api","kind":"tenant_setting","key":"%d/","version":1,"body":{"tenant":%d,"zone":"%s"}}\n' 101 101 Asia/Kathmandu 102 102 America/New_York >"$scratch/zones.jsonl"
expect 0 "zones" "$SEATMETER" replay --brokers "$KAFKA_BROKERS" "$scratch/zones.jsonl"

server_a='' server_b=''
begin() { # begin NAME
    setpriv --pdeathsig KILL -- "$SEATMETER" serve -c "$scratch/$1.yaml" >>"$scratch/server-$1.log" 2>&1 </dev/null &
    printf -v "server_$1" %s $!
}
end_both() {
    for name in a b; do
        local pid=server_$name
        [ -z "${!pid}" ] || kill -KILL "${!pid}" 2>/dev/null
    done
}
also_at_exit end_both
# disturb NAME: one of three.
disturb() {
    local pid=server_$1
    pid=${!pid}
    is_running "$pid" || { tail -n 5 "$scratch/server-$1.log"; fail "server $1 ended by itself"; }
    random_seconds 2
    case $((RANDOM % 3)) in
    0) kill -STOP "$pid" && short_pause "$random_s" && kill -CONT "$pid" && echo "  $1 stood still for $random_s s" ;;
    1) kill -TERM "$pid" && { wait "$pid" || fail "server $1 ended with $? after SIGTERM"; } && short_pause "$random_s" && begin "$1" && echo "  $1 ended, again after $random_s s" ;;
    2) kill -KILL "$pid"; wait "$pid" 2>/dev/null; begin "$1" && echo "  $1 killed" ;;
    esac
}
begin a
for ((round = 1; round <= rounds; round++)); do
    [ $round != $((rounds / 2)) ] || { begin b && echo "  b begins with an empty store"; }
    random_seconds 2
    short_pause "$random_s"
    disturb a
    [ -z "$server_b" ] || disturb b
done
wait "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }
simulator=

watermark() { api "$1" /api/v1/sources | jq -r '.sources[] | select(.name == "icon-a") | .watermark // "none"'; }
closes() { api "$1" "/api/v1/closes?limit=1000" | jq -r '.closes[] | [.book, .day, .revision, .status, .rows_sha256, .sha256] | @tsv' | sort; }
# The simulator's end has been promised by the source, both have read everything, and both days stand.
settled() {
    [ "$(watermark "$1" | cut -c1-16)" \> "$(date -u -d "$to - 2 minutes" +%FT%H:%M)" ] && lag_gone "$1" && [ "$(closes "$1" | wc -l)" -ge 8 ]
}
for port in "$port_a" "$port_b"; do
    wait_for 120 "port $port to have read and closed all" settled "$port" || {
        api "$port" /api/v1/sources; closes "$port"; tail -n 5 "$scratch"/server-?.log; fail "a server does not settle (to $to)"
    }
done
# Who makes a day again after the other has closed it may know more: a medium that is added later counts for its whole session, also
# on the day before (domain.md §7.1).  Then `close differs` is right, so what decides is this: a close that stands tells what the facts
# before its positions tell, counted by a store that was told nothing else.
rows_of_close() { jq -c --arg scope "$1" '.rows[] | select(.scope == $scope and .peak > 0) | [.item, .profile, .peak, .peak_at, .named, .seat_ms]' | sort; }
rows_of_report() { jq -c --arg start "$1" '.rows[] | select(.start == $start and (.peak // 0) > 0) | [.item, .profile, .peak, .peak_at, .named, (.seat_seconds * 1000 | round)]' | sort; }
counted_again() { # BOOK DAY
    local words=(--scope system)
    [ "$1" = system ] || words=(--scope tenant --id "$1")
    rm -rf "$scratch/again"
    api "$port_a" "/api/v1/closes/$1/$2" >"$scratch/close.json" || fail "no close of $1/$2"
    jq -r '.document.positions | to_entries[] | (.key | split("/") | join("\t")) + "\t\(.value)"' "$scratch/close.json" >"$scratch/positions"
    "$BUILD/tests/system.read_topics" --before "$scratch/positions" "$KAFKA_BROKERS" seatmeter.facts seatmeter.objects |
        sed 's/"partitions":[0-9]*,//' >"$scratch/before.jsonl" || fail "the topics"
    "$SEATMETER" replay --store "$scratch/again" "$scratch/before.jsonl" >/dev/null || fail "replay"
    rows_of_close "${words[1]}" <"$scratch/close.json" >"$scratch/rows.stand"
    "$SEATMETER" report --store "$scratch/again" "${words[@]}" --from "$2" --to "$(date -u -d "$2 + 1 day" +%F)" --granularity day --profile exact,lrm,person,sustained \
        --format json | rows_of_report "$(jq -r '.document["start"]' "$scratch/close.json")" >"$scratch/rows.again"
    [ -s "$scratch/rows.stand" ] || fail "no rows in $1/$2"
    cmp -s "$scratch/rows.stand" "$scratch/rows.again" ||
        { diff "$scratch/rows.stand" "$scratch/rows.again" | head -n 8; fail "the close of $1/$2 (<) is not what the $(wc -l <"$scratch/before.jsonl") facts before its positions tell (>)"; }
    echo "  the close of $1/$2: $(wc -l <"$scratch/rows.stand") rows are what the facts before its positions tell"
}
differing() { for port in "$port_a" "$port_b"; do api "$port" /api/v1/alerts | jq -r '.alerts[] | select(.alert == "close differs") | .subject | split("/")[:2] | join(" ")'; done | sort -u; }
{ differing; echo "system $(date -u -d "$yesterday - 1 day" +%F)"; echo "101 $yesterday"; } | sort -u >"$scratch/again.list"
while read -r book day; do counted_again "$book" "$day" </dev/null; done <"$scratch/again.list"

# Digests told so far, a line each: mark, horizon, tables, instance.
digests() {
    timeout 20 kcat -C -q -e -b "$KAFKA_BROKERS" -t seatmeter.cursors -o beginning -f '%k\t%s\n' 2>/dev/null | sed -n 's/^instance[^\t]*\t//p' |
        jq -r '[.mark, .horizon // "none", (.tables | tojson), .instance] | @tsv' | sort -u
}
# Marks at which both stood with one horizon.
both() { digests | cut -f1,2,4 | sort -u | cut -f1,2 | sort | uniq -d | wc -l; }
several() { [ "$(both)" -ge 4 ]; } # a digest that took long, as on a busy machine, makes the next wait
wait_for 300 "four marks at which both stood" several || { digests; fail "only $(both) marks at which both stood"; }
for port in "$port_a" "$port_b"; do
    zones=$(api "$port" "/api/v1/closes?limit=1000" | jq -c '[.closes[] | [.book, .zone]] | unique')
    [ "$zones" = '[["101","Asia/Kathmandu"],["102","America/New_York"],["103","UTC"],["system","UTC"]]' ] || fail "the books' zones: $zones"
done
adapter_stop
for port in "$port_a" "$port_b"; do wait_for 30 "the last records" lag_gone "$port" || fail "there is lag"; done
marks=$(both)
digests | cut -f1-3 | sort -u | cut -f1,2 | sort | uniq -d >"$scratch/unequal"
[ ! -s "$scratch/unequal" ] || { digests | grep -F -f "$scratch/unequal"; fail "digests differ at $(wc -l <"$scratch/unequal") marks"; }
for port in "$port_a" "$port_b"; do
    [ "$(api "$port" /metrics | awk '/^seatmeter_replica_digests_total.*differs/ { print $2 }')" = 0 ] || fail "port $port saw other digests"
    api "$port" /api/v1/alerts | jq -e '[.alerts[] | select(.alert != "source silent" and .alert != "close differs")] == []' >/dev/null || { api "$port" /api/v1/alerts; fail "there are alerts"; }
done
compared=$(api "$port_a" /metrics | awk '/^seatmeter_replica_digests_total.*equal/ { print $2 }')
[ "$compared" -ge 1 ] || fail "a compared nothing since its last start"
# Every row of every close is in the topic of usage, told by the instance whose document stands, whichever was killed meanwhile.
usage_told() {
    timeout 60 kcat -C -q -e -b "$KAFKA_BROKERS" -t seatmeter.usage -o beginning -f '%k\t%s\n' 2>/dev/null | awk -F'\t' '{ last[$1] = $2 } END { for (k in last) print k "\t" last[k] }' |
        jq -R -r 'split("\t") | .[0] + "\t" + (.[1] | fromjson | tojson)' | sort
}
usage_rows_of_closes() {
    api "$port_a" "/api/v1/closes?limit=1000" | jq -r '.closes[] | [.book, .day] | @tsv' | while read -r book day; do
        api "$port_a" "/api/v1/closes/$book/$day" | jq -r '.document as $d | .rows[] |
            "\($d.book)/\($d.day)/\(.scope)/\(.id // 0)/\(.item)/\(.profile)\t\({book: $d.book, day: $d.day, revision: $d.revision, status: $d.status, zone: $d.zone} + . | tojson)"'
    done | sort
}
usage_rows_of_closes >"$scratch/usage.expected"
all_told() { usage_told >"$scratch/usage.told"; cmp -s "$scratch/usage.expected" "$scratch/usage.told"; }
wait_for 60 "the rows in the topic of usage" all_told || { diff "$scratch/usage.expected" "$scratch/usage.told" | head -n 6; fail "$(wc -l <"$scratch/usage.told") rows told, $(wc -l <"$scratch/usage.expected") closed"; }
note "$(wc -l <"$scratch/usage.told") rows of usage told"
# What belongs to closes alone (detail that goes) has happened in both when they have looked once more behind the last record.
closes "$port_a" >"$scratch/a.closes"
closes "$port_b" >"$scratch/b.closes"
cmp "$scratch/a.closes" "$scratch/b.closes" || { diff "$scratch/a.closes" "$scratch/b.closes"; fail "the closes differ"; }
for name in a b; do
    pid=server_$name
    kill -TERM "${!pid}"
    wait "${!pid}" || fail "server $name ended with $? after SIGTERM"
    printf -v "server_$name" %s ''
    expect 0 "verify $name" "$SEATMETER" verify --store "$scratch/$name"
done
"$BUILD/tests/system.store_dump" "$scratch/a" "$scratch/b" >"$scratch/dump.txt" 2>"$scratch/dump.count" || { cat "$scratch/dump.txt"; fail "the stores differ"; }

# A store that knew a session more before it read the topics.
printf '{"source":"icon-z","kind":"login_session","key":"1","version":1,"body":{"session":"Z-1","person":1,"place":1,"app":"X","begin":"%sT01:00:00.000Z","end":null}}\n' \
    "$(date -u -d "$to" +%F)" >"$scratch/more.jsonl"
expect 0 "a session more" "$SEATMETER" replay --store "$scratch/b" "$scratch/more.jsonl"
begin a && begin b
differs() { api "$1" /api/v1/alerts | jq -e '.alerts[] | select(.alert == "replica differs" and .ended == null)' >/dev/null; }
for port in "$port_a" "$port_b"; do wait_for 60 "port $port to see the difference" differs "$port" || { tail -n 5 "$scratch"/server-?.log; fail "port $port does not see the difference"; }; done
api "$port_a" /api/v1/alerts | jq -r '.alerts[].text'
api "$port_a" /api/v1/alerts | jq -e '.alerts[] | select(.alert == "replica differs").text | test("sessions \\([0-9]+ records here, [0-9]+ there\\)")' >/dev/null || fail "the alert does not name the table"
for name in a b; do [ "$(grep -c 'error.*replica differs' "$scratch/server-$name.log")" -ge 1 ] || fail "$name does not log the difference"; done
marked() { [ "$(api "$port_a" /metrics | awk '/^seatmeter_replica_digests_total.*differs/ { print $2 }')" -ge 2 ]; }
wait_for 300 "marks more" marked || fail "no more marks"
[ "$(grep -c 'error.*replica differs' "$scratch/server-a.log")" = 1 ] || { grep 'replica differs' "$scratch/server-a.log"; fail "the same difference is said more than once"; }
echo "SEED=$SEED: after $rounds disturbances each, $(cat "$scratch/dump.count") of the two stores are equal, and $(wc -l <"$scratch/a.closes") closes; equal digests at $marks marks; a store with a session more was seen at once"
