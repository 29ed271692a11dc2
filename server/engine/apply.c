/* A fact's row put in its place, and what rests on it noted. */
#include "base/limits.h"
#include "proto/fact_json.h"
#include "server/engine/private.h"

static struct source_state *source_at(struct engine *engine, uint32_t number)
{
    if (number > engine->source_capacity) {
        uint32_t capacity = engine->source_capacity ? engine->source_capacity * 2 : 16;
        while (capacity < number)
            capacity *= 2;
        engine->sources = memory_resize(engine->sources, capacity * sizeof *engine->sources);
        for (uint32_t i = engine->source_capacity; i < capacity; i++)
            engine->sources[i] = (struct source_state){.watermark = INSTANT_NONE};
        engine->source_capacity = capacity;
    }
    return &engine->sources[number - 1];
}

void engine_source_sends(struct engine *engine, uint32_t number, bool logins)
{
    struct source_state *source = source_at(engine, number);
    if (!source->sends)
        engine->cap_dirty = engine->senders_dirty = true;
    source->sends = true;
    if (logins && engine->login_source && engine->login_source != number)
        twin_switch_on(engine);
    if (logins)
        engine->login_source = number;
}

/* --- login and media rows ------------------------------------------------------------------------ */

static struct bytes word_text(const struct engine *engine, uint32_t word)
{
    return word ? names_text(&engine->names, DICTIONARY_WORD, word) : BYTES_NONE;
}

static uint32_t word_number(struct engine *engine, struct bytes text)
{
    return bytes_present(text) ? names_number(&engine->names, DICTIONARY_WORD, text) : 0;
}

static void record_to_login(const struct engine *engine, const struct login_record *record, struct login_session *login)
{
    const struct names *names = &engine->names;
    *login = (struct login_session){
        .session = names_text(names, DICTIONARY_SESSION, record->session),
        .tenant = names_id(names, record->tenant),
        .person = names_id(names, record->person),
        .login = names_id(names, record->login),
        .place = names_id(names, record->place),
        .dn = names_id(names, record->dn),
        .switch_id = names_id(names, record->switch_id),
        .app = word_text(engine, record->app),
        .begin = record_instant(record->begin),
        .end = record_instant(record->end),
        .end_by = record->end_by,
    };
}

static void login_to_record(struct engine *engine, const struct login_session *login, struct login_record *record)
{
    struct names *names = &engine->names;
    record->tenant = names_ref(names, login->tenant);
    record->person = names_ref(names, login->person);
    record->login = names_ref(names, login->login);
    record->place = names_ref(names, login->place);
    record->dn = names_ref(names, login->dn);
    record->switch_id = names_ref(names, login->switch_id);
    record->app = word_number(engine, login->app);
    record_put_instant(record->begin, login->begin);
    record_put_instant(record->end, login->end);
    record->end_by = (uint8_t)login->end_by;
}

static void record_to_media(const struct engine *engine, const struct media_record *record, struct session_media *media)
{
    const struct names *names = &engine->names;
    *media = (struct session_media){
        .session = names_text(names, DICTIONARY_SESSION, record->session),
        .media = word_text(engine, record->media),
        .dn = names_id(names, record->dn),
        .place = names_id(names, record->place),
        .begin = record_instant(record->begin),
        .end = record_instant(record->end),
    };
}

static void media_to_record(struct engine *engine, const struct session_media *media, struct media_record *record)
{
    record->place = names_ref(&engine->names, media->place);
    record->dn = names_ref(&engine->names, media->dn);
    record->media = word_number(engine, media->media);
    record_put_instant(record->begin, media->begin);
    record_put_instant(record->end, media->end);
}

/* Which of two bodies of one version counts: the one whose canonical JSON is larger (domain.md §7.19). */
static enum fact_outcome contradiction(const struct fact *fact, const struct fact *known)
{
    struct buffer a = {0}, b = {0};
    fact_json_write_body(fact, &a);
    fact_json_write_body(known, &b);
    int order = bytes_compare(buffer_bytes(&a), buffer_bytes(&b));
    buffer_free(&a);
    buffer_free(&b);
    return order > 0 ? FACT_APPLIED : order == 0 ? FACT_DUPLICATE : FACT_CONTRADICTED;
}

