/* adapters/odbc_catalog.c - what a database says of itself and its tables. */
#include "adapters/odbc_private.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

char *odbc_name(struct odbc *odbc, char name[ODBC_NAME_SIZE])
{
    char system[80] = "", version[64] = "";
    SQLSMALLINT len;
    if (odbc->dbc) {
        SQLGetInfo(odbc->dbc, SQL_DBMS_NAME, system, sizeof system, &len);
        SQLGetInfo(odbc->dbc, SQL_DBMS_VER, version, sizeof version, &len);
    }
    snprintf(name, ODBC_NAME_SIZE, "%s%s%s", system, version[0] ? " " : "", version);
    return name;
}

enum err odbc_columns(struct odbc *odbc, const char *table, struct arena *arena, const char ***names,
                      struct odbc_fault *fault)
{
    SQLHSTMT stmt;
    SQLSMALLINT count = 0, len;
    SQLCHAR name[256];
    char *sql = arena_printf(arena, "SELECT * FROM %s WHERE 1 = 0", table);
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, odbc->dbc, &stmt)))
        return odbc_fault_read(odbc, SQL_HANDLE_DBC, odbc->dbc, fault);
    SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)(SQLULEN)odbc->options.timeout_seconds, 0);
    enum err err = ERR_OK;
    odbc_running_set(odbc, stmt);
    if (SQL_SUCCEEDED(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS)) && SQL_SUCCEEDED(SQLNumResultCols(stmt, &count))) {
        *names = arena_alloc(arena, ((size_t)count + 1) * sizeof **names);
        for (SQLSMALLINT i = 0; i < count; i++) {
            name[0] = 0;
            SQLDescribeCol(stmt, (SQLUSMALLINT)(i + 1), name, sizeof name, &len, NULL, NULL, NULL, NULL);
            (*names)[i] = arena_text(arena, bytes_from_text((char *)name));
        }
    } else {
        err = odbc_fault_read(odbc, SQL_HANDLE_STMT, stmt, fault);
    }
    odbc_running_set(odbc, NULL);
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_ROLLBACK);
    odbc->in_transaction = false;
    return err;
}

/* Which types are none of a kind's.  What a driver calls by a name of its own is taken: its values tell. */
static bool is_of_kind(enum odbc_type kind, SQLSMALLINT type)
{
    switch (type) {
    case SQL_CHAR: case SQL_VARCHAR: case SQL_LONGVARCHAR: case SQL_WCHAR: case SQL_WVARCHAR: case SQL_WLONGVARCHAR:
        return kind == ODBC_TEXT;
    case SQL_NUMERIC: case SQL_DECIMAL: case SQL_INTEGER: case SQL_SMALLINT: case SQL_FLOAT: case SQL_REAL: case SQL_DOUBLE:
    case SQL_BIGINT: case SQL_TINYINT: case SQL_BIT:
        return kind != ODBC_TIME; /* a number as a text is what it is */
    case SQL_TYPE_TIMESTAMP: case SQL_TIMESTAMP:
        return kind == ODBC_TIME;
    case SQL_TYPE_DATE: case SQL_TYPE_TIME: case SQL_DATE: case SQL_TIME:
        return false; /* half of an instant */
    default:
        return true;
    }
}

enum err odbc_types_check(SQLHSTMT stmt, const struct odbc_query *query, struct odbc_fault *fault)
{
    static const char *const kinds[] = {[ODBC_INTEGER] = "a whole number", [ODBC_TEXT] = "a text", [ODBC_TIME] = "date and time"};
    for (size_t i = 0; i < query->column_count; i++) {
        SQLCHAR name[128] = "", is[64] = "";
        SQLSMALLINT type = 0, len;
        if (!SQL_SUCCEEDED(SQLDescribeCol(stmt, (SQLUSMALLINT)(i + 1), name, sizeof name, &len, &type, NULL, NULL, NULL)) ||
            is_of_kind(query->types[i], type))
            continue;
        SQLColAttribute(stmt, (SQLUSMALLINT)(i + 1), SQL_DESC_TYPE_NAME, is, sizeof is, &len, NULL);
        *fault = (struct odbc_fault){.trouble = ODBC_COLUMN};
        snprintf(fault->text, sizeof fault->text, "column %s is of type %s, expected %s", (char *)name, (char *)is, kinds[query->types[i]]);
        return ERR_SCHEMA;
    }
    return ERR_OK;
}

static void fold(char *text, enum odbc_fold how)
{
    for (; *text && how != FOLD_NONE; text++)
        *text = (char)(how == FOLD_LOWER ? tolower((unsigned char)*text) : toupper((unsigned char)*text));
}

bool odbc_has_index(struct odbc *odbc, const char *table, const char *column)
{
    char whole[256], name[256];
    SQLSMALLINT position = 0;
    SQLLEN name_len = 0, position_len = 0;
    SQLHSTMT stmt;
    bool found = false, any = false;
    snprintf(whole, sizeof whole, "%s", table);
    fold(whole, odbc->dialect->fold);
    char *dot = strrchr(whole, '.'), *schema = NULL, *bare = whole;
    if (dot) {
        *dot = 0;
        schema = whole;
        bare = dot + 1;
    }
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, odbc->dbc, &stmt)))
        return true;
    if (SQL_SUCCEEDED(SQLStatistics(stmt, NULL, 0, (SQLCHAR *)schema, schema ? SQL_NTS : 0, (SQLCHAR *)bare, SQL_NTS,
                                    SQL_INDEX_ALL, SQL_QUICK))) {
        SQLBindCol(stmt, 8, SQL_C_SSHORT, &position, 0, &position_len);
        SQLBindCol(stmt, 9, SQL_C_CHAR, name, sizeof name, &name_len);
        while (!found && SQL_SUCCEEDED(SQLFetch(stmt))) {
            any = true;
            found = position_len != SQL_NULL_DATA && name_len != SQL_NULL_DATA && position == 1 && strcasecmp(name, column) == 0;
        }
    }
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    SQLEndTran(SQL_HANDLE_DBC, odbc->dbc, SQL_ROLLBACK);
    odbc->in_transaction = false;
    return found || !any;
}
