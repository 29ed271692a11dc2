#include "adapters/odbc_dialect.h"

#include <strings.h>

static const struct odbc_dialect dialects[] = {
    {"PostgreSQL", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET statement_timeout = %d",
     "FETCH NEXT %d ROWS ONLY", FOLD_LOWER},
    /* The standard's words, which Oracle 12, SQL Server 2012, DB2 and MariaDB take as well. */
    {"", NULL, NULL, "OFFSET 0 ROWS FETCH NEXT %d ROWS ONLY", FOLD_UPPER},
};

const struct odbc_dialect *odbc_dialect_find(const char *dbms_name)
{
    const struct odbc_dialect *dialect = dialects;
    while (strncasecmp(dbms_name, dialect->name, strlen(dialect->name)) != 0)
        dialect++;
    return dialect;
}
