/* The site: couples, groups, tenants, and shifts that meet. */
#include "adapters/simulator/people.h"
#include "adapters/simulator/shift.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct site make(uint64_t seed, int32_t agents, int32_t tenants)
{
    struct site site;
    site_make(&site, &(struct site_options){.seed = seed, .agents = agents, .tenants = tenants});
    return site;
}

Test(people, every_index_is_one_and_tenants_agree)
{
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 1;
    cr_log_info("SEED=%llu", (unsigned long long)seed);
    struct site site = make(seed, 300, 4);
    int members[4] = {0}, kinds = 0, couples = 0;
    for (int32_t n = 0; n < site.person_count; n++) {
        const struct sim_person *person = &site.persons[n];
        cr_assert(person->place < site.place_count && person->dn < site.dn_count && person->login < site.login_count);
        members[person->tenant]++;
        kinds |= 1 << person->habit;
        for (int k = 0; k < 2; k++)
            cr_assert_eq(site.agent_group_tenants[person->groups[k]], person->tenant);
        cr_assert_neq(person->groups[0], person->groups[1], "two groups each");
        if (person->partner < 0)
            continue;
        couples++;
        cr_assert_eq(site.persons[person->partner].place, person->place);
        cr_assert_eq(site.persons[person->partner].partner, n);
        cr_assert_neq(site.persons[person->partner].second, person->second);
    }
    cr_expect_eq(kinds, 31, "every habit occurs");
    cr_expect_gt(couples, 20);
    cr_expect(members[0] > members[1] && members[3] > 10, "tenants of %d, %d, %d, %d", members[0], members[1], members[2], members[3]);
    site_free(&site);
}

Test(people, a_couple_s_shifts_overlap_whenever_both_work)
{
    struct site site = make(5, 300, 3);
    int met = 0;
    for (int32_t n = 0; n < site.person_count; n++) {
        const struct sim_person *person = &site.persons[n];
        if (!person->second || site.persons[person->partner].start_min + site.persons[person->partner].length_min > 1400)
            continue;
        for (int32_t day = 20780; day < 20790; day++) {
            struct shift first = shift_of(&site, person->partner, day), second = shift_of(&site, n, day);
            if (!first.works || !second.works)
                continue;
            met++;
            cr_expect(second.from < first.to && first.to - second.from < HOUR_MS, "day %d: %lld minutes", (int)day,
                      (long long)((first.to - second.from) / MINUTE_MS));
        }
    }
    cr_log_info("%d hand-overs", met);
    cr_expect_gt(met, 50);
    site_free(&site);
}

Test(shift, parts_are_in_order_and_inside)
{
    struct site site = make(9, 200, 3);
    for (int32_t n = 0; n < site.person_count; n++)
        for (int32_t day = 20780; day < 20787; day++) {
            struct shift shift = shift_of(&site, n, day);
            if (!shift.works)
                continue;
            cr_assert_geq(shift.from, day * (int64_t)DAY_MS);
            for (int i = 0; i < shift.voice_count; i++) {
                cr_assert_lt(shift.voice[i].from, shift.voice[i].to);
                cr_assert(i == 0 || shift.voice[i - 1].to < shift.voice[i].from);
            }
            for (int i = 0; i < shift.media_count; i++)
                cr_assert_lt(shift.media[i].from, shift.media[i].to);
            cr_assert_eq(shift.voice[shift.voice_count - 1].to, shift.to);
        }
    site_free(&site);
}
