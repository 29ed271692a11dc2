#!/bin/bash
# What can be wrong with a store, its settings and its input, and what is said: a second server, another format, broken
# settings, broken lines, a full disk.  Never a crash, never silence, nothing lost.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

awk -v seed="$SEED" -v count=4000 -f "$tree/tests/support/facts_random.awk" >"$scratch/facts.jsonl"

note "a second writer on the same store"
port=$(free_port)
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
settings_write "$scratch/second.yaml" "$(free_port)" "$scratch/store"
expect 4 "a second server" "$SEATMETER" serve -c "$scratch/second.yaml"
expect_said "$scratch/store"
expect 4 "replay into a store at work" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"
api "$port" /livez >/dev/null || fail "the first server suffered"
expect 0 "reading beside it" "$SEATMETER" report --store "$scratch/store" --scope system --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z --granularity day
server_stop

note "another format"
expect 0 "a store" "$SEATMETER" replay --store "$scratch/other" "$scratch/facts.jsonl"
sed -i 's/seatmeter store [0-9]/seatmeter store x/g' "$scratch/other/data.mdb"
settings_write "$scratch/other.yaml" "$port" "$scratch/other"
for words in "replay --store $scratch/other $scratch/facts.jsonl" "serve -c $scratch/other.yaml" \
    "report --store $scratch/other --scope system --from 2026-11-22T00:00:00Z --to 2026-11-23T00:00:00Z --granularity day"; do
    expect 5 "${words%% *}: another format" "$SEATMETER" $words
    expect_said "seatmeter store x"
done

note "settings"
settings_bad() { # WHAT LINE SAID TEXT
    printf '%s\n' "$4" >"$scratch/bad.yaml"
    expect 2 "settings: $1" "$SEATMETER" serve -c "$scratch/bad.yaml"
    expect_said "bad\.yaml:$2"
    expect_said "$3"
    [ ! -e "$scratch/never" ] || fail "a store was made all the same"
}
settings_bad "an unknown key" 2 colour $'store: {dir: '"$scratch"$'/never}\ncolour: red'
settings_bad "a port out of range" 3 65535 $'store: {dir: '"$scratch"$'/never}\nhttp:\n  port: 65536'
settings_bad "a word for a number" 3 wait_minutes $'store: {dir: '"$scratch"$'/never}\nclose:\n  wait_minutes: soon'
settings_bad "a kind of source that is none" 3 icon $'store: {dir: '"$scratch"$'/never}\nsources:\n  - kind: oracle\n    name: x'
expect 2 "settings: no such file" "$SEATMETER" serve -c "$scratch/absent.yaml"
expect_said absent.yaml

note "broken lines"
{
    sed -n 1,2000p "$scratch/facts.jsonl"
    echo '{"source":"icon-a","kind":"login_session","key":"b1","version":1,"body":{"session":"b1","begin":"2026-11-22T09:00:00.000Z"'
    echo '{"source":"icon-a","kind":"seance","key":"b2","version":1,"body":{}}'
    echo '{"source":"icon-a","kind":"login_session","key":"b3","version":1,"body":{"session":"b3","colour":"red","begin":"2026-11-22T09:00:00.000Z"}}'
    echo '{"source":"icon-a","kind":"login_session","key":"b4","version":1,"version":2,"body":{"session":"b4","begin":"2026-11-22T09:00:00.000Z"}}'
    echo '{"source":"icon-a","kind":"login_session","key":"b5","version":1,"body":{"session":"b5","begin":"2026-11-31T09:00:00.000Z"}}'
    echo '{"source":"icon-a","kind":"login_session","key":"b6","version":1,"body":{"session":"b6","begin":"2026-11-22T09:00:00.000Z","end":"2026-11-22T08:00:00.000Z"}}'
    sed -n '2001,$p' "$scratch/facts.jsonl"
} >"$scratch/broken.jsonl"
for round in 1 2; do
    expect 1 "six broken lines, round $round" "$SEATMETER" replay --store "$scratch/broken" "$scratch/broken.jsonl"
    for line in 2001 2002 2003 2004 2005 2006; do
        expect_said "broken\.jsonl:$line"
    done
    expect 0 "dead letters" "$SEATMETER" dead list --store "$scratch/broken" --format json
    jq -r '.dead[] | .raw' "$scratch/out" | sort >"$scratch/kept"
    sed -n 2001,2006p "$scratch/broken.jsonl" | sort | cmp -s - "$scratch/kept" || { cat "$scratch/kept"; fail "round $round: kept are other lines than the six broken ones, each once"; }
done
expect 0 "the same without the broken lines" "$SEATMETER" replay --store "$scratch/whole" "$scratch/facts.jsonl"
for store in broken whole; do
    usage_rows --store "$scratch/$store" 2026-11-22T00:00:00Z 2026-11-24T06:00:00Z 10m system 101 102 103 >"$scratch/$store.rows"
done
rows_equal "$scratch/whole.rows" "$scratch/broken.rows" || fail "a broken line changed a number"
