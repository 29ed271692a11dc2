#!/bin/bash
# Every kind of source as a process of its own through a real Kafka: `adapt icon`, `config`, `gvp` (two servers of one site) and
# `entitlement` produce, one server reads.  Adapters are killed in between; the server's numbers are the simulator's truth.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"
parts_start 1 3
pg_start "$scratch" || fail "PostgreSQL"
pg_add_database config_db || fail "the configuration's database"
mkdir "$scratch/drop"
port=$(free_port) gvp_port=$(free_port)
day=$(date -u -d '3 days ago' +%F) next=$(date -u -d '2 days ago' +%F)
from=${day}T00:00:00Z filled=${next}T15:00:00Z to=$(date -u -d "$next + 1 day" +%FT03:00:00Z)
simulate() { "$SEATMETER" simulate --dsn "$PG_DSN" --config config_db --sold "$scratch/drop" --truth "$scratch/truth.jsonl" --late-share 2 --late-minutes 8 "$@"; }
expect 0 "a day and a half" simulate --create --agents 120 --tenants 2 --days 1 --seed "$SEED" --now "$filled" --no-live
printf 'tables:\n' >"$scratch/icon-map.yaml"
for table in annex tenant switch endpoint place login person group group_person group_place; do printf '  %s: {table: ~}\n' "$table" >>"$scratch/icon-map.yaml"; done
parts_settings "$scratch/settings.yaml" "$port" "$scratch/store"
sed -i '/^sources:/,$d' "$scratch/settings.yaml"
cat >>"$scratch/settings.yaml" <<END
sources:
  - {kind: icon, name: icon-a, dsn: $PG_DSN, settle_seconds: 10, map: $scratch/icon-map.yaml}
  - {kind: config, name: config, dsn: config_db}
  - {kind: gvp, name: rs-a, group: gvp, url: "http://127.0.0.1:$gvp_port", poll_seconds: 1}
  - {kind: gvp, name: rs-b, group: gvp, url: "http://127.0.0.1:$gvp_port", poll_seconds: 1, page_size: 41}
  - {kind: entitlement, name: sold, dir: $scratch/drop, poll_seconds: 1}
END
declare -A adapters=()
# adapt KIND
adapt() {
    setpriv --pdeathsig KILL -- "$SEATMETER" adapt "$1" -c "$scratch/settings.yaml" >>"$scratch/adapt-$1.log" 2>&1 </dev/null &
    adapters[$1]=$!
}
kinds=(icon config gvp entitlement)
server_start "$scratch/settings.yaml" "$port"
simulate --now "$filled" --speed 1500 --until "$to" --gvp-port "$gvp_port" >"$scratch/simulator.log" 2>&1 &
simulator=$!
for kind in "${kinds[@]}"; do adapt "$kind"; done
ended() { grep -q 'simulate: ended at' "$scratch/simulator.log" || not_running "$simulator"; }
for round in 1 2 3; do
    random_seconds 5
    short_pause "$random_s"
    for kind in gvp config "${kinds[RANDOM % 4]}"; do
        kill -KILL "${adapters[$kind]}" 2>/dev/null
        wait "${adapters[$kind]}" 2>/dev/null
        adapt "$kind"
    done
    note "adapters killed, round $round"
done
wait_for 120 "the end of the simulated hours" ended && is_running "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }

truth_load "$scratch/truth.jsonl"
truth_holds 180 "$port" "$from" "$until" || { tail -n 5 "$scratch"/adapt-*.log >&2; fail "the server's numbers are not the truth"; }
note "$(wc -l <"$scratch/rows") rows of $(wc -l <"$scratch/items") items are the truth"
[ "$(wc -l <"$scratch/items")" = 25 ] || fail "not every item was there"
api "$port" /api/v1/dead | jq -e '.count == 0' >/dev/null || fail "there are dead letters"
for kind in "${kinds[@]}"; do
    kill -TERM "${adapters[$kind]}"
    wait "${adapters[$kind]}" || fail "adapt $kind ended with $?: $(tail -n 3 "$scratch/adapt-$kind.log")"
done
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
