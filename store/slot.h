/*
 * store/slot.h - summaries of a base slot, packed (design.md §4).
 *
 * A counter is (scope, item, profile).  For one slot of SLOT_MS it keeps a summary relative to the
 * level at which the slot is entered.  Summaries combine from left to right: entry levels add up,
 * and a period's peak is the largest entry + high of its slots.
 *
 *   value = records of:  varint item · u8 profile and flags · varints carry?, net, high, rise_at?, seat_ms
 *   (zigzag where negative); items are numbers of the dictionary; counters without change are left out.
 *
 * carry is what a store horizon pushed to this slot's start: it changes the entry level and is no
 * occasion (domain.md §7.20).
 */
#ifndef STORE_SLOT_H
#define STORE_SLOT_H

#include "base/instant.h"
#include "base/limits.h"
#include "proto/usage.h"
#include "store/db.h"
#include "store/key.h"

#define SLOT_RISE_NONE UINT32_MAX

struct slot_summary {
    int32_t carry;    /* added to the entry level before the slot */
    int32_t net;      /* sum of the deltas in the slot */
    int32_t high;     /* largest level relative to the entry (carry included in it), 0 without changes */
    uint32_t rise_at; /* ms from the slot's start at which the level last rose to high, or SLOT_RISE_NONE */
    int64_t seat_ms;  /* integral of the level relative to the entry over the slot */
};

struct slot_record {
    uint32_t item;
    enum profile profile;
    struct slot_summary summary;
};

/* A scope as part of keys: kind, id. */
struct scope {
    enum scope_kind kind;
    int64_t id; /* 0 for the system */
};

static inline uint32_t slot_of(instant at)
{
    return (uint32_t)floor_div(at, SLOT_MS);
}

void slot_key(struct key *key, uint32_t slot, struct scope scope);
void slot_pack(struct buffer *out, const struct slot_record *record);
/* Takes one record from the front of *rest; false at the end.  *damaged when the bytes are none. */
bool slot_unpack(struct bytes *rest, struct slot_record *record, bool *damaged);

/* day_net: the sum of carry + net over a UTC day, same packing of (item, profile, net). */
struct net_record {
    uint32_t item;
    enum profile profile;
    int32_t net;
};
void day_net_key(struct key *key, int32_t day, struct scope scope);
void net_pack(struct buffer *out, const struct net_record *record);
bool net_unpack(struct bytes *rest, struct net_record *record, bool *damaged);

/* live: scope → clock (8 bytes, big-endian), then net_records whose net is the level. */
void live_key(struct key *key, struct scope scope);

#endif
