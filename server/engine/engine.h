/*
 * server/engine/engine.h - the door to the engine: facts in, changes out, no I/O.
 *
 * engine_apply() puts a fact's row in its place and notes what rests on it.  engine_settle() then
 * derives what was noted: sessions from rows, seats from sessions, edges from seats, slots from edges.
 * The content after settling depends on the set of facts alone (Law 1).  engine_changes() hands every
 * record that differs from the store to a sink; when the sink's transaction stood, engine_flushed().
 *
 * Words (domain.md §1, §2): a session is folded from its rows · its end is true, superseded, capped or
 * open · a seat is the subject that is counted · a piece is a span of a session with one set of items.
 * Thread: ingest.  Owner: ingest.c.
 */
#ifndef SERVER_ENGINE_ENGINE_H
#define SERVER_ENGINE_ENGINE_H

#include "server/engine/catalog.h"
#include "server/engine/hours.h"
#include "server/engine/outcome.h"
#include "store/dictionary.h"
#include "store/session.h"
#include "store/slot.h"

struct engine;

struct engine_options {
    const struct catalog *catalog;
    instant cap_ms;
};

struct engine *engine_create(const struct engine_options *options);
void engine_destroy(struct engine *engine);

enum fact_outcome engine_apply(struct engine *engine, const struct fact *fact);
/* Asks for the memory that engine_apply() of these facts will read, at most ENGINE_TOGETHER of them; changes nothing. */
enum { ENGINE_TOGETHER = 32 };
void engine_expect(const struct engine *engine, const struct fact *facts, size_t count);
/* Derives everything noted; clock moves the levels on (INSTANT_EVER: not). */
void engine_settle(struct engine *engine, instant clock);

struct engine_sink {
    void *owner;
    void (*name)(void *owner, enum dictionary_class class, uint32_t number, struct bytes text); /* absent: delete */
    void (*block)(void *owner, enum session_class class, uint32_t block, struct bytes records);
    void (*statement)(void *owner, const struct fact *fact);
    void (*slot)(void *owner, uint32_t slot, struct scope scope, struct bytes summaries); /* empty: delete */
    void (*day_net)(void *owner, int32_t day, struct scope scope, struct bytes nets);
    void (*enabled)(void *owner, int32_t day, struct scope scope, struct bytes steps); /* empty: delete */
    void (*hour)(void *owner, uint32_t slot); /* what stands from slot on to its hour's end is replaced by: */
    void (*hour_record)(void *owner, enum db_table table, uint32_t slot, struct scope scope, struct bytes records);
    void (*marks)(void *owner, const struct hour_mark *marks, size_t count); /* hours not counted yet, in order */
    void (*seen)(void *owner, struct seen_key key, struct bytes groups);
    void (*live)(void *owner, struct scope scope, instant clock, struct bytes levels);
    void (*senders)(void *owner, struct bytes numbers); /* sources that ever sent sessions, media or ports, "1 3" */
};
/* Everything that changed since the last engine_flushed(); settles first. */
void engine_changes(struct engine *engine, const struct engine_sink *sink);
bool engine_dirty(const struct engine *engine);

/* Named and sustained are counted afterwards, hour by hour (hours.h): a slice of some milliseconds of the oldest hour
 * that is marked.  False: none is, and everything that was derived (engine_settle()) is counted. */
bool engine_count_slice(struct engine *engine);
/* True between the slices of one hour. */
bool engine_counting(const struct engine *engine);
/* How many hours that begin before an instant are not counted. */
uint32_t engine_hours_marked(struct engine *engine, instant before);
/* What engine_changes() gave is in the store. */
void engine_flushed(struct engine *engine);

/* Opening, in this order, for a new store too: names, blocks, engine_restore_begin() with the horizon and
 * clock that were (INSTANT_EVER: none), senders, statements (how many there are, then each with its body), day nets
 * from the horizon on, carries of the horizon's slot, enabled steps, hours not counted, what was seen before the
 * horizon, and engine_restored(), which derives the rest.  recount: the counting rules differ from those the store was
 * counted by, so every slot is counted and written anew; only without a horizon. */
void engine_restore_name(struct engine *engine, enum dictionary_class class, uint32_t number, struct bytes text);
void engine_restore_block(struct engine *engine, enum session_class class, uint32_t block, struct bytes records);
void engine_restore_begin(struct engine *engine, instant horizon, instant clock);
void engine_restore_senders(struct engine *engine, struct bytes numbers);
void engine_restore_statements(struct engine *engine, uint64_t count);
void engine_restore_statement(struct engine *engine, const struct fact *fact, struct bytes body);
void engine_restore_day_net(struct engine *engine, int32_t day, struct scope scope, struct bytes nets);
void engine_restore_carry(struct engine *engine, struct scope scope, const struct slot_record *records, size_t count);
void engine_restore_enabled(struct engine *engine, int32_t day, struct scope scope, struct bytes steps);
void engine_restore_mark(struct engine *engine, uint32_t hour);
void engine_restore_seen(struct engine *engine, struct seen_key key, struct bytes groups);
void engine_restored(struct engine *engine, bool recount);

/* The latest watermark of any source that sent sessions, media or ports (domain.md §7.5). */
instant engine_cap_watermark(const struct engine *engine);
/* The newest watermark of a source; INSTANT_NONE. */
instant engine_watermark(const struct engine *engine, struct bytes source);

/* Moves the horizon: detail that is over before it is forgotten (design.md §5); gone statements go to fn.  Hours before it
 * that are not counted yet are counted first, however long that takes. */
typedef void (*engine_gone_fn)(void *owner, enum fact_kind kind, struct bytes source, struct bytes key);
void engine_set_horizon(struct engine *engine, instant horizon, engine_gone_fn fn, void *owner);
instant engine_horizon(const struct engine *engine);

void engine_count(const struct engine *engine, uint64_t *sessions, uint64_t *open);

#endif
