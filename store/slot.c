#include "store/slot.h"

#include "base/varint.h"

/* Flags beside the profile: which of the optional fields follow. */
enum { FLAG_CARRY = 0x10, FLAG_RISE = 0x20, FLAG_CHANGES = 0x40, PROFILE_MASK = 0x0f };

static void add_scope(struct key *key, struct scope scope)
{
    key_add_u8(key, (uint8_t)scope.kind);
    key_add_u64(key, (uint64_t)scope.id);
}

void slot_key(struct key *key, uint32_t slot, struct scope scope)
{
    key_clear(key);
    key_add_u32(key, slot);
    add_scope(key, scope);
}

void day_net_key(struct key *key, int32_t day, struct scope scope)
{
    key_clear(key);
    key_add_u32(key, (uint32_t)day);
    add_scope(key, scope);
}

void live_key(struct key *key, struct scope scope)
{
    key_clear(key);
    add_scope(key, scope);
}

void slot_pack(struct buffer *out, const struct slot_record *record)
{
    const struct slot_summary *s = &record->summary;
    bool rises = s->rise_at != SLOT_RISE_NONE;
    bool changes = s->net || s->high || s->seat_ms || rises;
    varint_put(out, record->item);
    buffer_append_char(out, (char)(record->profile | (s->carry ? FLAG_CARRY : 0) | (rises ? FLAG_RISE : 0) |
                                   (changes ? FLAG_CHANGES : 0)));
    if (s->carry)
        varint_put_signed(out, s->carry);
    if (changes) {
        varint_put_signed(out, s->net);
        varint_put_signed(out, s->high);
        varint_put_signed(out, s->seat_ms);
    }
    if (rises)
        varint_put(out, s->rise_at);
}

static bool take_i32(struct bytes *rest, int32_t *value)
{
    int64_t wide;
    if (!varint_take_signed(rest, &wide) || wide < INT32_MIN || wide > INT32_MAX)
        return false;
    *value = (int32_t)wide;
    return true;
}

static bool take_item(struct bytes *rest, uint32_t *item, uint8_t *flags)
{
    uint64_t wide;
    return varint_take(rest, &wide) && (*item = (uint32_t)wide) == wide && key_take_u8(rest, flags) &&
           (*flags & PROFILE_MASK) < PROFILE_COUNT;
}

bool slot_unpack(struct bytes *rest, struct slot_record *record, bool *damaged)
{
    uint8_t flags;
    uint64_t rise = SLOT_RISE_NONE;
    struct slot_summary *s = &record->summary;
    if (rest->len == 0)
        return false;
    *record = (struct slot_record){0};
    bool good = take_item(rest, &record->item, &flags);
    if (good && (flags & FLAG_CARRY))
        good = take_i32(rest, &s->carry);
    if (good && (flags & FLAG_CHANGES))
        good = take_i32(rest, &s->net) && take_i32(rest, &s->high) && varint_take_signed(rest, &s->seat_ms);
    if (good && (flags & FLAG_RISE))
        good = varint_take(rest, &rise) && rise < SLOT_MS;
    if (!good) {
        *damaged = true;
        return false;
    }
    record->profile = flags & PROFILE_MASK;
    s->rise_at = (uint32_t)rise;
    return true;
}

void net_pack(struct buffer *out, const struct net_record *record)
{
    varint_put(out, record->item);
    buffer_append_char(out, (char)record->profile);
    varint_put_signed(out, record->net);
}

bool net_unpack(struct bytes *rest, struct net_record *record, bool *damaged)
{
    uint8_t flags;
    if (rest->len == 0)
        return false;
    *record = (struct net_record){0};
    if (!take_item(rest, &record->item, &flags) || !take_i32(rest, &record->net)) {
        *damaged = true;
        return false;
    }
    record->profile = flags & PROFILE_MASK;
    return true;
}
