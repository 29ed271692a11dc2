/* What was published of the last days: told from what was not, in a few bytes a row, and forgotten again. */
#include "adapters/icon/known.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(known, tells_new_and_ended_rows_from_known_ones)
{
    struct known known = {0};
    cr_assert_not(known_has(&known, 7, 1, false));
    known_note(&known, 7, 1, false, 10);
    cr_assert(known_has(&known, 7, 1, false));
    cr_assert_not(known_has(&known, 8, 1, false));
    cr_assert_not(known_has(&known, 7 + KNOWN_BLOCK_IDS, 1, false));
    cr_assert_not(known_has(&known, 7, 1, true), "it has ended since");
    known_note(&known, 7, (int64_t)1 << 62, true, 11);
    cr_assert(known_has(&known, 7, (int64_t)1 << 62, true));
    cr_assert_not(known_has(&known, 7, 1, false));
    cr_assert_not(known_has(&known, -1, 1, false));
    known_free(&known);
}

Test(known, another_version_is_seldom_taken_for_the_same)
{
    struct known known = {0};
    size_t wrong = 0;
    enum { ROWS = 200000 };
    for (int64_t id = 0; id < ROWS; id++)
        known_note(&known, id, id, false, 1);
    for (int64_t id = 0; id < ROWS; id++) {
        cr_assert(known_has(&known, id, id, false));
        wrong += known_has(&known, id, id + ROWS, false);
    }
    printf("%zu of %d other versions were taken for known ones, in %u blocks\n", wrong, ROWS, known.count);
    cr_expect_lt(wrong, 40);
    known_free(&known);
}

Test(known, is_bounded_and_forgets)
{
    struct known known = {0};
    for (int64_t i = 0; i < KNOWN_BLOCKS_MAX + 10; i++)
        known_note(&known, i * KNOWN_BLOCK_IDS, 1, false, i);
    cr_assert(known.count == KNOWN_BLOCKS_MAX && known.full);
    cr_assert_not(known_has(&known, (int64_t)KNOWN_BLOCKS_MAX * KNOWN_BLOCK_IDS, 1, false));
    known_forget(&known, 1000);
    cr_assert(known.count == KNOWN_BLOCKS_MAX - 1000 && !known.full);
    for (int64_t i = 0; i < KNOWN_BLOCKS_MAX; i++)
        cr_assert_eq(known_has(&known, i * KNOWN_BLOCK_IDS, 1, false), i >= 1000, "block %lld", (long long)i);
    known_forget(&known, INT64_MAX);
    cr_assert_eq(known.count, 0u);
    known_free(&known);
}
