/* What was published between two marks is known, and forgotten when a pass no longer meets it. */
#include "adapters/icon/seen.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(icon_seen, two_generations)
{
    struct seen seen = {0};
    for (int64_t id = 0; id < 1000; id++)
        seen_add(&seen, id, id * 7);
    cr_expect(seen_has(&seen, 999, 6993) && !seen_has(&seen, 999, 6994) && !seen_has(&seen, 1000, 7000));
    seen_pass_begin(&seen);
    for (int64_t id = 500; id < 1000; id++)
        seen_add(&seen, id, id * 7);
    seen_add(&seen, 2000, 1);
    cr_expect(seen_has(&seen, 3, 21), "what was known stays known while the pass lasts");
    seen_pass_end(&seen);
    cr_expect(!seen_has(&seen, 3, 21) && seen_has(&seen, 500, 3500) && seen_has(&seen, 2000, 1));
    /* A pass that is broken off forgets nothing. */
    seen_pass_begin(&seen);
    seen_add(&seen, 3000, 1);
    seen_pass_begin(&seen);
    cr_expect(seen_has(&seen, 500, 3500) && seen_has(&seen, 3000, 1));
    seen_free(&seen);
    printf("generations turn\n");
}

Test(icon_seen, is_bounded)
{
    struct seen seen = {0};
    for (int64_t id = 0; id < SEEN_ROWS_MAX + 10; id++)
        seen_add(&seen, id, 0);
    cr_expect_eq(seen.now.count, SEEN_ROWS_MAX);
    cr_expect(seen_has(&seen, 0, 0) && !seen_has(&seen, SEEN_ROWS_MAX + 5, 0), "the rest is published again");
    seen_free(&seen);
    printf("%d rows at most\n", SEEN_ROWS_MAX);
}
