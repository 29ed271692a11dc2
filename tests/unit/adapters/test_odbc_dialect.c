/* One row a database system: what is said differently there. */
#include "adapters/odbc_dialect.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(odbc_dialect, each_system_has_its_ways)
{
    static const struct {
        const char *says, *name, *page;
        bool as_text;
    } cases[] = {
        {"PostgreSQL", "PostgreSQL", "FETCH NEXT %d ROWS ONLY", false},
        {"MariaDB", "MariaDB", "LIMIT %d", false},
        {"MySQL", "MySQL", "LIMIT %d", false},
        {"Oracle", "Oracle", "OFFSET 0 ROWS FETCH NEXT %d ROWS ONLY", true},
        {"Microsoft SQL Server", "Microsoft SQL Server", "OFFSET 0 ROWS FETCH NEXT %d ROWS ONLY", false},
        {"DB2/LINUXX8664", "DB2", "FETCH FIRST %d ROWS ONLY", false},
        {"Something else", "", "OFFSET 0 ROWS FETCH NEXT %d ROWS ONLY", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct odbc_dialect *dialect = odbc_dialect_find(cases[i].says);
        cr_expect_str_eq(dialect->name, cases[i].name);
        cr_expect_str_eq(dialect->page, cases[i].page);
        cr_expect_eq(dialect->integers_as_text, cases[i].as_text);
    }
    printf("%zu systems\n", sizeof cases / sizeof *cases);
}

Test(odbc_dialect, a_reserved_word_is_quoted_where_it_is_a_word)
{
    static const char *const cases[][2] = {
        {"SELECT ID, TERMINATED FROM T WHERE TERMINATED IS NULL AND TERMINATED_TS > ?", "SELECT ID, `TERMINATED` FROM T WHERE `TERMINATED` IS NULL AND TERMINATED_TS > ?"},
        {"SELECT terminated", "SELECT `terminated`"},
        {"SELECT UNTERMINATED, X_TERMINATED", "SELECT UNTERMINATED, X_TERMINATED"},
        {"SELECT 1", "SELECT 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = {0};
        cr_expect_str_eq(odbc_dialect_quote(odbc_dialect_find("MariaDB"), cases[i][0], &out), cases[i][1]);
        buffer_free(&out);
        cr_expect_eq(odbc_dialect_quote(odbc_dialect_find("Oracle"), cases[i][0], &out), cases[i][0]);
    }
}
