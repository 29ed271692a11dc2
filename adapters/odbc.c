#include "adapters/odbc_private.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { LOGIN_SECONDS = 5, PASSWORD_BYTES_MAX = 1024, CANCEL_TRIES = 20, CANCEL_PAUSE_MS = 10 };

/* A column's buffers while a statement runs. */
struct column {
    enum odbc_type type;
    bool as_text; /* an integer that comes as a decimal text */
    SQLLEN len;
    union {
        SQLBIGINT integer;
        SQL_TIMESTAMP_STRUCT time;
        char text[ODBC_TEXT_BYTES_MAX + 1];
    };
};

/* Of a statement's parameters. */
struct binding {
    SQLLEN lens[ODBC_COLUMNS_MAX];
    char texts[ODBC_COLUMNS_MAX][24];
};

static bool make_handles(SQLHENV *env, SQLHDBC *dbc)
{
    *dbc = NULL;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, env)))
        return false;
    SQLSetEnvAttr(*env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    return SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, *env, dbc));
}

bool odbc_is_traced(void)
{
    SQLHENV env;
    SQLHDBC dbc;
    SQLUINTEGER on = SQL_OPT_TRACE_OFF;
    if (make_handles(&env, &dbc))
        SQLGetConnectAttr(dbc, SQL_ATTR_TRACE, &on, SQL_IS_UINTEGER, NULL);
    if (dbc)
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return on != SQL_OPT_TRACE_OFF;
}

struct odbc *odbc_create(const struct odbc_options *options)
{
    struct odbc *odbc = memory_alloc_zero(1, sizeof *odbc);
    odbc->options = *options;
    pthread_mutex_init(&odbc->lock, NULL);
    return odbc;
}

void odbc_destroy(struct odbc *odbc)
{
    if (!odbc)
        return;
    odbc_disconnect(odbc);
    pthread_mutex_destroy(&odbc->lock);
    free(odbc);
}

bool odbc_is_connected(const struct odbc *odbc)
{
    return odbc->dbc != NULL;
}

const struct odbc_dialect *odbc_dialect(const struct odbc *odbc)
{
    return odbc->dialect;
}

/* SQLSTATE → what it means for us; the first that begins so decides. */
static const struct {
    const char *state;
    enum odbc_trouble trouble;
    enum err err;
} states[] = {
    {"42S02", ODBC_TABLE, ERR_SCHEMA},  {"42P01", ODBC_TABLE, ERR_SCHEMA}, /* PostgreSQL's own codes come through */
    {"42S22", ODBC_COLUMN, ERR_SCHEMA}, {"42703", ODBC_COLUMN, ERR_SCHEMA},
    {"HYT00", ODBC_TIMEOUT, ERR_IO},    {"57014", ODBC_TIMEOUT, ERR_IO},   {"HY008", ODBC_TIMEOUT, ERR_IO},
    {"08", ODBC_AWAY, ERR_AWAY},        {"57P", ODBC_AWAY, ERR_AWAY},      {"HYT01", ODBC_AWAY, ERR_AWAY},
    {"", ODBC_REFUSED, ERR_IO},
};

/* The one place where unixODBC's codes become ours. */
enum err odbc_fault_read(struct odbc *odbc, SQLSMALLINT type, SQLHANDLE handle, struct odbc_fault *fault)
{
    SQLINTEGER native;
    SQLSMALLINT len;
    *fault = (struct odbc_fault){.trouble = ODBC_REFUSED};
    if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, (SQLCHAR *)fault->state, &native, (SQLCHAR *)fault->text,
                                     sizeof fault->text, &len)))
        snprintf(fault->text, sizeof fault->text, "the driver failed without a word");
    /* psqlodbc adds a second line that says nothing. */
    fault->text[strcspn(fault->text, "\n")] = 0;
    if (atomic_load(&odbc->cancelled)) {
        fault->trouble = ODBC_CANCELLED;
        return ERR_CANCELLED;
    }
    size_t i = 0;
    while (strncmp(fault->state, states[i].state, strlen(states[i].state)) != 0)
        i++;
    fault->trouble = states[i].trouble;
    return states[i].err;
}

