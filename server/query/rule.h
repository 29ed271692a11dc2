/*
 * server/query/rule.h - the rules of a store as history: who bought what since when, and whose days count.
 *
 * Rules are read from the table as one book, which never changes: entitlement files, provisioned counts, bundle
 * sets, tenant settings, rule sets.  Of the same rule (kind and key) from several sources one counts, `api` first,
 * then by name; what `api` took back is gone (domain.md §7.19).  Dates are days of a calendar (calendar.h): a
 * tenant's of its own, everything else's of the system's, both ends of a validity included (§7.11).
 * Several of one date: the larger key.
 *
 * Reading some thousand rules costs more than most answers, so a book is kept and used again as long as the
 * table is the same, byte for byte.
 * Thread: any.  Owner: the query, until query_close(); texts in it live as long.
 */
#ifndef SERVER_QUERY_RULE_H
#define SERVER_QUERY_RULE_H

#include "base/calendar.h"
#include "server/engine/counting.h"
#include "server/query/query.h"

struct rules;

/* The rules of a transaction; *err: why they could not be read, then the book is empty.  Until rules_release(). */
const struct rules *rules_read(struct db_txn *txn, enum err *err);
/* The rules of the snapshot; a failure to read them sticks to the query, and the book is empty then. */
const struct rules *query_rules(struct query *query);
void rules_release(const struct rules *rules);

/* The calendar by which a scope's days are told: a tenant's for it and its groups, else the system's. */
const struct calendar *rules_calendar(const struct rules *rules, const struct query_scope *scope);
const struct calendar *rules_system_calendar(const struct rules *rules);
/* Catalogs, caps and sustained minutes in their order; what is not said in it the store's meta says. */
const struct counting_rules *rules_counting(const struct rules *rules);

/* What was bought of an item (§7.15). */
struct bought {
    bool known;      /* false: no rule says anything of the item */
    bool unlimited;
    bool by_enabled; /* all its lines are `enabled` licences: compared with enabled, else with the peak */
    int64_t entitled;
    int64_t burst;   /* an extra on top; -1: none said, which counts as 0 */
};
/* In force on a date of the scope's own calendar; groups: nothing is known. */
struct bought rules_bought(const struct rules *rules, struct scope scope, struct bytes item, int32_t date);
/* How far number lies above; -1: nothing is known of what was bought, or number (-1) is unknown. */
int64_t bought_over(const struct bought *bought, int64_t number);
int64_t bought_over_burst(const struct bought *bought, int64_t number);

/* The bundle set in force on a date of the system's calendar; NULL: none. */
const struct bundle_set *rules_bundle_set(const struct rules *rules, int32_t date);

/* Each rule of a kind (decisions too), those that count and those that do not, in the order of (key, source). */
enum rule_state {
    RULE_IN_FORCE,
    RULE_TO_COME,
    RULE_PAST,
    RULE_OUTRANKED,  /* its days have come and are not over, but another file or set is in force */
    RULE_OVERRULED,  /* another source states the same rule and comes first */
    RULE_TAKEN_BACK,
    RULE_STATE_COUNT
};
const char *rule_state_name(enum rule_state state);
struct rule {
    struct fact fact;
    bool counts; /* not taken back, and no other source comes first */
};
size_t rules_of_kind(const struct rules *rules, enum fact_kind kind, const struct rule **list);
/* On a date of the calendar by which a rule's dates are told; of a rule of the list that is no decision. */
const struct calendar *rules_calendar_of(const struct rules *rules, const struct rule *rule);
enum rule_state rules_state(const struct rules *rules, const struct rule *rule, int32_t date);

#endif
