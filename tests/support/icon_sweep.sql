-- tests/support/icon_sweep.sql - seats counted from the ICON tables alone, by plain SQL: the tests' own opinion.
--
-- psql -v as_of="'2026-11-23T12:00:00Z'" -v since="'2026-11-22T00:00:00Z'" -Atq -f tests/support/icon_sweep.sql
--
-- One JSON line per scope (the system has id 0), item and ten-minute period between since and as_of, in the form and
-- order of the simulator's truth, for inbound-voice, email, web-media and workspace.  It knows domain.md §7: seat = place,
-- DN, login, person, session · no end: superseded by a strictly later begin on the same DN (without a DN: same place and
-- person), capped after 24 h · attributes from the configuration · late media count for the whole session · peak_at is
-- the latest rise to the peak, else the period's start.  Everything in the tables must have happened by as_of.

SET TIME ZONE 'UTC';

WITH moment AS (
    SELECT (:as_of)::timestamptz::timestamp AS as_of, (:since)::timestamptz::timestamp AS since
), media AS (
    SELECT loginsessionid, bool_or(mediatype = 'voice') AS voice, bool_or(mediatype = 'email') AS email, bool_or(mediatype = 'chat') AS chat
    FROM gx_session_endpoint GROUP BY loginsessionid
), attributed AS (
    SELECT l.id, l.created AS b, l.terminated AS e, l.appname AS app,
           COALESCE(a.tenantid, p.tenantid, s.tenantid, 0) AS tenant, COALESCE(a.type = 2, false) AS agent,
           l.primarydeviceid IS NOT NULL OR COALESCE(m.voice, false) AS voice, COALESCE(m.email, false) AS email, COALESCE(m.chat, false) AS chat,
           CASE WHEN l.primarydeviceid IS NOT NULL THEN 'dn ' || l.primarydeviceid
                WHEN l.placeid IS NOT NULL AND l.agentid IS NOT NULL THEN 'place ' || l.placeid || ' person ' || l.agentid END AS device,
           CASE WHEN l.placeid IS NOT NULL THEN 'place ' || l.placeid
                WHEN l.primarydeviceid IS NOT NULL THEN 'dn ' || l.primarydeviceid
                WHEN l.loginid IS NOT NULL THEN 'login ' || l.loginid
                WHEN l.agentid IS NOT NULL THEN 'person ' || l.agentid
                ELSE 'session ' || l.loginsessionid END AS seat
    FROM g_login_session l
    LEFT JOIN media m USING (loginsessionid)
    LEFT JOIN gc_agent a ON a.id = l.agentid
    LEFT JOIN gc_place p ON p.id = l.placeid
    LEFT JOIN gc_endpoint d ON d.id = l.primarydeviceid
    LEFT JOIN gc_login g ON g.id = l.loginid
    LEFT JOIN gc_switch s ON s.id = COALESCE(d.switchid, g.switchid)
), followed AS (
    SELECT *, CASE WHEN device IS NOT NULL THEN
                  min(b) OVER (PARTITION BY device ORDER BY b GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) END AS next_b
    FROM attributed
), lasting AS (
    SELECT *, COALESCE(e, LEAST(b + interval '24 hours', next_b)) AS until FROM followed
), used AS ( -- one row per session, item and scope
    SELECT scope.id AS scope, item.code, l.seat, l.b, l.until
    FROM lasting l
    CROSS JOIN LATERAL (VALUES ('inbound-voice', l.voice), ('email', l.agent AND l.email), ('web-media', l.agent AND l.chat),
                               ('workspace', COALESCE(l.app = 'InteractionWorkspace', false))) AS item (code, uses)
    CROSS JOIN LATERAL (VALUES (0), (l.tenant)) AS scope (id)
    WHERE item.uses AND l.until > l.b
), reached AS (
    SELECT *, max(until) OVER (PARTITION BY scope, code, seat ORDER BY b, until ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM used
), numbered AS ( -- islands: what touches is one stay of the seat
    SELECT *, count(*) FILTER (WHERE before IS NULL OR b > before) OVER (PARTITION BY scope, code, seat ORDER BY b, until ROWS UNBOUNDED PRECEDING) AS stay
    FROM reached
), stays AS (
    SELECT scope, code, min(b) AS b, max(until) AS until FROM numbered GROUP BY scope, code, seat, stay
), scopes AS (
    SELECT 0 AS scope UNION SELECT id FROM gc_tenant
), periods AS (
    SELECT generate_series(since, as_of - interval '1 millisecond', interval '10 minutes') AS start FROM moment
), edges AS ( -- a change of 0 at each period's start, so that each period begins with a level
    SELECT scope, code, b AS at, 1 AS delta FROM stays
    UNION ALL SELECT scope, code, until, -1 FROM stays
    UNION ALL SELECT scope, code, start, 0 FROM scopes, periods,
                     (VALUES ('inbound-voice'), ('email'), ('web-media'), ('workspace')) AS item (code)
), netted AS (
    SELECT scope, code, at, sum(delta) AS delta FROM edges, moment WHERE at < as_of GROUP BY scope, code, at
), levels AS (
    SELECT scope, code, at, delta, sum(delta) OVER w AS level, COALESCE(lead(at) OVER w, as_of) - at AS lasts,
           date_bin('10 minutes', at, since) AS start
    FROM netted, moment WINDOW w AS (PARTITION BY scope, code ORDER BY at)
), peaks AS (
    SELECT *, max(level) OVER (PARTITION BY scope, code, start) AS peak FROM levels
), answers AS (
    SELECT scope, code, start, peak,
           CASE WHEN peak > 0 THEN COALESCE(max(at) FILTER (WHERE delta > 0 AND level = peak), start) END AS peak_at,
           round(1000 * sum(level * extract(epoch FROM lasts)))::bigint AS seat_ms
    FROM peaks WHERE start >= (SELECT since FROM moment) GROUP BY scope, code, start, peak
)
SELECT format('{"scope":"%s","id":%s,"item":"%s","granularity":"10m","start":"%s","peak":%s,"peak_at":%s,"seat_ms":%s%s}',
              CASE WHEN scope = 0 THEN 'system' ELSE 'tenant' END, scope, code, to_char(start, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), peak,
              COALESCE(to_char(peak_at, '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'), 'null'), seat_ms,
              CASE WHEN start + interval '10 minutes' > as_of THEN ',"partial":true' ELSE '' END)
FROM answers, moment ORDER BY scope, code, start;
