/* base/err.c: every failure has a name, a text and an exit code of the contract. */
#include "base/err.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(err, each_has_name_text_and_exit_code)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        int code = err_exit_code((enum err)i);
        cr_assert(strlen(err_name((enum err)i)) > 1 && strlen(err_text((enum err)i)) > 2, "%d", i);
        cr_assert((code >= 0 && code <= 5) || code == 70, "%s ends with %d", err_name((enum err)i), code);
        cr_assert_eq(code == 0, i == ERR_OK);
    }
    printf("%d failures\n", ERR_COUNT);
}

Test(err, exit_codes_of_the_contract)
{
    cr_assert_eq(err_exit_code(ERR_INPUT), 1);
    cr_assert_eq(err_exit_code(ERR_USAGE), 2);
    cr_assert_eq(err_exit_code(ERR_SETTINGS), 2);
    cr_assert_eq(err_exit_code(ERR_AWAY), 3);
    cr_assert_eq(err_exit_code(ERR_BUSY), 4);
    cr_assert_eq(err_exit_code(ERR_DAMAGED), 5);
    cr_assert_eq(err_exit_code(ERR_FORMAT), 5);
    cr_assert_eq(err_exit_code(ERR_BUG), 70);
}
