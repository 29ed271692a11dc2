#include "store/tables.h"

const char *table_name(enum db_table table)
{
    static const char *const names[] = {
#define X(table, name, text) name,
        TABLE_MAP(X)
#undef X
    };
    return names[table];
}
