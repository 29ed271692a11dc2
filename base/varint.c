#include "base/varint.h"

void varint_put(struct buffer *out, uint64_t value)
{
    buffer_reserve(out, 10);
    uint8_t *at = out->data + out->len;
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    out->len = (size_t)(at - out->data);
}

void varint_put_signed(struct buffer *out, int64_t value)
{
    varint_put(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

bool varint_take(struct bytes *rest, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < rest->len && i < 10; i++) {
        uint8_t c = rest->data[i];
        if (i == 9 && c > 1)
            return false;
        *value |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            *rest = bytes_of(rest->data + i + 1, rest->len - i - 1);
            return true;
        }
    }
    return false;
}

bool varint_take_signed(struct bytes *rest, int64_t *value)
{
    uint64_t wide;
    bool taken = varint_take(rest, &wide);
    *value = taken ? (int64_t)(wide >> 1 ^ (0 - (wide & 1))) : 0;
    return taken;
}
