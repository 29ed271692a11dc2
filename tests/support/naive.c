/* Sessions and ports → spans per subject → the staircase of a counter → what a period says. */
#include "tests/support/naive_parts.h"

#include <stdlib.h>

/* --- the subject: who is counted once ------------------------------------------------------------- */

enum seat_kind { SEAT_PLACE, SEAT_DN, SEAT_LOGIN, SEAT_PERSON, SEAT_SESSION, SEAT_CALL, SEAT_PORT };

struct subject {
    enum seat_kind kind;
    int64_t id;
    struct bytes text, source;
};

static struct subject session_subject(const struct naive_session *session, enum profile profile)
{
    if (profile == PROFILE_PERSON && session->person != ID_NONE)
        return (struct subject){.kind = SEAT_PERSON, .id = session->person};
    if (session->place != ID_NONE)
        return (struct subject){.kind = SEAT_PLACE, .id = session->place};
    if (session->dn != ID_NONE)
        return (struct subject){.kind = SEAT_DN, .id = session->dn};
    if (session->login != ID_NONE)
        return (struct subject){.kind = SEAT_LOGIN, .id = session->login};
    if (session->person != ID_NONE)
        return (struct subject){.kind = SEAT_PERSON, .id = session->person};
    return (struct subject){.kind = SEAT_SESSION, .text = session->id};
}

static struct subject port_subject(const struct fact *row)
{
    if (bytes_present(row->port.call))
        return (struct subject){.kind = SEAT_CALL, .text = row->port.call};
    return (struct subject){.kind = SEAT_PORT, .text = row->key, .source = row->source};
}

struct claim { /* a subject's use over one span */
    struct subject subject;
    struct span span;
};
struct claims {
    struct claim *list;
    size_t count, capacity;
};

static int compare_claim(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    if (a->subject.kind != b->subject.kind)
        return a->subject.kind < b->subject.kind ? -1 : 1;
    if (a->subject.id != b->subject.id)
        return a->subject.id < b->subject.id ? -1 : 1;
    int order = bytes_compare(a->subject.text, b->subject.text);
    if (!order)
        order = bytes_compare(a->subject.source, b->subject.source);
    if (!order)
        order = (a->span.begin > b->span.begin) - (a->span.begin < b->span.begin);
    return order;
}

static bool same_subject(const struct claim *a, const struct claim *b)
{
    return a->subject.kind == b->subject.kind && a->subject.id == b->subject.id &&
           bytes_compare(a->subject.text, b->subject.text) == 0 && bytes_compare(a->subject.source, b->subject.source) == 0;
}

static void claims_add(struct claims *claims, struct subject subject, const struct spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        if (claims->count == claims->capacity) {
            claims->capacity = claims->capacity ? claims->capacity * 2 : 64;
            claims->list = memory_resize(claims->list, claims->capacity * sizeof *claims->list);
        }
        claims->list[claims->count++] = (struct claim){subject, spans->list[i]};
    }
}

/* --- predicates (domain.md §7.2): unknown does not match, but app_not ------------------------------ */

static bool in_list(const struct text_list *list, struct bytes text)
{
    for (size_t i = 0; i < list->count; i++)
        if (bytes_equal(list->texts[i], text))
            return true;
    return false;
}

static bool flag_matches(enum flag asked, enum flag known)
{
    return asked == FLAG_UNKNOWN || asked == known;
}

static bool app_matches(const struct where *where, struct bytes app)
{
    if (where->app.given && !(bytes_present(app) && in_list(&where->app, app)))
        return false;
    return !(where->app_not.given && bytes_present(app) && in_list(&where->app_not, app));
}

static bool media_matches(const struct where *where, const struct naive_session *session)
{
    bool in = false, out = false, voice = session->dn != ID_NONE;
    for (size_t i = 0; i < session->media_count; i++) {
        in |= in_list(&where->media, session->media[i]);
        out |= !in_list(&where->media_not, session->media[i]);
        voice |= bytes_equal_text(session->media[i], "voice");
    }
    return (!where->media.given || in) && (!where->media_not.given || out) &&
           flag_matches(where->voice, voice ? FLAG_YES : FLAG_NO);
}

