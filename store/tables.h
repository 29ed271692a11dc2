/*
 * store/tables.h - the tables of the store (design.md §5); store/README.md draws them byte by byte.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

/* enumerator, name in LMDB, key → value */
#define TABLE_MAP(X)                                                                               \
    X(META, "meta", "name → format, catalog and cap of a store without rule sets, horizon")               \
    X(POSITION, "position", "source → cursor of its adapter; (topic, partition) → next offset, anchor") \
    X(SESSION, "session", "block number → fixed-size records of login and media rows")             \
    X(ROW, "row", "(kind, source, key) → version, body: ports, coverage, watermarks, campaigns, sources") \
    X(DICTIONARY, "dictionary", "number → text that session records name by number")               \
    X(HISTORY, "history", "(kind, key, source) → version, body: objects, memberships")              \
    X(SLOT, "slot", "(slot, scope) → summaries of all items and profiles, packed")                  \
    X(SEALED, "sealed", "(hour, scope) → slots of a closed day's hour, items that moved alike once")  \
    X(DAY_NET, "day_net", "(UTC day, scope) → sum of the day's deltas per item and profile")        \
    X(NAMED, "named", "(hour, scope) → entries of seats per slot, item and profile")               \
    X(SUSTAINED, "sustained", "(hour, scope) → time at each level per slot and item")              \
    X(SEEN, "seen", "seat key → last slots in use before the horizon")                             \
    X(ENABLED, "enabled", "(scope, UTC day) → steps of the enabled objects per item")               \
    X(LIVE, "live", "scope → level per item at the clock of the last flush")                        \
    X(DAY, "day", "(book, day, scope, item) → named bitmap, sustained levels, roster")              \
    X(CLOSE, "close", "(book, day, revision) → the document, then its rows in chunks")              \
    X(RULES, "rules", "(kind, key, source) → version, body: entitlements … decisions")              \
    X(DEAD, "dead", "(source, hash) or (topic, partition, offset, index) → refused input with its reason") \
    X(AUDIT, "audit", "time → who changed or read what")                                           \
    X(ALERT, "alert", "alert → its state")                                                         \
    X(GAP, "gap", "(topic, partition, from offset) or source, from → a hole that was not seen")    \
    X(OUTBOX, "outbox", "number → a row on its way out")

enum db_table {
#define X(table, name, text) TABLE_##table,
    TABLE_MAP(X)
#undef X
    TABLE_COUNT
};

const char *table_name(enum db_table table);

#endif
