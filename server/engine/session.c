/* Rows → session: what the rows of one session say together (domain.md §7.1 – §7.6, §7.12, §7.13). */
#include "server/engine/private.h"

#include "base/check.h"

#include <stdlib.h>

/* --- the rows of a session in their order ------------------------------------------------------- */

static int compare_rows(const struct engine *engine, uint16_t source_a, uint64_t key_a, uint16_t source_b, uint64_t key_b)
{
    if (source_a != source_b)
        return bytes_compare(names_text(&engine->names, DICTIONARY_SOURCE, source_a),
                             names_text(&engine->names, DICTIONARY_SOURCE, source_b));
    return names_row_key_compare(&engine->names, key_a, key_b);
}

static int compare_of_class(const struct engine *engine, enum session_class class, uint32_t a, uint32_t b)
{
    if (class == SESSION_LOGIN) {
        const struct login_record *x = rows_login(&engine->rows, a), *y = rows_login(&engine->rows, b);
        return compare_rows(engine, x->source, x->key, y->source, y->key);
    }
    const struct media_record *x = rows_media(&engine->rows, a), *y = rows_media(&engine->rows, b);
    return compare_rows(engine, x->source, x->key, y->source, y->key);
}

static uint32_t head_of(const struct session *session, enum session_class class)
{
    return class == SESSION_LOGIN ? session->login_rows : session->media_rows;
}

/* Indexes of one class of rows of the session and, when all, of the twins counted with it, by
 * (source, key) as texts, then by session id; in the scratch arena. */
static size_t rows_in_order(const struct engine *engine, enum session_class class, uint32_t number, bool all, uint32_t **out)
{
    size_t count = 0, filled = 0;
    for (uint32_t s = number; s; s = all ? twin_member(engine, s) : 0)
        for (uint32_t row = head_of(session_at(engine, s), class); row; row = rows_next(&engine->rows, class, row))
            count++;
    uint32_t *list = arena_alloc(engine->scratch, (count + 1) * sizeof *list);
    for (uint32_t s = number; s; s = all ? twin_member(engine, s) : 0)
        for (uint32_t row = head_of(session_at(engine, s), class); row; row = rows_next(&engine->rows, class, row)) {
            size_t at = filled++;
            for (; at > 0 && compare_of_class(engine, class, row, list[at - 1]) < 0; at--)
                list[at] = list[at - 1];
            list[at] = row;
        }
    *out = list;
    return count;
}

size_t session_login_rows(const struct engine *engine, uint32_t number, uint32_t **rows)
{
    return rows_in_order(engine, SESSION_LOGIN, number, false, rows);
}

/* domain.md §7.4: the earliest end by logout or without end_by; else, when every copy ended by
 * disconnect, the latest of these; else open. */
static instant true_end(const struct engine *engine, const uint32_t *logins, size_t count)
{
    instant logout = INSTANT_NEVER, disconnect = INSTANT_NONE;
    bool all_ended = true;
    for (size_t i = 0; i < count; i++) {
        const struct login_record *record = rows_login(&engine->rows, logins[i]);
        instant end = record_instant(record->end);
        if (end == INSTANT_NEVER)
            all_ended = false;
        else if (record->end_by == END_BY_DISCONNECT)
            disconnect = end > disconnect ? end : disconnect;
        else
            logout = end < logout ? end : logout;
    }
    if (logout != INSTANT_NEVER)
        return logout;
    return all_ended && count > 0 ? disconnect : INSTANT_NEVER;
}

static void first_known(uint32_t *value, uint32_t other)
{
    if (*value == 0)
        *value = other;
}

static void add_medium(struct view *view, uint32_t medium)
{
    for (size_t i = 0; i < view->media_count; i++)
        if (view->media[i] == medium)
            return;
    view->media[view->media_count++] = medium;
}

/* Nearly every session has one login row, and what its media rows say besides does not matter; then neither does their
 * order.  False: it is another one. */