static enum fact_outcome apply_login(struct engine *engine, const struct fact *fact)
{
    uint32_t number = names_number(&engine->names, DICTIONARY_SESSION, fact->login_session.session);
    uint32_t source = names_number(&engine->names, DICTIONARY_SOURCE, fact->source);
    uint64_t key = names_row_key(&engine->names, fact->key);
    session_reserve(engine, number);
    uint32_t row = session_at(engine, number)->login_rows;
    while (row && (rows_login(&engine->rows, row)->source != source || rows_login(&engine->rows, row)->key != key))
        row = rows_next(&engine->rows, SESSION_LOGIN, row);
    if (row) {
        const struct login_record *record = rows_login(&engine->rows, row);
        if (fact->version < (int64_t)record->version)
            return FACT_STALE;
        if (fact->version == (int64_t)record->version) {
            struct fact known = fact_blank(FACT_LOGIN_SESSION);
            record_to_login(engine, record, &known.login_session);
            enum fact_outcome outcome = contradiction(fact, &known);
            if (outcome != FACT_APPLIED)
                return outcome;
        }
        rows_touch(&engine->rows, SESSION_LOGIN, row);
    } else {
        row = rows_add(&engine->rows, SESSION_LOGIN, &session_at(engine, number)->login_rows);
    }
    struct login_record *record = rows_login(&engine->rows, row);
    record->session = number;
    record->source = (uint16_t)source;
    record->key = key;
    record->version = (uint64_t)fact->version;
    session_mark(engine, number);
    login_to_record(engine, &fact->login_session, record);
    engine_source_sends(engine, source, true);
    return FACT_APPLIED;
}

static enum fact_outcome apply_media(struct engine *engine, const struct fact *fact)
{
    uint32_t number = names_number(&engine->names, DICTIONARY_SESSION, fact->session_media.session);
    uint32_t source = names_number(&engine->names, DICTIONARY_SOURCE, fact->source);
    uint64_t key = names_row_key(&engine->names, fact->key);
    session_reserve(engine, number);
    uint32_t row = session_at(engine, number)->media_rows;
    while (row && (rows_media(&engine->rows, row)->source != source || rows_media(&engine->rows, row)->key != key))
        row = rows_next(&engine->rows, SESSION_MEDIA, row);
    if (row) {
        const struct media_record *record = rows_media(&engine->rows, row);
        if (fact->version < (int64_t)record->version)
            return FACT_STALE;
        if (fact->version == (int64_t)record->version) {
            struct fact known = fact_blank(FACT_SESSION_MEDIA);
            record_to_media(engine, record, &known.session_media);
            enum fact_outcome outcome = contradiction(fact, &known);
            if (outcome != FACT_APPLIED)
                return outcome;
        }
        rows_touch(&engine->rows, SESSION_MEDIA, row);
    } else {
        row = rows_add(&engine->rows, SESSION_MEDIA, &session_at(engine, number)->media_rows);
    }
    struct media_record *record = rows_media(&engine->rows, row);
    record->session = number;
    record->source = (uint16_t)source;
    record->key = key;
    record->version = (uint64_t)fact->version;
    session_mark(engine, number);
    media_to_record(engine, &fact->session_media, record);
    engine_source_sends(engine, source, false);
    return FACT_APPLIED;
}

/* --- statements ---------------------------------------------------------------------------------- */

/* A port is numbered among the sessions under a name that no session can have: it begins with NUL. */
static uint32_t port_number(struct engine *engine, const struct fact *fact)
{
    struct buffer *text = &engine->text;
    buffer_clear(text);
    buffer_append_char(text, 0);
    buffer_append_bytes(text, fact->source);
    buffer_append_char(text, 0);
    buffer_append_bytes(text, fact->key);
    return names_number(&engine->names, DICTIONARY_SESSION, buffer_bytes(text));
}

/* A newer version only adds to what is known; when another body of the same version took its place
 * (domain.md §7.19), what the old one said is gone and all of the source's are added up again. */
static void watermark_changed(struct engine *engine, const struct statement *statement, const struct statement *old)
{
    struct source_state *source = source_at(engine, statement->source);
    if (!old->live || old->version != statement->version) {
        watermarks_add(&source->watermarks, statement->partition, statement->version, &statement->watermark);
    } else {
        watermarks_clear(&source->watermarks);
        for (uint32_t i = 1; i <= engine->statements.count; i++) {
            const struct statement *other = statement_at(&engine->statements, i);
            if (other->live && other->kind == FACT_WATERMARK && other->source == statement->source)
                watermarks_add(&source->watermarks, other->partition, other->version, &other->watermark);
        }
    }
    instant until = watermarks_until(&source->watermarks);
    if (until != source->watermark)
        engine->cap_dirty = true;
    source->watermark = until;
}

