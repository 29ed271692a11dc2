#include "adapters/odbc_dialect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Whether an account may change a table, as one number above 0.  Roles that come through others count where the system tells. */
#define MAY_WRITE_POSTGRES "SELECT CASE WHEN has_table_privilege('%s', 'INSERT, UPDATE, DELETE, TRUNCATE') THEN 1 ELSE 0 END"
#define MAY_WRITE_MARIADB \
    "SELECT (SELECT COUNT(*) FROM information_schema.user_privileges WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'DROP') " \
    "AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')) + " \
    "(SELECT COUNT(*) FROM information_schema.schema_privileges WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'DROP') " \
    "AND DATABASE() LIKE table_schema AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')) + " \
    "(SELECT COUNT(*) FROM information_schema.table_privileges WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'DROP') " \
    "AND table_schema = DATABASE() AND table_name = '%s' AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), ''''))"
#define MAY_WRITE_ORACLE \
    "SELECT (SELECT COUNT(*) FROM session_privs WHERE privilege IN ('INSERT ANY TABLE', 'UPDATE ANY TABLE', 'DELETE ANY TABLE')) + " \
    "(SELECT COUNT(*) FROM user_tables WHERE table_name = UPPER('%s')) FROM dual"
#define MAY_WRITE_MSSQL \
    "SELECT COALESCE(HAS_PERMS_BY_NAME('%s', 'OBJECT', 'INSERT'), 0) + COALESCE(HAS_PERMS_BY_NAME('%s', 'OBJECT', 'UPDATE'), 0) + " \
    "COALESCE(HAS_PERMS_BY_NAME('%s', 'OBJECT', 'DELETE'), 0)"
#define MAY_WRITE_DB2 \
    "SELECT COUNT(*) FROM SYSCAT.TABAUTH WHERE GRANTEE = SESSION_USER AND TABNAME = UPPER('%s') AND " \
    "(INSERTAUTH IN ('Y', 'G') OR UPDATEAUTH IN ('Y', 'G') OR DELETEAUTH IN ('Y', 'G') OR CONTROLAUTH = 'Y')"
#define PAGE_STANDARD "OFFSET 0 ROWS FETCH NEXT %d ROWS ONLY"

static const struct odbc_dialect dialects[] = {
    {.name = "PostgreSQL", .tried = true, .read_only = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
     .timeout = "SET statement_timeout = %d", .page = "FETCH NEXT %d ROWS ONLY", .fold = FOLD_LOWER, .may_write = MAY_WRITE_POSTGRES},
    {.name = "MariaDB", .tried = true, .read_only = "SET SESSION TRANSACTION READ ONLY", .timeout = "SET SESSION max_statement_time = %d / 1000",
     .page = "LIMIT %d", .fold = FOLD_NONE, .reserved = "TERMINATED", .quote = '`', .may_write = MAY_WRITE_MARIADB},
    {.name = "MySQL", .read_only = "SET SESSION TRANSACTION READ ONLY", .timeout = "SET SESSION max_execution_time = %d", .page = "LIMIT %d",
     .fold = FOLD_NONE, .reserved = "TERMINATED", .quote = '`', .may_write = MAY_WRITE_MARIADB},
    /* Its driver knows no 64-bit integers: they go as text.  Readers wait for nobody there. */
    {.name = "Oracle", .page = PAGE_STANDARD, .fold = FOLD_UPPER, .integers_as_text = true, .may_write = MAY_WRITE_ORACLE},
    /* Without READ_COMMITTED_SNAPSHOT a look waits for a writer's transaction: not for ever. */
    {.name = "Microsoft SQL Server", .timeout = "SET LOCK_TIMEOUT %d", .page = PAGE_STANDARD, .fold = FOLD_NONE, .may_write = MAY_WRITE_MSSQL},
    {.name = "DB2", .page = "FETCH FIRST %d ROWS ONLY", .fold = FOLD_UPPER, .may_write = MAY_WRITE_DB2},
    {.name = "", .page = PAGE_STANDARD, .fold = FOLD_UPPER},
};

const struct odbc_dialect *odbc_dialect_find(const char *dbms_name)
{
    const struct odbc_dialect *dialect = dialects;
    while (strncasecmp(dbms_name, dialect->name, strlen(dialect->name)) != 0)
        dialect++;
    return dialect;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '#';
}

const char *odbc_dialect_quote(const struct odbc_dialect *dialect, const char *sql, struct buffer *out)
{
    size_t len = dialect && dialect->reserved ? strlen(dialect->reserved) : 0;
    if (!len || !strcasestr(sql, dialect->reserved))
        return sql;
    for (const char *at = sql; *at;) {
        size_t word = 0;
        while (is_word(at[word]))
            word++;
        bool reserved = word == len && strncasecmp(at, dialect->reserved, len) == 0;
        if (reserved)
            buffer_append_char(out, dialect->quote);
        buffer_append(out, at, word ? word : 1);
        if (reserved)
            buffer_append_char(out, dialect->quote);
        at += word ? word : 1;
    }
    return buffer_text(out);
}
