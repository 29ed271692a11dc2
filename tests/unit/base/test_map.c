/* base/map.c: against a plain table, with many removals, since probing breaks where slots are freed. */
#include "base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 700, STEPS = 60000 };

static uint64_t seed_print(void)
{
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1;
    printf("SEED=%llu, %d steps\n", (unsigned long long)seed, STEPS);
    return seed;
}

Test(map, behaves_as_a_plain_table)
{
    uint64_t state = seed_print();
    uint32_t plain[KEYS] = {0}, count = 0;
    struct map map = {0};
    cr_assert_eq(map_get(&map, 7), 0);
    map_remove(&map, 7);
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint64_t dice = hash_mix(state += 0x9e3779b97f4a7c15u), index = dice % KEYS;
        /* Keys that share their low bits, and zero. */
        uint64_t key = index << (index % 3 ? 32 : 0);
        if (dice >> 32 & 1) {
            count += plain[index] == 0;
            map_put(&map, key, step);
            plain[index] = step;
        } else {
            count -= plain[index] != 0;
            map_remove(&map, key);
            plain[index] = 0;
        }
        cr_assert_eq(map.count, count);
        uint64_t other = hash_mix(dice) % KEYS;
        cr_assert_eq(map_get(&map, other << (other % 3 ? 32 : 0)), plain[other], "step %u", step);
    }
    for (uint64_t index = 0; index < KEYS; index++)
        cr_assert_eq(map_get(&map, index << (index % 3 ? 32 : 0)), plain[index]);
    map_free(&map);
}

static struct bytes text_of(uint64_t index, char text[32])
{
    int len = snprintf(text, 32, "text %llu", (unsigned long long)index);
    return bytes_of(text, (size_t)len);
}

Test(map, dictionary_gives_each_text_one_number)
{
    uint64_t state = seed_print();
    uint32_t numbers[KEYS] = {0};
    uint64_t owner[KEYS + 1] = {0};
    struct dictionary dictionary = {0};
    char text[32];
    cr_assert_eq(dictionary_find(&dictionary, BYTES_LITERAL("nothing")), 0);
    for (int step = 0; step < STEPS; step++) {
        uint64_t dice = hash_mix(state += 0x9e3779b97f4a7c15u), index = dice % KEYS;
        cr_assert_eq(dictionary_find(&dictionary, text_of(index, text)), numbers[index]);
        if (dice >> 32 & 1) {
            uint32_t number = dictionary_number(&dictionary, text_of(index, text));
            cr_assert(number >= 1 && number <= KEYS, "numbers of removed texts are given again; this is %u", number);
            cr_assert(numbers[index] ? number == numbers[index] : owner[number] == 0, "number %u has two texts", number);
            numbers[index] = number;
            owner[number] = index + 1;
            cr_assert(bytes_equal(dictionary_text(&dictionary, number), text_of(index, text)));
        } else if (numbers[index]) {
            dictionary_remove(&dictionary, numbers[index]);
            owner[numbers[index]] = 0;
            numbers[index] = 0;
        }
    }
    dictionary_free(&dictionary);
}

Test(map, dictionary_restored_has_its_numbers)
{
    struct dictionary dictionary = {0};
    dictionary_restore(&dictionary, 5, BYTES_LITERAL("five"));
    dictionary_restore(&dictionary, 2, BYTES_LITERAL("two"));
    dictionary_restored(&dictionary);
    cr_assert_eq(dictionary_find(&dictionary, BYTES_LITERAL("five")), 5);
    cr_assert_eq(dictionary_number(&dictionary, BYTES_LITERAL("two")), 2);
    bool given[7] = {false};
    for (int i = 0; i < 4; i++) {
        char text[32];
        uint32_t number = dictionary_number(&dictionary, text_of((uint64_t)i, text));
        cr_assert(number >= 1 && number <= 6 && number != 5 && number != 2 && !given[number], "number %u", number);
        given[number] = true;
    }
    dictionary_free(&dictionary);
}
