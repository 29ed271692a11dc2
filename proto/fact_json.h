/*
 * proto/fact_json.h - facts as JSON lines (contract.md §1).
 *
 * Reading is strict: duplicate and unknown members, wrong types, times that are none are refused with
 * one sentence that names the member, the value and what was expected.  Writing gives the canonical
 * body (RFC 8785, null and unknown members left out, times with milliseconds), by which two bodies of
 * one row and version are compared (domain.md §7.19) and in which the store keeps them.
 */
#ifndef PROTO_FACT_JSON_H
#define PROTO_FACT_JSON_H

#include "proto/fact.h"

/* Reads one line (without its newline) and checks it.  *fact borrows from arena.
 * ERR_OK; ERR_INPUT and *why in arena. */
MUST_CHECK enum err fact_json_read(struct bytes line, struct arena *arena, struct fact *fact, const char **why);

/* Reads a body that fact_json_write_body wrote into fact, whose kind, source, key and version are set.
 * ERR_OK; ERR_INPUT and *why in arena. */
MUST_CHECK enum err fact_json_read_body(struct bytes body, struct arena *arena, struct fact *fact, const char **why);

/* The same into a fact that is blank but for these. */
MUST_CHECK enum err fact_json_read_blank(struct bytes body, struct arena *arena, struct fact *fact, const char **why);

/* Appends the canonical body. */
void fact_json_write_body(const struct fact *fact, struct buffer *out);
/* Appends the whole fact as one line, without a newline. */
void fact_json_write(const struct fact *fact, struct buffer *out);

#endif
