/* base/varint.h - LEB128 integers, zigzag where negative; for packed records. */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include "base/bytes.h"

void varint_put(struct buffer *out, uint64_t value);
void varint_put_signed(struct buffer *out, int64_t value);
/* Takes from the front of *rest; false when it is cut or longer than 64 bits. */
bool varint_take(struct bytes *rest, uint64_t *value);
bool varint_take_signed(struct bytes *rest, int64_t *value);

#endif
