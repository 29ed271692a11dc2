#!/bin/bash
# seatmeter topics against a real Kafka: made as they must be, every difference named, and a sentence of its own for each way
# in which the brokers do not let us.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka.sh"
also_at_exit kafka_stop

kafka_available || fail "no Kafka"
KAFKA_SECURE=yes KAFKA_ACL=yes kafka_start "$scratch/kafka" || fail "Kafka"
note "a broker at $KAFKA_BROKERS"

# settings NAME BROKERS [LINE…]
settings() {
    local name=$1 brokers=$2
    shift 2
    { printf 'kafka:\n  brokers: %s\n' "$brokers"; [ $# = 0 ] || printf '  %s\n' "$@"; } >"$scratch/$name.yaml"
}
topics() { "$SEATMETER" topics "$1" -c "$scratch/$2.yaml"; }
alter() { kafka_tool kafka.admin.ConfigCommand --alter --entity-type topics --entity-name "$1" --add-config "$2" >/dev/null 2>&1 || fail "ConfigCommand $2"; }

settings plain "$KAFKA_BROKERS"
expect 2 "without Kafka in the settings" "$SEATMETER" topics check
expect_said "kafka.brokers"
expect 1 "check before there is any" topics check plain
expect_said "^seatmeter.closes +missing: .seatmeter topics create. makes it"
[ "$(grep -c missing "$scratch/out")" = 6 ] || fail "not six missing topics"
expect 0 "create" topics create plain
[ "$(grep -c created "$scratch/out")" = 6 ] || fail "not six created topics"
expect 0 "check" topics check plain
[ "$(grep -c 'as it must be' "$scratch/out")" = 6 ] || fail "not six topics as they must be"
expect 0 "create again" topics create plain
timeout 10 kcat -b "$KAFKA_BROKERS" -L -t seatmeter.facts -m 5 >"$scratch/facts.txt" 2>&1
grep -q '"seatmeter.facts" with 6 partitions' "$scratch/facts.txt" || { cat "$scratch/facts.txt" && fail "seatmeter.facts has not 6 partitions"; }

alter seatmeter.facts message.timestamp.type=CreateTime,retention.ms=3600000,retention.bytes=1000000
alter seatmeter.objects cleanup.policy=delete
alter seatmeter.closes retention.ms=604800000
kafka_tool org.apache.kafka.tools.TopicCommand --alter --topic seatmeter.closes --partitions 2 >/dev/null 2>&1
kafka_tool org.apache.kafka.tools.TopicCommand --alter --topic seatmeter.facts --partitions 8 >/dev/null 2>&1
expect 1 "check after somebody changed them" topics check plain
cat "$scratch/out"
expect_said "seatmeter.facts +message.timestamp.type is CreateTime, expected LogAppendTime"
expect_said "seatmeter.facts +retention.ms is 3600000, expected at least 950400000" # 3 days of detail, 1 of cap, 7 to spare
expect_said "seatmeter.facts +retention.bytes is 1000000, expected -1"
expect_said "seatmeter.objects +cleanup.policy is delete, expected compact"
expect_said "seatmeter.closes +retention.ms is 604800000, expected -1"
expect_said "seatmeter.closes +it has 2 partitions, expected 1"
[ "$(grep -c . "$scratch/out")" = 9 ] || fail "more than these six differences and three good topics: more partitions of facts are no fault"
expect 1 "create does not mend what others changed" topics create plain

settings copies "$KAFKA_BROKERS" "replication: 2"
expect 1 "fewer copies than the settings want" topics check copies
expect_said "seatmeter.facts +a partition has 1 copies, expected at least 2"
[ "$(grep -c ' has 1 copies' "$scratch/out")" = 6 ] || fail "not six topics with too few copies"

note "ways in which it cannot be"
settings away "127.0.0.1:$(free_port)"
expect 3 "nobody there" topics check away
expect_said "no broker of 127.0.0.1:[0-9]+ answers"
printf 'secret\n' >"$scratch/password"
printf 'wrong\n' >"$scratch/wrong"
sasl=("security: sasl_ssl" "user: alice" "ca_file: $scratch/kafka/ca.pem")
settings wrong "$KAFKA_SASL_BROKERS" "${sasl[@]}" "password_file: $scratch/wrong"
expect 2 "a wrong password" topics check wrong
expect_said "the broker does not take user and password"
settings alice "$KAFKA_SASL_BROKERS" "${sasl[@]}" "password_file: $scratch/password"
expect 2 "alice may nothing" topics check alice
expect_said "an ACL is missing"
kafka_tool org.apache.kafka.tools.AclCommand --add --allow-principal User:alice --operation All --topic '*' --cluster >/dev/null 2>&1 || fail "AclCommand"
expect 1 "alice may all: TLS and PLAIN" topics check alice
settings scram "$KAFKA_SASL_BROKERS" "${sasl[@]}" "password_file: $scratch/password" "mechanism: SCRAM-SHA-512"
if [ "$(printf '%s\n' 2.6.1 "$(pkg-config --modversion rdkafka 2>/dev/null || echo 2.0.2)" | sort -V | head -n 1)" != 2.6.1 ]; then
    expect 2 "SCRAM with an old librdkafka" topics check scram
    expect_said "SCRAM-SHA-512 needs librdkafka 2.6.1 or later"
fi
kafka_tool org.apache.kafka.tools.AclCommand --add --allow-principal 'User:CN=client' --operation All --topic '*' --cluster >/dev/null 2>&1 || fail "AclCommand"
mutual=("security: ssl" "ca_file: $scratch/kafka/ca.pem")
settings mutual "$KAFKA_MUTUAL_BROKERS" "${mutual[@]}" "cert_file: $scratch/kafka/client.pem" "key_file: $scratch/kafka/client.key"
expect 1 "a client certificate" topics check mutual
settings nameless "$KAFKA_MUTUAL_BROKERS" "${mutual[@]}"
expect 2 "no client certificate" topics check nameless
expect_said "no TLS with the broker"
settings untrusted "$KAFKA_SASL_BROKERS" "security: sasl_ssl" "user: alice" "password_file: $scratch/password"
expect 2 "a broker that the system's CAs do not know" topics check untrusted
expect_said "no TLS with the broker"
settings nowhere "$KAFKA_SASL_BROKERS" "security: ssl" "ca_file: $scratch/nothing.pem"
expect 2 "a CA file that is not there" topics check nowhere
expect_said "the CA file .*nothing.pem cannot be read"
settings port "localhost"
expect 2 "a broker without a port" topics check port
expect_said "port.yaml:2: key kafka.brokers: value \"localhost\", expected HOST:PORT"
