#include "server/engine/engine.h"

#include "base/check.h"
#include "proto/fact_json.h"
#include "server/engine/private.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOG_SLOTS = 24 }; /* two hours of edge logs stay in memory (design.md §7) */

struct engine *engine_create(const struct engine_options *options)
{
    struct engine *engine = memory_alloc_zero(1, sizeof *engine);
    engine->catalog = options->catalog;
    engine->cap_ms = options->cap_ms;
    engine->cap_watermark = INSTANT_NONE;
    engine->newest_begin = INSTANT_EVER;
    engine->scratch = arena_create();
    engine->rules_dirty = true;
    rows_create(&engine->rows);
    engine->hourly = hourly_create();
    engine->history.names = &engine->names;
    engine->history.statements = &engine->statements;
    engine->history.before = configured_remember;
    engine->history.owner = engine;
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    for (uint32_t i = 0; i < engine->cut_count; i++)
        free(engine->cuts[i].pieces);
    free(engine->cuts);
    free(engine->sessions);
    free(engine->seats);
    free(engine->seat_families);
    free(engine->seat_bounds);
    free(engine->seat_keys);
    hourly_destroy(engine->hourly);
    configured_free(engine);
    resolutions_free(&engine->resolutions);
    free(engine->devices);
    free(engine->alikes);
    free(engine->twins);
    dictionary_free(&engine->twin_keys);
    free(engine->awaited);
    for (uint32_t i = 0; i < engine->source_capacity; i++)
        watermarks_free(&engine->sources[i].watermarks);
    free(engine->sources);
    free(engine->item_of_lane);
    free(engine->before.edges);
    free(engine->after.edges);
    map_free(&engine->seat_index);
    map_free(&engine->device_dn);
    map_free(&engine->device_pair);
    dictionary_free(&engine->calls);
    dictionary_free(&engine->presences);
    number_list_free(&engine->dirty);
    buffer_free(&engine->text);
    counters_free(&engine->counters);
    eras_free(&engine->eras);
    masks_free(&engine->masks);
    rules_free(&engine->rules);
    history_free(&engine->history);
    statements_free(&engine->statements);
    rows_free(&engine->rows);
    names_free(&engine->names);
    arena_destroy(engine->scratch);
    free(engine);
}

/* --- settling ------------------------------------------------------------------------------------ */

/* The latest watermark of any source that sent sessions, media or ports (domain.md §7.5). */
static void find_cap_watermark(struct engine *engine)
{
    instant old = engine->cap_watermark;
    engine->cap_watermark = INSTANT_NONE;
    for (uint32_t i = 0; i < engine->source_capacity; i++)
        if (engine->sources[i].sends && engine->sources[i].watermark > engine->cap_watermark)
            engine->cap_watermark = engine->sources[i].watermark;
    engine->cap_dirty = false;
    /* A newer version that says less is unusual, but the newest holds: what was capped opens again. */
    if (engine->cap_watermark < old)
        for (uint32_t i = 1; i <= engine->session_capacity; i++)
            if (session_at(engine, i)->used && !session_at(engine, i)->ended)
                session_mark(engine, i);
    await_pass(engine);
}

static bool rests_on_dirty(const struct engine *engine, const struct session *session)
{
    for (uint32_t row = session->login_rows; row; row = rows_next(&engine->rows, SESSION_LOGIN, row)) {
        const struct login_record *record = rows_login(&engine->rows, row);
        if (history_is_dirty(&engine->history, OBJECT_PERSON, record->person) ||
            history_is_dirty(&engine->history, OBJECT_PLACE, record->place) ||
            history_is_dirty(&engine->history, OBJECT_DN, record->dn) ||
            history_is_dirty(&engine->history, OBJECT_LOGIN, record->login))
            return true;
    }
    for (uint32_t row = session->media_rows; row; row = rows_next(&engine->rows, SESSION_MEDIA, row)) {
        const struct media_record *record = rows_media(&engine->rows, row);
        if (history_is_dirty(&engine->history, OBJECT_PLACE, record->place) ||
            history_is_dirty(&engine->history, OBJECT_DN, record->dn))
            return true;
    }
    return false;
}

static void derive_object(void *owner, enum object_type type, ref id, uint32_t before)
{
    struct engine *engine = owner;
    configured_derive(engine, type, id, before);
    arena_reset(engine->scratch);
}

