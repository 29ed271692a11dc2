/* Pseudonyms: the same under one key, others under another; a key file that is none stops the start. */
#include "server/privacy.h"

#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

Test(privacy, a_key_gives_the_same_tokens_for_ever)
{
    char path[SCRATCH_PATH_SIZE], a[PSEUDONYM_TEXT_SIZE], b[PSEUDONYM_TEXT_SIZE];
    struct pseudonyms one, same, other;
    cr_assert_eq(pseudonyms_open(scratch_file("0123456789abcdef\n", path), &one), ERR_OK);
    scratch_remove(path);
    cr_assert_eq(pseudonyms_open(scratch_file("0123456789abcdef", path), &same), ERR_OK); /* how a line ends is no part of it */
    scratch_remove(path);
    cr_assert_eq(pseudonyms_open(NULL, &other), ERR_OK);
    cr_expect(one.lasting && same.lasting && !other.lasting);
    cr_expect_str_eq(pseudonym_text(&one, "person", 5001, a), pseudonym_text(&same, "person", 5001, b));
    cr_expect_str_neq(pseudonym_text(&one, "person", 5001, a), pseudonym_text(&other, "person", 5001, b));
    cr_expect_str_neq(pseudonym_text(&one, "person", 5001, a), pseudonym_text(&one, "person", 5002, b));
    cr_expect_str_neq(pseudonym_text(&one, "person", 5001, a) + 2, pseudonym_text(&one, "login", 5001, b) + 2);
    cr_expect(a[0] == 'p' && a[1] == '-' && strlen(a) == 14 && b[0] == 'l');
}

Test(privacy, a_key_file_that_is_none)
{
    char path[SCRATCH_PATH_SIZE];
    struct pseudonyms pseudonyms;
    cr_expect_eq(pseudonyms_open("/nowhere/at/all", &pseudonyms), ERR_SETTINGS);
    cr_expect_eq(pseudonyms_open(scratch_file("too short\n", path), &pseudonyms), ERR_SETTINGS);
    scratch_remove(path);
}
