/*
 * base/err.h - how every failure of the world is named.
 *
 * A function that can fail returns an enum err, zero for success, and is marked MUST_CHECK.  Foreign
 * codes (LMDB, ODBC, errno) are translated once, at the door of their library.  Whoever notices a
 * failure logs it with the values that tell it; whoever called passes the code on.
 *
 * Bugs do not come this way (check.h), nor does bad input, which is counted and kept aside.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

/* name, exit code of the command (contract.md §2), text */
#define ERR_MAP(X)                                                                                 \
    X(OK, 0, "done")                                                                               \
    X(INPUT, 1, "input that cannot be taken")                                                      \
    X(NOT_FOUND, 1, "no such thing")                                                               \
    X(USAGE, 2, "wrong usage")                                                                     \
    X(SETTINGS, 2, "wrong settings")                                                               \
    X(AWAY, 3, "a foreign system cannot be reached")                                               \
    X(SCHEMA, 3, "a foreign system lacks a table or a column")                                     \
    X(BUSY, 4, "held by another process")                                                          \
    X(DAMAGED, 5, "damaged")                                                                       \
    X(FORMAT, 5, "written by another version")                                                     \
    X(IO, 3, "input or output failed")                                                             \
    X(FULL, 3, "no space left")                                                                    \
    X(MEMORY, 3, "no memory left")                                                                 \
    X(CANCELLED, 3, "interrupted")                                                                 \
    X(BUG, 70, "a bug in this program")

enum err {
#define X(name, exit_code, text) ERR_##name,
    ERR_MAP(X)
#undef X
    ERR_COUNT
};

/* The enumerator's name ("AWAY"), a sentence's end ("a foreign system …"), the exit code; static. */
const char *err_name(enum err err);
const char *err_text(enum err err);
int err_exit_code(enum err err);

#endif
