#!/bin/bash
# Who was in a peak: the command says the same from the files and from the server, as many seats as the usage row counts;
# no id of a person comes out; the serve loop goes on answering while questions are worked on; too many get 503.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

# A hundred desks, five of them with two persons, three phones that never log out; persons have ids that are found again.
day=2026-11-23
person=880000000
{
    for i in $(seq 100); do
        printf '{"source":"icon-a","kind":"login_session","key":"%d","version":1,"body":{"session":"s%d","tenant":%d,"person":%d,"place":%d,"dn":%d,"begin":"%sT09:%02d:00.000Z","end":"%sT17:00:00.000Z"}}\n' \
            "$i" "$i" $((101 + i % 2)) $((person + i)) "$i" $((1000 + i)) $day $((i % 60)) $day
    done
    for i in 1 2 3 4 5; do
        printf '{"source":"icon-a","kind":"login_session","key":"1%d","version":1,"body":{"session":"t%d","tenant":101,"person":%d,"place":%d,"dn":%d,"begin":"%sT10:00:00.000Z","end":"%sT16:00:00.000Z"}}\n' \
            "10$i" "$i" $((person + 200 + i)) "$i" $((2000 + i)) $day $day
    done
    for i in 1 2 3; do
        printf '{"source":"icon-a","kind":"login_session","key":"2%d","version":1,"body":{"session":"u%d","tenant":102,"person":%d,"dn":%d,"begin":"2026-11-22T12:0%d:00.000Z","end":null}}\n' \
            "10$i" "$i" $((person + 300 + i)) $((3000 + i)) "$i"
    done
    printf '{"source":"icon-a","kind":"watermark","key":"watermark","version":1,"body":{"until":"%sT20:00:00.000Z"}}\n' $day
} >"$scratch/facts.jsonl"
expect 0 "a store" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"
port=$(free_port)
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$scratch/privacy.key"
settings_write "$scratch/settings.yaml" "$port" "$scratch/store" "privacy:
  key_file: $scratch/privacy.key"
server_start "$scratch/settings.yaml" "$port"
base=http://localhost:$port

note "the files, the server and the usage row"
for words in "--scope system" "--scope tenant --id 101" "--scope tenant --id 102"; do
    read -r -a scope <<<"$words"
    peak=$("$SEATMETER" report --url "$base" "${scope[@]}" --item inbound-voice --from $day --to 2026-11-24 --granularity day --format json | jq -c '.rows[0] | [.peak, .peak_at]')
    at=$(jq -r '.[1]' <<<"$peak")
    for format in table json; do
        question=("${scope[@]}" --item inbound-voice --at "$at" --format $format)
        "$SEATMETER" explain -c "$scratch/settings.yaml" --url "$base" "${question[@]}" | sed 's/"as_of":.*//' >"$scratch/by-url" || fail "explain --url"
        "$SEATMETER" explain -c "$scratch/settings.yaml" --store "$scratch/store" "${question[@]}" | sed 's/"as_of":.*//' >"$scratch/by-store" || fail "explain --store"
        [ -s "$scratch/by-url" ] && cmp "$scratch/by-url" "$scratch/by-store" || fail "$words: $format differs"
    done
    "$SEATMETER" explain --url "$base" "${question[@]}" >"$scratch/answer"
    jq -e --argjson peak "$peak" '[.why.peak, .why.peak_at] == $peak and (.seats | length) == $peak[0] and .level == $peak[0] and .persons.lasting' "$scratch/answer" >/dev/null ||
        { jq -c '.why' "$scratch/answer"; fail "$words: not the peak $peak"; }
    if grep -o '"[^"]*88000[^"]*"\|[^0-9]88000[0-9]*' "$scratch/answer" "$scratch/by-store"; then fail "a person's id"; fi
    note "$words: $(jq -r '.why.sentence' "$scratch/answer")"
done
jq -e '.why.sentence | contains("without 3 capped seats")' "$scratch/answer" >/dev/null || fail "three stuck phones of tenant 102"

note "pages are the whole"
question="scope=system&item=inbound-voice&at=${day}T11:00:00.000Z"
whole=$(api "$port" "/api/v1/explain?$question" | jq -c '.seats[]' | sha256sum)
cursor='' pages=0
: >"$scratch/pages"
while :; do
    api "$port" "/api/v1/explain?$question&limit=9${cursor:+&cursor=$cursor}" >"$scratch/page" || fail "a page"
    jq -c '.seats[]' "$scratch/page" >>"$scratch/pages"
    pages=$((pages + 1))
    cursor=$(jq -r '.next // ""' "$scratch/page")
    [ -n "$cursor" ] || break
done
[ "$whole" = "$(sha256sum <"$scratch/pages")" ] && [ $pages = 12 ] || fail "$pages pages are not the whole"

note "what is refused"
expect 2 "an item that is none" "$SEATMETER" explain --url "$base" --item no-such --at $day
expect 2 "a tenant without its id" "$SEATMETER" explain --url "$base" --scope tenant --item inbound-voice --at $day
expect 1 "a tenant that is none" "$SEATMETER" explain --store "$scratch/store" --scope tenant --id 7 --item inbound-voice --at ${day}T12:00:00Z
expect 1 "what nobody knows yet" "$SEATMETER" explain --store "$scratch/store" --item inbound-voice --at 2150-01-01
expect_said "Nothing has been heard"

# Many at once: each is answered or told to come again, and what is quick goes on meanwhile.
note "forty at once"
asked=()
for i in $(seq 40); do
    curl -sS --max-time 60 -D "$scratch/head.$i" -o "$scratch/body.$i" -w '%{http_code}\n' "$base/api/v1/explain?$question" >"$scratch/code.$i" &
    asked+=($!)
done
for i in $(seq 20); do api "$port" /livez >/dev/null || fail "the loop waits"; done
wait "${asked[@]}"
good=0 later=0
for i in $(seq 40); do
    case $(cat "$scratch/code.$i") in
    200) good=$((good + 1)); [ "$(jq '.seats | length' "$scratch/body.$i")" = 103 ] || fail "a wrong answer" ;;
    503) later=$((later + 1)); grep -qi '^retry-after: ' "$scratch/head.$i" || fail "503 without Retry-After" ;;
    *) fail "answer $i: $(cat "$scratch/code.$i")" ;;
    esac
done
note "$good answered, $later told to come again"
[ $good -ge 1 ] && [ $((good + later)) = 40 ] || fail "of 40"
api "$port" /metrics | grep -q '^seatmeter_http_connections' || fail "/metrics"

note "an end while questions wait; one who does not wait"
for i in 1 2 3; do
    curl -sS --max-time 60 -o /dev/null "$base/api/v1/explain?$question" 2>/dev/null &
    asked+=($!)
done
curl -sS --max-time 0.01 -o /dev/null "$base/api/v1/explain?$question" 2>/dev/null
server_stop
wait "${asked[@]}" 2>/dev/null
exit 0
