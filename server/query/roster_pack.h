/* server/query/roster_pack.h - the sessions of a day's rosters as bytes, for roster.c alone (roster.h). */
#ifndef SERVER_QUERY_ROSTER_PACK_H
#define SERVER_QUERY_ROSTER_PACK_H

#include "base/map.h"
#include "server/query/roster.h"

struct roster_packing {
    instant start;
    const struct pseudonyms *pseudonyms;
    struct buffer sessions, words;
    struct bytes *word_list; /* malloc'ed texts of their own */
    size_t word_count;
    uint32_t count;
};

/* Its place in the table. */
uint32_t roster_pack_session(struct roster_packing *packing, const struct told_session *told);
/* A seat's key by itself. */
void roster_pack_key(struct roster_packing *packing, struct buffer *out, const struct seat_key *key);
/* The whole table, in arena; frees what was packed. */
struct bytes roster_pack_end(struct roster_packing *packing, struct arena *arena);

struct roster_table {
    instant start;
    struct bytes *words;
    size_t word_count;
    struct told_session *sessions;
    size_t count;
    struct arena *arena;
};
bool roster_unpack_sessions(struct bytes packed, instant start, struct arena *arena, struct roster_table *table);
bool roster_take_key(const struct roster_table *table, struct bytes *rest, struct seat_key *key);

#endif