/* One pass over the sessions finds those that rest on what changed in the configuration. */
static void mark_configured(struct engine *engine)
{
    if (!engine->history.all_dirty && engine->history.dirty.count == 0)
        return;
    resolutions_clear(&engine->resolutions);
    history_each_dirty(&engine->history, derive_object, engine);
    for (uint32_t i = 1; i <= engine->session_capacity; i++) {
        const struct session *session = session_at(engine, i);
        if (session->used && (engine->history.all_dirty || (!session->port && rests_on_dirty(engine, session))))
            session_mark(engine, i);
    }
    history_settled(&engine->history);
    configured_settled(engine);
}

void engine_refresh_rules(struct engine *engine)
{
    if (engine->rules_dirty && eras_rebuild(engine)) {
        engine->history.all_dirty = true;
        await_clear(engine);
    }
    engine->rules_dirty = false;
}

static void settle_inputs(struct engine *engine)
{
    engine_refresh_rules(engine);
    /* More than there are sessions: of people who change their desks, most are of sessions that are forgotten. */
    if (engine->resolutions.count > engine->names.dictionaries[DICTIONARY_SESSION].count)
        resolutions_clear(&engine->resolutions);
    if (engine->cap_dirty)
        find_cap_watermark(engine);
    mark_configured(engine);
}

void engine_settle(struct engine *engine, instant clock)
{
    settle_inputs(engine);
    sessions_settle(engine);
    if (counters_stale_begin(&engine->counters)) {
        instant from = (instant)engine->counters.stale_from * SLOT_MS, to = ((instant)engine->counters.stale_to + 1) * SLOT_MS - 1;
        subject_each_edge(engine, from, from, to, counters_derived_edge);
    }
    if (clock != INSTANT_EVER)
        counters_advance(&engine->counters, clock);
}

/* --- changes ------------------------------------------------------------------------------------- */

bool engine_dirty(const struct engine *engine)
{
    if (engine->dirty.count || engine->rules_dirty || engine->cap_dirty || engine->history.all_dirty || engine->history.dirty.count ||
        engine->statements.dirty.count)
        return true;
    for (int class = 0; class < SESSION_CLASS_COUNT; class++)
        if (engine->rows.pools[class].dirty.count)
            return true;
    return engine->counters.future_count > 0 || hourly_dirty(engine);
}

static void give_names(struct engine *engine, const struct engine_sink *sink)
{
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++) {
        const struct number_list *changed = &engine->names.changed[class];
        for (size_t i = 0; i < changed->count; i++) {
            uint32_t number = changed->numbers[i];
            struct bytes text = dictionary_text_if(&engine->names.dictionaries[class], number);
            /* Ports are numbered among the sessions, but their rows are statements. */
            if (class == DICTIONARY_SESSION && text.len && text.data[0] == 0)
                text = BYTES_NONE;
            sink->name(sink->owner, class, number, text);
        }
    }
}

static void give_rows(struct engine *engine, const struct engine_sink *sink)
{
    for (int class = 0; class < SESSION_CLASS_COUNT; class++) {
        const struct number_list *dirty = &engine->rows.pools[class].dirty;
        for (size_t i = 0; i < dirty->count; i++)
            sink->block(sink->owner, class, dirty->numbers[i], rows_block(&engine->rows, class, dirty->numbers[i]));
    }
    for (size_t i = 0; i < engine->statements.dirty.count; i++) {
        const struct statement *statement = statement_at(&engine->statements, engine->statements.dirty.numbers[i]);
        if (!statement->live || !statement->dirty)
            continue;
        struct fact fact = statement_fact(statement, &engine->names, engine->scratch);
        sink->statement(sink->owner, &fact);
        arena_reset(engine->scratch);
    }
}

/* The lanes of the families of seat keys, as profiles. */
static void pack_lanes(const struct engine *engine, const int32_t *lanes, int families, struct buffer *out)
{
    static const enum profile profiles[SEAT_FAMILIES] = {PROFILE_EXACT, PROFILE_PERSON};
    size_t items = engine->counters.item_count;
    buffer_clear(out);
    for (size_t item = 0; item < items; item++)
        for (int family = 0; family < families; family++) {
            struct net_record record = {engine->item_of_lane[item], profiles[family], lanes[item + (size_t)family * items]};
            if (record.net)
                net_pack(out, &record);
        }
}

struct giving {
    struct engine *engine;
    const struct engine_sink *sink;
};

