#!/bin/bash
# seatmeter replay --brokers against a real Kafka: what the topics hold is what the file said, in its order within each
# partition, also when the broker is killed in the middle; a watermark stands in every partition behind what came before it.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka.sh"
also_at_exit kafka_stop
BUILD=${BUILD:-$tree/build/release}
read_topics=$BUILD/tests/system.read_topics
[ -x "$read_topics" ] || ninja -C "$BUILD" system.read_topics >&2 || fail "system.read_topics is not built"

kafka_available || fail "no Kafka"
kafka_start "$scratch/kafka" || fail "Kafka"
printf 'kafka:\n  brokers: %s\n' "$KAFKA_BROKERS" >"$scratch/settings.yaml"
replay() { "$SEATMETER" replay -c "$scratch/settings.yaml" --brokers "$KAFKA_BROKERS" "$@"; }
awk -v seed="$SEED" -v count=60000 -f "$tree/tests/support/facts_random.awk" >"$scratch/facts.jsonl"
"$read_topics" - "$scratch/facts.jsonl" >"$scratch/said" || fail "the facts"
note "$(wc -l <"$scratch/said") facts, $(grep -c '"kind":"watermark"' "$scratch/said") of them watermarks"

expect 1 "topics that are not there" replay "$scratch/facts.jsonl"
expect_said "seatmeter.facts: the broker has no such topic .*seatmeter topics create"
expect 0 "seatmeter topics create" "$SEATMETER" topics create -c "$scratch/settings.yaml"