static bool view_of_one(const struct engine *engine, uint32_t number, struct view *view)
{
    const struct session *session = session_at(engine, number);
    if (twin_member(engine, number) || !session->login_rows || rows_next(&engine->rows, SESSION_LOGIN, session->login_rows))
        return false;
    const struct login_record *login = rows_login(&engine->rows, session->login_rows);
    size_t media_count = 0;
    for (uint32_t row = session->media_rows; row; row = rows_next(&engine->rows, SESSION_MEDIA, row))
        media_count++;
    if (media_count > 0 && (!login->place || !login->dn))
        return false;
    *view = (struct view){.present = true, .begin = record_instant(login->begin), .true_end = record_instant(login->end), .tenant = login->tenant,
                          .person = login->person, .login = login->login, .place = login->place, .dn = login->dn,
                          .switch_id = login->switch_id, .app = login->app};
    view->media = arena_alloc(engine->scratch, (media_count + 1) * sizeof *view->media);
    for (uint32_t row = session->media_rows; row; row = rows_next(&engine->rows, SESSION_MEDIA, row))
        add_medium(view, rows_media(&engine->rows, row)->media);
    return true;
}

void session_view(const struct engine *engine, uint32_t number, struct view *view)
{
    if (view_of_one(engine, number, view))
        return;
    uint32_t *logins, *media;
    *view = (struct view){.begin = INSTANT_NEVER};
    size_t login_count = rows_in_order(engine, SESSION_LOGIN, number, true, &logins);
    size_t media_count = rows_in_order(engine, SESSION_MEDIA, number, true, &media);
    view->present = login_count > 0;
    for (size_t i = 0; i < login_count; i++) {
        const struct login_record *record = rows_login(&engine->rows, logins[i]);
        instant begin = record_instant(record->begin);
        view->begin = begin < view->begin ? begin : view->begin;
        first_known(&view->tenant, record->tenant);
        first_known(&view->person, record->person);
        first_known(&view->login, record->login);
        first_known(&view->place, record->place);
        first_known(&view->dn, record->dn);
        first_known(&view->switch_id, record->switch_id);
        first_known(&view->app, record->app);
    }
    view->true_end = true_end(engine, logins, login_count);
    view->media = arena_alloc(engine->scratch, (media_count + 1) * sizeof *view->media);
    for (size_t i = 0; i < media_count; i++) {
        const struct media_record *record = rows_media(&engine->rows, media[i]);
        first_known(&view->place, record->place);
        first_known(&view->dn, record->dn);
        add_medium(view, record->media);
    }
}

void session_seat_keys(uint32_t number, const struct view *view, uint64_t keys[SEAT_FAMILIES])
{
    const uint32_t chain[] = {view->place, view->dn, view->login, view->person, number};
    unsigned kind = 0;
    while (!chain[kind])
        kind++;
    keys[SEAT_DEFAULT] = (uint64_t)(kind + 1) << 32 | chain[kind];
    if (view->person) {
        kind = 3;
        while (!chain[kind])
            kind++;
    }
    keys[SEAT_PERSON] = (uint64_t)(kind + 0x11) << 32 | chain[kind];
}

/* --- groups -------------------------------------------------------------------------------------- */

struct gathering {
    struct engine *engine;
    struct presence *list;
    size_t count, capacity;
};

static void add_presence(void *owner, enum object_type member_type, int64_t group, instant from, instant to)
{
    struct gathering *g = owner;
    enum scope_kind kind = member_type == OBJECT_PERSON ? SCOPE_AGENT_GROUP : SCOPE_PLACE_GROUP;
    if (from >= to)
        return;
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? g->capacity * 2 : 16;
        struct presence *more = arena_alloc(g->engine->scratch, capacity * sizeof *more);
        if (g->count)
            memcpy(more, g->list, g->count * sizeof *more);
        g->list = more;
        g->capacity = capacity;
    }
    g->list[g->count++] = (struct presence){.from = from, .to = to, .scope = counters_scope(&g->engine->counters, (struct scope){kind, group})};
}