static void give_slot(void *owner, struct counter_slot *slot)
{
    struct engine *engine = ((struct giving *)owner)->engine;
    const struct engine_sink *sink = ((struct giving *)owner)->sink;
    buffer_clear(&engine->text);
    counters_pack_slot(&engine->counters, slot, engine->item_of_lane, &engine->text);
    sink->slot(sink->owner, slot->slot, engine->counters.scopes[slot->scope - 1].scope, buffer_bytes(&engine->text));
}

/* By themselves, since the rows that showed it go when the horizon moves, and the source's watermark caps on. */
static void give_senders(struct engine *engine, const struct engine_sink *sink)
{
    buffer_clear(&engine->text);
    for (uint32_t i = 0; i < engine->source_capacity; i++)
        if (engine->sources[i].sends)
            buffer_printf(&engine->text, "%s%" PRIu32, engine->text.len ? " " : "", i + 1);
    sink->senders(sink->owner, buffer_bytes(&engine->text));
}

void engine_changes(struct engine *engine, const struct engine_sink *sink)
{
    struct counters *counters = &engine->counters;
    engine_settle(engine, INSTANT_EVER);
    give_names(engine, sink);
    give_rows(engine, sink);
    counters_scatter(counters);
    counters_each_dirty(counters, give_slot, &(struct giving){engine, sink});
    if (engine->senders_dirty)
        give_senders(engine, sink);
    hourly_give(engine, sink);
    for (uint32_t i = 0; i < counters->day_count; i++) {
        const struct counter_day *day = &counters->days[i];
        if (!day->dirty)
            continue;
        pack_lanes(engine, day->nets, SEAT_FAMILIES, &engine->text);
        sink->day_net(sink->owner, day->day, counters->scopes[day->scope - 1].scope, buffer_bytes(&engine->text));
    }
    for (uint32_t i = 0; i < engine->enabled.count; i++) {
        struct enabled_day *day = &engine->enabled.days[i];
        if (!day->dirty)
            continue;
        buffer_clear(&engine->text);
        enabled_pack_day(day, engine->item_of_lane, &engine->text);
        sink->enabled(sink->owner, day->day, counters->scopes[day->scope - 1].scope, buffer_bytes(&engine->text));
    }
    for (uint32_t i = 0; i < counters->scope_count; i++) {
        const struct counter_scope *scope = &counters->scopes[i];
        if (!scope->dirty)
            continue;
        for (size_t lane = 0; lane < counters->lane_count; lane++)
            check(scope->levels[lane] >= 0); /* a counter below zero is a bug (design.md §4) */
        pack_lanes(engine, scope->levels, 1, &engine->text);
        sink->live(sink->owner, scope->scope, counters->clock, buffer_bytes(&engine->text));
    }
}

void engine_flushed(struct engine *engine)
{
    struct counters *counters = &engine->counters;
    instant newest = engine->newest_begin;
    if (counters->clock != INSTANT_EVER && counters->clock < newest)
        newest = counters->clock;
    uint32_t floor = newest < (instant)LOG_SLOTS * SLOT_MS ? 0 : slot_of(newest) - LOG_SLOTS;
    counters_flushed(counters, floor);
    enabled_flushed(&engine->enabled);
    hourly_flushed(engine);
    rows_written(&engine->rows);
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++)
        engine->names.changed[class].count = 0;
    for (size_t i = 0; i < engine->statements.dirty.count; i++)
        statement_at(&engine->statements, engine->statements.dirty.numbers[i])->dirty = false;
    engine->statements.dirty.count = 0;
    engine->senders_dirty = false;
}

/* --- questions ----------------------------------------------------------------------------------- */

instant engine_cap_watermark(const struct engine *engine)
{
    return engine->cap_watermark;
}

instant engine_watermark(const struct engine *engine, struct bytes source)
{
    uint32_t number = dictionary_find(&engine->names.dictionaries[DICTIONARY_SOURCE], source);
    return number && number <= engine->source_capacity ? engine->sources[number - 1].watermark : INSTANT_NONE;
}

instant engine_horizon(const struct engine *engine)
{
    return engine->counters.horizon;
}

void engine_count(const struct engine *engine, uint64_t *sessions, uint64_t *open)
{
    *sessions = *open = 0;
    for (uint32_t i = 0; i < engine->session_capacity; i++) {
        const struct session *session = &engine->sessions[i];
        *sessions += session->used && session->seat[SEAT_DEFAULT];
        *open += session->used && session->seat[SEAT_DEFAULT] && session->reason == END_OPEN;
    }
}