/* When the session uses the item. */
struct spans naive_session_uses(struct naive *naive, const struct where *where, const struct naive_session *session)
{
    struct spans spans = {0};
    if (where->kind != SUBJECT_SESSION || !session->has_login || where->uses || !app_matches(where, session->app) ||
        !media_matches(where, session) || !flag_matches(where->agent, session->agent) ||
        !flag_matches(where->wfm, session->wfm) || !flag_matches(where->has_backup, session->has_backup))
        return spans;
    if (where->switch_types &&
        (session->switch_type == SWITCH_UNKNOWN || !(where->switch_types & 1u << session->switch_type)))
        return spans;
    if (where->tenant_has.given && !config_tenant_has(naive, session->tenant, &where->tenant_has))
        return spans;
    spans_add(naive, &spans, session->begin, session->end);
    if (where->site_type != SITE_UNKNOWN) {
        struct spans site = config_site(naive, where->site_type);
        spans = spans_and(naive, &spans, &site);
    }
    check(where->campaign_loaded != FLAG_NO); /* no rule says what that would be */
    if (where->campaign_loaded == FLAG_YES) {
        struct spans loaded = config_campaigns(naive, session->person);
        spans = spans_and(naive, &spans, &loaded);
    }
    return spans;
}

struct spans naive_port_uses(struct naive *naive, const struct where *where, const struct port *port)
{
    struct spans spans = {0};
    if (where->kind != SUBJECT_PORT || (where->uses && !(where->uses & port->uses)) || !app_matches(where, port->app))
        return spans;
    spans_add(naive, &spans, port->begin, port->end != INSTANT_NEVER ? port->end : naive_capped_at(naive, port->begin));
    return spans;
}

/* --- scopes ---------------------------------------------------------------------------------------- */

struct spans naive_session_in_scope(struct naive *naive, const struct naive_session *session, enum scope_kind kind, int64_t id)
{
    struct spans spans = {0};
    switch (kind) {
    case SCOPE_AGENT_GROUP:
        return config_member(naive, OBJECT_PERSON, session->person, id);
    case SCOPE_PLACE_GROUP:
        return config_member(naive, OBJECT_PLACE, session->place, id);
    case SCOPE_TENANT:
        if (session->tenant == id)
            spans_add(naive, &spans, INSTANT_EVER, INSTANT_NEVER);
        return spans;
    default:
        spans_add(naive, &spans, INSTANT_EVER, INSTANT_NEVER);
        return spans;
    }
}

bool naive_port_in_scope(const struct port *port, enum scope_kind kind, int64_t id)
{
    return kind == SCOPE_SYSTEM || (kind == SCOPE_TENANT && (port->tenant == ID_NONE ? 0 : port->tenant) == id);
}

static void claims_collect(struct naive *naive, struct claims *claims, enum scope_kind kind, int64_t id,
                           size_t item, enum profile profile)
{
    for (size_t i = 0; i < naive->session_count; i++) {
        const struct naive_session *session = &naive->sessions[i];
        struct spans scope = naive_session_in_scope(naive, session, kind, id);
        struct spans uses = scope.count ? naive_session_item(naive, session, item) : (struct spans){0};
        struct spans spans = spans_and(naive, &uses, &scope);
        claims_add(claims, session_subject(session, profile), &spans);
    }
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_PORT || !naive_port_in_scope(&row->port, kind, id))
            continue;
        struct spans spans = naive_port_item(naive, &row->port, item);
        claims_add(claims, port_subject(row), &spans);
    }
}

/* --- the staircase --------------------------------------------------------------------------------- */

struct edge {
    instant at;
    int delta;
};

static int compare_edge(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    return (a->at > b->at) - (a->at < b->at);
}

