#include "server/ingest/ingest.h"

#include "base/check.h"
#include "base/log.h"
#include "proto/fact_json.h"
#include "server/engine/engine.h"
#include "server/ingest/restore.h"
#include "server/ingest/waiting.h"
#include "server/query/rule.h"
#include "store/enabled.h"
#include "store/slots.h"

#include <stdio.h>
#include <stdlib.h>

struct ingest {
    struct db *db;
    struct engine *engine;
    struct arena *arena;
    const struct catalog *catalog; /* where no rule set says another */
    int cap_hours;                 /* likewise */
    struct waiting waiting;
    struct ingest_counts counts;
    instant clock;
    bool dirty;
    bool recount; /* by other rules than the store was; until the first flush */
    uint32_t lowest_slot; /* touched since ingest_watch_slots() */
    struct db_txn *txn; /* during a flush */
    struct buffer marks; /* hours not counted, as the store has them */
    bool marks_known;
    struct fact later[4 * ENGINE_TOGETHER]; /* of ingest_fact_later() */
    size_t later_count;
};

/* --- opening ------------------------------------------------------------------------------------- */

/* True when the store was counted by another catalog or cap, and no rule set says since ever which holds: then every
 * slot must be counted anew.  Where one does, the store's own count for nothing, and another one in the settings becomes
 * a rule set (ruleset.h). */
static enum err needs_recount(struct ingest *ingest, struct db_txn *txn, bool *recount)
{
    char cap_hours[16];
    struct bytes known;
    enum err err;
    const struct rules *rules = rules_read(txn, &err);
    struct counting ever = rules_counting(rules)->spans[0];
    bool catalog_said = bytes_present(ever.catalog), cap_said = ever.cap_hours != ID_NONE;
    rules_release(rules);
    snprintf(cap_hours, sizeof cap_hours, "%d", ingest->cap_hours);
    *recount = (!catalog_said && meta_get(txn, "catalog", ingest->arena, &known) && !bytes_equal(known, ingest->catalog->text)) ||
               (!cap_said && meta_get(txn, "cap_hours", ingest->arena, &known) && !bytes_equal_text(known, cap_hours));
    return err;
}

static enum err restore(struct ingest *ingest, struct db_txn *txn, bool *recount)
{
    enum err err = needs_recount(ingest, txn, recount);
    int32_t day;
    if (err != ERR_OK)
        return err;
    if (*recount && (restore_instant(txn, "horizon") != INSTANT_EVER || close_last_day(txn, 0, &day))) {
        log_error("store", "the catalog or counting.cap_hours differ from those by which days were closed here, and no rule set in "
                           "the store says which hold since when: use the former ones, or another store");
        return ERR_SETTINGS;
    }
    ingest->clock = restore_instant(txn, "clock");
    return restore_engine(txn, ingest->engine, *recount);
}

/* Writes down what this store is counted by where no rule set says anything; a recount starts from empty slots, in the
 * transaction that fills them again: what dies before it finds all as it was. */
static void write_rules(const struct ingest *ingest, struct db_txn *txn)
{
    static const enum db_table counted[] = {TABLE_SLOT, TABLE_SEALED, TABLE_DAY_NET, TABLE_LIVE, TABLE_ENABLED, TABLE_NAMED, TABLE_SUSTAINED};
    char cap_hours[16];
    meta_put(txn, "catalog", ingest->catalog->text);
    snprintf(cap_hours, sizeof cap_hours, "%d", ingest->cap_hours);
    meta_put(txn, "cap_hours", bytes_from_text(cap_hours));
    for (size_t i = 0; ingest->recount && i < sizeof counted / sizeof *counted; i++)
        (void)db_delete_prefix(txn, counted[i], BYTES_NONE);
}

static enum err write_first(struct ingest *ingest)
{
    struct db_txn *txn;
    enum err err = db_begin_write(ingest->db, &txn);
    if (err != ERR_OK)
        return err;
    write_rules(ingest, txn);
    return db_commit(txn);
}

