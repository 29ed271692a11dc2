/* Rebuilding the engine from its store, and forgetting what is behind the horizon. */
#include "base/check.h"
#include "server/engine/hourly.h"

#include <stdlib.h>

enum { LOG_SLOTS = 24 };

void engine_restore_name(struct engine *engine, enum dictionary_class class, uint32_t number, struct bytes text)
{
    dictionary_restore(&engine->names.dictionaries[class], number, text);
}

void engine_restore_block(struct engine *engine, enum session_class class, uint32_t block, struct bytes records)
{
    rows_restore_block(&engine->rows, class, block, records);
}

static void link_rows(struct engine *engine)
{
    for (int class = 0; class < SESSION_CLASS_COUNT; class++)
        for (uint32_t row = 1; row <= engine->rows.pools[class].count; row++) {
            uint32_t number = rows_session(&engine->rows, class, row);
            if (number == 0)
                continue;
            session_mark(engine, number);
            struct session *session = session_at(engine, number);
            rows_link(&engine->rows, class, row, class == SESSION_LOGIN ? &session->login_rows : &session->media_rows);
        }
    rows_restored(&engine->rows);
}

void engine_restore_begin(struct engine *engine, instant horizon, instant clock)
{
    for (int class = 0; class < DICTIONARY_CLASS_COUNT; class++)
        dictionary_restored(&engine->names.dictionaries[class]);
    masks_create(&engine->masks, 0);
    counters_create(&engine->counters, &engine->masks, 0);
    engine->counters.horizon = horizon;
    engine->counters.clock = clock;
    eras_create(engine);
    lanes_grow(engine);
    engine->restoring = true;
    link_rows(engine);
    /* Every source that a row names has sent sessions; engine_restore_senders() knows of those whose rows are gone. */
    for (uint32_t row = 1; row <= engine->rows.pools[SESSION_MEDIA].count; row++)
        if (rows_session(&engine->rows, SESSION_MEDIA, row))
            engine_source_sends(engine, rows_media(&engine->rows, row)->source, false);
    for (uint32_t row = 1; row <= engine->rows.pools[SESSION_LOGIN].count; row++)
        if (rows_session(&engine->rows, SESSION_LOGIN, row))
            engine_source_sends(engine, rows_login(&engine->rows, row)->source, true);
}

void engine_restore_senders(struct engine *engine, struct bytes numbers)
{
    uint32_t number = 0;
    for (size_t i = 0; i <= numbers.len; i++)
        if (i < numbers.len && numbers.data[i] != ' ') {
            check(numbers.data[i] >= '0' && numbers.data[i] <= '9');
            number = number * 10 + (numbers.data[i] - (uint32_t)'0');
        } else if (number) {
            engine_source_sends(engine, number, false);
            number = 0;
        }
    engine->senders_dirty = false;
}

void engine_restore_statements(struct engine *engine, uint64_t count)
{
    check(count < UINT32_MAX / 4);
    statements_reserve(&engine->statements, (uint32_t)count);
    history_reserve(&engine->history, (uint32_t)count);
}

void engine_restore_statement(struct engine *engine, const struct fact *fact, struct bytes body)
{
    static const struct statement nothing = {0};
    uint32_t number = statements_restore(&engine->statements, &engine->names, fact, body);
    engine_follow_statement(engine, number, fact, &nothing);
}

/* The lane of an item's profile; behind the last one for a profile that has none. */
static size_t lane_of(const struct engine *engine, uint32_t number, enum profile profile)
{
    size_t items = engine->counters.item_count, item = number - 1;
    check(number >= 1 && number <= items);
    if (profile != PROFILE_EXACT && profile != PROFILE_PERSON)
        return engine->counters.lane_count;
    return profile == PROFILE_PERSON ? item + items : item;
}

void engine_restore_day_net(struct engine *engine, int32_t day, struct scope scope, struct bytes nets)
{
    struct net_record record;
    bool damaged = false;
    int32_t *lanes = memory_alloc_zero(engine->counters.lane_count + 1, sizeof *lanes);
    while (net_unpack(&nets, &record, &damaged))
        lanes[lane_of(engine, record.item, record.profile)] = record.net;
    check(!damaged);
    counters_restore_day(&engine->counters, day, scope, lanes);
    free(lanes);
}

void engine_restore_carry(struct engine *engine, struct scope scope, const struct slot_record *records, size_t count)
{
    bool any = false;
    int32_t *lanes = memory_alloc_zero(engine->counters.lane_count + 1, sizeof *lanes);
    for (size_t i = 0; i < count; i++) {
        lanes[lane_of(engine, records[i].item, records[i].profile)] = records[i].summary.carry;
        any |= records[i].summary.carry != 0;
    }
    if (any)
        counters_restore_carry(&engine->counters, scope, lanes);
    free(lanes);
}

void engine_restore_enabled(struct engine *engine, int32_t day, struct scope scope, struct bytes steps)
{
    struct enabled_step step = {0};
    bool damaged = false;
    uint32_t number = counters_scope(&engine->counters, scope);
    while (enabled_unpack(&steps, &step, &damaged)) {
        size_t lane = lane_of(engine, step.item, PROFILE_EXACT);
        struct enabled_step restored = {step.at, (uint32_t)lane, step.delta};
        enabled_restore(&engine->enabled, number, day, &restored);
    }
    check(!damaged);
}

void engine_restore_mark(struct engine *engine, uint32_t hour)
{
    if (hour < HOURS_MAX)
        hours_add(&engine->counters.hours, hour);
}

