#!/bin/bash
# base/kafka.h on a real broker: what goes wrong with the other side has a sentence of its own, said once, and is over when it is
# over: a wrong password, rights that are missing and then given, a broker that dies and comes back; nothing is lost or doubled.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka.sh"
also_at_exit kafka_stop
BUILD=${BUILD:-$tree/build/release}
door=$BUILD/tests/system.kafka_door
[ -x "$door" ] || ninja -C "$BUILD" system.kafka_door >&2 || fail "system.kafka_door is not built"

kafka_available || fail "no Kafka"
KAFKA_SECURE=yes KAFKA_ACL=yes kafka_start "$scratch/kafka" || fail "Kafka"
kafka_topic t 1 || fail "the topic"
acl() { kafka_tool org.apache.kafka.tools.AclCommand "$1" --force --allow-principal User:alice "${@:2}" >/dev/null 2>&1 || fail "AclCommand $*"; }

# begin WORD…: the program at work; its words: $scratch/out, its log: $scratch/door.log.
begin() {
    rm -f "$scratch/pipe" && mkfifo "$scratch/pipe"
    "$door" "$@" <"$scratch/pipe" >"$scratch/out" 2>"$scratch/door.log" &
    program=$!
    exec 7>"$scratch/pipe"
}
end() { # CODE
    local status
    exec 7>&-
    wait "$program"
    status=$?
    tail -n 1 "$scratch/out"
    [ "$status" = "$1" ] || { cat "$scratch/out" "$scratch/door.log" && fail "exit $status, expected $1"; }
}
said() { wait_for 60 "\"$1\"" grep -q -E -- "$1" "$scratch/out" || { cat "$scratch/out" "$scratch/door.log" && fail "\"$1\" was not said"; }; note "$(grep -m 1 -E -- "$1" "$scratch/out" | cut -c1-200)"; }
# A line in, and the answer tells that records flow: twice, more than before.
flows() {
    local before
    echo >&7
    said "taken"
    before=$(grep -c taken "$scratch/out")
    more() { echo >&7; [ "$(sed -n 's/taken //p' "$scratch/out" | tail -n 1)" -gt "$(sed -n 's/taken //p' "$scratch/out" | sed -n "${before}p")" ]; }
    wait_for 60 "records that flow" more || { cat "$scratch/out" && fail "nothing flows"; }
}

note "a wrong password"
begin "$KAFKA_SASL_BROKERS" t "$scratch/kafka/ca.pem" alice wrong
said "producer: SETTINGS the broker does not take user and password"
said "consumer: SETTINGS the broker does not take user and password"
kill "$program" && wait "$program" 2>/dev/null
exec 7>&-
[ "$(grep -c 'producer: the broker does not take' "$scratch/door.log")" = 1 ] || { cat "$scratch/door.log" && fail "not said once"; }

note "rights that are missing, then given"
acl --add --operation Describe --topic t
begin "$KAFKA_SASL_BROKERS" t "$scratch/kafka/ca.pem" alice secret
said "producer: SETTINGS .*an ACL is missing"
said "consumer: SETTINGS .*an ACL is missing"
acl --add --operation Read --operation Write --topic t
said "consumer: OK"
said "^delivered: OK"
flows
note "a broker that dies and comes back"
kafka_kill 1
said "producer: AWAY no broker of $KAFKA_SASL_BROKERS answers"
said "consumer: AWAY no broker of $KAFKA_SASL_BROKERS answers"
kafka_restart 1 7>&- || fail "Kafka does not come back" # without the pipe, or it would never end
wait_for 60 "the end of the trouble" awk '/^producer:/ { p = $2 } /^consumer:/ { c = $2 } END { exit !(p == "OK" && c == "OK") }' "$scratch/out" || { cat "$scratch/out" && fail "the trouble does not end"; }
flows
end 0
grep -v '^taken' "$scratch/out" | cut -c1-160