static void choose_catalog(struct ingest *ingest, const struct ingest_options *options)
{
    const char *why;
    struct catalog *catalog;
    ingest->catalog = options->catalog;
    if (ingest->catalog)
        return;
    check(catalog_read(catalog_shipped(), ingest->arena, &catalog, &why) == ERR_OK);
    ingest->catalog = catalog;
}

enum err ingest_create(const struct ingest_options *options, struct ingest **out)
{
    struct ingest *ingest = memory_alloc_zero(1, sizeof *ingest);
    struct db_txn *txn = NULL;
    ingest->db = options->db;
    ingest->arena = arena_create();
    ingest->waiting.arena = arena_create();
    ingest->cap_hours = options->cap_hours ? options->cap_hours : 24;
    choose_catalog(ingest, options);
    ingest->engine = engine_create(&(struct engine_options){ingest->catalog, (instant)ingest->cap_hours * HOUR_MS});
    enum err err = db_begin_read(ingest->db, &txn);
    if (err == ERR_OK)
        err = restore(ingest, txn, &ingest->recount);
    db_abort(txn);
    if (err == ERR_OK && ingest->recount)
        log_info("store", "the counting rules changed: every slot is counted anew");
    else if (err == ERR_OK)
        err = write_first(ingest);
    ingest->dirty = ingest->recount;
    if (err != ERR_OK) {
        ingest_destroy(ingest);
        ingest = NULL;
    }
    *out = ingest;
    return err;
}

void ingest_destroy(struct ingest *ingest)
{
    if (!ingest)
        return;
    engine_destroy(ingest->engine);
    buffer_free(&ingest->marks);
    arena_destroy(ingest->waiting.arena);
    arena_destroy(ingest->arena);
    free(ingest);
}

/* --- taking -------------------------------------------------------------------------------------- */

/* A fact that could not be folded is kept with its text, as refused input is. */
static void keep_fact(struct ingest *ingest, const struct fact *fact, const char *why)
{
    struct buffer line = {0};
    fact_json_write(fact, &line);
    ingest_refused(ingest, &(struct dead_letter){
                               .source = fact->source,
                               .place = BYTES_LITERAL("fact"),
                               .why = bytes_from_text(why),
                               .raw = buffer_bytes(&line),
                           });
    buffer_free(&line);
}

/* Whether it can be read follows from the text alone, as every refusal does (design.md §2). */
static bool catalog_is_lawful(struct ingest *ingest, const struct fact *fact)
{
    struct catalog *catalog;
    const char *why;
    if (fact->kind != FACT_RULESET || !bytes_present(fact->ruleset.catalog))
        return true;
    struct arena *arena = arena_create();
    bool lawful = catalog_read(fact->ruleset.catalog, arena, &catalog, &why) == ERR_OK;
    if (!lawful) {
        keep_fact(ingest, fact, arena_printf(arena, "body.catalog: %s", why));
        log_warning("rules", "ruleset %.*s of %.*s is refused as a whole, the one before stays in force: catalog: %s", (int)fact->key.len,
                    (const char *)fact->key.data, (int)fact->source.len, (const char *)fact->source.data, why);
    }
    arena_destroy(arena);
    return lawful;
}

enum fact_outcome ingest_fact(struct ingest *ingest, const struct fact *fact)
{
    enum fact_outcome outcome = catalog_is_lawful(ingest, fact) ? engine_apply(ingest->engine, fact) : FACT_REFUSED;
    ingest->counts.facts[fact->kind][outcome]++;
    bool of_session = fact->kind == FACT_LOGIN_SESSION || fact->kind == FACT_SESSION_MEDIA || fact->kind == FACT_PORT;
    if (outcome == FACT_TOO_LATE && of_session)
        keep_fact(ingest, fact, "over before the oldest day whose detail is still kept");
    if (outcome == FACT_NO_ROOM)
        keep_fact(ingest, fact, "of one source more than a store takes (65,535)");
    if (outcome == FACT_APPLIED)
        ingest->dirty = true;
    return outcome;
}

