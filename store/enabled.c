#include "store/enabled.h"

#include "base/varint.h"

void enabled_key(struct key *key, struct scope scope, int32_t day)
{
    key_clear(key);
    key_add_u8(key, (uint8_t)scope.kind);
    key_add_u64(key, (uint64_t)scope.id);
    key_add_u32(key, (uint32_t)day);
}

void enabled_pack(struct buffer *out, const struct enabled_step *step, uint32_t before)
{
    varint_put(out, step->at - before);
    varint_put(out, step->item);
    varint_put_signed(out, step->delta);
}

bool enabled_unpack(struct bytes *rest, struct enabled_step *step, bool *damaged)
{
    uint64_t more, item;
    int64_t delta;
    if (rest->len == 0)
        return false;
    if (!varint_take(rest, &more) || step->at + more >= 2 * DAY_MS || !varint_take(rest, &item) || item > UINT32_MAX ||
        !varint_take_signed(rest, &delta) || delta < INT32_MIN || delta > INT32_MAX) {
        *damaged = true;
        return false;
    }
    *step = (struct enabled_step){step->at + (uint32_t)more, (uint32_t)item, (int32_t)delta};
    return true;
}
