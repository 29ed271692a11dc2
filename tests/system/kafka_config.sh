#!/bin/bash
# The configuration through a real Kafka: `adapt config` knows its past from the topics, whatever becomes of it and of its
# cursor; what the server is told to decide stands in the topics and reaches the adapter; the history equals the database.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
BUILD=${BUILD:-$(dirname "$SEATMETER")}
ninja -C "$BUILD" system.config_facts >/dev/null || fail "system.config_facts cannot be built"
parts_start 1 3
pg_start "$scratch" || fail "PostgreSQL"
psql -X -q -v ON_ERROR_STOP=1 -f "$tree/deploy/config-db.postgres.sql" || fail "the tables"
sql() { psql -X -Atq -v ON_ERROR_STOP=1 -c "$1" || fail "SQL: $1"; }
sql "INSERT INTO cfg_tenant VALUES (101, 'Acme', 1, 1);
     INSERT INTO cfg_person SELECT 5000 + i, 101, 'e' || i, 'user' || i, 'First' || i, 'Last' || i, 2, 1 FROM generate_series(1, 200) i;
     INSERT INTO cfg_group VALUES (2001, 101, 'Team', 1, 1);
     INSERT INTO cfg_agent_group SELECT 2001, 5000 + i FROM generate_series(1, 200) i;"
port=$(free_port)
parts_settings "$scratch/settings.yaml" "$port" "$scratch/store"
sed -i '/^sources:/,$d' "$scratch/settings.yaml"
printf 'sources:\n  - kind: config\n    name: config\n    dsn: %s\n' "$PG_DSN" >>"$scratch/settings.yaml"
server_start "$scratch/settings.yaml" "$port"
adapt() {
    setpriv --pdeathsig KILL -- "$SEATMETER" adapt config -c "$scratch/settings.yaml" >>"$scratch/adapter.log" 2>&1 </dev/null &
    adapter=$!
}
source_is() { [ "$(api "$port" /api/v1/sources | jq -c ".sources[] | select(.name == \"config\") | $1")" = "$2" ]; }
source_wants() { wait_for 90 "the source: $1 = $2" source_is "$@" || { api "$port" /api/v1/sources >&2; tail "$scratch/adapter.log" >&2; fail "the source"; }; }
watermark() { api "$port" /api/v1/sources | jq -r '.sources[] | select(.name == "config").watermark'; }
has_moved() { [ "$(watermark)" != "$1" ] && [ "$(watermark)" != null ] && [ -n "$(watermark)" ]; }
shots=0 times=()
# Every partition has been read, so that the watermark is that of all of them.
all_read() { lag_gone "$port" && [[ "$(watermark)" == 20*Z ]]; }
shot() {
    wait_for 60 "the topics" all_read || fail "the topics are not read"
    times+=("$(watermark)")
    { echo "at $(watermark)" && psql -X -Atq -F ' ' -c "
        SELECT 'tenant', dbid, '-', '-', 'yes', '-', '-', '-' FROM cfg_tenant UNION ALL
        SELECT 'person', dbid, tenant_dbid::text, '-', CASE state WHEN 1 THEN 'yes' ELSE 'no' END, 'yes', 'no', '-' FROM cfg_person UNION ALL
        SELECT 'agent-group', dbid, tenant_dbid::text, '-', 'yes', '-', '-', '-' FROM cfg_group" -c "
        SELECT 'member', group_dbid, 'person', agent_dbid FROM cfg_agent_group" | sort; } >"$scratch/shot.$shots"
    shots=$((shots + 1))
}
shots_hold() {
    local i
    for ((i = 0; i < shots; i++)); do cat "$scratch/shot.$i"; done >"$scratch/shots"
    "$BUILD/tests/system.config_facts" at "$scratch/store" "${times[@]}" >"$scratch/told" || fail "the facts cannot be read"
    diff "$scratch/shots" "$scratch/told" >"$scratch/differ" || { head -n 10 "$scratch/differ" >&2; fail "$1: the store's history (>) is not what the database said (<)"; }
    note "$1: $shots snapshots, $(wc -l <"$scratch/told") lines, the history equals the database"
}
# again stop|kill: the adapter, and another snapshot
again() {
    local before
    before=$(watermark)
    "adapter_$1"
    adapt
    [ "${2:-}" = stays ] || wait_for 90 "another snapshot" has_moved "$before" || { tail "$scratch/adapter.log" >&2; fail "no other snapshot"; }
}

adapt
wait_for 90 "a first snapshot" has_moved null || fail "no snapshot"
shot
shots_hold "a first load"
for round in {1..4}; do
    sql "UPDATE cfg_person SET state = 3 - state WHERE dbid % 9 = $round; DELETE FROM cfg_agent_group WHERE agent_dbid % 50 = $round;
         INSERT INTO cfg_person VALUES (6000 + $round, 101, 'n', 'n', 'N', 'N', 2, 1)"
    random_seconds 1
    short_pause "$random_s"
    again kill
    shot
done
shots_hold "killed four times"

note "a held deletion is decided through the topics"
sql "DELETE FROM cfg_person WHERE dbid % 2 = 0"
again stop stays
source_wants .held.note '"102 of 204 persons"'
before=$(watermark)
expect 0 "decide" "$SEATMETER" decide --url "http://localhost:$port" deletions config --reason "half of them left"
source_wants .held null
wait_for 30 "the watermark" has_moved "$before" || fail "the watermark stands"
shot
shots_hold "decided"
expect 0 "retire" "$SEATMETER" decide --url "http://localhost:$port" retire config --reason "over"
source_wants .retired true
adapter_stop
server_stop
note "all held"