static enum err fault_of_ours(struct odbc_fault *fault, enum odbc_trouble trouble, enum err err, const char *text)
{
    *fault = (struct odbc_fault){.trouble = trouble};
    snprintf(fault->text, sizeof fault->text, "%s", text);
    return err;
}

static void drop_kept(struct odbc *odbc)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (odbc->kept[i].sql)
            SQLFreeHandle(SQL_HANDLE_STMT, odbc->kept[i].stmt);
        free(odbc->kept[i].sql);
        odbc->kept[i].sql = NULL;
    }
}

/* The first line of the password file; false and *fault when it cannot be read. */
static bool read_password(const char *file, char password[PASSWORD_BYTES_MAX], struct odbc_fault *fault)
{
    password[0] = 0;
    if (!file)
        return true;
    FILE *in = fopen(file, "re");
    if (!in || !fgets(password, PASSWORD_BYTES_MAX, in)) {
        *fault = (struct odbc_fault){.trouble = ODBC_REFUSED};
        snprintf(fault->text, sizeof fault->text, "password_file %s: %s", file, in ? "is empty" : strerror(errno));
        if (in)
            fclose(in);
        return false;
    }
    fclose(in);
    password[strcspn(password, "\r\n")] = 0;
    return true;
}

static enum err run_plain(struct odbc *odbc, const char *sql, struct odbc_fault *fault)
{
    return odbc_run(odbc, &(struct odbc_query){.sql = sql}, fault);
}

/* One state for a whole transaction: the weakest level that promises it, since stronger ones lock rows in some systems. */
static void see_one_state(struct odbc *odbc)
{
    SQLUINTEGER levels = 0;
    SQLSMALLINT len;
    SQLGetInfo(odbc->dbc, SQL_TXN_ISOLATION_OPTION, &levels, sizeof levels, &len);
    SQLULEN level = levels & SQL_TXN_REPEATABLE_READ ? SQL_TXN_REPEATABLE_READ : SQL_TXN_SERIALIZABLE;
    SQLSetConnectAttr(odbc->dbc, SQL_ATTR_TXN_ISOLATION, (SQLPOINTER)level, 0);
}

/* What the dialect wants said once per connection; ends committed, since a rollback would take it back. */
static enum err say_first(struct odbc *odbc, struct odbc_fault *fault)
{
    char name[128] = "", sql[128];
    SQLSMALLINT len;
    SQLGetInfo(odbc->dbc, SQL_DBMS_NAME, name, sizeof name, &len);
    odbc->dialect = odbc_dialect_find(odbc->options.dialect ? odbc->options.dialect : name);
    enum err err = ERR_OK;
    if (odbc->options.snapshot)
        see_one_state(odbc);
    if (odbc->dialect->read_only && !odbc->options.writes)
        err = run_plain(odbc, odbc->dialect->read_only, fault);
    if (!err && odbc->dialect->timeout) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* a row of our own table */
        snprintf(sql, sizeof sql, odbc->dialect->timeout, odbc->options.timeout_seconds * 1000);
#pragma GCC diagnostic pop
        err = run_plain(odbc, sql, fault);
    }
    odbc_end(odbc);
    return err;
}