/* Each subject's spans united, as ends. */
static size_t edges_make(struct claims *claims, struct edge *edges)
{
    size_t count = 0;
    qsort(claims->list, claims->count, sizeof *claims->list, compare_claim);
    for (size_t i = 0; i < claims->count;) {
        struct span whole = claims->list[i].span;
        size_t k = i + 1;
        while (k < claims->count && same_subject(&claims->list[i], &claims->list[k]) && claims->list[k].span.begin <= whole.end) {
            if (claims->list[k].span.end > whole.end)
                whole.end = claims->list[k].span.end;
            k++;
        }
        edges[count++] = (struct edge){whole.begin, +1};
        if (whole.end != INSTANT_NEVER)
            edges[count++] = (struct edge){whole.end, -1};
        i = k;
    }
    qsort(edges, count, sizeof *edges, compare_edge);
    return count;
}

static struct naive_line count_line(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, enum profile profile)
{
    struct claims claims = {0};
    claims_collect(naive, &claims, kind, id, item, profile);
    struct naive_line line = {.profile = profile};
    if (claims.count) {
        struct edge *edges = memory_alloc(2 * claims.count * sizeof *edges);
        size_t count = edges_make(&claims, edges);
        line.steps = arena_alloc(naive->arena, count * sizeof *line.steps);
        int64_t level = 0;
        for (size_t i = 0; i < count;) {
            int64_t before = level;
            instant at = edges[i].at;
            for (; i < count && edges[i].at == at; i++) /* one millisecond is one change */
                level += edges[i].delta;
            if (level != before)
                line.steps[line.count++] = (struct naive_step){at, level};
        }
        free(edges);
        free(claims.list);
    }
    return line;
}

struct memo {
    struct memo *next;
    enum scope_kind kind;
    int64_t id;
    size_t item;
    struct naive_line line;
};

struct naive_line naive_line(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, enum profile profile)
{
    check(item < naive->items->count);
    check(profile != PROFILE_SUSTAINED);
    struct memo *memo = naive->memos;
    while (memo && !(memo->kind == kind && memo->id == id && memo->item == item && memo->line.profile == profile))
        memo = memo->next;
    if (!memo) {
        memo = arena_alloc(naive->arena, sizeof *memo);
        *memo = (struct memo){naive->memos, kind, id, item, count_line(naive, kind, id, item, profile)};
        naive->memos = memo;
    }
    return memo->line;
}

/* --- periods (domain.md §7.7) ----------------------------------------------------------------------- */

int64_t naive_level(const struct naive_line *line, instant at)
{
    int64_t level = 0;
    for (size_t i = 0; i < line->count && line->steps[i].at <= at; i++)
        level = line->steps[i].level;
    return level;
}

/* lrm looks at minute instants alone: the highest, and the latest of these.  Of a level that lasts from one
 * step to the next the last minute before its end. */
static void usage_by_minutes(const struct naive_line *line, instant start, instant end, struct naive_usage *usage)
{
    int64_t level = 0;
    for (size_t i = 0; i <= line->count; i++) {
        instant from = i ? line->steps[i - 1].at : INSTANT_EVER, to = i < line->count ? line->steps[i].at : end;
        level = i ? line->steps[i - 1].level : 0;
        from = from > start ? from : start;
        to = to < end ? to : end;
        instant minute = floor_div(to - 1, MINUTE_MS) * MINUTE_MS;
        if (from < to && minute >= from && level >= usage->peak) {
            usage->peak = level;
            usage->peak_at = minute;
        }
    }
}

struct naive_usage naive_usage(const struct naive_line *line, instant start, instant end)
{
    /* The level before the period, then the level after the changes of its first millisecond. */
    int64_t level = 0;
    size_t i = 0;
    for (; i < line->count && line->steps[i].at < start; i++)
        level = line->steps[i].level;
    if (i < line->count && line->steps[i].at == start)
        level = line->steps[i++].level;
    struct naive_usage usage = {.peak = level, .peak_at = start};
    instant since = start;
    for (; i < line->count && line->steps[i].at < end; i++) {
        usage.seat_ms += level * (line->steps[i].at - since);
        since = line->steps[i].at;
        if (line->steps[i].level > level && line->steps[i].level >= usage.peak) {
            usage.peak = line->steps[i].level; /* it rose to the maximum so far: the latest such instant holds */
            usage.peak_at = since;
        }
        level = line->steps[i].level;
    }
    usage.seat_ms += level * (end - since);
    if (line->profile == PROFILE_LRM) {
        usage.peak = 0;
        usage_by_minutes(line, start, end, &usage);
    }
    if (usage.peak == 0)
        usage.peak_at = INSTANT_NONE;
    return usage;
}

