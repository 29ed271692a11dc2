#!/bin/bash
# A row of ICON that becomes visible later than settle_seconds, below every mark: reconciling finds it, the level counts it, and
# /api/v1/sources and /metrics count it as late; what a restart meets again is not late, and the number outlasts one.
# Likewise a provider that one ICON loses while others stay.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
pg_start "$scratch" || fail "PostgreSQL"
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -c "$1" || fail "SQL: $1"; }
psql -X -q -v ON_ERROR_STOP=1 -f "$tree/deploy/icon-idb.postgres.sql" >/dev/null || fail "ICON's tables"
utc="(now() AT TIME ZONE 'UTC')"
logins() { # FROM TO: log-ins with these numbers but 7, each at a place of its own, now
    sql "INSERT INTO g_login_session (id, loginsessionid, agentid, placeid, primarydeviceid, state, created, created_ts, gsys_seq)
         SELECT n, 'S-' || n, 5001, 3000 + n, 9000 + n, 1, t, extract(epoch FROM t)::bigint, n
         FROM (SELECT n, date_trunc('milliseconds', $utc) t FROM generate_series($1, $2) n) q WHERE n <> 7 OR $1 = 7"
}
# How far ICON says that all is stored, in seconds since 1970.
moves() { sql "UPDATE g_sync_control SET eventtimesec = $1; UPDATE g_prov_control SET seqcurrent = 20 WHERE providertag = 2"; }
sql "INSERT INTO g_prov_control VALUES (1, 1, 1, 1000, 10), (1, 1, 2, 1000, 20);
     INSERT INTO g_dss_gls_provider (dss_id, icon_dbid, ds_dbid, ds_dbid_prim, dsconn_stime) VALUES (1, 77, 101, 101, $utc - interval '1 hour');
     INSERT INTO g_sync_control VALUES (1, 1, 2, 0, 101, 1, 0, NULL, NULL)"
logins 1 20

port=$(free_port)
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
printf '    settle_seconds: 1\n    poll_ms: 50\n    reconcile_minutes: 1\n' >>"$scratch/settings.yaml"
server_start "$scratch/settings.yaml" "$port"
level() { api "$port" '/api/v1/now?scope=system' | jq -r '.rows[] | select(.item == "inbound-voice").level'; }
is_level() { [ "$(level)" = "$1" ]; }
source_has() { api "$port" /api/v1/sources | jq -r ".sources[] | select(.name == \"icon-a\").$1"; }
metric() { api "$port" /metrics | sed -n 's/^seatmeter_late_rows_total{source="icon-a"} //p'; }
is_late() { [ "$(source_has late_rows)" = "$1" ] && [ "$(metric)" = "$1" ]; }
is_stored() { local until; until=$(source_has watermark) && [ "$until" != null ] && [ "$(date -u -d "$until" +%s)" -ge "$1" ]; }
wait_for 60 "19 seats" is_level 19 || fail "the level is $(level)"
is_late 0 || fail "late before anything was: $(source_has late_rows), $(metric)"

# A pass that began after the first instant has seen all 20 numbers; one that ends when the clock has passed the second confirms them.
first=$(date -u +%s)
moves "$first"
wait_for 60 "the first watermark" is_stored "$first" || fail "the watermark stands at $(source_has watermark)"
moves $((first + 4))
wait_for 60 "the second watermark" is_stored $((first + 4)) || fail "the watermark stands at $(source_has watermark)"

server_stop
server_start "$scratch/settings.yaml" "$port"
logins 7 7
note "number 7 became visible below 20 that were confirmed; a minute at most until sessions are compared"
wait_for 180 "the late row" is_level 20 || fail "a late row is not found: $(level)"
wait_for 30 "its count" is_late 1 || fail "late_rows $(source_has late_rows), metric $(metric)"
note "found by reconciling: level $(level), late_rows $(source_has late_rows), seatmeter_late_rows_total $(metric); the 19 that a restart met again are not late"
# A provider that is lost while another stays is seen where the source is, and in the log; then all are there again.
connections() { source_has 'connections | map(.note + (if .to then " lost" else " open" end)) | join(", ")'; }
are_connected() { [ "$(connections)" = "$1" ] && [ "$(api "$port" /metrics | sed -n 's/^seatmeter_connections{source="icon-a",state="lost"} //p')" = "$2" ]; }
sql "INSERT INTO g_dss_gls_provider (dss_id, icon_dbid, ds_dbid, ds_dbid_prim, ds2_dbid, dsconn_stime) VALUES (2, 77, 102, 102, 12, $utc - interval '10 min')"
wait_for 60 "a second provider" are_connected 'provider 101 open, switch 12, by provider 102 open' 0 || fail "connections: $(connections)"
sql "UPDATE g_dss_gls_provider SET dsconn_etime = $utc WHERE dss_id = 2"
wait_for 60 "the provider to be lost" are_connected 'provider 101 open, switch 12, by provider 102 lost' 1 || fail "connections: $(connections)"
wait_for 30 "words about it" grep -q 'ICON is not connected to 1 of 2 providers (102 since ' "$scratch/server.log" || fail "a lost provider is not in the log"
note "a lost provider: $(connections)"
sql "INSERT INTO g_dss_gls_provider (dss_id, icon_dbid, ds_dbid, ds_dbid_prim, ds2_dbid, dsconn_stime) VALUES (3, 77, 102, 102, 12, $utc)"
wait_for 60 "the provider to be back" are_connected 'provider 101 open, switch 12, by provider 102 open' 0 || fail "connections: $(connections)"
wait_for 30 "words about it" grep -q 'ICON is connected to all of its 2 providers' "$scratch/server.log" || fail "a provider that is back is not in the log"

server_stop
server_start "$scratch/settings.yaml" "$port"
is_late 1 || fail "after a restart: late_rows $(source_has late_rows), metric $(metric)"
server_stop
