/*
 * store/key.h - keys are big-endian tuples, made here and nowhere else.
 *
 * Integers are big-endian, so that LMDB's byte order is their order; texts are followed by one zero
 * byte when something comes after them (texts hold no NUL), so that a prefix is a whole field.
 */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "base/bytes.h"
#include "base/limits.h"

struct key {
    uint8_t data[STORE_KEY_BYTES_MAX];
    size_t len;
};

static inline struct bytes key_bytes(const struct key *key)
{
    return bytes_of(key->data, key->len);
}

void key_clear(struct key *key);
void key_add_u8(struct key *key, uint8_t value);
void key_add_u16(struct key *key, uint16_t value);
void key_add_u32(struct key *key, uint32_t value);
void key_add_u64(struct key *key, uint64_t value);
void key_add_text(struct key *key, struct bytes text); /* with its closing zero byte */

/* Reading takes from the front of *rest; false when it is too short. */
bool key_take_u8(struct bytes *rest, uint8_t *value);
bool key_take_u16(struct bytes *rest, uint16_t *value);
bool key_take_u32(struct bytes *rest, uint32_t *value);
bool key_take_u64(struct bytes *rest, uint64_t *value);
bool key_take_text(struct bytes *rest, struct bytes *text);

#endif
