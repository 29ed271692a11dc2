/*
 * server/api/target.h - the request's target, taken apart: path and parameters, decoded strictly.
 *
 * Percent escapes must be whole, bytes must be UTF-8 without NUL, no parameter stands twice; "+" is a
 * plus in the path and a space among the parameters.  Nothing is guessed: what does not fit is refused
 * with one sentence.  Thread: any.  Owner: the arena.
 */
#ifndef SERVER_API_TARGET_H
#define SERVER_API_TARGET_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/memory.h"

enum {
    TARGET_BYTES_MAX = 2048, /* longer addresses are refused with 414 */
    TARGET_PARAMETERS_MAX = 16,
};

struct parameter {
    struct bytes name, value;
};

struct target {
    struct bytes path;
    struct parameter parameters[TARGET_PARAMETERS_MAX];
    size_t parameter_count;
};

/* ERR_OK; ERR_INPUT and *why in arena. */
MUST_CHECK enum err target_parse(struct bytes raw, struct arena *arena, struct target *target, const char **why);
/* The value; absent when there is no such parameter. */
struct bytes target_parameter(const struct target *target, const char *name);
/* Appends text with everything escaped but letters, digits and -._~ */
void target_escape(struct bytes text, struct buffer *out);

#endif