/* --- who has rows (domain.md §7.18) ----------------------------------------------------------------- */

struct ids {
    int64_t *list;
    size_t count;
};

static void ids_add(struct naive *naive, struct ids *ids, int64_t id)
{
    if (id == ID_NONE)
        return;
    size_t at = 0;
    while (at < ids->count && ids->list[at] < id)
        at++;
    if (at < ids->count && ids->list[at] == id)
        return;
    int64_t *list = arena_alloc(naive->arena, (ids->count + 1) * sizeof *list);
    for (size_t i = 0; i < ids->count; i++)
        list[i + (i >= at)] = ids->list[i];
    list[at] = id;
    *ids = (struct ids){list, ids->count + 1};
}

static void tenants_named(struct naive *naive, struct ids *ids, const struct fact *row)
{
    switch (row->kind) {
    case FACT_LOGIN_SESSION: ids_add(naive, ids, row->login_session.tenant); break;
    case FACT_OBJECT:
        ids_add(naive, ids, row->object.type == OBJECT_TENANT ? row->object.id : ID_NONE);
        ids_add(naive, ids, row->object.tenant);
        break;
    case FACT_PORT: ids_add(naive, ids, row->port.tenant); break;
    case FACT_PROVISIONED: ids_add(naive, ids, row->provisioned.tenant); break;
    case FACT_TENANT_SETTING: ids_add(naive, ids, row->tenant_setting.tenant); break;
    default: break;
    }
}

static void groups_named(struct naive *naive, struct ids *ids, const struct fact *row, enum object_type group, enum object_type member)
{
    if (row->kind == FACT_OBJECT && row->object.type == group)
        ids_add(naive, ids, row->object.id);
    if (row->kind == FACT_MEMBERSHIP && row->membership.member_type == member)
        ids_add(naive, ids, row->membership.group);
    if (row->kind == FACT_CAMPAIGN && group == OBJECT_AGENT_GROUP)
        ids_add(naive, ids, row->campaign.group);
}

/* Whether anything is ever in tenant 0. */
static bool unassigned_used(struct naive *naive)
{
    for (size_t i = 0; i < naive->items->count; i++)
        if (naive_line(naive, SCOPE_TENANT, 0, i, PROFILE_EXACT).count || naive_enabled_line(naive, SCOPE_TENANT, 0, i).count)
            return true;
    return false;
}

size_t naive_scopes(struct naive *naive, enum scope_kind kind, const int64_t **list)
{
    struct ids ids = {0};
    if (kind == SCOPE_SYSTEM)
        ids_add(naive, &ids, 0);
    for (size_t i = 0; i < naive->row_count; i++) {
        if (kind == SCOPE_TENANT)
            tenants_named(naive, &ids, naive->rows[i]);
        else if (kind == SCOPE_AGENT_GROUP)
            groups_named(naive, &ids, naive->rows[i], OBJECT_AGENT_GROUP, OBJECT_PERSON);
        else if (kind == SCOPE_PLACE_GROUP)
            groups_named(naive, &ids, naive->rows[i], OBJECT_PLACE_GROUP, OBJECT_PLACE);
    }
    if (kind == SCOPE_TENANT) {
        if (ids.count && ids.list[0] == 0)
            ids = (struct ids){ids.list + 1, ids.count - 1};
        if (unassigned_used(naive))
            ids_add(naive, &ids, 0);
    }
    *list = ids.list;
    return ids.count;
}

struct naive *naive_create(const struct fact *facts, size_t count, const struct naive_options *options)
{
    struct naive *naive = memory_alloc_zero(1, sizeof *naive);
    naive->arena = arena_create();
    naive->options = *options;
    if (naive->options.cap_hours == 0)
        naive->options.cap_hours = 24;
    naive_rows_keep(naive, facts, count);
    naive_rulesets_find(naive);
    naive_sessions_fold(naive);
    return naive;
}

void naive_destroy(struct naive *naive)
{
    arena_destroy(naive->arena);
    free(naive);
}
