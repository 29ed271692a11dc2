#!/bin/bash
# A Configuration Database on a real PostgreSQL under a running server: what it says, changes and deletes becomes history; a large
# deletion is held, is visible and counts nothing until somebody decides; kill -9 and a lost cursor rewrite nothing; a table that
# cannot be read stops alone.  And the same by a sidecar's lines from a file, a pipe and a socket.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

ninja -C "$BUILD" system.config_facts >/dev/null || fail "config_facts cannot be built"
pg_start "$scratch" || fail "no PostgreSQL"
psql -X -q -v ON_ERROR_STOP=1 -f "$tree/deploy/config-db.postgres.sql" || fail "the tables"
sql() { psql -X -Atq -v ON_ERROR_STOP=1 -c "$1" || fail "SQL: $1"; }
sql "INSERT INTO cfg_tenant VALUES (101, 'Acme', 1, 1), (102, 'Borealis', 1, 1);
     INSERT INTO cfg_switch VALUES (11, 101, 'SIP', 52, 1, 1), (12, 101, 'Hall', 2, 1, 1);
     INSERT INTO cfg_dn SELECT 9000 + i, 11, 1, 'dn' || i, 1 FROM generate_series(1, 60) i;
     INSERT INTO cfg_place SELECT 3000 + i, 101 + i % 2, 'Place ' || i, 1 FROM generate_series(1, 60) i;
     INSERT INTO cfg_agent_login SELECT 7000 + i, 11, 101, 'login' || i, 1 FROM generate_series(1, 60) i;
     INSERT INTO cfg_person SELECT 5000 + i, 101 + i % 2, 'e' || i, 'user' || i, 'First' || i, 'Last' || i, 2, 1 FROM generate_series(1, 100) i;
     INSERT INTO cfg_group VALUES (2001, 101, 'Team', 1, 1), (2002, 101, 'Floor', 2, 1), (2003, 101, 'Access', 4, 1);
     INSERT INTO cfg_agent_group SELECT 2001, 5000 + i FROM generate_series(1, 100) i;
     INSERT INTO cfg_place_group SELECT 2002, 3000 + i FROM generate_series(1, 60) i;
     INSERT INTO cfg_flex_prop VALUES (1, 5001, 3, 0, 1, 'WFM', NULL), (2, 5001, 3, 1, 1, 'enabled', 'true'),
       (3, 11, 1, 0, 1, 'TServer', NULL), (4, 11, 1, 3, 1, 'has-backup', '1'), (5, 11, 1, 3, 1, 'other', '1'),
       (6, 7001, 15, 0, 1, 'TServer', NULL), (7, 7001, 15, 6, 1, 'gvm_mailbox', '4711');"
port=$(free_port)
settings="$scratch/settings.yaml"
cat >"$settings" <<END
store:
  dir: $scratch/store
http:
  port: $port
sources:
  - kind: config
    name: config
    dsn: $PG_DSN
    page_rows: 7
END
expect 0 "settings" "$SEATMETER" settings check -c "$settings"

