# tests/flow/facts.awk - reads a flow (tests/flow/run tells its form) and prints what the runner does, line by line:
#   F <tab> a fact as JSON
#   E <tab> scope <tab> id or - <tab> granularity <tab> from <tab> to <tab> profile <tab> zone or -
#   R <tab> line <tab> start <tab> item <tab> member=value …     what a row must have; belongs to the last E
# A line that it cannot read ends it with exit 2 and file and line on stderr.
function fail(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
    failed = 1
    exit 2
}

# 09:00, 09:00:30.250, 24:00, 08:00+1 (the day after), 22:00-1, or a whole instant
function instant(text,    shift, part, second) {
    if (text ~ /T.*Z$/) return text
    shift = 0
    if (match(text, /[+-][0-9]+$/)) {
        shift = substr(text, RSTART) + 0
        text = substr(text, 1, RSTART - 1)
    }
    if (text !~ /^[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9][0-9][0-9])?)?$/) fail("\"" text "\" is no time; wanted is 09:00, 09:00:30.250 or 08:00+1")
    split(text, part, ":")
    second = part[3] == "" ? "00" : part[3]
    if (second !~ /\./) second = second ".000"
    if (part[1] + 0 == 24) { part[1] = "00"; shift++ }
    return day_after(day, shift) "T" part[1] ":" part[2] ":" second "Z"
}

function month_days(year, month) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

function day_after(from, shift,    year, month, date) {
    year = substr(from, 1, 4) + 0; month = substr(from, 6, 2) + 0; date = substr(from, 9, 2) + shift
    while (date < 1) { if (--month < 1) { month = 12; year-- } date += month_days(year, month) }
    while (date > month_days(year, month)) { date -= month_days(year, month); if (++month > 12) { month = 1; year++ } }
    return sprintf("%04d-%02d-%02d", year, month, date)
}

function quoted(text) { return "\"" text "\"" }

function add(name, value) { body = body (body == "" ? "" : ",") "\"" name "\":" value }

# The words behind the name: a number's word takes the next one, a flag stands alone.
function members(from,    i, word) {
    for (i = from; i <= NF; i++) {
        word = $i
        if (word in number) add(number[word], $(++i))
        else if (word in text_word) add(text_word[word], quoted($(++i)))
        else if (word in time_word) add(time_word[word], quoted(instant($(++i))))
        else if (word in flag) { split(flag[word], pair, "="); add(pair[1], pair[2]) }
        else if (word == "source") source = $(++i)
        else if (word == "version") version = $(++i)
        else if (word == "key") key = $(++i)
        else if (word == "uses") { uses = $(++i); gsub(/,/, "\",\"", uses); add("uses", "[\"" uses "\"]") }
        else fail("the word \"" word "\" means nothing here")
        if (i > NF) fail("\"" word "\" wants a value")
    }
}

function line_of(text,    out) {
    if (sub(/\/enabled$/, "", text)) out = ",\"license\":\"enabled\""
    if (match(text, /\+[0-9]+$/)) { out = out ",\"burst\":" substr(text, RSTART + 1); text = substr(text, 1, RSTART - 1) }
    if (text == "unlimited") return out
    if (text !~ /^[0-9]+$/) fail("\"" text "\" is no quantity")
    return out ",\"quantity\":" text
}

function list_of(text) {
    gsub(/,/, "\",\"", text)
    return text == "" ? "[]" : "[\"" text "\"]"
}

# A file as the inside of a JSON text.
function text_of(file,    line, text) {
    while ((getline line < file) > 0) { gsub(/\\/, "\\\\", line); gsub(/"/, "\\\"", line); text = text line "\\n" }
    close(file)
    if (text == "") fail("there is no file \"" file "\" beside the flows")
    return text
}

function fact(kind) {
    printf "F\t{\"source\":\"%s\",\"kind\":\"%s\",\"key\":\"%s\",\"version\":%s,\"body\":{%s}}\n", source, kind, key, version, body
}

