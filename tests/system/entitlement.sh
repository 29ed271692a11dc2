#!/bin/bash
# What was sold, dropped into a folder under a running server: every kind of file is checked, counted by the API and moved aside
# with a receipt; half-written files wait; the same again states nothing; kill -9 loses nothing; an empty store is filled again.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

drop=$scratch/drop
examples=$tree/deploy/examples
mkdir "$drop"
port=$(free_port)
cp "$examples/entitlement-map.yaml" "$scratch/map.yaml"
settings_write "$scratch/settings.yaml" "$port" "$scratch/store" "sources:
  - kind: entitlement
    name: sold
    dir: $drop
    poll_seconds: 1
    map: $scratch/map.yaml"
expect 0 "settings" "$SEATMETER" settings check -c "$scratch/settings.yaml"
sed 's/poll_seconds: 1/poll_seconds: 0/' "$scratch/settings.yaml" >"$scratch/wrong.yaml"
expect 2 "wrong settings" "$SEATMETER" settings check -c "$scratch/wrong.yaml"
expect_said 'wrong.yaml:[0-9]+: source "sold": poll_seconds: "0", expected a number from 1 to 3600'
printf 'items:\n  Mail: email\n  Seats: inbound-voices\n' >"$scratch/stray.yaml"
sed "s|map: .*|map: $scratch/stray.yaml|" "$scratch/settings.yaml" >"$scratch/strays.yaml"
expect 0 "a map that names no item of the catalog" "$SEATMETER" settings check -c "$scratch/strays.yaml"
expect_said 'stray.yaml:3: "Seats": "inbound-voices" is no item of the catalog, expected one of its codes or bundle:ID'
{ cat "$tree/deploy/catalog.yaml" && printf '  - {code: inbound-voices, name: Seats, measures: [concurrent], where: {kind: session}}\n'; } >"$scratch/catalog.yaml"
printf 'catalog: %s\n' "$scratch/catalog.yaml" >>"$scratch/strays.yaml"
expect 0 "a catalog that has it" "$SEATMETER" settings check -c "$scratch/strays.yaml"
! grep -q 'no item of the catalog' "$scratch/err" || fail "an item of the site's own catalog is called none"
server_start "$scratch/settings.yaml" "$port"

# rules LIST FILTER: what jq says of a list, whose rows are .rows whatever its name
rules() { api "$port" "/api/v1/$1" | jq -c ". + {rows: map(arrays)[0]} | $2"; }
is() { [ "$(rules "$1" "$2")" = "$3" ]; }
# wants LIST FILTER VALUE
wants() { wait_for 30 "$1: $2 = $3" is "$@" || { api "$port" "/api/v1/$1" | head -c 3000 >&2; ls -R "$drop" >&2; fail "$1"; }; }
aside() { wait_for 30 "$1/$2 and its receipt" test -s "$drop/$1/$2.receipt" -a -e "$drop/$1/$2" || fail "$2 is not in $1"; }
receipt() { grep -q -E -- "$2" "$drop/$1.receipt" || { cat "$drop/$1.receipt" >&2; fail "the receipt of $1 has nothing like: $2"; }; }
# put NAME: from stdin, renamed into place when it is whole
put() { cat >"$drop/.$1" && mv "$drop/.$1" "$drop/$1"; }

note "one of each"
for file in entitlement.xml license.dat provisioned.csv bundles.xml; do
    put "$file" <"$examples/$file"
    aside accepted "$file"
done
receipt accepted/entitlement.xml '^entitlement.xml:15: inbound-voice: 500, burst 50, concurrent$'
receipt accepted/entitlement.xml '^unmapped: 1, see below$'
receipt accepted/license.dat '^license.dat:10: UNMAPPED FEATURE "ex_unknown": 25, permanent'
receipt accepted/provisioned.csv '^facts: 4$'
wants entitlements '[.rows[].body.lines | length] | sort' '[3,3,4]'
wants entitlements '[.rows[] | select(.state == "in-force") | .body.customer_id]' '["4711"]' # a contract goes before a licence file
wants provisioned '[.rows[] | [.body.tenant, .body.item, .body.effective, .body.quantity]] | sort | .[1]' '[101,"web-media","2026-11-01",40]'
wants bundles '[.rows[].body.bundles[].id]' '[10001,10002,10003]'
wants sources '[.rows[] | select(.name == "sold") | .kind]' '["entitlement"]'

