# tests/support/facts_random.awk - a stream of facts as JSON lines: awk -v seed=7 -v count=60000 -f …
# Logins, their ends, media, late and doubled versions, watermarks, over two days from 2026-11-22, in 3 tenants.
function instant(ms,    second) {
    second = int(ms / 1000)
    return sprintf("2026-11-%02dT%02d:%02d:%02d.%03dZ", 22 + int(second / 86400), int(second / 3600) % 24, int(second / 60) % 60, second % 60, ms % 1000)
}
function pick(n) { return int(rand() * n) }
function emit(kind, key, version, body) {
    printf "{\"source\":\"icon-a\",\"kind\":\"%s\",\"key\":\"%s\",\"version\":%d,\"body\":{%s}}\n", kind, key, version, body
    lines++
}
BEGIN {
    srand(seed)
    people = 2000; span = 172800000
    for (i = 1; i <= people; i++)
        emit("object", "person/" i "@null", 1, sprintf("\"type\":\"person\",\"id\":%d,\"enabled\":true,\"agent\":true,\"tenant\":%d,\"valid_from\":null", i, 101 + i % 3))
    split("voice email chat fax social", media, " ")
    split("AgentDesktop SupervisorDesktop InteractionWorkspace Other", apps, " ")
    for (n = 1; lines < count; n++) {
        begin = int((n / count * 3) * span) % span
        begin += pick(600000)
        person = 1 + pick(people)
        body = sprintf("\"session\":\"s%d\",\"person\":%d,\"place\":%d,%s\"app\":\"%s\",\"begin\":\"%s\"", n, person, person + pick(3),
                       pick(3) ? sprintf("\"dn\":%d,", person + pick(4)) : "", apps[1 + pick(4)], instant(begin))
        emit("login_session", n, 2 * n, body)
        if (pick(10)) {
            ended = body ",\"end\":\"" instant(begin + pick(4 * 3600000)) "\""
            if (pick(4)) emit("login_session", n, 2 * n + 1, ended)
            else { due = n + 50 + pick(2000); late[due] = late[due] SUBSEP n "\t" ended }
        }
        if (pick(2)) emit("session_media", n, 1, sprintf("\"session\":\"s%d\",\"media\":\"%s\",\"begin\":\"%s\"", n, media[1 + pick(5)], instant(begin)))
        if (n in late) {
            count_late = split(late[n], waiting, SUBSEP)
            for (i = 2; i <= count_late; i++) {
                split(waiting[i], part, "\t")
                emit("login_session", part[1], 2 * part[1] + 1, part[2])
            }
            delete late[n]
        }
        if (n % 5000 == 0) emit("watermark", "watermark", n, "\"until\":\"" instant(begin) "\"")
    }
}