# held_as_said BEGIN: of each topic and partition the facts from offset BEGIN's on are those of $scratch/said that belong there, in its order.
held_as_said() {
    "$read_topics" "$KAFKA_BROKERS" seatmeter.facts seatmeter.objects >"$scratch/held" || return 1
    awk -F'\t' -v begin="$1" '
        function plain(line) { sub(/,?"partitions":[0-9]+/, "", line); sub(/\{,/, "{", line); return line }
        FILENAME == begin { skip[$1, $2] = $3; next }
        FILENAME ~ /held$/ {
            if ($3 < skip[$1, $2] + 0) next
            place = $1 SUBSEP $2
            if (!(place in count)) places++
            fact = plain($6)
            held[place, ++count[place]] = fact
            if (fact !~ /"kind":"watermark"/) where[fact] = place
            if ($1 == "seatmeter.objects" && ($4 != 0 || $5 == "")) { print "an object that is not alone, or without a key: " $0; bad = 1 }
            if (match(fact, /"session":"[^"]*"/)) {
                session = substr(fact, RSTART, RLENGTH)
                if (session in of && of[session] != $2) { print session " lies in two partitions"; bad = 1 }
                of[session] = $2
            }
            next
        }
        {
            if ($0 ~ /"kind":"watermark"/) { for (place in count) check(place, $0) }
            else if ($0 in where) check(where[$0], $0)
            else { print "not in the topics: " $0; bad = 1; exit }
        }
        function check(place, fact) {
            if (held[place, ++at[place]] == fact || bad) return
            split(place, part, SUBSEP)
            print part[1] " " part[2] ": " held[place, at[place]] " instead of " fact
            bad = 1
        }
        END {
            for (place in count) if (at[place] != count[place] && !bad) { print place ": " count[place] " facts instead of " at[place]; bad = 1 }
            if (!bad) print places " partitions hold it as it was said"
            exit bad
        }' "$1" "$scratch/held" "$scratch/said" || return 1
}
# Where each partition ends now.
mark_ends() { "$read_topics" "$KAFKA_BROKERS" seatmeter.facts seatmeter.objects | awk -F'\t' -v OFS='\t' '{ end[$1 OFS $2] = $3 + 1 } END { for (place in end) print place, end[place] }' >"$scratch/ends"; }

: >"$scratch/none"
expect 0 "replay" replay "$scratch/facts.jsonl"
cat "$scratch/err"
expect_said "60[0-9]{3} lines: .* all acknowledged, 0 older objects left out, 0 refused"
held_as_said "$scratch/none" || fail "the topics do not hold what was said"
[ "$(cut -f 1,2 "$scratch/held" | sort -u | wc -l)" = 7 ] || fail "not six partitions of facts and one of objects"

note "again, the broker killed in the middle"
mark_ends
replay "$scratch/facts.jsonl" >"$scratch/replay.log" 2>&1 &
replay=$!
some_arrived() { [ "$("$read_topics" "$KAFKA_BROKERS" seatmeter.facts | wc -l)" -gt "$(($(grep -c seatmeter.facts "$scratch/held") + 2000))" ] || ! is_running "$replay"; }
wait_for 60 "the first facts" some_arrived || fail "nothing arrived"
is_running "$replay" && note "killed while replay is at work" || note "replay was faster"
kafka_kill 1
kafka_restart 1 || fail "Kafka does not come back"
held_again() { held_as_said "$scratch/ends" >"$scratch/held.log" 2>&1; }
wait "$replay" || { cat "$scratch/replay.log" && fail "replay did not survive the broker's end"; }
tail -n 1 "$scratch/replay.log"
# A broker that has just come back may not lead its partitions yet, or show less of them than it holds; what is lost stays lost.
wait_for 30 "what was acknowledged" held_again || { held_as_said "$scratch/ends"; fail "the topics do not hold what was said after the broker's end"; }

note "what cannot be taken, and older objects"
{
    echo '{"source":"config","kind":"object","key":"person/1@null","version":5,"body":{"type":"person","id":1}}'
    echo '{"source":"config","kind":"object","key":"person/1@null","version":4,"body":{"type":"person","id":1}}'
    echo '{"source":"config","kind":"object","key":"person/1@null"}'
} >"$scratch/odd.jsonl"
expect 1 "a line that is no fact" replay "$scratch/odd.jsonl"
expect_said "odd.jsonl:3: refused: version: missing"
expect_said "3 lines: 2 facts in 1 records, all acknowledged, 1 older objects left out, 1 refused"
timeout 20 kcat -q -b "$KAFKA_BROKERS" -C -t seatmeter.dead -o beginning -e >"$scratch/dead.txt" 2>&1
grep -q '"place":"[^"]*odd.jsonl:3","why":"version: missing' "$scratch/dead.txt" || { cat "$scratch/dead.txt" && fail "seatmeter.dead does not hold the refused line"; }
expect 0 "a newer one after all" replay <(sed -n '1s/"version":5/"version":6/p' "$scratch/odd.jsonl")
expect 0 "an older one by another run" replay <(sed -n 1p "$scratch/odd.jsonl")
expect_said "1 older objects left out"

note "interrupted while the broker stands still"
mark_ends
arrived_before=$("$read_topics" "$KAFKA_BROKERS" seatmeter.facts | wc -l)
mkfifo "$scratch/pipe"
"$SEATMETER" replay -c "$scratch/settings.yaml" --brokers "$KAFKA_BROKERS" "$scratch/pipe" >"$scratch/replay.log" 2>&1 &
replay=$!
exec 7>"$scratch/pipe"
head -n 50000 "$scratch/facts.jsonl" >&7
some_arrived() { [ "$("$read_topics" "$KAFKA_BROKERS" seatmeter.facts | wc -l)" -gt "$arrived_before" ]; }
wait_for 60 "the first facts" some_arrived || fail "nothing arrived"
kafka_pause 1
tail -n +50001 "$scratch/facts.jsonl" >&7
exec 7>&-
kill -TERM "$replay"
wait "$replay"
status=$?
kafka_continue 1
cat "$scratch/replay.log"
[ $status = 3 ] || fail "interrupted: exit $status, expected 3"
grep -q "not all acknowledged" "$scratch/replay.log" || fail "it does not say that not all is acknowledged"
kafka_kill 1
expect 3 "no broker" replay "$scratch/facts.jsonl"
expect_said "no broker of 127.0.0.1:[0-9]+ answers"
