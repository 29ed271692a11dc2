#include "store/key.h"

#include "base/check.h"

void key_clear(struct key *key)
{
    key->len = 0;
}

static void add_integer(struct key *key, uint64_t value, size_t size)
{
    check(key->len + size <= sizeof key->data);
    for (size_t i = 0; i < size; i++)
        key->data[key->len++] = (uint8_t)(value >> 8 * (size - 1 - i));
}

void key_add_u8(struct key *key, uint8_t value)
{
    add_integer(key, value, 1);
}

void key_add_u16(struct key *key, uint16_t value)
{
    add_integer(key, value, 2);
}

void key_add_u32(struct key *key, uint32_t value)
{
    add_integer(key, value, 4);
}

void key_add_u64(struct key *key, uint64_t value)
{
    add_integer(key, value, 8);
}

void key_add_text(struct key *key, struct bytes text)
{
    check(key->len + text.len + 1 <= sizeof key->data);
    check(text.len == 0 || memchr(text.data, 0, text.len) == NULL);
    if (text.len)
        memcpy(key->data + key->len, text.data, text.len);
    key->len += text.len;
    key->data[key->len++] = 0;
}

static bool take_integer(struct bytes *rest, uint64_t *value, size_t size)
{
    if (rest->len < size)
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value = *value << 8 | rest->data[i];
    *rest = bytes_of(rest->data + size, rest->len - size);
    return true;
}

bool key_take_u8(struct bytes *rest, uint8_t *value)
{
    uint64_t wide;
    bool taken = take_integer(rest, &wide, 1);
    *value = taken ? (uint8_t)wide : 0;
    return taken;
}

bool key_take_u16(struct bytes *rest, uint16_t *value)
{
    uint64_t wide;
    bool taken = take_integer(rest, &wide, 2);
    *value = taken ? (uint16_t)wide : 0;
    return taken;
}

bool key_take_u32(struct bytes *rest, uint32_t *value)
{
    uint64_t wide;
    bool taken = take_integer(rest, &wide, 4);
    *value = taken ? (uint32_t)wide : 0;
    return taken;
}

bool key_take_u64(struct bytes *rest, uint64_t *value)
{
    return take_integer(rest, value, 8);
}

bool key_take_text(struct bytes *rest, struct bytes *text)
{
    const uint8_t *end = rest->len ? memchr(rest->data, 0, rest->len) : NULL;
    if (!end)
        return false;
    *text = bytes_of(rest->data, (size_t)(end - rest->data));
    *rest = bytes_of(end + 1, rest->len - text->len - 1);
    return true;
}
