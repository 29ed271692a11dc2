/* How rows come: mostly at once, some late, some held; the same for the same seed. */
#include "adapters/simulator/delivery.h"
#include "adapters/simulator/numbers.h"

#include <criterion/criterion.h>

static struct script script_with(struct site *site, uint64_t seed)
{
    *site = (struct site){.options = {.seed = seed}};
    return (struct script){.site = site};
}

Test(delivery, shares_are_as_asked_and_times_within_bounds)
{
    static const struct delivery_options options = {.late_per_mille = 50, .late_minutes_max = 4, .side_per_mille = 100};
    struct site site;
    struct script script = script_with(&site, 7);
    int late = 0, side = 0;
    enum { EVENTS = 20000 };
    for (size_t i = 0; i < EVENTS; i++) {
        struct sim_event event = {.at = 1795435200000 + (instant)i * 331, .kind = (enum sim_event_kind)(i % 3), .index = i / 3};
        struct delivery delivery = delivery_of(&script, &event, &options), again = delivery_of(&script, &event, &options);
        cr_assert(delivery.side == again.side && delivery.delay_ms == again.delay_ms);
        cr_assert_leq(delivery.delay_ms, delivery.side ? 8000 : 4 * MINUTE_MS);
        cr_assert(!delivery.side || delivery.delay_ms > 0);
        side += delivery.side;
        late += !delivery.side && delivery.delay_ms > 0;
    }
    cr_log_info("late %d, held %d of %d", late, side, EVENTS);
    cr_expect(late > EVENTS / 25 && late < EVENTS / 16, "late: %d of %d, asked for 5 %%", late, EVENTS);
    cr_expect(side > EVENTS / 13 && side < EVENTS / 8, "held: %d of %d, asked for 10 %% of the rest", side, EVENTS);
}

Test(delivery, none_when_none_is_asked_for)
{
    struct site site;
    struct script script = script_with(&site, 7);
    for (size_t i = 0; i < 1000; i++) {
        struct delivery delivery = delivery_of(&script, &(struct sim_event){.at = (instant)i, .index = i}, &(struct delivery_options){.late_minutes_max = 1});
        cr_assert(!delivery.side && delivery.delay_ms == 0);
    }
}

Test(numbers, two_blocks_interleave_and_leave_holes)
{
    struct counter counter = {0};
    struct block a = {0}, b = {0};
    cr_expect_eq(number_take(&counter, &a, 10), 1);
    cr_expect_eq(number_take(&counter, &b, 10), 11);
    cr_expect_eq(number_take(&counter, &a, 10), 2, "lower than what the other has");
    block_drop(&a);
    cr_expect_eq(number_take(&counter, &a, 10), 21, "3 to 10 are a hole");
    for (int64_t number = 12; number <= 20; number++)
        cr_expect_eq(number_take(&counter, &b, 10), number);
    cr_expect_eq(number_take(&counter, &b, 10), 31);
    cr_expect_eq(counter.reserved, 40);
    number_written(&counter, 21);
    number_written(&counter, 2);
    cr_expect_eq(counter.written, 21);
}
