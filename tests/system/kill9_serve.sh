#!/bin/bash
# The server under load, killed with SIGKILL at twenty random instants and started again, ends with the numbers of a
# server that was never disturbed: facts and cursor are committed together, so a crash causes duplicates, never gaps.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

pg_start "$scratch" || fail "PostgreSQL"
yesterday=$(date -u -d yesterday +%F)
from=$(date -u -d "$yesterday - 1 day" +%FT00:00:00Z) to=$(date -u -d "$yesterday" +%FT18:00:00Z)
expect 0 "two past days" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 600 --days 1 --seed "$SEED" --now "${yesterday}T06:00:00Z" --no-live
port=$(free_port)
settings_write "$scratch/killed.yaml" "$port" "$scratch/killed"
# Twelve hours in some forty seconds: that is the load.
"$SEATMETER" simulate --dsn "$PG_DSN" --now "${yesterday}T06:00:00Z" --speed 1000 --until "$to" --truth "$scratch/truth.jsonl" >"$scratch/simulator.log" 2>&1 &
simulator=$!
for kill in {1..20}; do
    server_launch "$scratch/killed.yaml" "$port"
    random_seconds 3
    short_pause "$random_s"
    is_running "$server" || fail "the server ended by itself before kill $kill"
    server_kill
    echo "  kill $kill after $random_s s"
done
wait "$simulator" || { cat "$scratch/simulator.log"; fail "the simulator"; }
simulator=
tenants=$(jq -r 'select(.scope == "tenant") | .id' "$scratch/truth.jsonl" | sort -un)
truth_rows "$scratch/truth.jsonl" 10m >"$scratch/truth.rows"
cut -f3 "$scratch/truth.rows" | sort -u >"$scratch/items"

# numbers NAME: what the server says of every scope, of the items that ICON feeds, until to.
numbers() {
    usage_rows --url "http://localhost:$port" "$from" "$to" 10m system $tenants |
        awk -F'\t' 'NR == FNR { known[$1]; next } $3 in known' "$scratch/items" - >"$scratch/$1.rows"
}
agrees() { numbers "$1" && cmp -s "$scratch/$1.rows" "$scratch/truth.rows"; }

server_start "$scratch/killed.yaml" "$port"
wait_for 180 "the killed server's numbers to be the truth" agrees killed || { rows_equal "$scratch/truth.rows" "$scratch/killed.rows"; fail "after the kills the numbers are wrong"; }
server_stop
note "killed: $(wc -l <"$scratch/killed.rows") rows equal the truth"
settings_write "$scratch/calm.yaml" "$port" "$scratch/calm"
server_start "$scratch/calm.yaml" "$port"
wait_for 180 "the undisturbed server's numbers to be the truth" agrees calm || { rows_equal "$scratch/truth.rows" "$scratch/calm.rows"; fail "undisturbed, the numbers are wrong"; }
server_stop
rows_equal "$scratch/calm.rows" "$scratch/killed.rows" || fail "the numbers differ"
expect 0 "verify" "$SEATMETER" verify --store "$scratch/killed"
