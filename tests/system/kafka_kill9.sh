#!/bin/bash
# Through a real Kafka, under load, server and adapter are killed with SIGKILL at random instants, interleaved (5 times each;
# 20 with --long), and started again: the numbers end equal to the simulator's truth, to those of a server that read the same
# topics undisturbed, and to those of an embedded server; and every close is there once.
. "$(dirname "${BASH_SOURCE[0]}")/../support/kafka_parts.sh"

kills=5 speed=1500
[ -z "${LONG:-}" ] || { kills=20 speed=600; }
parts_start 1 4
pg_start "$scratch" || fail "PostgreSQL"
yesterday=$(date -u -d yesterday +%F)
from=$(date -u -d "$yesterday - 1 day" +%FT00:00:00Z) to=$(date -u -d "$yesterday" +%FT18:00:00Z)
expect 0 "two past days" "$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 600 --days 1 --seed "$SEED" --now "${yesterday}T06:00:00Z" --no-live
port=$(free_port)
parts_settings "$scratch/killed.yaml" "$port" "$scratch/killed"
# Twelve hours in half a minute, or over a minute: that is the load.
"$SEATMETER" simulate --dsn "$PG_DSN" --now "${yesterday}T06:00:00Z" --speed "$speed" --until "$to" --truth "$scratch/truth.jsonl" >"$scratch/simulator.log" 2>&1 &
simulator=$!
server_killed=0 adapter_killed=0
adapter_launch "$scratch/killed.yaml"
server_launch "$scratch/killed.yaml" "$port"
while [ $server_killed -lt $kills ] || [ $adapter_killed -lt $kills ]; do
    random_seconds 3
    short_pause "$random_s"
    is_running "$server" || fail "the server ended by itself"
    is_running "$adapter" || { tail -n 5 "$scratch/adapter.log"; fail "the adapter ended by itself"; }
    if [ $adapter_killed -ge $kills ] || { [ $server_killed -lt $kills ] && [ $((RANDOM % 2)) = 0 ]; }; then
        server_kill
        server_killed=$((server_killed + 1))
        echo "  server, kill $server_killed after $random_s s"
        server_launch "$scratch/killed.yaml" "$port"
    else
        adapter_kill
        adapter_killed=$((adapter_killed + 1))
        echo "  adapter, kill $adapter_killed after $random_s s"
        adapter_launch "$scratch/killed.yaml"
    fi
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
judge() {
    wait_for 180 "the $1 server's numbers to be the truth" agrees "$1" || { rows_equal "$scratch/truth.rows" "$scratch/$1.rows"; fail "$1: the numbers are wrong"; }
    note "$1: $(wc -l <"$scratch/$1.rows") rows equal the truth"
}
closes() { api "$port" "/api/v1/closes?book=system" | jq -r '.closes[] | [.day, .revision, .rows_sha256] | @tsv' | sort >"$scratch/$1.closes"; }

wait_for 60 "the killed server's answer" server_ready || fail "the killed server does not answer"
judge killed
closes killed
adapter_stop
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/killed"

parts_settings "$scratch/calm.yaml" "$port" "$scratch/calm"
server_start "$scratch/calm.yaml" "$port"
judge calm
closes calm
rows_equal "$scratch/calm.rows" "$scratch/killed.rows" || fail "the numbers differ"
api "$port" /api/v1/gaps | jq -e '.gaps == []' >/dev/null || fail "there are gaps"
api "$port" /api/v1/dead | jq -e '.count == 0' >/dev/null || fail "there are dead letters"
server_stop
[ -s "$scratch/killed.closes" ] && cmp -s "$scratch/killed.closes" "$scratch/calm.closes" || { diff "$scratch/killed.closes" "$scratch/calm.closes"; fail "the closes differ"; }
grep -q 'close differs' "$scratch/server.log" && fail "a close differs"

settings_write "$scratch/embedded.yaml" "$port" "$scratch/embedded"
server_start "$scratch/embedded.yaml" "$port"
judge embedded
server_stop
rows_equal "$scratch/embedded.rows" "$scratch/killed.rows" || fail "the numbers differ from the embedded run"
echo "SEED=$SEED: $kills kills of the server, $kills of the adapter; $(wc -l <"$scratch/killed.rows") rows equal to the truth, the undisturbed and the embedded run; $(wc -l <"$scratch/killed.closes") closes"