void ingest_facts(struct ingest *ingest, const struct fact *facts, size_t count)
{
    size_t asked = count < ENGINE_TOGETHER ? count : ENGINE_TOGETHER;
    engine_expect(ingest->engine, facts, asked);
    /* What the next ones will read is on its way while these are folded. */
    for (size_t done = 0, next; done < count; done = next) {
        next = asked;
        asked = count - next < ENGINE_TOGETHER ? count : next + ENGINE_TOGETHER;
        engine_expect(ingest->engine, &facts[next], asked - next);
        for (size_t i = done; i < next; i++)
            (void)ingest_fact(ingest, &facts[i]);
    }
}

void ingest_rest(struct ingest *ingest)
{
    ingest_facts(ingest, ingest->later, ingest->later_count);
    ingest->later_count = 0;
}

void ingest_fact_later(struct ingest *ingest, const struct fact *fact)
{
    ingest->later[ingest->later_count++] = *fact;
    if (ingest->later_count == sizeof ingest->later / sizeof *ingest->later)
        ingest_rest(ingest);
}

void ingest_refused(struct ingest *ingest, const struct dead_letter *letter)
{
    waiting_letter(&ingest->waiting, letter);
    ingest->counts.refused++;
    ingest->dirty = true;
}

struct waiting *ingest_waiting(struct ingest *ingest)
{
    ingest->dirty = true;
    return &ingest->waiting;
}

void ingest_clock(struct ingest *ingest, instant wall)
{
    if (ingest->clock == INSTANT_EVER || wall > ingest->clock)
        ingest->clock = wall;
    engine_settle(ingest->engine, ingest->clock);
}

bool ingest_dirty(const struct ingest *ingest)
{
    return ingest->dirty || engine_dirty(ingest->engine);
}

struct engine *ingest_engine(struct ingest *ingest)
{
    return ingest->engine;
}

void ingest_watch_slots(struct ingest *ingest)
{
    ingest->lowest_slot = UINT32_MAX;
}

uint32_t ingest_lowest_slot(const struct ingest *ingest)
{
    return ingest->lowest_slot;
}

const struct ingest_counts *ingest_counts(const struct ingest *ingest)
{
    return &ingest->counts;
}

/* --- flushing ------------------------------------------------------------------------------------ */

static void put_name(void *owner, enum dictionary_class class, uint32_t number, struct bytes text)
{
    struct ingest *ingest = owner;
    if (bytes_present(text))
        dictionary_put(ingest->txn, class, number, text);
    else
        dictionary_delete(ingest->txn, class, number);
}

static void put_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    session_block_put(((struct ingest *)owner)->txn, class, block, records);
}

static void put_statement(void *owner, const struct fact *fact)
{
    fact_row_put(((struct ingest *)owner)->txn, fact);
}

static void put_or_delete(struct ingest *ingest, enum db_table table, const struct key *key, struct bytes value)
{
    if (value.len)
        db_put(ingest->txn, table, key_bytes(key), value);
    else
        db_delete(ingest->txn, table, key_bytes(key));
}

static void touched(struct ingest *ingest, uint32_t slot)
{
    if (slot < ingest->lowest_slot)
        ingest->lowest_slot = slot;
}

static void put_slot(void *owner, uint32_t slot, struct scope scope, struct bytes summaries)
{
    struct ingest *ingest = owner;
    slots_put(ingest->txn, slot, scope, summaries);
    touched(ingest, slot);
}

static void put_day_net(void *owner, int32_t day, struct scope scope, struct bytes nets)
{
    struct key key;
    day_net_key(&key, day, scope);
    put_or_delete(owner, TABLE_DAY_NET, &key, nets);
}

static void put_enabled(void *owner, int32_t day, struct scope scope, struct bytes steps)
{
    struct ingest *ingest = owner;
    struct key key;
    touched(ingest, slot_of((instant)day * DAY_MS));
    enabled_key(&key, scope, day);
    if (steps.len)
        db_put_chunked(ingest->txn, TABLE_ENABLED, key_bytes(&key), steps);
    else
        db_delete_chunked(ingest->txn, TABLE_ENABLED, key_bytes(&key));
}

static void put_hour(void *owner, uint32_t slot)
{
    struct ingest *ingest = owner;
    hour_forget(ingest->txn, TABLE_NAMED, slot);
    hour_forget(ingest->txn, TABLE_SUSTAINED, slot);
    touched(ingest, slot);
}

