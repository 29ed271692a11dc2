/*
 * base/bytes.h - a borrowed run of bytes, and a buffer that grows.
 *
 * struct bytes points at memory of somebody else; each function that hands one out says until when
 * it is good.  data == NULL means "absent", which is not the same as empty.
 * struct buffer owns its memory; buffer_free() ends it.  Running out of memory aborts (memory.h).
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data;
    size_t len;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

static inline struct bytes bytes_from_text(const char *text)
{
    return text ? (struct bytes){(const uint8_t *)text, strlen(text)} : BYTES_NONE;
}

static inline bool bytes_present(struct bytes bytes)
{
    return bytes.data != NULL;
}

/* Order of unsigned bytes, the shorter first; absent sorts as empty. */
int bytes_compare(struct bytes a, struct bytes b);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);

/* A well-mixed 64-bit hash; equal in every run on every machine. */
uint64_t bytes_hash(struct bytes bytes);
uint64_t hash_mix(uint64_t value);

/* True when the bytes are valid UTF-8 without NUL. */
bool bytes_are_utf8(struct bytes bytes);

struct buffer {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

void buffer_reserve(struct buffer *buffer, size_t more);
void buffer_append(struct buffer *buffer, const void *data, size_t len);
void buffer_append_bytes(struct buffer *buffer, struct bytes bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format,
                                                         ...);
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args);
/* The contents; good until the next change of the buffer. */
struct bytes buffer_bytes(const struct buffer *buffer);
/* As a C string; good until the next change. */
const char *buffer_text(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
