/*
 * adapters/odbc.h - the one door to unixODBC: the databases that adapters read.
 *
 * An odbc is one connection that only reads (the simulator's writes, into a database of its own).
 * A query is one SQL text whose data are bound, never written into it; its rows come to a function one
 * by one, typed.  Table and column names in a text come from a column map whose names were checked to
 * be plain identifiers.
 *
 *     odbc_connect → odbc_begin → odbc_query … → odbc_end → … → odbc_disconnect
 *
 * Who connects says DSN, user and password apart (SQLConnect): no connection string exists that could
 * be logged.  unixODBC's own trace would write the password down, so it is refused.
 * What differs between database systems stands in one table of dialects (odbc_dialect.c).
 *
 * Nothing is logged here: a failure comes back as a struct odbc_fault, and who called knows what it
 * was about.  Thread: one; odbc_cancel() from any.
 */
#ifndef ADAPTERS_ODBC_H
#define ADAPTERS_ODBC_H

#include "adapters/odbc_dialect.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/memory.h"

enum odbc_type { ODBC_INTEGER, ODBC_TEXT, ODBC_TIME };

/* A column's value; text is good until the row function returns. */
struct odbc_value {
    bool known;          /* false: NULL */
    bool bad;            /* a text longer than ODBC_TEXT_BYTES_MAX (cut), or a time outside the calendar */
    int64_t integer;     /* of an integer; of a time the instant */
    struct bytes text;
};

struct odbc_param {
    int64_t integer;
    struct bytes text; /* present: a text, else the integer */
};

enum { ODBC_TEXT_BYTES_MAX = 1020 /* 255 characters, the longest column of ICON, in UTF-8 */, ODBC_COLUMNS_MAX = 32 };

enum odbc_trouble {
    ODBC_AWAY,      /* no connection, or it broke */
    ODBC_TABLE,     /* no such table */
    ODBC_COLUMN,    /* no such column, or one of another kind (a query that is typed) */
    ODBC_TIMEOUT,   /* the statement took longer than allowed */
    ODBC_CANCELLED, /* by odbc_cancel() */
    ODBC_REFUSED,   /* the wrong password, a DSN that is none, no right to read, … */
};

struct odbc_fault {
    enum odbc_trouble trouble;
    char state[6];   /* SQLSTATE */
    char text[400];  /* the driver's words */
};

struct odbc_options {
    const char *dsn, *user;    /* user NULL: as the DSN says */
    const char *password_file; /* NULL: as the DSN says; its first line, read at each connect */
    int timeout_seconds;       /* of a statement */
    const char *dialect;       /* NULL: as the database calls itself; a test may ask another one's ways of it */
    bool alone;                /* each query is a transaction of its own: no round trip, lock or snapshot is left behind it */
    bool writes;               /* the simulator's, into its own database; every other connection only reads */
    bool snapshot;             /* every query of a transaction sees one state of the database */
};

struct odbc;

/* options' texts must outlive it. */
struct odbc *odbc_create(const struct odbc_options *options);
void odbc_destroy(struct odbc *odbc);
/* True when unixODBC is told to trace (Trace=Yes in odbcinst.ini). */
bool odbc_is_traced(void);

/* All below: ERR_OK; ERR_AWAY, ERR_SCHEMA (no such table or column), ERR_CANCELLED or ERR_IO with *fault filled. */

MUST_CHECK enum err odbc_connect(struct odbc *odbc, struct odbc_fault *fault);
void odbc_disconnect(struct odbc *odbc);
bool odbc_is_connected(const struct odbc *odbc);
/* The dialect of the database; after odbc_connect(). */
const struct odbc_dialect *odbc_dialect(const struct odbc *odbc);

/* "PostgreSQL 15.2", as the database calls itself; "" when not connected. */
enum { ODBC_NAME_SIZE = 160 };
char *odbc_name(struct odbc *odbc, char name[ODBC_NAME_SIZE]);

typedef void (*odbc_row_fn)(void *owner, const struct odbc_value *values);

struct odbc_query {
    const char *sql;
    const struct odbc_param *params;
    size_t param_count;
    const enum odbc_type *types; /* of the columns in order */
    size_t column_count;
    bool typed; /* a column that is no number, time or text any more fails the query, before a driver makes something of it */
    bool keep; /* asked again and again: it is prepared once a connection, of at most four texts */
    odbc_row_fn row;
    void *owner;
};

/* Runs it inside the transaction that the first query opens; alone: in one of its own. */
MUST_CHECK enum err odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault);
/* Ends the transaction; nothing was written, so it does not matter how. */
void odbc_end(struct odbc *odbc);
/* Ends the transaction of a connection that writes; what it wrote is there when this returns ERR_OK. */
MUST_CHECK enum err odbc_commit(struct odbc *odbc, struct odbc_fault *fault);

/* The names of a table's columns, in arena, NULL behind the last. */
MUST_CHECK enum err odbc_columns(struct odbc *odbc, const char *table, struct arena *arena, const char ***names,
                                 struct odbc_fault *fault);
/* True when an index of table begins with column, or when that cannot be found out. */
bool odbc_has_index(struct odbc *odbc, const char *table, const char *column);

/* Ends the query that runs, and every later one; for stop().  Thread: any. */
void odbc_cancel(struct odbc *odbc);

#endif