BEGIN {
    day = "2026-11-23"
    split("person login place dn switch tenant campaign group", words, " ")
    for (i in words) number[words[i]] = words[i]
    split("app zone name", words, " ")
    for (i in words) text_word[words[i]] = words[i]
    text_word["type"] = "switch_type"
    flag["agent"] = "agent=true"; flag["wfm"] = "wfm=true"; flag["backup"] = "has_backup=true"; flag["deleted"] = "deleted=true"
    split("enabled entitled burst over over-burst zone", words, " ")
    for (i in words) { row_word[words[i]] = words[i]; gsub("-", "_", row_word[words[i]]) }
    flag["disabled"] = "enabled=false"; flag["logout"] = "end_by=\"logout\""; flag["disconnect"] = "end_by=\"disconnect\""
}
{ sub(/#.*/, "") }
NF == 0 { next }
{ source = "icon-a"; version = FNR; key = $2; body = "" }

/^[ \t]/ {
    if (!expecting) fail("a row without an \"expect\" before it")
    printf "R\t%d\t%s\t%s\tpeak=%s", FNR, instant($1), $2, $3
    for (i = 4; i <= NF; i += 2) {
        if ($i == "at") printf " peak_at=%s", instant($(i + 1))
        else if ($i == "named") printf " named=%s", $(i + 1)
        else if ($i == "seat-seconds") printf " seat_seconds=%s", $(i + 1)
        else if ($i == "until") printf " end=%s", instant($(i + 1))
        else if ($i in row_word) printf " %s=%s", row_word[$i], $(i + 1)
        else fail("a row knows at, named, seat-seconds, until, enabled, entitled, burst, over, over-burst, zone, not \"" $i "\"")
    }
    print ""
    next
}
{ expecting = 0 }
$1 == "day" { day = $2; next }
$1 ~ /^(tenant|person|place|dn|switch|agent-group|place-group|mailbox|ivr-port)$/ || $1 == "login-id" {
    type = $1 == "login-id" ? "login" : $1
    since = "null"
    time_word["since"] = "valid_from"
    add("type", quoted(type)); add("id", $2)
    if (!/ disabled/) add("enabled", "true")
    if (!/ deleted/) add("deleted", "false")
    if (match($0, / since [^ ]+/)) since = instant(substr($0, RSTART + 7, RLENGTH - 7))
    key = type "/" $2 "@" since
    members(3); delete time_word["since"]
    if (since == "null") add("valid_from", "null")
    fact("object"); next
}
{ time_word["from"] = "begin"; time_word["to"] = "end" }
$1 == "login" {
    add("session", quoted($2)); members(3)
    login_source[key] = source; login_body[key] = body
    fact("login_session"); next
}
$1 == "logout" || $1 == "dropped" {      # the login's row once more, with its end
    if (!($2 in login_body)) fail("no login \"" $2 "\" was given")
    source = login_source[$2]; body = login_body[$2]
    add("end", quoted(instant($3))); add("end_by", quoted($1 == "logout" ? "logout" : "disconnect"))
    members(4); fact("login_session"); next
}
$1 == "media" { key = $2 "/" $3; add("session", quoted($2)); add("media", quoted($3)); members(4); fact("session_media"); next }
$1 == "port" { add("call", quoted($2)); members(3); source = source == "icon-a" ? "gvp-a" : source; fact("port"); next }
$1 == "member" {
    time_word["from"] = "from"; time_word["to"] = "to"
    key = $2 "/" $3 "/" $4
    add("group", $2); add("member_type", quoted($3)); add("member", $4); members(5); fact("membership"); next
}
$1 == "campaign" {
    time_word["from"] = "loaded_from"; time_word["to"] = "loaded_to"
    add("campaign", $2); members(3); fact("campaign"); next
}
# entitlement FILE ITEM=QUANTITY[+BURST][/enabled] … [issued DATE] [valid DATE DATE] [deleted] [source S]: - is no bound, a
# quantity or a burst may be unlimited or left out
$1 == "entitlement" {
    lines = ""
    for (i = 3; i <= NF; i++) {
        if (match($i, /^[^=]+=/)) {
            item = substr($i, 1, RLENGTH - 1); quantity = substr($i, RLENGTH + 1)
            lines = lines (lines == "" ? "" : ",") "{\"item\":" quoted(item) line_of(quantity) "}"
        } else if ($i == "issued") add("issued", quoted($(++i)))
        else if ($i == "valid") { if ($(++i) != "-") add("valid_from", quoted($i)); if ($(++i) != "-") add("valid_to", quoted($i)) }
        else if ($i == "deleted") add("deleted", "true")
        else if ($i == "source") source = $(++i)
        else fail("the word \"" $i "\" means nothing here")
    }
    add("lines", "[" lines "]"); fact("entitlement"); next
}
# provisioned TENANT ITEM DATE QUANTITY|unlimited|deleted [source S]
$1 == "provisioned" {
    key = $2 "/" $3 "/" $4
    add("tenant", $2); add("item", quoted($3)); add("effective", quoted($4))
    if ($5 == "deleted") add("deleted", "true")
    else if ($5 != "unlimited") add("quantity", $5)
    members(6); fact("provisioned"); next
}
# setting TENANT DATE|ever zone Z [deleted] [source S]
$1 == "setting" {
    key = $2 "/" ($3 == "ever" ? "" : $3)
    add("tenant", $2)
    if ($3 != "ever") add("effective", quoted($3))
    members(4); fact("tenant_setting"); next
}
# bundles SET ID=ITEM,ITEM[!ITEM,ITEM] … [issued DATE] [valid DATE|- DATE|-] [deleted] [source S]: behind the ! what is excluded
$1 == "bundles" {
    add("id", quoted($2)); bundles = ""
    for (i = 3; i <= NF; i++) {
        if (match($i, /^[0-9]+=/)) {
            split(substr($i, RLENGTH + 1), both, "!")
            bundles = bundles (bundles == "" ? "" : ",") "{\"id\":" substr($i, 1, RLENGTH - 1) ",\"include\":" list_of(both[1]) ",\"exclude\":" list_of(both[2]) "}"
            delete both
        } else if ($i == "issued") add("issued", quoted($(++i)))
        else if ($i == "valid") { if ($(++i) != "-") add("valid_from", quoted($i)); if ($(++i) != "-") add("valid_to", quoted($i)) }
        else if ($i == "deleted") add("deleted", "true")
        else if ($i == "source") source = $(++i)
        else fail("the word \"" $i "\" means nothing here")
    }
    add("bundles", "[" bundles "]"); fact("bundle_set"); next
}
# ruleset DATE|ever [zone Z] [cap HOURS] [catalog FILE] [deleted] [source S]: FILE lies beside the flows
$1 == "ruleset" {
    if ($2 != "ever") add("effective", quoted($2))
    number["cap"] = "cap_hours"
    for (i = 3; i <= NF; i++)
        if ($i == "catalog") { add("catalog", quoted(text_of($(i + 1)))); $i = $(i + 1) = "" }
    $0 = $0
    members(3); fact("ruleset"); next
}
$1 == "watermark" { key = "watermark"; add("until", quoted(instant($2))); members(3); fact("watermark"); next }
$1 == "expect" {
    scope = $2; at = 3; id = "-"
    if (scope != "system") id = $(at++)
    granularity = $at; from = instant($(at + 1)); to = instant($(at + 2))
    profile = "exact"; zone = "-"
    for (i = at + 3; i <= NF; i += 2) {
        if ($i == "profile") profile = $(i + 1)
        else if ($i == "zone") zone = $(i + 1)
        else fail("expect knows profile and zone, not \"" $i "\"")
    }
    printf "E\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", scope, id, granularity, from, to, profile, zone
    expecting = 1; next
}
{ fail("\"" $1 "\" begins no line of a flow") }
END { exit failed ? 2 : 0 }