note "faults"
sed 's/quantity="500"/quantity="five hundred"/' "$examples/entitlement.xml" | put wrong.xml
aside refused wrong.xml
receipt refused/wrong.xml '^wrong.xml:15: quantity: "five hundred", expected a whole number of 0 to 1000000000, or unlimited$'
printf '<!DOCTYPE a SYSTEM "file:///etc/passwd"><lrm_entitlement/>' | put outside.xml
aside refused outside.xml
receipt refused/outside.xml 'document type'
head -c 17000000 /dev/zero | put large.xml
aside refused large.xml
receipt refused/large.xml 'larger than 16777216 bytes'
wants dead '[.rows[].place] | sort' '["file large.xml","file outside.xml","file wrong.xml"]'
wants entitlements '.rows | length' 3

note "half-written"
exec {slow}>"$drop/slow.csv"
printf 'tenant,item,effective,quantity\n103,email,2026-11-01,1\n' >&"$slow"
wait_for 30 "the file to be seen" grep -q 'slow.csv is still being written' "$scratch/server.log" || fail "nobody says that slow.csv is being written"
[ -e "$drop/slow.csv" ] || fail "slow.csv was taken while it was being written"
printf '104,email,2026-11-01,2\n' >&"$slow"
exec {slow}>&-
aside accepted slow.csv
wants provisioned '[.rows[] | select(.body.item == "email") | .body.tenant] | sort' '[103,104]'

note "again, and another version"
before=$(rules provisioned .)
put slow.csv <"$drop/accepted/slow.csv"
aside accepted slow.csv.2
receipt accepted/slow.csv.2 '^again: the same as accepted at .*; nothing was stated$'
[ "$(rules provisioned .rows)" = "$(jq -c .rows <<<"$before")" ] || fail "the same file stated something"
printf 'tenant,item,effective,quantity\n104,email,2026-11-01,9\n' | put new.csv
aside accepted new.csv
wants provisioned '[.rows[] | select(.body.item == "email" and .body.tenant == 104) | .body.quantity]' '[9]'
[ "$(rules provisioned '[.rows[] | select(.body.tenant == 104).version][0]')" -gt "$(jq '[.rows[] | select(.body.tenant == 104).version][0]' <<<"$before")" ] || fail "no newer version"
echo '  ex_unknown: email' >>"$scratch/map.yaml"
put license.dat <"$examples/license.dat"
aside accepted license.dat.2
wants entitlements '[.rows[] | select(.key | startswith("license/")) | .body.lines | length]' '[4,4]'

note "an item of no catalog"
printf 'tenant,item,effective,quantity\n103,e-male,2026-11-01,1\n' | put stray.csv
aside accepted stray.csv
receipt accepted/stray.csv '^in no catalog: 1, see below$'
receipt accepted/stray.csv '^stray.csv:2: "e-male" is no item of the catalog, expected one of its codes or bundle:ID'

note "kill -9 at random instants"
for round in {1..6}; do
    printf 'tenant,item,effective,quantity\n1%s,social,2026-11-01,%s\n' "$round" "$round" | put "round-$round.csv"
    random_seconds 3
    short_pause "$random_s"
    server_kill
    server_start "$scratch/settings.yaml" "$port"
done
wants provisioned '[.rows[] | select(.body.item == "social") | .body.tenant] | sort' '[11,12,13,14,15,16]'
for round in {1..6}; do aside accepted "round-$round.csv"; done

note "an empty store"
everything() { for list in entitlements provisioned bundles; do rules "$list" '.rows | map({key, source, version, body}) | sort_by(.key)[]'; done; }
everything >"$scratch/before"
server_stop
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
rm -rf "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
same_again() { everything >"$scratch/after" && cmp -s "$scratch/before" "$scratch/after"; }
wait_for 30 "the same rules" same_again || { diff "$scratch/before" "$scratch/after" >&2; fail "the rules are not what they were"; }
note "$(wc -l <"$scratch/after") rules again, from accepted/"

note "a folder that goes away"
mv "$drop" "$drop.away"
wait_for 30 "the log" grep -q "drop: No such file or directory; tried again" "$scratch/server.log" || fail "nobody says that the folder is away"
mv "$drop.away" "$drop"
wait_for 60 "the log" grep -q "can be read and written again" "$scratch/server.log" || fail "nobody says that the folder is back"
server_stop
note "all held"