static int compare_presences(const void *a, const void *b)
{
    const struct presence *x = a, *y = b;
    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

size_t session_presences(struct engine *engine, const struct view *view, struct presence **list)
{
    struct gathering gathering = {.engine = engine};
    history_groups(&engine->history, OBJECT_PERSON, view->person, add_presence, &gathering);
    history_groups(&engine->history, OBJECT_PLACE, view->place, add_presence, &gathering);
    if (gathering.count > 1)
        qsort(gathering.list, gathering.count, sizeof *gathering.list, compare_presences);
    *list = gathering.list;
    return gathering.count;
}

size_t session_groups(const struct engine *engine, const struct session *session, const struct presence **list)
{
    struct bytes text = session->listed && session->groups ? dictionary_text(&engine->presences, session->groups) : BYTES_NONE;
    *list = (const struct presence *)(const void *)text.data;
    return text.len / sizeof **list;
}

size_t session_groups_ever(const struct engine *engine, const struct session *session, const uint32_t **scopes)
{
    enum { BEFORE = 2 }; /* the system and the tenant */
    uint32_t count = session->listed ? 0 : engine->counters.sets[session->groups];
    *scopes = count > BEFORE ? &engine->counters.sets[session->groups + 1 + BEFORE] : NULL;
    return count > BEFORE ? count - BEFORE : 0;
}

const struct piece *session_uses(const struct engine *engine, const struct session *session, struct piece *one, size_t *count)
{
    if (session->cut) {
        *count = engine->cuts[session->use - 1].count;
        return engine->cuts[session->use - 1].pieces;
    }
    *one = (struct piece){session->begin, session->end, session->use};
    *count = 1;
    return one;
}

/* --- configuration as of begin ------------------------------------------------------------------ */

/* A session's switch is its own, else its DN's, else its login's (§7.1). */
ref session_switch(struct engine *engine, const struct view *view)
{
    const struct object *object;
    if (view->switch_id)
        return view->switch_id;
    object = history_object(&engine->history, OBJECT_DN, view->dn, view->begin);
    if (object && object->switch_id != ID_NONE)
        return names_ref(&engine->names, object->switch_id);
    object = history_object(&engine->history, OBJECT_LOGIN, view->login, view->begin);
    return object ? names_ref(&engine->names, object->switch_id) : 0;
}

/* As given, else of its person, else of its place, else of its switch; none: 0 (contract.md §1). */
static int64_t tenant_of(const struct engine *engine, const struct view *view, const struct object *person,
                         const struct object *switch_object)
{
    const struct object *place = history_object(&engine->history, OBJECT_PLACE, view->place, view->begin);
    if (view->tenant)
        return names_id(&engine->names, view->tenant);
    const struct object *chain[] = {person, place, switch_object};
    for (int i = 0; i < 3; i++)
        if (chain[i] && chain[i]->tenant != ID_NONE)
            return chain[i]->tenant;
    return 0;
}

/* --- pieces: spans in which the set of items is one ---------------------------------------------- */

struct cuts {
    struct engine *engine;
    instant *points; /* where a site type or a campaign begins or ends */
    size_t count, capacity;
    struct span {
        instant from, to;
    } *loaded;
    size_t loaded_count, loaded_capacity;
};

static void add_point(struct cuts *cuts, instant at)
{
    if (cuts->count == cuts->capacity) {
        size_t capacity = cuts->capacity ? cuts->capacity * 2 : 16;
        instant *more = arena_alloc(cuts->engine->scratch, capacity * sizeof *more);
        if (cuts->count)
            memcpy(more, cuts->points, cuts->count * sizeof *more);
        cuts->points = more;
        cuts->capacity = capacity;
    }
    cuts->points[cuts->count++] = at;
}

static void add_loaded(void *owner, instant from, instant to)
{
    struct cuts *cuts = owner;
    if (cuts->loaded_count == cuts->loaded_capacity) {
        size_t capacity = cuts->loaded_capacity ? cuts->loaded_capacity * 2 : 16;
        struct span *more = arena_alloc(cuts->engine->scratch, capacity * sizeof *more);
        if (cuts->loaded_count)
            memcpy(more, cuts->loaded, cuts->loaded_count * sizeof *more);
        cuts->loaded = more;
        cuts->loaded_capacity = capacity;
    }
    cuts->loaded[cuts->loaded_count++] = (struct span){from, to};
    add_point(cuts, from);
    add_point(cuts, to);
}

static enum site_type site_at(const struct rules *rules, instant at)
{
    size_t i = rules->site_count;
    while (i > 1 && rules->sites[i - 1].from > at)
        i--;
    return rules->sites[i - 1].type;
}

static bool loaded_at(const struct cuts *cuts, instant at)
{
    for (size_t i = 0; i < cuts->loaded_count; i++)
        if (cuts->loaded[i].from <= at && at < cuts->loaded[i].to)
            return true;
    return false;
}

/* Cuts [begin, end) where the catalog, the site type or a campaign changes and evaluates the catalog in each part. */
static size_t cut_pieces(struct engine *engine, struct attributes *attributes, ref person, instant begin, instant end,
                         struct piece **out)
{
    struct cuts cuts = {.engine = engine};
    add_point(&cuts, begin);
    for (size_t i = 1; i < engine->eras.catalog_count; i++)
        if (engine->eras.catalogs[i].from > begin && engine->eras.catalogs[i].from < end)
            add_point(&cuts, engine->eras.catalogs[i].from);
    if (engine->eras.asks_site)
        for (size_t i = 0; i < engine->rules.site_count; i++)
            if (engine->rules.sites[i].from > begin && engine->rules.sites[i].from < end)
                add_point(&cuts, engine->rules.sites[i].from);
    if (engine->eras.asks_campaign)
        history_campaigns(&engine->history, person, begin, end, add_loaded, &cuts);
    instants_sort(cuts.points, cuts.count);

    struct piece *pieces = arena_alloc(engine->scratch, cuts.count * sizeof *pieces);
    size_t count = 0;
    for (size_t i = 0; i < cuts.count; i++) {
        instant from = cuts.points[i];
        if ((i > 0 && from == cuts.points[i - 1]) || (from >= end && count > 0))
            continue;
        attributes->site_type = site_at(&engine->rules, from);
        attributes->campaign_loaded = loaded_at(&cuts, from);
        uint32_t mask = predicates_mask(&eras_catalog(&engine->eras, from)->predicates, attributes, &engine->masks);
        if (count > 0 && pieces[count - 1].mask == mask)
            continue;
        if (count > 0)
            pieces[count - 1].to = from;
        pieces[count++] = (struct piece){from, end, mask};
    }
    *out = pieces;
    return count;
}

static const struct tenant_items *items_of(const struct engine *engine, int64_t tenant)
{
    const struct tenant_items *items = NULL;
    return rules_tenant_items(&engine->rules, tenant, &items) ? items : NULL;
}

static bool has_voice(const struct engine *engine, const struct view *view)
{
    uint32_t voice = dictionary_find(&engine->names.dictionaries[DICTIONARY_WORD], BYTES_LITERAL("voice"));
    for (size_t i = 0; i < view->media_count; i++)
        if (view->media[i] == voice)
            return true;
    return view->dn != 0;
}

size_t session_pieces(struct engine *engine, const struct view *view, instant begin, instant end, uint32_t *tenant, struct piece **pieces)
{
    const struct object *person = history_object(&engine->history, OBJECT_PERSON, view->person, view->begin);
    const struct object *switch_object =
        history_object(&engine->history, OBJECT_SWITCH, session_switch(engine, view), view->begin);
    int64_t tenant_id = tenant_of(engine, view, person, switch_object);
    struct attributes attributes = {
        .kind = SUBJECT_SESSION,
        .voice = has_voice(engine, view),
        .app = view->app,
        .media = view->media,
        .media_count = view->media_count,
        .switch_type = switch_object ? switch_object->switch_type : SWITCH_UNKNOWN,
        .has_backup = switch_object ? switch_object->has_backup : FLAG_UNKNOWN,
        .agent = person ? person->agent : FLAG_UNKNOWN,
        .wfm = person ? person->wfm : FLAG_UNKNOWN,
        .tenant_items = items_of(engine, tenant_id),
    };
    *tenant = counters_scope(&engine->counters, (struct scope){SCOPE_TENANT, tenant_id});
    size_t count = cut_pieces(engine, &attributes, view->person, begin, end, pieces);
    return bundles_add(engine, *pieces, count, pieces);
}

size_t port_pieces(struct engine *engine, const struct statement *statement, instant begin, instant end, uint32_t *tenant, struct piece **pieces)
{
    struct fact fact = statement_fact(statement, &engine->names, engine->scratch);
    int64_t tenant_id = fact.port.tenant == ID_NONE ? 0 : fact.port.tenant;
    struct attributes attributes = {
        .kind = SUBJECT_PORT,
        .app = bytes_present(fact.port.app) ? names_number(&engine->names, DICTIONARY_WORD, fact.port.app) : 0,
        .uses = fact.port.uses,
        .tenant_items = items_of(engine, tenant_id),
    };
    *tenant = counters_scope(&engine->counters, (struct scope){SCOPE_TENANT, tenant_id});
    return cut_pieces(engine, &attributes, 0, begin, end, pieces);
}
