# tests/support/kafka_parts.sh - Seatmeter through a real Kafka: what the system tests with a broker share; to be sourced by bash.
#
#   . tests/support/kafka_parts.sh          system.sh, kafka.sh and an end that stops everything
#   parts_start [NODES [PARTITIONS]]        brokers and the topics as `seatmeter topics create` makes them (4 partitions)
#   parts_settings FILE PORT STORE          settings with kafka: and, with PostgreSQL at work, the ICON source
#   adapter_launch SETTINGS                 `adapt icon`; its log: $scratch/adapter.log
#   adapter_stop, adapter_kill              by SIGTERM, which must end with exit 0 within 15 s; by SIGKILL
#   offsets TOPIC                           PARTITION END, a line each
#   lag_gone PORT                           every partition that the server on PORT reads is read to its end
. "$(dirname "${BASH_SOURCE[0]}")/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/kafka.sh"
adapter=''

parts_end() {
    [ -z "$adapter" ] || kill -KILL "$adapter" 2>/dev/null
    kafka_stop
}
also_at_exit parts_end

parts_start() {
    kafka_start "$scratch/kafka" "${1:-1}" || fail "Kafka"
    parts_partitions=${2:-4}
    printf 'kafka:\n  brokers: %s\n  partitions: %s\n' "$KAFKA_BROKERS" "$parts_partitions" >"$scratch/topics.yaml"
    expect 0 "the topics" "$SEATMETER" topics create -c "$scratch/topics.yaml"
}

parts_settings() {
    settings_write "$1" "$2" "$3" "$(printf 'kafka:\n  brokers: %s\n  partitions: %s' "$KAFKA_BROKERS" "$parts_partitions")"
}

adapter_launch() {
    setpriv --pdeathsig KILL -- "$SEATMETER" adapt icon -c "$1" >>"$scratch/adapter.log" 2>&1 </dev/null &
    adapter=$!
}
adapter_gone() { not_running "$adapter"; }
adapter_stop() {
    local pid=$adapter status
    kill -TERM "$pid" 2>/dev/null
    wait_for 15 "the adapter's end" adapter_gone || fail "the adapter did not end within 15 s"
    wait "$pid"
    status=$?
    adapter=''
    [ $status = 0 ] || fail "the adapter ended with $status after SIGTERM"
}
adapter_kill() {
    local pid=$adapter
    adapter=''
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    return 0
}

offsets() { kafka_tool org.apache.kafka.tools.GetOffsetShell --topic "$1" 2>/dev/null | awk -F: '{ print $2, $3 }' | sort -n; }
lag_gone() { api "$1" /api/v1/sources | jq -e '(.partitions | length > 0) and all(.partitions[]; .lag_facts == 0)' >/dev/null; }
