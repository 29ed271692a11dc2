/* adapters/config/follow_private.h - what follow.c and follow_cursor.c share; nobody else includes it. */
#ifndef ADAPTERS_CONFIG_FOLLOW_PRIVATE_H
#define ADAPTERS_CONFIG_FOLLOW_PRIVATE_H

#include "adapters/config/follow.h"

enum { HELD_NOTE_BYTES = 400 };

struct held {
    int64_t version; /* of the picture that was held first; 0: nothing is held */
    instant at;      /* its time */
    uint64_t digest; /* of what it missed */
    int64_t count;
    char note[HELD_NOTE_BYTES];
};

struct follow {
    struct follow_options options;
    struct known *known;
    struct follow_place place;
    bool blind;          /* without a cursor */
    unsigned loaded;     /* bits 1 << class: it was read whole once */
    bool taken;          /* a picture was taken over, here or before */
    int64_t version;     /* the largest that was given */
    instant until;       /* the watermark; INSTANT_NONE: none yet */
    bool declared;
    struct bytes declared_group; /* of the newest declaration; in arena */
    int64_t declared_version;
    struct held said, held; /* as the source's fact has it; as it is */
    int64_t *approved;   /* versions of pictures that may go */
    size_t approved_count;
    struct arena *arena;
};

/* The cursor as canonical JSON. */
void follow_cursor_write(const struct follow *follow, struct buffer *out);
/* False when it is none of ours; *why in arena. */
bool follow_cursor_read(struct follow *follow, struct bytes cursor, struct arena *arena, const char **why);

#endif