void engine_restored(struct engine *engine, bool recount)
{
    statements_restored(&engine->statements);
    history_restored(&engine->history);
    /* Clusters first, then devices: a session's rows rest on its twins, its end on the begins of others. */
    for (size_t i = 0; engine->twins_on && i < engine->dirty.count; i++) {
        uint32_t number = engine->dirty.numbers[i];
        if (session_at(engine, number)->used && !session_at(engine, number)->port)
            twin_place(engine, number);
        arena_reset(engine->scratch);
    }
    sessions_enter_devices(engine);
    engine_settle(engine, INSTANT_EVER);
    engine->restoring = false;
    if (recount) {
        /* Under other rules everything is counted anew; only a store without a horizon can be. */
        check(engine->counters.horizon == INSTANT_EVER);
        configured_recount(engine);
        subject_each_edge(engine, INSTANT_EVER, INSTANT_EVER, INSTANT_NEVER, counters_edge);
    } else {
        instant newest = engine->newest_begin;
        if (engine->counters.clock < newest)
            newest = engine->counters.clock;
        engine->counters.floor = newest < (instant)LOG_SLOTS * SLOT_MS ? 0 : slot_of(newest) - LOG_SLOTS;
        /* What was over before both the clock and the logs adds nothing to either. */
        instant logs = (instant)engine->counters.floor * SLOT_MS;
        subject_each_edge(engine, logs < engine->counters.clock ? logs : engine->counters.clock, INSTANT_EVER, INSTANT_NEVER, counters_restored_edge);
        for (uint32_t i = 0; i < engine->counters.scope_count; i++)
            engine->counters.scopes[i].dirty = false;
    }
}

/* --- the horizon --------------------------------------------------------------------------------- */

static instant capped_at(const struct engine *engine, instant begin)
{
    return begin + eras_cap_ms(&engine->eras, begin);
}

/* No version of a row can count any more: an open one would be capped before the horizon.  Media that wait for a
 * login row are kept by their own end, too. */
static bool rows_are_over(const struct engine *engine, const struct session *session, bool waits, instant horizon)
{
    for (uint32_t row = session->login_rows; row; row = rows_next(&engine->rows, SESSION_LOGIN, row))
        if (capped_at(engine, record_instant(rows_login(&engine->rows, row)->begin)) >= horizon)
            return false;
    for (uint32_t row = session->media_rows; row; row = rows_next(&engine->rows, SESSION_MEDIA, row)) {
        instant end = record_instant(rows_media(&engine->rows, row)->end);
        if (capped_at(engine, record_instant(rows_media(&engine->rows, row)->begin)) >= horizon || (waits && end != INSTANT_NEVER && end >= horizon))
            return false;
    }
    return true;
}

/* Over before the horizon, with all its twins.  What began within a cap of the horizon stays, so that what comes
 * again is known or too late: an older version that is still open would count anew otherwise. */
static bool is_over(const struct engine *engine, uint32_t number, instant horizon)
{
    uint32_t leader = twin_leader(engine, number) ? twin_leader(engine, number) : number;
    const struct session *session = session_at(engine, leader);
    bool waits = !session->seat[SEAT_DEFAULT];
    if (!waits && session->end >= horizon)
        return false;
    if (session->port)
        return capped_at(engine, session->device_begin) < horizon;
    for (uint32_t member = leader; member; member = twin_member(engine, member))
        if (!rows_are_over(engine, session_at(engine, member), waits, horizon))
            return false;
    return true;
}

/* A session that stays may owe its end to one that is over: whoever superseded it stays, too, with its twins. */
static void keep_successor(struct engine *engine, uint32_t number, bool *over)
{
    while (number) {
        uint32_t next = 0;
        instant begin = session_at(engine, number)->end;
        if (session_at(engine, number)->reason != END_SUPERSEDED)
            return;
        for (uint32_t other = session_at(engine, number)->device_after; other; other = session_at(engine, other)->device_after) {
            if (session_at(engine, other)->device_begin > begin)
                break;
            if (session_at(engine, other)->device_begin < begin || !over[other])
                continue;
            for (uint32_t member = other; member; member = twin_member(engine, member))
                over[member] = false;
            if (session_at(engine, other)->reason == END_SUPERSEDED)
                next = other; /* of one begin all have the same successors */
        }
        number = next;
    }
}

void engine_set_horizon(struct engine *engine, instant horizon, engine_gone_fn fn, void *owner)
{
    while (engine_hours_marked(engine, horizon))
        (void)engine_count_slice(engine);
    hourly_stop(engine);
    seen_advance(engine, horizon);
    counters_set_horizon(&engine->counters, horizon);
    bool *over = memory_alloc_zero(engine->session_capacity + 1, sizeof *over);
    for (uint32_t number = 1; number <= engine->session_capacity; number++)
        over[number] = session_at(engine, number)->used && is_over(engine, number, horizon);
    for (uint32_t number = 1; number <= engine->session_capacity; number++)
        if (session_at(engine, number)->used && !over[number])
            keep_successor(engine, number, over);
    for (uint32_t number = 1; number <= engine->session_capacity; number++) {
        if (!over[number])
            continue;
        uint32_t port = session_at(engine, number)->port;
        if (port) {
            struct statement *statement = statement_at(&engine->statements, port);
            fn(owner, FACT_PORT, names_text(&engine->names, DICTIONARY_SOURCE, statement->source), statement->key);
            statements_remove(&engine->statements, port);
        }
        session_forget(engine, number);
    }
    free(over);
    engine_settle(engine, INSTANT_EVER);
}
