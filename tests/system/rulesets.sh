#!/bin/bash
# Other rules in the settings: a change of catalog, cap or zone holds from the first day that no book has closed, open days are
# counted again and closed ones stay byte for byte; a catalog with a mistake is refused with line and column, at the start
# and as a fact, and the one before stays in force; bundles are items like others, in closes too.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

today=$(date -u +%F) yesterday=$(date -u -d -1day +%F) before=$(date -u -d -2day +%F)
line() { # SOURCE KIND KEY VERSION BODY
    printf '{"source":"%s","kind":"%s","key":"%s","version":%s,"body":%s}\n' "$@" >>"$scratch/facts.jsonl"
}
login() { # SESSION PERSON PLACE FROM TO
    line icon-a login_session "$1" 1 "{\"session\":\"$1\",\"person\":$2,\"place\":$3,\"dn\":$3,\"begin\":\"$4\",\"end\":${5:+\"}${5:-null}${5:+\"}}"
}
line icon-a source icon-a 1 '{"kind":"icon"}'
line icon-a coverage c 1 "{\"from\":\"${before}T00:00:00.000Z\",\"to\":null}"
line cfg object person/1@ 1 '{"type":"person","id":1,"valid_from":null,"enabled":true,"deleted":false,"agent":true,"tenant":101}'
line cfg object person/2@ 1 '{"type":"person","id":2,"valid_from":null,"enabled":true,"deleted":false,"agent":false,"tenant":101}'
line sold bundle_set s 1 "{\"id\":\"s\",\"name\":\"Sets\",\"issued\":\"2026-01-01\",\"bundles\":[{\"id\":10001,\"name\":\"Basic\",\"include\":[\"inbound-voice\"],\"exclude\":[]}]}"
for day in "$before" "$yesterday"; do
    login "a-$day" 1 1 "${day}T09:00:00.000Z" "${day}T17:00:00.000Z"
    login "b-$day" 2 2 "${day}T10:00:00.000Z" "${day}T12:00:00.000Z"
done
login open 2 3 "${yesterday}T01:00:00.000Z"
line icon-a watermark watermark 1 "{\"until\":\"${yesterday}T20:00:00.000Z\"}"
expect 0 "facts" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"

port=$(free_port)
cp "$tree/deploy/catalog.yaml" "$scratch/catalog.yaml"
# settings CAP ZONE
settings() {
    settings_write "$scratch/settings.yaml" "$port" "$scratch/store" "catalog: $scratch/catalog.yaml
counting: {cap_hours: $1, zone: $2}
close: {wait_minutes: 1}"
}
closed() { [ "$(api "$port" /api/v1/closes | jq -c '[.closes[] | select(.book == "system") | .day]')" = "$1" ]; }
# day DATE ITEM: peak, seat seconds and status of an item
day() {
    api "$port" "/api/v1/usage?from=$1T00:00:00.000Z&to=$1T23:00:00.000Z&granularity=day&zone=UTC&item=$2" |
        jq -c '.rows[] | select(.profile == "exact") | [.peak, .seat_seconds, .status]'
}
# is DATE ITEM WANTED
is() { [ "$(day "$1" "$2")" = "$3" ] || fail "$2 on $1: $(day "$1" "$2"), expected $3"; }
all_of() { api "$port" "/api/v1/usage?from=$1T00:00:00.000Z&to=$1T23:00:00.000Z&granularity=day&zone=UTC&profile=exact,lrm,person" | jq -cS '.rows[]'; }
rulesets() { api "$port" /api/v1/catalog | jq -c "[.rulesets[] | [.key, .state, .body.cap_hours, .body.zone]] | sort"; }

note "the first rules hold since ever, and the day before yesterday is closed by them"
settings 24 UTC
server_start "$scratch/settings.yaml" "$port"
wait_for 30 "a close" closed "[\"$before\"]" || { api "$port" /api/v1/closes; fail "not closed"; }
[ "$(rulesets)" = '[["ever","in-force",24,"UTC"]]' ] || fail "rule sets: $(rulesets)"
is "$before" inbound-voice '[2,36000,"closed"]'
is "$before" bundle:10001 '[2,36000,"closed"]'
is "$yesterday" inbound-voice '[3,118800,"open"]' # 8 + 2 + 23 hours, the last as far as anybody knows
all_of "$before" >"$scratch/before"
api "$port" "/api/v1/closes/system/$before" >"$scratch/close"
jq -e '.document.totals[] | select(.item == "bundle:10001") | .system_peak == 2 and .tenant_peaks == 2' "$scratch/close" >/dev/null || fail "no bundle in the close"
api "$port" /api/v1/now | jq -e '.rows[] | select(.item == "bundle:10001")' >/dev/null || fail "no bundle now"
api "$port" /api/v1/catalog | jq -e '.items[] | select(.code == "bundle:10001") | .name == "Basic"' >/dev/null || fail "no bundle in the catalog"
expect 0 "the bundle's report" "$SEATMETER" report --url "http://localhost:$port" --scope tenant --id 101 --item bundle:10001 --from "$before" --to "$yesterday" --granularity day --format csv
grep -q 'bundle:10001,exact' "$scratch/out" || fail "no bundle in the report"
expect 0 "the bundle's export" "$SEATMETER" export --url "http://localhost:$port" --book system --day "$before" --format csv
grep -q 'bundle:10001' "$scratch/out" || fail "no bundle in the export"
server_stop