source_is() { [ "$(api "$port" /api/v1/sources | jq -c ".sources[] | select(.name == \"config\") | $1")" = "$2" ]; }
source_wants() { wait_for 60 "the source: $1 = $2" source_is "$@" || { api "$port" /api/v1/sources >&2; fail "the source"; }; }
watermark() { api "$port" /api/v1/sources | jq -r '.sources[] | select(.name == "config").watermark'; }
has_moved() { [ "$(watermark)" != "$1" ] && [ "$(watermark)" != null ]; }
# alert_is: [raised and not over, snapshot] of the alert of what is held
alert_is() { [ "$(api "$port" /api/v1/alerts | jq -c '[.alerts[] | select(.alert == "deletions held" and .subject == "config") | [.ended == null, .detail.snapshot]]')" = "$1" ]; }
alert_wants() { wait_for 30 "the alert $1" alert_is "$1" || { api "$port" /api/v1/alerts >&2; fail "the alert of what is held"; }; }
# A start reads the database anew.
again() {
    local before
    before=$(watermark)
    if [ "${1:-}" = kill ]; then server_kill; else server_stop; fi
    server_start "$settings" "$port"
    [ "${2:-}" = stays ] || wait_for 60 "another snapshot" has_moved "$before" || fail "no other snapshot"
}
# shot: what the database says now, and when the last snapshot was; kept, for all of them are asked of the store again and again.
facts=$BUILD/tests/system.config_facts
shots=0 times=()
database_says() {
    psql -X -Atq -v ON_ERROR_STOP=1 -F ' ' <<'END'
WITH o AS (SELECT k.object_dbid AS id, k.object_type AS type, s.prop_name || '/' || k.prop_name AS name, lower(k.prop_value) IN ('1', 'true', 'yes') AS yes, k.dbid
           FROM cfg_flex_prop k JOIN cfg_flex_prop s ON k.parent_dbid = s.dbid),
     e(state, word) AS (VALUES (1, 'yes'), (2, 'no'))
SELECT 'tenant', dbid, '-', '-', word, '-', '-', '-' FROM cfg_tenant JOIN e USING (state)
UNION ALL SELECT 'switch', dbid, tenant_dbid::text, '-', word, '-', CASE WHEN EXISTS (SELECT FROM o WHERE o.id = w.dbid AND o.type = 1 AND o.name = 'TServer/has-backup' AND yes) THEN 'yes' ELSE 'no' END,
    CASE type WHEN 52 THEN 'sip' ELSE 'tdm' END FROM cfg_switch w JOIN e USING (state)
UNION ALL SELECT 'dn', dbid, '-', switch_dbid::text, word, '-', '-', '-' FROM cfg_dn JOIN e USING (state)
UNION ALL SELECT 'place', dbid, tenant_dbid::text, '-', word, '-', '-', '-' FROM cfg_place JOIN e USING (state)
UNION ALL SELECT 'login', dbid, tenant_dbid::text, switch_dbid::text, word, '-', '-', '-' FROM cfg_agent_login JOIN e USING (state)
UNION ALL SELECT 'person', dbid, tenant_dbid::text, '-', word, CASE is_agent WHEN 2 THEN 'yes' ELSE 'no' END,
    CASE WHEN EXISTS (SELECT FROM o WHERE o.id = p.dbid AND o.type = 3 AND o.name = 'WFM/enabled' AND yes) THEN 'yes' ELSE 'no' END, '-' FROM cfg_person p JOIN e USING (state)
UNION ALL SELECT CASE type WHEN 1 THEN 'agent-group' ELSE 'place-group' END, dbid, tenant_dbid::text, '-', word, '-', '-', '-' FROM cfg_group JOIN e USING (state) WHERE type IN (1, 2)
UNION ALL SELECT 'mailbox', o.dbid, '101', '-', 'yes', '-', '-', '-' FROM o WHERE name = 'TServer/gvm_mailbox' AND type = 15
ORDER BY 1
END
    psql -X -Atq -F ' ' -c "SELECT 'member', group_dbid, 'person', agent_dbid FROM cfg_agent_group UNION ALL SELECT 'member', group_dbid, 'place', place_dbid FROM cfg_place_group"
}
shot() {
    times+=("$(watermark)")
    { echo "at $(watermark)" && database_says | sort; } >"$scratch/shot.$shots"
    shots=$((shots + 1))
}
# All shots so far are what the store says of their times.
shots_hold() {
    local i
    for ((i = 0; i < shots; i++)); do cat "$scratch/shot.$i"; done >"$scratch/shots"
    "$facts" at "$scratch/store" "${times[@]}" >"$scratch/told" || fail "the facts cannot be read"
    diff "$scratch/shots" "$scratch/told" >"$scratch/differ" || { head -n 10 "$scratch/differ" >&2; fail "$1: the store's history (>) is not what the database said (<)"; }
    note "$1: $shots snapshots, $(wc -l <"$scratch/told") lines, the history equals the database"
}
# enabled ITEM SCOPE ID: what is configured now
enabled() { api "$port" "/api/v1/usage?scope=$2&id=$3&item=$1&from=$(date -u +%F)T00:00:00Z&to=$(date -u +%FT%T)Z&granularity=day" | jq '.rows[-1].enabled'; }
enabled_is() { [ "$(enabled "$1" "$2" "$3")" = "$4" ]; }
enabled_wants() { wait_for 30 "enabled $*" enabled_is "$@" || { enabled "$@" >&2; fail "enabled $*"; }; }

note "a first load"
server_start "$settings" "$port"
source_wants .kind '"config"'
wait_for 60 "a first snapshot" has_moved null || fail "no snapshot"
enabled_wants inbound-voice tenant 101 50
enabled_wants inbound-voice tenant 102 50
enabled_wants inbound-voice agent-group 2001 100
enabled_wants inbound-voice place-group 2002 60
enabled_wants wfm tenant 102 1
enabled_wants sip-voicemail tenant 101 1
source_wants .held null
shot
shots_hold "a first load"
grep -q -a -E 'First1|user1|login1|dn1' "$scratch/store/data.mdb" && fail "a person's name is in the store"

note "changes, by restarts"
sql "UPDATE cfg_person SET state = 2 WHERE dbid = 5002; DELETE FROM cfg_person WHERE dbid = 5004; DELETE FROM cfg_agent_group WHERE agent_dbid = 5004;
     INSERT INTO cfg_person VALUES (6001, 102, 'new', 'new', 'New', 'Person', 2, 1);"
again
shot
shots_hold "changes"

note "a large deletion is held"
sql "CREATE TABLE away AS SELECT * FROM cfg_person WHERE dbid % 3 = 0; DELETE FROM cfg_person WHERE dbid % 3 = 0;"
held_before=$(watermark)
again kill stays
source_wants .held.deletions 33
source_wants .held.note '"33 of 100 persons"'
[ "$(watermark)" = "$held_before" ] || fail "the watermark moved"
snapshot=$(api "$port" /api/v1/sources | jq '.sources[] | select(.name == "config").held.snapshot')
again kill stays
alert_wants "[[true,$snapshot]]"
source_wants .held.snapshot "$snapshot" # the same things are missing: the same held snapshot
shots_hold "held"

note "back again, by itself"
sql "INSERT INTO cfg_person SELECT * FROM away"
again
source_wants .held null
alert_wants '[[false,null]]'
shot
shots_hold "back again"

note "decided: refused, wrong, then right"
sql "DELETE FROM cfg_person WHERE dbid % 3 = 0"
again kill stays
source_wants .held.deletions 33
alert_wants "[[true,$(api "$port" /api/v1/sources | jq '.sources[] | select(.name == "config").held.snapshot')]]"
url="http://localhost:$port"
expect 2 "without a reason" "$SEATMETER" decide --url "$url" deletions config
expect 1 "another source" "$SEATMETER" decide --url "$url" deletions nobody --reason x
expect_said 'no source that is known'
expect 1 "another snapshot" "$SEATMETER" decide --url "$url" deletions config --reason x --snapshot 17
source_wants .held.deletions 33
put() { curl -sS -o "$scratch/answer" -w '%{http_code}' --max-time 60 -X PUT "$url/api/v1/decisions" "$@"; }
puts() { local code=$1; shift; local got; got=$(put "$@"); [ "$got" = "$code" ] || { cat "$scratch/answer" >&2; fail "PUT: $got, expected $code: $*"; }; }
json=(-H 'Content-Type: application/json')
body='{"what":"deletions","of":"config","reason":"the team was dissolved"}'
puts 415 -H 'Idempotency-Key: k1' -H 'If-Match: *' -d "$body"
puts 400 "${json[@]}" -H 'If-Match: *' -d "$body"
puts 428 "${json[@]}" -H 'Idempotency-Key: k1' -d "$body"
puts 412 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: "7-7"' -d "$body"
puts 400 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -d '{"what":"deletions","of":"config"}'
puts 400 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -d '{"what":'
puts 400 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -d '{"what":"close","reason":"x","book":"system","day":"2026-11-01"}'
puts 404 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -d '{"what":"retire","of":"nobody","reason":"x"}'
head -c 70000 /dev/zero | tr '\0' ' ' >"$scratch/large"
puts 413 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' --data-binary "@$scratch/large"
puts 413 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -H 'Transfer-Encoding: chunked' -d "$body"
puts 421 "${json[@]}" -H 'Host: evil.example' -H 'Idempotency-Key: k1' -H 'If-Match: *' -d "$body"
[ "$(curl -sS -o /dev/null -w '%{http_code}' -X PUT "$url/api/v1/closes" -d x)" = 405 ] || fail "PUT on what is read only"
source_wants .held.deletions 33
tag=$(curl -sS -D - -o /dev/null "$url/api/v1/decisions" | sed -n 's/^[Ee][Tt]ag: *\(.*\)\r$/\1/p')
moved=$(watermark)
puts 201 "${json[@]}" -H 'Idempotency-Key: k1' -H "If-Match: $tag" -d "$body"
puts 200 "${json[@]}" -H 'Idempotency-Key: k1' -H "If-Match: $tag" -d "$body"
puts 422 "${json[@]}" -H 'Idempotency-Key: k1' -H 'If-Match: *' -d '{"what":"deletions","of":"config","reason":"another one"}'
source_wants .held null # without a restart: the adapter hears of it
alert_wants '[[false,null]]'
wait_for 30 "the watermark" has_moved "$moved" || fail "the watermark stands"
api "$port" /api/v1/decisions | jq -e '.decisions | length == 1 and .[0].body.by != null and .[0].body.snapshot > 0' >/dev/null || fail "the decision"
shot
shots_hold "decided"

note "kills at random instants while the database changes"
for round in {1..6}; do
    sql "UPDATE cfg_person SET state = 3 - state WHERE dbid % 7 = $round; DELETE FROM cfg_agent_group WHERE agent_dbid % 11 = $round;
         INSERT INTO cfg_person VALUES (6100 + $round, 102, 'n', 'n', 'N', 'N', 2, 1)"
    random_seconds 1
    short_pause "$random_s"
    again kill stays
done
again kill
shot
shots_hold "killed"

note "a lost cursor"
server_kill
"$facts" forget "$scratch/store" config || fail "the cursor cannot be taken away"
server_start "$settings" "$port"
wait_for 60 "another snapshot" has_moved "${times[-1]}" || fail "no snapshot without a cursor"
sql "UPDATE cfg_place SET tenant_dbid = 102 WHERE dbid = 3002; DELETE FROM cfg_flex_prop WHERE dbid = 7; DELETE FROM cfg_flex_prop WHERE dbid = 2"
again kill
shot
shots_hold "without a cursor"

note "a table that cannot be read"
sql "ALTER TABLE cfg_dn RENAME TO cfg_dn_away"
before=$(watermark)
again kill stays
wait_for 30 "the log" grep -q 'table cfg_dn (tables.dn of the map) is not read' "$scratch/server.log" || fail "nobody says that cfg_dn is away"
source_wants .held null
[ "$(watermark)" = "$before" ] || fail "the watermark moved without cfg_dn"
sql "ALTER TABLE cfg_dn_away RENAME TO cfg_dn"
again kill

note "retire"
expect 0 "retire" "$SEATMETER" decide --url "$url" retire config --reason "ICON has it all" --request r1
expect 0 "the same again" "$SEATMETER" decide --url "$url" retire config --reason "ICON has it all" --request r1
source_wants .retired true
expect 4 "a held store" "$SEATMETER" decide --store "$scratch/store" retire config --reason "x"
server_stop
expect 0 "in the store" "$SEATMETER" decide --store "$scratch/store" retire config --reason "y"
expect 0 "verify" "$SEATMETER" verify --store "$scratch/store"
note "all held"