enum err odbc_connect(struct odbc *odbc, struct odbc_fault *fault)
{
    char password[PASSWORD_BYTES_MAX];
    check(!odbc->dbc);
    if (odbc_is_traced())
        return fault_of_ours(fault, ODBC_REFUSED, ERR_IO, "unixODBC is told to trace (Trace=Yes in odbcinst.ini), which writes passwords down");
    if (!read_password(odbc->options.password_file, password, fault))
        return ERR_IO;
    if (!make_handles(&odbc->env, &odbc->dbc)) {
        odbc_disconnect(odbc);
        return fault_of_ours(fault, ODBC_REFUSED, ERR_IO, "unixODBC has no memory or no settings");
    }
    SQLSetConnectAttr(odbc->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(SQLULEN)LOGIN_SECONDS, 0);
    SQLSetConnectAttr(odbc->dbc, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)(SQLULEN)(odbc->options.writes ? SQL_MODE_READ_WRITE : SQL_MODE_READ_ONLY), 0);
    SQLSetConnectAttr(odbc->dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)(SQLULEN)(odbc->options.alone ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF), 0);
    SQLRETURN ret = SQLConnect(odbc->dbc, (SQLCHAR *)(uintptr_t)odbc->options.dsn, SQL_NTS,
                               (SQLCHAR *)(uintptr_t)odbc->options.user, odbc->options.user ? SQL_NTS : 0,
                               odbc->options.password_file ? (SQLCHAR *)password : NULL,
                               odbc->options.password_file ? SQL_NTS : 0);
    explicit_bzero(password, sizeof password);
    if (!SQL_SUCCEEDED(ret)) {
        enum err err = odbc_fault_read(odbc, SQL_HANDLE_DBC, odbc->dbc, fault);
        odbc_disconnect(odbc);
        return err;
    }
    enum err err = say_first(odbc, fault);
    if (err)
        odbc_disconnect(odbc);
    return err;
}

void odbc_disconnect(struct odbc *odbc)
{
    if (odbc->dbc) {
        drop_kept(odbc);
        SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_ROLLBACK);
        SQLDisconnect(odbc->dbc);
        SQLFreeHandle(SQL_HANDLE_DBC, odbc->dbc);
    }
    if (odbc->env)
        SQLFreeHandle(SQL_HANDLE_ENV, odbc->env);
    odbc->dbc = NULL;
    odbc->env = NULL;
    odbc->in_transaction = false;
}

void odbc_end(struct odbc *odbc)
{
    if (odbc->dbc && odbc->in_transaction)
        SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_COMMIT);
    odbc->in_transaction = false;
}

enum err odbc_commit(struct odbc *odbc, struct odbc_fault *fault)
{
    check(odbc->options.writes);
    if (!odbc->dbc)
        return fault_of_ours(fault, ODBC_AWAY, ERR_AWAY, "not connected");
    odbc->in_transaction = false;
    return SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_COMMIT)) ? ERR_OK
                                                                            : odbc_fault_read(odbc, SQL_HANDLE_DBC, odbc->dbc, fault);
}

/* Lends the statement to odbc_cancel(); false when we were cancelled already. */
bool odbc_running_set(struct odbc *odbc, SQLHSTMT stmt)
{
    pthread_mutex_lock(&odbc->lock);
    odbc->running = stmt;
    pthread_mutex_unlock(&odbc->lock);
    return !atomic_load(&odbc->cancelled);
}

void odbc_cancel(struct odbc *odbc)
{
    atomic_store(&odbc->cancelled, true);
    /* A statement may stand between odbc_running_set() and its way to the server, where a cancel finds nothing: so
     * again, until it has come back; no other one starts. */
    for (int i = 0; i < CANCEL_TRIES; i++) {
        pthread_mutex_lock(&odbc->lock);
        bool running = odbc->running != NULL;
        if (running)
            SQLCancel(odbc->running);
        pthread_mutex_unlock(&odbc->lock);
        if (!running)
            return;
        nanosleep(&(struct timespec){.tv_nsec = CANCEL_PAUSE_MS * 1000000}, NULL);
    }
}

static void bind_param(SQLHSTMT stmt, SQLUSMALLINT number, struct bytes text, SQLLEN *len)
{
    *len = (SQLLEN)text.len;
    SQLBindParameter(stmt, number, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, text.len ? text.len : 1, 0, (SQLPOINTER)(uintptr_t)text.data, 0, len);
}

