#!/bin/bash
# Books close the days of their own zones under a running server: a day of 25 hours in Vienna, days that begin at half past the
# hour's quarter in Kathmandu, New York's a night later than the system's; a zone that changes; killed and started again in
# between.  Then the detail goes, and who was in a closed day's peak is still told, the same as before.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

login() { # login KEY SESSION TENANT PLACE BEGIN END
    printf '{"source":"icon-a","kind":"login_session","key":"%s","version":1,"body":{"session":"%s","tenant":%s,"person":88%s,"place":%s,"dn":%s,"begin":"%s","end":%s}}\n' \
        "$1" "$2" "$3" "$4" "$4" "$4" "$5" "$6"
}
watermark() { # watermark VERSION UNTIL
    printf '{"source":"icon-a","kind":"watermark","key":"watermark","version":%s,"body":{"until":"%s"}}\n' "$1" "$2"
}
zone() { # zone TENANT EFFECTIVE NAME
    printf '{"source":"api","kind":"tenant_setting","key":"%s/%s","version":1,"body":{"tenant":%s,"effective":%s,"zone":"%s"}}\n' "$1" "$2" "$1" "${2:+\"$2\"}" "$3" |
        sed 's/"effective":,//'
}
{
    printf '{"source":"icon-a","kind":"source","key":"icon-a","version":1,"body":{"kind":"icon"}}\n'
    zone 101 '' Europe/Vienna
    zone 102 '' America/New_York
    zone 103 '' Asia/Kathmandu
    zone 103 2026-10-27 Europe/Vienna
    key=0
    for day in 23 24 25 26 27 28; do
        for tenant in 101 102 103; do
            for seat in 1 2 3; do
                key=$((key + 1))
                login $key "s$key" $tenant "$tenant$seat" "2026-10-${day}T0$((seat + 5)):30:00.000Z" "\"2026-10-${day}T23:1$seat:00.000Z\""
            done
        done
    done
    login 999 stuck 101 1019 2026-10-24T20:00:00.000Z null
    watermark 1 2026-10-26T05:00:00.000Z
} >"$scratch/facts.jsonl"
expect 0 "a store" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"
port=$(free_port)
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$scratch/privacy.key"
settings_write "$scratch/settings.yaml" "$port" "$scratch/store" "close:
  detail_days: 1
privacy:
  key_file: $scratch/privacy.key"
closes() { "$SEATMETER" close list -c "$scratch/settings.yaml" --url "http://localhost:$port" --format json | jq -c '.closes | length'; }
# day BOOK DATE: its zone, start and end
day() { api "$port" "/api/v1/closes/$1/$2" | jq -r '.document | [.zone, .start, .end] | join(" ")'; }
is_closed() { api "$port" "/api/v1/closes/$1/$2" >/dev/null 2>&1; }

server_start "$scratch/settings.yaml" "$port"
wait_for 60 "the system's 25th" is_closed system 2026-10-25 || fail "the system's 25th is not closed"
wait_for 60 "Vienna's 25th" is_closed 101 2026-10-25 || fail "Vienna's 25th is not closed"
[ "$(day 101 2026-10-25)" = "Europe/Vienna 2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z" ] || fail "a day of 25 hours: $(day 101 2026-10-25)"
[ "$(day system 2026-10-25)" = "UTC 2026-10-25T00:00:00.000Z 2026-10-26T00:00:00.000Z" ] || fail "$(day system 2026-10-25)"
wait_for 60 "New York's 25th" is_closed 102 2026-10-25 || fail "New York's 25th is not closed"
[ "$(day 102 2026-10-25)" = "America/New_York 2026-10-25T04:00:00.000Z 2026-10-26T04:00:00.000Z" ] || fail "$(day 102 2026-10-25)"
wait_for 60 "Kathmandu's 25th" is_closed 103 2026-10-25 || fail "Kathmandu's 25th is not closed"
[ "$(day 103 2026-10-25)" = "Asia/Kathmandu 2026-10-24T18:15:00.000Z 2026-10-25T18:15:00.000Z" ] || fail "$(day 103 2026-10-25)"
is_closed 103 2026-10-26 && fail "Kathmandu's 26th is closed before it is over"
note "days of three zones, one of 25 hours"

status() { "$SEATMETER" report --url "http://localhost:$port" --scope tenant --id 101 --item inbound-voice --from 2026-10-25 --to 2026-10-26 --granularity day "$@" --format json | jq -r '.rows[0] | [.status, .start, .peak] | join(" ")'; }
[[ $(status --zone Asia/Kathmandu) == "closed 2026-10-24T18:15:00.000Z 4" ]] || fail "status in another zone: $(status --zone Asia/Kathmandu)"
question="scope=tenant&id=101&item=inbound-voice&at=$(api "$port" "/api/v1/closes/101/2026-10-25" | jq -r '.rows[] | select(.item == "inbound-voice" and .profile == "exact" and .scope == "tenant") | .peak_at')&period=day&zone=Europe/Vienna"
api "$port" "/api/v1/explain?$question" | jq -S 'del(.as_of)' >"$scratch/before" || fail "explain while there is detail"
jq -e '.why.sentence | contains("without 1 capped seat")' "$scratch/before" >/dev/null || { jq -c .why "$scratch/before"; fail "no stuck phone in it"; }
server_kill

watermark 2 2026-11-02T12:00:00.000Z >"$scratch/more.jsonl"
expect 0 "more is heard" "$SEATMETER" replay -c "$scratch/settings.yaml" --store "$scratch/store" "$scratch/more.jsonl"
server_start "$scratch/settings.yaml" "$port"
wait_for 60 "the system's 1st" is_closed system 2026-11-01 || fail "the system's 1st is not closed"
wait_for 60 "Vienna's 1st" is_closed 103 2026-11-01 || fail "103's 1st is not closed"
[ "$(day 103 2026-10-26)" = "Asia/Kathmandu 2026-10-25T18:15:00.000Z 2026-10-26T18:15:00.000Z" ] || fail "$(day 103 2026-10-26)"
[ "$(day 103 2026-10-27)" = "Europe/Vienna 2026-10-26T18:15:00.000Z 2026-10-27T23:00:00.000Z" ] || fail "the day of the change: $(day 103 2026-10-27)"
gone() { [[ $(status) == final* ]]; }
wait_for 60 "the detail to go" gone || fail "no day is final: $(status)"
[[ $(status) == "final 2026-10-24T22:00:00.000Z 4" ]] || fail "the final day: $(status)"
api "$port" "/api/v1/explain?$question" | jq -S 'del(.as_of)' >"$scratch/after" || fail "explain from the roster"
cmp "$scratch/before" "$scratch/after" || { diff "$scratch/before" "$scratch/after" | head -20; fail "another answer than before"; }
if grep -a -o '88101[0-9]' "$scratch/after"; then fail "a person's id"; fi
note "$(jq -r .why.sentence "$scratch/after"), as before"
[ "$(api "$port" /metrics | grep -c '^seatmeter_retention_from_seconds')" -ge 1 ] || fail "retention is not in the metrics"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
