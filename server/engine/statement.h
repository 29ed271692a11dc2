/*
 * server/engine/statement.h - the facts that belong to no session: the newest version of each.
 *
 * A statement keeps its canonical body, by which contradictions are decided (domain.md §7.19) and which
 * the store keeps, and the few fields the engine asks for often.  Login and media rows live in rows.h.
 * Statements are known by a number from 1; `next` and `next_of_group` chain those that history.h looks
 * up together.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_STATEMENT_H
#define SERVER_ENGINE_STATEMENT_H

#include "proto/fact.h"
#include "server/engine/names.h"
#include "server/engine/outcome.h"

struct statement {
    enum fact_kind kind;
    uint32_t source; /* class SOURCE */
    struct bytes key; /* owned, with the body behind it */
    int64_t version;
    uint32_t partition; /* of a watermark, with its key its identity (fact.h) */
    struct bytes body; /* canonical */
    uint32_t next, next_of_group;
    bool dirty, live, rule_deleted;
    union { /* texts in it are absent: they stand in the body */
        struct object object;
        struct membership membership;
        struct campaign campaign;
        struct port port;
        struct watermark watermark;
        struct source_entry source_entry;
    };
};

enum { STATEMENTS_TOGETHER = 32 };

struct statements {
    struct statement *all; /* [number - 1] */
    uint32_t count, capacity;
    uint32_t free; /* list of numbers to give again, by next */
    struct statement_place { /* by kind, source, key, partition */
        uint32_t tag, number; /* of the hash; number 0: free */
    } *places;
    uint32_t place_count, used; /* a power of two, or 0; used: places */
    struct text_pool texts;
    struct number_list dirty;
    struct number_list rules; /* of the kinds that rules.h asks for: few among many, and never removed */
    struct {
        uint32_t number, tag;
    } coming[STATEMENTS_TOGETHER]; /* restored, not in their places yet */
    uint32_t coming_count;
};

/* Makes room for so many more at once. */
void statements_reserve(struct statements *statements, uint32_t count);
/* Rebuilding: puts a fact that the store has back under a new number; body is its own, as it was written. */
/* It is found once statements_restored() was called: places are filled some at a time, so that memory is not waited for. */
uint32_t statements_restore(struct statements *statements, struct names *names, const struct fact *fact, struct bytes body);

/* Puts the fact in its place.  FACT_APPLIED: *number is the statement, *old what it said before
 * (old->live false: nothing).  Otherwise nothing changed. */
enum fact_outcome statements_apply(struct statements *statements, struct names *names, const struct fact *fact,
                                   uint32_t *number, struct statement *old);
void statements_restored(struct statements *statements);
struct statement *statement_at(const struct statements *statements, uint32_t number);
/* Reads the body again, in full, into arena. */
struct fact statement_fact(const struct statement *statement, const struct names *names, struct arena *arena);
/* Forgets it; the caller deletes its record. */
void statements_remove(struct statements *statements, uint32_t number);
void statements_free(struct statements *statements);

/* True when statement a goes before b where both say the same thing: source `api` first, then by name,
 * then by key (domain.md §7.19). */
bool statement_precedes(const struct names *names, const struct statement *a, const struct statement *b);

#endif