static void bind(const struct odbc *odbc, SQLHSTMT stmt, const struct odbc_query *query, struct column *columns, struct binding *binding)
{
    for (size_t i = 0; i < query->param_count; i++) {
        const struct odbc_param *param = &query->params[i];
        SQLUSMALLINT number = (SQLUSMALLINT)(i + 1);
        binding->lens[i] = 0;
        if (bytes_present(param->text)) {
            bind_param(stmt, number, param->text, &binding->lens[i]);
        } else if (odbc->dialect && odbc->dialect->integers_as_text) {
            binding->lens[i] = snprintf(binding->texts[i], sizeof binding->texts[i], "%lld", (long long)param->integer);
            SQLBindParameter(stmt, number, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 19, 0, binding->texts[i], 0, &binding->lens[i]);
        } else {
            SQLBindParameter(stmt, number, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 1, 0, (SQLPOINTER)(uintptr_t)&param->integer, 0, &binding->lens[i]);
        }
    }
    for (size_t i = 0; i < query->column_count; i++) {
        struct column *column = &columns[i];
        column->type = query->types[i];
        column->as_text = column->type == ODBC_INTEGER && odbc->dialect && odbc->dialect->integers_as_text;
        SQLSMALLINT type = column->type == ODBC_TEXT || column->as_text ? SQL_C_CHAR
                           : column->type == ODBC_TIME                  ? SQL_C_TYPE_TIMESTAMP
                                                                        : SQL_C_SBIGINT;
        SQLBindCol(stmt, (SQLUSMALLINT)(i + 1), type, column->text, sizeof column->text, &column->len);
    }
}

/* A decimal text without a fraction; bad: it is none, or no 64-bit integer. */
static struct odbc_value value_of_decimal(const char *text)
{
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (*end == '.')
        end += 1 + strspn(end + 1, "0");
    end += strspn(end, " ");
    return (struct odbc_value){.known = true, .bad = end == text || *end || errno, .integer = integer};
}

static struct odbc_value value_of_time(const SQL_TIMESTAMP_STRUCT *time)
{
    struct odbc_value value = {.known = true};
    if (time->year < 1970 || time->year > 2199 || time->month < 1 || time->month > 12 || time->day < 1 ||
        time->day > 31 || time->hour > 23 || time->minute > 59 || time->second > 60) {
        value.bad = true;
        return value;
    }
    value.integer = date_join(time->year, time->month, time->day) * (int64_t)DAY_MS + time->hour * (int64_t)HOUR_MS +
                    time->minute * (int64_t)MINUTE_MS + time->second * (int64_t)SECOND_MS + time->fraction / 1000000;
    return value;
}

static struct odbc_value value_of(const struct column *column)
{
    if (column->len == SQL_NULL_DATA)
        return (struct odbc_value){0};
    if (column->type == ODBC_TIME)
        return value_of_time(&column->time);
    if (column->as_text)
        return value_of_decimal(column->text);
    if (column->type == ODBC_INTEGER)
        return (struct odbc_value){.known = true, .integer = column->integer};
    bool cut = column->len < 0 || column->len > ODBC_TEXT_BYTES_MAX;
    size_t len = cut ? strnlen(column->text, ODBC_TEXT_BYTES_MAX) : (size_t)column->len;
    return (struct odbc_value){.known = true, .bad = cut, .text = bytes_of(column->text, len)};
}

static SQLRETURN fetch_rows(SQLHSTMT stmt, const struct odbc_query *query, const struct column *columns)
{
    struct odbc_value values[ODBC_COLUMNS_MAX];
    SQLRETURN ret;
    while (SQL_SUCCEEDED(ret = SQLFetch(stmt))) {
        for (size_t i = 0; i < query->column_count; i++)
            values[i] = value_of(&columns[i]);
        query->row(query->owner, values);
    }
    return ret;
}

