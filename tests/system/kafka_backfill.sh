#!/bin/bash
# A backfill through Kafka: `adapt icon --from --to` reads two old days again while another adapter follows the source; the
# records come, the numbers stay, and the cursor is that of the adapter which follows.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
parts_start 1 3
pg_start "$scratch" || fail "PostgreSQL"
port=$(free_port)
from=$(date -u -d '2 days ago' +%F) to=$(date -u +%F)
expect 0 "two past days" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 150 --days 2 --seed "$SEED" --no-live
parts_settings "$scratch/settings.yaml" "$port" "$scratch/store"
adapter_launch "$scratch/settings.yaml"
server_start "$scratch/settings.yaml" "$port"
closed() { [ "$(api "$port" "/api/v1/closes?book=system" | jq '.closes | length')" -ge 2 ]; }
wait_for 300 "both days to be closed" closed || fail "the days were not closed"
numbers() { usage_rows --url "http://localhost:$port" "${from}T00:00:00Z" "${to}T00:00:00Z" 10m system 101 102 103; }
ends() { offsets seatmeter.facts | awk '{ sum += $2 } END { print sum }'; }
numbers >"$scratch/before.rows"
before=$(ends)
expect 0 "a backfill" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --from "$from" --to "$to"
expect_said 'again: [0-9]{3,} rows'
[ "$(ends)" -gt "$before" ] || fail "nothing reached the topic"
expect 0 "the same again" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --from "$from" --to "$to"
wait_for 60 "the server to have read it all" lag_gone "$port" || fail "the lag stays"
numbers >"$scratch/after.rows"
rows_equal "$scratch/before.rows" "$scratch/after.rows" || fail "a backfill changed the numbers"
note "$(wc -l <"$scratch/after.rows") rows are as before; $(($(ends) - before)) records more"
expect 2 "the wrong way round" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --from "$to" --to "$from"
expect 2 "without an end" "$SEATMETER" adapt icon -c "$scratch/settings.yaml" --from "$from"
adapter_stop
adapter_launch "$scratch/settings.yaml"
wait_for 60 "its cursor" grep -q 'goes on from its cursor' "$scratch/adapter.log" || fail "the adapter does not go on from its cursor"
server_stop
