/*
 * server/engine/names.h - texts and long ids as numbers, as session records need them.
 *
 * One dictionary per class of store/dictionary.h.  What is new since the last flush is listed, so that
 * the flush writes it in the same transaction as the records that use it.
 * Thread: ingest.
 */
#ifndef SERVER_ENGINE_NAMES_H
#define SERVER_ENGINE_NAMES_H

#include "base/map.h"
#include "store/dictionary.h"
#include "store/session.h"

struct number_list {
    uint32_t *numbers;
    size_t count, capacity;
};

void number_list_add(struct number_list *list, uint32_t number);
void number_list_free(struct number_list *list);

enum { NAMES_RECENT = 4 };

struct names {
    struct dictionary dictionaries[DICTIONARY_CLASS_COUNT];
    struct number_list changed[DICTIONARY_CLASS_COUNT]; /* given or taken back since the last flush */
    uint32_t recent[DICTIONARY_CLASS_COUNT][NAMES_RECENT]; /* asked for last: sources and words repeat all the time */
    unsigned recent_at[DICTIONARY_CLASS_COUNT];
};

uint32_t names_number(struct names *names, enum dictionary_class class, struct bytes text);
struct bytes names_text(const struct names *names, enum dictionary_class class, uint32_t number);
void names_remove(struct names *names, enum dictionary_class class, uint32_t number);
void names_free(struct names *names);

/* An id (ID_NONE: unknown) as a ref and back. */
ref names_ref(struct names *names, int64_t id);
int64_t names_id(const struct names *names, ref id);

/* A row's key as 64 bits and back; text must hold 21 bytes. */
uint64_t names_row_key(struct names *names, struct bytes key);
struct bytes names_row_key_text(const struct names *names, uint64_t key, char *text);
/* Their order as texts. */
int names_row_key_compare(const struct names *names, uint64_t a, uint64_t b);

#endif
