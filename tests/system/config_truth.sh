#!/bin/bash
# The simulator's truth is what the server reports when sessions come from ICON and the configuration from the simulator's
# Configuration Database, in two sources: ICON's own configuration tables are switched off.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
pg_start "$scratch" || fail "PostgreSQL"
port=$(free_port)
now=2026-11-22T15:30:00Z from=2026-11-21T00:00:00Z
expect 0 "a day and a half" "$SEATMETER" simulate --dsn "$PG_DSN" --config "$PG_DSN" --create --agents 200 --tenants 3 --days 1 --seed "$SEED" --now "$now" --no-live --truth "$scratch/truth.jsonl"
expect 0 "again" "$SEATMETER" simulate --dsn "$PG_DSN" --config "$PG_DSN" --now "$now" --no-live --truth "$scratch/truth.jsonl"
psql -X -q -c 'UPDATE seatmeter_simulator_config SET seed = seed + 1'
expect 2 "another site's database" "$SEATMETER" simulate --dsn "$PG_DSN" --config "$PG_DSN" --now "$now" --no-live
expect_said 'nothing was written'
printf 'tables:\n' >"$scratch/icon-map.yaml"
for table in annex tenant switch endpoint place login person group group_person group_place; do printf '  %s: {table: ~}\n' "$table" >>"$scratch/icon-map.yaml"; done
printf 'store:\n  dir: %s\nhttp:\n  port: %s\nsources:\n  - {kind: icon, name: icon-a, dsn: %s, map: %s}\n  - {kind: config, name: config, dsn: %s}\n' \
    "$scratch/store" "$port" "$PG_DSN" "$scratch/icon-map.yaml" "$PG_DSN" >"$scratch/settings.yaml"
server_start "$scratch/settings.yaml" "$port"
truth_load "$scratch/truth.jsonl"
[ "$(awk -F'\t' '$6 > 0' "$scratch/truth.rows" | wc -l)" -gt 2000 ] || fail "hardly a period of the truth has a seat"
truth_holds 120 "$port" "$from" "$until" || fail "the server's numbers are not the truth"
note "$(wc -l <"$scratch/rows") rows of $(wc -l <"$scratch/items") items, system and $(wc -w <<<"$tenants") tenants, are the truth"
server_stop