static void put_hour_record(void *owner, enum db_table table, uint32_t slot, struct scope scope, struct bytes records)
{
    hour_append(((struct ingest *)owner)->txn, table, slot, scope, records);
}

static void put_marks(void *owner, const struct hour_mark *marks, size_t count)
{
    struct ingest *ingest = owner;
    struct buffer value = {0};
    for (size_t i = 0; i < count; i++) {
        hour_mark_pack(&value, marks[i].hour, marks[i].since);
        touched(ingest, marks[i].hour * HOUR_SLOTS);
    }
    /* Most flushes change nothing about it. */
    if (!bytes_equal(buffer_bytes(&value), buffer_bytes(&ingest->marks)) || !ingest->marks_known)
        meta_put(ingest->txn, "hours", buffer_bytes(&value));
    buffer_free(&ingest->marks);
    ingest->marks = value;
    ingest->marks_known = false;
}

static void put_seen(void *owner, struct seen_key key, struct bytes groups)
{
    seen_put(((struct ingest *)owner)->txn, key, groups);
}

static void put_live(void *owner, struct scope scope, instant clock, struct bytes levels)
{
    struct ingest *ingest = owner;
    struct buffer value = {0};
    struct key key;
    live_key(&key, scope);
    for (int shift = 56; shift >= 0; shift -= 8)
        buffer_append_char(&value, (char)(clock >> shift));
    buffer_append_bytes(&value, levels);
    db_put(ingest->txn, TABLE_LIVE, key_bytes(&key), buffer_bytes(&value));
    buffer_free(&value);
}

static void put_senders(void *owner, struct bytes numbers)
{
    meta_put(((struct ingest *)owner)->txn, "senders", numbers);
}

void ingest_write_changes(struct ingest *ingest, struct db_txn *txn)
{
    static const struct engine_sink template = {
        .name = put_name,
        .block = put_block,
        .statement = put_statement,
        .slot = put_slot,
        .day_net = put_day_net,
        .enabled = put_enabled,
        .hour = put_hour,
        .hour_record = put_hour_record,
        .marks = put_marks,
        .seen = put_seen,
        .live = put_live,
        .senders = put_senders,
    };
    struct engine_sink sink = template;
    char at[INSTANT_TEXT_SIZE];
    sink.owner = ingest;
    ingest->txn = txn;
    if (ingest->recount)
        write_rules(ingest, txn);
    engine_changes(ingest->engine, &sink);
    waiting_write(&ingest->waiting, txn);
    if (ingest->clock != INSTANT_EVER)
        meta_put(txn, "clock", bytes_from_text(instant_format(ingest->clock, at)));
    if (engine_horizon(ingest->engine) != INSTANT_EVER) /* with whatever flush first has no sessions from before it */
        meta_put(txn, "horizon", bytes_from_text(instant_format(engine_horizon(ingest->engine), at)));
    ingest->txn = NULL;
}

void ingest_written(struct ingest *ingest)
{
    engine_flushed(ingest->engine);
    ingest->marks_known = true;
    engine_count(ingest->engine, &ingest->counts.sessions, &ingest->counts.sessions_open);
    waiting_clear(&ingest->waiting);
    ingest->dirty = ingest->recount = false;
    ingest->counts.flushes++;
}

bool ingest_count(struct ingest *ingest, int64_t until_us)
{
    while (engine_count_slice(ingest->engine))
        if (clock_mono_us() >= until_us)
            return false;
    return true;
}

enum err ingest_flush(struct ingest *ingest, instant wall)
{
    ingest_clock(ingest, wall);
    (void)ingest_count(ingest, INT64_MAX);
    return ingest_flush_facts(ingest, wall);
}

enum err ingest_flush_facts(struct ingest *ingest, instant wall)
{
    struct db_txn *txn;
    ingest_clock(ingest, wall);
    enum err err = db_begin_write(ingest->db, &txn);
    if (err != ERR_OK)
        return err;
    ingest_write_changes(ingest, txn);
    err = db_commit(txn);
    if (err == ERR_OK)
        ingest_written(ingest);
    return err;
}
