#include "server/engine/explain.h"

#include "base/check.h"
#include "proto/words.h"
#include "server/engine/private.h"

#include <stdlib.h>

const char *end_reason_name(enum end_reason reason)
{
    static const char *const names[] = {[END_OPEN] = "open", [END_TRUE] = "true", [END_SUPERSEDED] = "superseded", [END_CAPPED] = "capped"};
    return names[reason];
}

const char *seat_kind_name(enum seat_kind kind)
{
    static const char *const names[] = {
        "none",
#define X(kind, name) name,
        SEAT_KIND_MAP(X)
#undef X
    };
    return names[kind];
}

static enum seat_family family_of(enum profile profile)
{
    return profile == PROFILE_PERSON ? SEAT_PERSON : SEAT_DEFAULT;
}

/* --- uses ---------------------------------------------------------------------------------------- */

struct walk {
    struct engine *engine;
    const struct use_request *request;
    uint32_t scope; /* number */
    struct use *uses; /* malloc'ed */
    size_t count, capacity;
};

static bool has_item(const struct walk *walk, uint32_t mask)
{
    size_t item = walk->request->item - 1; /* its lane */
    return mask && (masks_words(&walk->engine->masks, mask)[item / 64] >> (item % 64) & 1);
}

static void add_use(struct walk *walk, struct use use)
{
    if (use.from >= use.to || use.to <= walk->request->from || use.from >= walk->request->to)
        return;
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity ? walk->capacity * 2 : 1024;
        walk->uses = memory_resize(walk->uses, walk->capacity * sizeof *walk->uses);
    }
    walk->uses[walk->count++] = use;
}

/* The part of a piece that lies in the scope: all of it, or where the person or place is in the group. */
static void add_in_scope(struct walk *walk, const struct session *session, struct use use)
{
    enum scope_kind kind = walk->request->scope.kind;
    if (kind == SCOPE_SYSTEM || (kind == SCOPE_TENANT && session->tenant == walk->scope))
        add_use(walk, use);
    if (kind == SCOPE_SYSTEM || kind == SCOPE_TENANT)
        return;
    const struct presence *presences;
    const uint32_t *scopes;
    size_t count = session_groups_ever(walk->engine, session, &scopes);
    for (size_t i = 0; i < count; i++)
        if (scopes[i] == walk->scope)
            add_use(walk, use);
    count = session_groups(walk->engine, session, &presences);
    for (size_t i = 0; i < count; i++) {
        if (presences[i].scope != walk->scope)
            continue;
        struct use inside = use;
        inside.from = presences[i].from > use.from ? presences[i].from : use.from;
        inside.to = presences[i].to < use.to ? presences[i].to : use.to;
        add_use(walk, inside);
    }
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return x->session < y->session ? -1 : x->session > y->session;
}

/* Pieces that follow each other and memberships of several sources may meet: of one session they are one use. */
static void join_uses(struct walk *walk, size_t start)
{
    size_t last = start;
    if (walk->count - start < 2)
        return;
    qsort(&walk->uses[start], walk->count - start, sizeof *walk->uses, compare_uses);
    for (size_t i = start + 1; i < walk->count; i++)
        if (walk->uses[i].from > walk->uses[last].to)
            walk->uses[++last] = walk->uses[i];
        else if (walk->uses[i].to > walk->uses[last].to)
            walk->uses[last].to = walk->uses[i].to;
    walk->count = last + 1;
}

/* The first known person of its login rows; nearly always there is one row. */
static uint32_t person_of(struct engine *engine, uint32_t number)
{
    const struct session *session = session_at(engine, number);
    struct view view;
    if (session->port)
        return 0;
    if (!twin_member(engine, number) && session->login_rows && !rows_next(&engine->rows, SESSION_LOGIN, session->login_rows))
        return rows_login(&engine->rows, session->login_rows)->person;
    session_view(engine, number, &view);
    arena_reset(engine->scratch);
    return view.person;
}

static void walk_session(struct walk *walk, uint32_t seat, uint32_t number)
{
    const struct session *session = session_at(walk->engine, number);
    struct piece one;
    size_t count, start = walk->count;
    const struct piece *pieces = session_uses(walk->engine, session, &one, &count);
    for (size_t i = 0; i < count; i++)
        if (has_item(walk, pieces[i].mask))
            add_in_scope(walk, session, (struct use){pieces[i].from, pieces[i].to, seat, number, 0, session->reason});
    join_uses(walk, start);
    uint32_t person = walk->count > start ? person_of(walk->engine, number) : 0;
    for (size_t i = start; i < walk->count; i++)
        walk->uses[i].person = person;
}

