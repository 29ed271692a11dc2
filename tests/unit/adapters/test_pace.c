/* Waits end at once when told to; back-off grows to its limit and begins anew. */
#include "adapters/pace.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void *wait_long(void *pace)
{
    return pace_wait(pace, 3600 * 1000) ? pace : NULL;
}

Test(pace, a_stop_ends_a_wait, .timeout = 60)
{
    struct pace pace;
    pthread_t thread;
    void *result;
    pace_init(&pace);
    cr_expect(pace_wait(&pace, 0) && pace_wait(&pace, -5) && pace_wait(&pace, 1));
    pthread_create(&thread, NULL, wait_long, &pace);
    pace_stop(&pace);
    pthread_join(thread, &result);
    cr_expect_null(result, "an hour's wait said that it was over");
    cr_expect(!pace_wait(&pace, 3600 * 1000) && pace_is_stopped(&pace));
    pace_free(&pace);
    printf("an hour's wait ended\n");
}

Test(pace, back_off)
{
    struct backoff backoff = {0};
    int64_t whole = BACKOFF_FIRST_MS;
    for (int i = 0; i < 20; i++) {
        int64_t wait = backoff_fail(&backoff);
        cr_expect(wait >= whole / 2 && wait <= whole, "failure %d: %lld of %lld", i, (long long)wait, (long long)whole);
        whole = whole * 2 < BACKOFF_LAST_MS ? whole * 2 : BACKOFF_LAST_MS;
    }
    backoff_clear(&backoff);
    cr_expect(backoff_fail(&backoff) <= BACKOFF_FIRST_MS);
    printf("from %d to %d ms\n", BACKOFF_FIRST_MS, BACKOFF_LAST_MS);
}
