/*
 * proto/fact_record_private.h - what the writer and the readers of records share: one fact and its bytes.
 *
 * Only proto/ and its tests include this.  Thread: any.
 */
#ifndef PROTO_FACT_RECORD_PRIVATE_H
#define PROTO_FACT_RECORD_PRIVATE_H

#include "proto/fact_record.h"

enum {
    FACT_FIELD_FIRST = 4, /* in Fact, of the first kind's body */
    WIRE_VARINT = 0,
    WIRE_BYTES = 2,
};

/* The fact of bytes by protobuf-c, for whatever comes.  ERR_INPUT and *why. */
MUST_CHECK enum err fact_decode_any(struct bytes bytes, struct arena *arena, struct fact *fact, const char **why);
/* The same for the regular login_session and session_media, many times faster; checked.  False: it is not one of
 * these, or something about it is unusual or wrong, and fact_decode_any() has the word. */
bool fact_decode_fast(struct bytes bytes, struct fact *fact);
/* The fact as a message Fact. */
void fact_encode(const struct fact *fact, struct buffer *out);

#endif
