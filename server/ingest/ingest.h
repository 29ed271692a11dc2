/*
 * server/ingest/ingest.h - facts in, one transaction a flush out: the engine and its store together.
 *
 * The ingest loop, `seatmeter replay` and the tests all fold through here.  Facts change the engine's
 * memory; ingest_flush() writes everything that changed (sessions, slots, levels, rows, dead letters,
 * cursors) in one transaction, so the store always is the exact fold of the facts up to its positions
 * (design.md §5).  Opening an ingest on a store rebuilds the engine from it: a restart is a reopen.
 *
 * When a flush fails (ERR_FULL, ERR_IO) nothing was written and nothing is lost: what changed stays
 * marked and the next flush writes it.
 * Thread: one.  Owner: the caller; the db must outlive it.
 */
#ifndef SERVER_INGEST_INGEST_H
#define SERVER_INGEST_INGEST_H

#include "base/err.h"
#include "proto/fact.h"
#include "server/engine/catalog.h"
#include "server/engine/outcome.h"
#include "store/alert.h"
#include "store/records.h"

struct ingest;
struct engine;

struct ingest_options {
    struct db *db;
    const struct catalog *catalog; /* where no rule set in the store says one; NULL: the shipped one */
    int cap_hours;                 /* likewise; 0: 24 */
};

/* ERR_DAMAGED, ERR_FORMAT; ERR_SETTINGS: catalog or cap are other than those by which days were closed here, and no
 * rule set says which hold; logged. */
MUST_CHECK enum err ingest_create(const struct ingest_options *options, struct ingest **ingest);
void ingest_destroy(struct ingest *ingest);

/* Folds a checked fact; copies what it keeps.  A rule set whose catalog cannot be read is refused as a whole: FACT_REFUSED. */
enum fact_outcome ingest_fact(struct ingest *ingest, const struct fact *fact);
/* Many at once, which is faster; what became of each is counted. */
void ingest_facts(struct ingest *ingest, const struct fact *facts, size_t count);
/* For facts that come one by one: collected, and folded some at a time, the last by ingest_rest(), until which what a
 * fact points at must stay. */
void ingest_fact_later(struct ingest *ingest, const struct fact *fact);
void ingest_rest(struct ingest *ingest);
/* Keeps refused input; each once. */
void ingest_refused(struct ingest *ingest, const struct dead_letter *letter);
/* The cursor up to which this source's facts have been handed over. */
void ingest_cursor(struct ingest *ingest, struct bytes source, struct bytes cursor);
/* How far a topic's partition has been handed over; goes with the facts into one transaction. */
void ingest_position(struct ingest *ingest, const struct partition_position *position);
/* Records that were gone before they could be read. */
void ingest_gap(struct ingest *ingest, const struct partition_gap *gap);
/* A close that was read from its topic; ours: its document was appended here, so its rows are to be told (close/usage.h). */
void ingest_close(struct ingest *ingest, const struct close_record *record, bool ours);
/* They were told. */
void ingest_told_usage(struct ingest *ingest, struct close_key key);
/* What somebody must look at, or its end; with the next flush. */
void ingest_alert(struct ingest *ingest, const struct alert *alert);
/* Tells the wall clock, so that edges up to it go to the levels at once; it never goes back. */
void ingest_clock(struct ingest *ingest, instant wall);
/* True when a flush has something to write. */
bool ingest_dirty(const struct ingest *ingest);
/* Writes; wall is the clock for live levels.  ERR_FULL, ERR_IO: logged, nothing written, nothing lost.  Counts all
 * hours first, however long that takes, so that named and sustained are those of the facts. */
MUST_CHECK enum err ingest_flush(struct ingest *ingest, instant wall);
/* The same without counting: hours that are not counted stay as they were, and stand in the store as such. */
MUST_CHECK enum err ingest_flush_facts(struct ingest *ingest, instant wall);
/* Counts hours (engine_count_slice()) until the monotonic clock has passed until_us; true: none is left of what
 * ingest_clock() or a flush derived. */
bool ingest_count(struct ingest *ingest, int64_t until_us);

/* The parts of a flush, for a caller that writes more in the same transaction (a day's close): the
 * changes into txn, and, once it has been committed, that they stand. */
void ingest_write_changes(struct ingest *ingest, struct db_txn *txn);
void ingest_written(struct ingest *ingest);
struct engine *ingest_engine(struct ingest *ingest);
/* The lowest slot written since ingest_watch_slots(), or of an hour that was counted or is to be; UINT32_MAX: none.  A close
 * made from an older snapshot than a change to its day must not stand. */
void ingest_watch_slots(struct ingest *ingest);
uint32_t ingest_lowest_slot(const struct ingest *ingest);

struct ingest_counts {
    uint64_t facts[FACT_KIND_COUNT][FACT_OUTCOME_COUNT];
    uint64_t refused;
    uint64_t flushes;
    uint64_t sessions_open, sessions;
};
const struct ingest_counts *ingest_counts(const struct ingest *ingest);

#endif
