/*
 * adapters/odbc_private.h - what odbc.c (connections and queries) and odbc_catalog.c (what a database says of itself) share.
 */
#ifndef ADAPTERS_ODBC_PRIVATE_H
#define ADAPTERS_ODBC_PRIVATE_H

#include "adapters/odbc.h"

#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdatomic.h>

enum { KEPT_MAX = 4 };

struct odbc {
    struct odbc_options options;
    SQLHENV env;
    SQLHDBC dbc; /* NULL: not connected */
    const struct odbc_dialect *dialect;
    bool in_transaction;
    struct {
        char *sql;
        SQLHSTMT stmt;
    } kept[KEPT_MAX];      /* prepared, of queries that ask for it */
    pthread_mutex_t lock;  /* guards running */
    SQLHSTMT running;      /* the statement inside SQLExecute or SQLFetch */
    atomic_bool cancelled;
};

/* The one place where unixODBC's codes become ours. */
enum err odbc_fault_read(struct odbc *odbc, SQLSMALLINT type, SQLHANDLE handle, struct odbc_fault *fault);
/* What came is of the kinds that were asked for.  ERR_OK; ERR_SCHEMA and *fault, which names column and type. */
enum err odbc_types_check(SQLHSTMT stmt, const struct odbc_query *query, struct odbc_fault *fault);
/* Lends the statement to odbc_cancel(); false when we were cancelled already. */
bool odbc_running_set(struct odbc *odbc, SQLHSTMT stmt);

#endif
