#include "base/bytes.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_from_text(text));
}

uint64_t hash_mix(uint64_t value)
{
    /* The finaliser of splitmix64: every input bit reaches every output bit. */
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

uint64_t bytes_hash(struct bytes bytes)
{
    uint64_t hash = 0x5ea7u + bytes.len;
    size_t i = 0;
    for (; i + 8 <= bytes.len; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + i, 8);
        hash = hash_mix(hash ^ word);
    }
    uint64_t tail = 0;
    for (size_t shift = 0; i < bytes.len; i++, shift += 8)
        tail |= (uint64_t)bytes.data[i] << shift;
    return hash_mix(hash ^ tail);
}

bool bytes_are_utf8(struct bytes bytes)
{
    const uint8_t *p = bytes.data, *end = p + bytes.len;
    while (p < end) {
        uint8_t c = *p++;
        if (c == 0)
            return false;
        if (c < 0x80)
            continue;
        int more = c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
        if (more == 0 || end - p < more)
            return false;
        uint32_t rune = c & (0x3fu >> more);
        for (int i = 0; i < more; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
            rune = rune << 6 | (p[i] & 0x3f);
        }
        /* overlong forms, surrogates and what lies beyond Unicode */
        if ((more == 2 && rune < 0x800) || (more == 3 && rune < 0x10000) || rune > 0x10ffff ||
            (rune >= 0xd800 && rune <= 0xdfff))
            return false;
        p += more;
    }
    return true;
}

void buffer_reserve(struct buffer *buffer, size_t more)
{
    check(more <= SIZE_MAX / 4);
    if (buffer->capacity - buffer->len >= more)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity - buffer->len < more)
        capacity *= 2;
    buffer->data = memory_resize(buffer->data, capacity);
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (len == 0)
        return;
    buffer_reserve(buffer, len);
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void buffer_append_bytes(struct buffer *buffer, struct bytes bytes)
{
    buffer_append(buffer, bytes.data, bytes.len);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->len++] = (uint8_t)c;
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    buffer_reserve(buffer, 128);
    size_t room = buffer->capacity - buffer->len;
    int len = vsnprintf((char *)buffer->data + buffer->len, room, format, args);
    check(len >= 0);
    if ((size_t)len >= room) {
        buffer_reserve(buffer, (size_t)len + 1);
        vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    buffer->len += (size_t)len;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return bytes_of(buffer->data ? buffer->data : (const uint8_t *)"", buffer->len);
}

const char *buffer_text(struct buffer *buffer)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->len] = 0;
    return (const char *)buffer->data;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