struct seat_index {
    struct seats_of_scope {
        uint32_t *seats; /* ascending, in the arena */
        uint32_t count, capacity;
    } *scopes; /* [scope - 1] */
};

static void index_seat(struct seats_of_scope *of, uint32_t seat, struct arena *arena)
{
    if (of->count && of->seats[of->count - 1] == seat)
        return;
    if (of->count == of->capacity) {
        uint32_t *more = arena_alloc(arena, (size_t)(of->capacity * 2 + 16) * sizeof *more);
        if (of->count)
            memcpy(more, of->seats, of->count * sizeof *more);
        of->seats = more;
        of->capacity = of->capacity * 2 + 16;
    }
    of->seats[of->count++] = seat;
}

static bool lies_in(const struct session *session, instant from, instant to)
{
    return session->begin < to && session->end > from;
}

const struct seat_index *engine_seat_index(const struct engine *engine, enum profile profile, instant from, instant to, struct arena *arena)
{
    struct seat_index *index = arena_alloc(arena, sizeof *index);
    enum seat_family family = family_of(profile);
    uint32_t system = map_get(&engine->counters.scope_index[SCOPE_SYSTEM], 0);
    index->scopes = arena_alloc(arena, (engine->counters.scope_count + 1) * sizeof *index->scopes);
    for (uint32_t seat = 1; seat <= engine->seat_count; seat++)
        for (uint32_t s = engine->seat_families[seat - 1] == family ? engine->seats[seat - 1] : 0; s; s = session_at(engine, s)->seat_after[family]) {
            const struct session *session = session_at(engine, s);
            if (!lies_in(session, from, to))
                continue;
            index_seat(&index->scopes[system - 1], seat, arena);
            index_seat(&index->scopes[session->tenant - 1], seat, arena);
            const struct presence *presences;
            const uint32_t *scopes;
            size_t count = session_groups_ever(engine, session, &scopes);
            for (size_t i = 0; i < count; i++)
                index_seat(&index->scopes[scopes[i] - 1], seat, arena);
            count = session_groups(engine, session, &presences);
            for (size_t i = 0; i < count; i++)
                index_seat(&index->scopes[presences[i].scope - 1], seat, arena);
        }
    return index;
}

static void walk_seat(struct walk *walk, uint32_t seat, enum seat_family family)
{
    struct engine *engine = walk->engine;
    size_t start = walk->count;
    if (engine->seat_families[seat - 1] != family)
        return;
    for (uint32_t s = engine->seats[seat - 1]; s; s = session_at(engine, s)->seat_after[family])
        if (lies_in(session_at(engine, s), walk->request->from, walk->request->to))
            walk_session(walk, seat, s);
    if (walk->count - start > 1)
        qsort(&walk->uses[start], walk->count - start, sizeof *walk->uses, compare_uses);
}

size_t engine_uses(struct engine *engine, const struct use_request *request, struct arena *arena, struct use **uses)
{
    struct walk walk = {.engine = engine, .request = request};
    enum seat_family family = family_of(request->profile);
    walk.scope = map_get(&engine->counters.scope_index[request->scope.kind], (uint64_t)request->scope.id);
    const struct seats_of_scope *few = walk.scope && request->index ? &request->index->scopes[walk.scope - 1] : NULL;
    for (uint32_t i = 0; few && i < few->count; i++)
        walk_seat(&walk, few->seats[i], family);
    for (uint32_t seat = 1; walk.scope && !few && seat <= engine->seat_count; seat++)
        walk_seat(&walk, seat, family);
    *uses = arena_alloc(arena, (walk.count + 1) * sizeof **uses);
    if (walk.count)
        memcpy(*uses, walk.uses, walk.count * sizeof **uses);
    free(walk.uses);
    return walk.count;
}

/* --- a session in words -------------------------------------------------------------------------- */

static struct bytes copied(const struct engine *engine, struct arena *arena, enum dictionary_class class, uint32_t number)
{
    return number ? arena_copy(arena, names_text(&engine->names, class, number)) : BYTES_NONE;
}

static void add_text(struct arena *arena, struct bytes **list, size_t *count, struct bytes text)
{
    for (size_t i = 0; i < *count; i++)
        if (bytes_equal((*list)[i], text))
            return;
    struct bytes *more = arena_alloc(arena, (*count + 1) * sizeof *more);
    if (*count)
        memcpy(more, *list, *count * sizeof *more);
    more[(*count)++] = arena_copy(arena, text);
    *list = more;
}

