/*
 * store/dictionary.h - texts that records name by number; each class counts from 1.
 *
 *   dictionary: class u8, number u32 → the text
 */
#ifndef STORE_DICTIONARY_H
#define STORE_DICTIONARY_H

#include "store/db.h"
#include "store/key.h"

/* class, its letter in keys, what is in it */
#define DICTIONARY_MAP(X)                                                                          \
    X(SESSION, 's', "session ids")                                                                 \
    X(SOURCE, 'o', "sources")                                                                      \
    X(ROW_KEY, 'k', "keys of rows that are no plain number")                                       \
    X(WORD, 'w', "applications and media")                                                         \
    X(BIG_ID, 'b', "ids above 2^31-3, as decimal text")                                            \
    X(ITEM, 'i', "codes of items")                                                                 \
    X(SET, 'e', "sets of items and seat keys (hour.h)")

enum dictionary_class {
#define X(name, letter, text) DICTIONARY_##name,
    DICTIONARY_MAP(X)
#undef X
    DICTIONARY_CLASS_COUNT
};

void dictionary_put(struct db_txn *txn, enum dictionary_class class, uint32_t number, struct bytes text);
void dictionary_delete(struct db_txn *txn, enum dictionary_class class, uint32_t number);
/* False when there is none. *text points into the map. */
bool dictionary_get(struct db_txn *txn, enum dictionary_class class, uint32_t number, struct bytes *text);
/* Every text of a class in order of its number. */
typedef void (*dictionary_fn)(void *owner, uint32_t number, struct bytes text);
void dictionary_each(struct db_txn *txn, enum dictionary_class class, dictionary_fn fn, void *owner);

#endif
