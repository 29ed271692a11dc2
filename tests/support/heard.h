/*
 * tests/support/heard.h - what the program says in its log: stderr goes into a file between the two calls.
 *
 *   heard_begin(&heard), what speaks …, heard_end(&heard, arena)
 */
#ifndef TESTS_SUPPORT_HEARD_H
#define TESTS_SUPPORT_HEARD_H

#include "base/memory.h"

#include <stdio.h>

struct heard {
    FILE *log;
    int stderr_kept;
};

void heard_begin(struct heard *heard);
/* All that was said; in arena. */
const char *heard_end(struct heard *heard, struct arena *arena);

#endif