note "another catalog and cap: yesterday is counted again, the closed day is not"
awk '/code: inbound-voice/ { voice = 1 } voice && /where:/ { sub(/voice: true/, "voice: true, agent: true"); voice = 0 } { print }' \
    "$tree/deploy/catalog.yaml" >"$scratch/catalog.yaml"
cat >>"$scratch/catalog.yaml" <<'END'
  - code: everybody
    name: Whoever is logged in
    measures: [concurrent]
    where: {kind: session}
END
expect 0 "the catalog" "$SEATMETER" catalog check "$scratch/catalog.yaml"
settings 2 UTC
server_start "$scratch/settings.yaml" "$port"
[ "$(rulesets)" = "[[\"$yesterday\",\"in-force\",2,\"UTC\"],[\"ever\",\"past\",24,\"UTC\"]]" ] || fail "rule sets: $(rulesets)"
is "$yesterday" inbound-voice '[1,28800,"open"]'
is "$yesterday" everybody '[2,43200,"open"]' # the open one is capped after two hours
is "$before" everybody '[0,0,"closed"]'
all_of "$before" | grep -v '"item":"everybody"' >"$scratch/after"
cmp "$scratch/before" "$scratch/after" || fail "the closed day's rows changed"
api "$port" "/api/v1/closes/system/$before" | cmp "$scratch/close" - || fail "the close changed"
server_stop

note "a zone, still before the next close: the same rule set in a newer version"
settings 2 Europe/Vienna
server_start "$scratch/settings.yaml" "$port"
[ "$(rulesets)" = "[[\"$yesterday\",\"in-force\",2,\"Europe/Vienna\"],[\"ever\",\"past\",24,\"UTC\"]]" ] || fail "rule sets: $(rulesets)"
all_of "$before" | grep -v '"item":"everybody"' | cmp "$scratch/before" - || fail "the closed day's rows changed with the zone"
server_stop
server_start "$scratch/settings.yaml" "$port"
[ "$(api "$port" /api/v1/catalog | jq '.rulesets | length')" = 2 ] || fail "the same settings said something"
server_stop

note "mistakes"
cp "$scratch/catalog.yaml" "$scratch/good.yaml"
sed -i 's/where: {kind: session}$/where: {kind: session, colour: red}/' "$scratch/catalog.yaml"
expect 2 "a wrong catalog" "$SEATMETER" catalog check "$scratch/catalog.yaml"
expect_said 'catalog.yaml: line [0-9]+, column 28: unknown attribute "colour" in where'
expect 2 "a start with it" "$SEATMETER" serve -c "$scratch/settings.yaml"
expect_said 'line [0-9]+, column 28: unknown attribute "colour"'
{ cat "$scratch/good.yaml"; tail -n 4 "$scratch/good.yaml"; } >"$scratch/catalog.yaml"
expect 2 "a code twice" "$SEATMETER" catalog check "$scratch/catalog.yaml"
expect_said 'line [0-9]+, column 11: code: "everybody" stands here a second time \(first in line [0-9]+\)'
jq -nc --rawfile text "$scratch/catalog.yaml" --arg day "$yesterday" \
    '{source: "api", kind: "ruleset", key: $day, version: 4000000000000000, body: {effective: $day, catalog: $text}}' >"$scratch/wrong.jsonl"
expect 1 "the same as a fact" "$SEATMETER" replay --store "$scratch/store" "$scratch/wrong.jsonl"
expect_said 'the one before stays in force: catalog: line [0-9]+, column 11: code: "everybody" stands here a second time'
cp "$scratch/good.yaml" "$scratch/catalog.yaml"
server_start "$scratch/settings.yaml" "$port"
is "$yesterday" everybody '[2,43200,"open"]'
api "$port" /api/v1/dead | jq -r '.dead[].why' | grep -q '^body.catalog: line [0-9]*, column 11' || fail "it is not kept in dead"
server_stop
expect 0 "the store" "$SEATMETER" verify --store "$scratch/store"
note "passed"