/* The place of a kept query; its statement is prepared when it is new.  KEPT_MAX: none is free, or it cannot be. */
static size_t find_kept(struct odbc *odbc, const char *sql)
{
    size_t at = 0;
    while (at < KEPT_MAX && odbc->kept[at].sql && strcmp(odbc->kept[at].sql, sql) != 0)
        at++;
    if (at == KEPT_MAX || odbc->kept[at].sql)
        return at;
    SQLHSTMT stmt;
    struct buffer quoted = {0};
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, odbc->dbc, &stmt)))
        return KEPT_MAX;
    SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)(SQLULEN)odbc->options.timeout_seconds, 0);
    bool good = SQL_SUCCEEDED(SQLPrepare(stmt, (SQLCHAR *)(uintptr_t)odbc_dialect_quote(odbc->dialect, sql, &quoted), SQL_NTS));
    buffer_free(&quoted);
    if (!good) {
        SQLFreeHandle(SQL_HANDLE_STMT, stmt);
        return KEPT_MAX;
    }
    odbc->kept[at].stmt = stmt;
    odbc->kept[at].sql = memory_alloc(strlen(sql) + 1);
    strcpy(odbc->kept[at].sql, sql);
    return at;
}

/* A failed statement leaves the transaction unusable (PostgreSQL); a dead connection is found out now. */
static enum err end_failed(struct odbc *odbc, enum err err, struct odbc_fault *fault)
{
    SQLUINTEGER dead = SQL_CD_FALSE;
    drop_kept(odbc); /* what they were prepared for may have changed */
    SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_ROLLBACK);
    odbc->in_transaction = false;
    if (err != ERR_CANCELLED && SQL_SUCCEEDED(SQLGetConnectAttr(odbc->dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, NULL)) &&
        dead == SQL_CD_TRUE) {
        fault->trouble = ODBC_AWAY;
        err = ERR_AWAY;
    }
    return err;
}

enum err odbc_run(struct odbc *odbc, const struct odbc_query *query, struct odbc_fault *fault)
{
    struct column columns[ODBC_COLUMNS_MAX];
    struct binding binding;
    SQLHSTMT stmt;
    check(query->column_count <= ODBC_COLUMNS_MAX && query->param_count <= ODBC_COLUMNS_MAX);
    if (!odbc->dbc)
        return fault_of_ours(fault, ODBC_AWAY, ERR_AWAY, "not connected");
    size_t kept = query->keep ? find_kept(odbc, query->sql) : KEPT_MAX;
    if (kept < KEPT_MAX)
        stmt = odbc->kept[kept].stmt;
    else if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, odbc->dbc, &stmt)))
        return odbc_fault_read(odbc, SQL_HANDLE_DBC, odbc->dbc, fault);
    else
        SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)(SQLULEN)odbc->options.timeout_seconds, 0);

    enum err err = ERR_OK;
    if (odbc_running_set(odbc, stmt)) {
        odbc->in_transaction = !odbc->options.alone;
        bind(odbc, stmt, query, columns, &binding);
        struct buffer quoted = {0};
        SQLRETURN ret = kept < KEPT_MAX ? SQLExecute(stmt)
                                        : SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)odbc_dialect_quote(odbc->dialect, query->sql, &quoted), SQL_NTS);
        buffer_free(&quoted);
        if (SQL_SUCCEEDED(ret) && query->typed)
            err = odbc_types_check(stmt, query, fault);
        if (!err && SQL_SUCCEEDED(ret) && query->column_count)
            ret = fetch_rows(stmt, query, columns);
        if (!err && !SQL_SUCCEEDED(ret) && ret != SQL_NO_DATA)
            err = odbc_fault_read(odbc, SQL_HANDLE_STMT, stmt, fault);
    } else {
        err = fault_of_ours(fault, ODBC_CANCELLED, ERR_CANCELLED, "the adapter ends");
    }
    odbc_running_set(odbc, NULL);
    if (kept == KEPT_MAX)
        SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    else
        SQLFreeStmt(stmt, SQL_CLOSE);
    return err ? end_failed(odbc, err, fault) : ERR_OK;
}