void engine_follow_statement(struct engine *engine, uint32_t number, const struct fact *fact, const struct statement *old)
{
    const struct statement *statement = statement_at(&engine->statements, number);
    switch (fact->kind) {
    case FACT_OBJECT:
    case FACT_MEMBERSHIP:
    case FACT_CAMPAIGN:
        if (engine->restoring)
            history_restore(&engine->history, number);
        else
            history_changed(&engine->history, number, old);
        break;
    case FACT_ENTITLEMENT:
    case FACT_TENANT_SETTING:
    case FACT_RULESET:
    case FACT_BUNDLE_SET:
        engine->rules_dirty = true;
        break;
    case FACT_WATERMARK:
        watermark_changed(engine, statement, old);
        break;
    case FACT_PORT: {
        uint32_t session = port_number(engine, fact);
        session_mark(engine, session);
        session_at(engine, session)->port = number;
        engine_source_sends(engine, statement->source, false);
        break;
    }
    default:
        break;
    }
}

static enum fact_outcome apply_statement(struct engine *engine, const struct fact *fact)
{
    uint32_t number;
    struct statement old;
    enum fact_outcome outcome = statements_apply(&engine->statements, &engine->names, fact, &number, &old);
    if (outcome == FACT_APPLIED)
        engine_follow_statement(engine, number, fact, &old);
    return outcome;
}

/* --- too late ------------------------------------------------------------------------------------ */

struct times {
    instant begin, end;
};

/* False: of a kind that is never too late. */
static bool times_of(const struct fact *fact, struct times *times)
{
    switch (fact->kind) {
    case FACT_LOGIN_SESSION:
        *times = (struct times){fact->login_session.begin, fact->login_session.end};
        return true;
    case FACT_SESSION_MEDIA:
        *times = (struct times){fact->session_media.begin, fact->session_media.end};
        return true;
    case FACT_PORT:
        *times = (struct times){fact->port.begin, fact->port.end};
        return true;
    case FACT_MEMBERSHIP:
        *times = (struct times){fact->membership.to, fact->membership.to};
        return true;
    case FACT_CAMPAIGN:
        *times = (struct times){fact->campaign.loaded_to, fact->campaign.loaded_to};
        return true;
    default:
        return false;
    }
}

static enum fact_outcome apply(struct engine *engine, const struct fact *fact)
{
    const struct dictionary *sources = &engine->names.dictionaries[DICTIONARY_SOURCE];
    if (sources->count >= SOURCES_MAX && !dictionary_find(sources, fact->source))
        return FACT_NO_ROOM;
    switch (fact->kind) {
    case FACT_LOGIN_SESSION:
        return apply_login(engine, fact);
    case FACT_SESSION_MEDIA:
        return apply_media(engine, fact);
    default:
        return apply_statement(engine, fact);
    }
}

/* Over, cap included, before the store's horizon (domain.md §7.20): by the fact's own times alone, whatever else
 * is known of its session, so that it is the same in any order (design.md §2).
 *
 * What began within a cap of the horizon is put in its place all the same.  It counts nowhere any more, but its
 * begin supersedes what is open, its end holds against an older version that is still open (which is not too
 * late, since only the cap would end it), and what comes again is known. */
enum fact_outcome engine_apply(struct engine *engine, const struct fact *fact)
{
    struct times times;
    instant horizon = engine->counters.horizon;
    if (horizon == INSTANT_EVER || !times_of(fact, &times) || times.begin == INSTANT_NEVER)
        return apply(engine, fact);
    engine_refresh_rules(engine);
    instant capped = times.begin + eras_cap_ms(&engine->eras, times.begin);
    if ((times.end == INSTANT_NEVER ? capped : times.end) >= horizon)
        return apply(engine, fact);
    if (fact->kind == FACT_MEMBERSHIP || fact->kind == FACT_CAMPAIGN || capped < horizon)
        return FACT_TOO_LATE;
    enum fact_outcome outcome = apply(engine, fact);
    return outcome == FACT_APPLIED ? FACT_TOO_LATE : outcome;
}
