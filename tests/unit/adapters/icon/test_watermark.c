/* Up to when all rows are in: the cases of watermark.h. */
#include "adapters/icon/watermark.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { WALL = 10000 };

Test(icon_watermark, cases)
{
    const struct icon_connection open[] = {{1, -1, 100, INSTANT_NEVER}, {2, 3, 200, INSTANT_NEVER}};
    const struct icon_connection one_closed[] = {{1, -1, 100, 500}, {2, 3, 200, INSTANT_NEVER}};
    const struct icon_connection closed[] = {{1, -1, 100, 500}, {2, 3, 200, 700}};
    const struct icon_sync both[] = {{1, 900}, {2, 800}}, primary[] = {{1, 900}, {3, 850}}, stale[] = {{1, 50}, {2, 800}},
                           future[] = {{1, 20000}, {2, 30000}}, one[] = {{1, 900}};
    const struct {
        const char *what;
        const struct icon_connection *connections;
        size_t connection_count;
        const struct icon_sync *syncs;
        size_t sync_count;
        instant newest, wanted;
    } cases[] = {
        {"the smallest of both", open, 2, both, 2, INSTANT_NONE, 800},
        {"the primary server's name counts", open, 2, primary, 2, INSTANT_NONE, 850},
        {"a value from before the connection does not move: the newest row instead", open, 2, stale, 2, 600, 600},
        {"… and without one nothing is known", open, 2, stale, 2, INSTANT_NONE, INSTANT_NONE},
        {"a moving value is not overtaken by rows", open, 2, both, 2, 5000, 800},
        {"a provider without a row takes the newest", open, 2, one, 1, 700, 700},
        {"a closed connection is not waited for", one_closed, 2, both, 2, INSTANT_NONE, 800},
        {"all closed: the last one, at its end", closed, 2, both, 2, INSTANT_NONE, 700},
        {"no connection", NULL, 0, both, 2, 5000, INSTANT_NONE},
        {"nothing lies in the future", open, 2, future, 2, INSTANT_NONE, WALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instant until = icon_watermark(cases[i].connections, cases[i].connection_count, cases[i].syncs, cases[i].sync_count,
                                       cases[i].newest, WALL);
        cr_expect_eq(until, cases[i].wanted, "%s: %lld, wanted %lld", cases[i].what, (long long)until, (long long)cases[i].wanted);
        printf("%s\n", cases[i].what);
    }
}