static int compare_texts(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    return bytes_compare(*x, *y);
}

static void tell_rows(const struct engine *engine, uint32_t number, struct arena *arena, struct told_session *told)
{
    for (uint32_t s = number; s; s = twin_member(engine, s)) {
        add_text(arena, &told->ids, &told->id_count, names_text(&engine->names, DICTIONARY_SESSION, s));
        for (uint32_t row = session_at(engine, s)->login_rows; row; row = rows_next(&engine->rows, SESSION_LOGIN, row))
            add_text(arena, &told->sources, &told->source_count, names_text(&engine->names, DICTIONARY_SOURCE, rows_login(&engine->rows, row)->source));
        for (uint32_t row = session_at(engine, s)->media_rows; row; row = rows_next(&engine->rows, SESSION_MEDIA, row))
            add_text(arena, &told->sources, &told->source_count, names_text(&engine->names, DICTIONARY_SOURCE, rows_media(&engine->rows, row)->source));
    }
    qsort(told->ids, told->id_count, sizeof *told->ids, compare_texts);
    qsort(told->sources, told->source_count, sizeof *told->sources, compare_texts);
}

static void tell_port(struct engine *engine, const struct session *session, struct arena *arena, struct told_session *told)
{
    const struct statement *statement = statement_at(&engine->statements, session->port);
    struct fact fact = statement_fact(statement, &engine->names, engine->scratch);
    struct bytes source = copied(engine, arena, DICTIONARY_SOURCE, statement->source);
    told->id = arena_copy(arena, statement->key);
    add_text(arena, &told->ids, &told->id_count, told->id);
    add_text(arena, &told->sources, &told->source_count, source);
    told->app = bytes_present(fact.port.app) ? arena_copy(arena, fact.port.app) : BYTES_NONE;
    for (unsigned use = 0; fact.port.uses >> use; use++)
        if (fact.port.uses >> use & 1)
            add_text(arena, &told->media, &told->media_count, bytes_from_text(words_name(&words_uses, (int)use + 1)));
    told->person = told->login = told->place = told->dn = ID_NONE;
    told->seat = bytes_present(fact.port.call)
                     ? (struct seat_key){.kind = SEAT_BY_CALL, .id = ID_NONE, .text = arena_copy(arena, fact.port.call)}
                     : (struct seat_key){.kind = SEAT_BY_PORT, .id = ID_NONE, .text = told->id, .source = source};
}

static void tell_login(struct engine *engine, uint32_t number, enum profile profile, struct arena *arena, struct told_session *told)
{
    uint64_t keys[SEAT_FAMILIES];
    struct view view;
    session_view(engine, number, &view);
    session_seat_keys(number, &view, keys);
    told->id = copied(engine, arena, DICTIONARY_SESSION, number);
    told->app = copied(engine, arena, DICTIONARY_WORD, view.app);
    for (size_t i = 0; i < view.media_count; i++)
        add_text(arena, &told->media, &told->media_count, names_text(&engine->names, DICTIONARY_WORD, view.media[i]));
    if (told->media_count)
        qsort(told->media, told->media_count, sizeof *told->media, compare_texts);
    told->person = names_id(&engine->names, view.person);
    told->login = names_id(&engine->names, view.login);
    told->place = names_id(&engine->names, view.place);
    told->dn = names_id(&engine->names, view.dn);
    tell_rows(engine, number, arena, told);
    uint64_t key = keys[family_of(profile)];
    told->seat = (struct seat_key){.kind = (enum seat_kind)(key >> 32 & 0x0f), .id = ID_NONE};
    if (told->seat.kind == SEAT_BY_SESSION)
        told->seat.text = told->id;
    else
        told->seat.id = names_id(&engine->names, (ref)key);
}

void engine_tell(struct engine *engine, uint32_t number, enum profile profile, struct arena *arena, struct told_session *told)
{
    const struct session *session = session_at(engine, number);
    *told = (struct told_session){
        .number = number,
        .begin = session->begin,
        .end = session->end,
        .reason = session->reason,
        .tenant = engine->counters.scopes[session->tenant - 1].scope.id,
    };
    if (session->port)
        tell_port(engine, session, arena, told);
    else
        tell_login(engine, number, profile, arena, told);
    arena_reset(engine->scratch);
}
