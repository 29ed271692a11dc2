/*
 * adapters/odbc_dialect.h - what differs between database systems, one row each.
 *
 * Queries are written in what all of them share (plain identifiers, MAX, UNION ALL, ORDER BY, bound
 * parameters); a new system is one more row.  Which rows have been tried against a real server they say
 * themselves; the others are written from the vendors' documentation.
 */
#ifndef ADAPTERS_ODBC_DIALECT_H
#define ADAPTERS_ODBC_DIALECT_H

#include "base/bytes.h"
#include "base/memory.h"

enum odbc_fold { FOLD_LOWER, FOLD_UPPER, FOLD_NONE };

struct odbc_dialect {
    const char *name;       /* as SQL_DBMS_NAME says it, or how that begins; "": any other */
    bool tried;             /* against a real server, by our tests */
    const char *read_only;  /* run after the connect; NULL: the connection's attribute must do */
    const char *timeout;    /* likewise, with %d for the milliseconds; NULL: the statement's attribute must do */
    const char *page;       /* behind ORDER BY, with %d for the rows */
    enum odbc_fold fold;    /* how the catalog spells a name written without quotes */
    bool integers_as_text;  /* 64-bit integers are bound and fetched as decimal texts */
    const char *reserved;   /* a column of ICON's that is a word of this system's: it is quoted; NULL: none */
    char quote;
    const char *may_write;  /* one number above 0 when our account may change a table, with %s for it; NULL: cannot be asked */
};

/* Never NULL: an unknown system gets what the standard says. */
const struct odbc_dialect *odbc_dialect_find(const char *dbms_name);
/* sql with the reserved word quoted wherever it stands as a word: sql itself, or in out. */
const char *odbc_dialect_quote(const struct odbc_dialect *dialect, const char *sql, struct buffer *out);

#endif
