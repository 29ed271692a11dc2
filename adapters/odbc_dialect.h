/*
 * adapters/odbc_dialect.h - what differs between database systems, one row each.
 *
 * Queries are written in what all of them share (plain identifiers, MAX, UNION ALL, ORDER BY, bound
 * parameters); a new system is one more row.  Only PostgreSQL has been tried against a real server.
 */
#ifndef ADAPTERS_ODBC_DIALECT_H
#define ADAPTERS_ODBC_DIALECT_H

#include "base/bytes.h"

enum odbc_fold { FOLD_LOWER, FOLD_UPPER, FOLD_NONE };

struct odbc_dialect {
    const char *name;       /* as SQL_DBMS_NAME says it, or how that begins */
    const char *read_only;  /* run after the connect; NULL: the connection's attribute must do */
    const char *timeout;    /* likewise, with %d for the milliseconds; NULL: the statement's attribute must do */
    const char *page;       /* behind ORDER BY, with %d for the rows */
    enum odbc_fold fold;    /* how the catalog spells a name written without quotes */
};

/* Never NULL: an unknown system gets what the standard says. */
const struct odbc_dialect *odbc_dialect_find(const char *dbms_name);

#endif
