/* base/memory.c: what an arena hands out is zeroed, aligned and its own until the reset. */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

Test(memory, arena_hands_out_zeroed_aligned_pieces_that_do_not_overlap)
{
    struct arena *arena = arena_create();
    for (int round = 0; round < 3; round++) {
        uint8_t *pieces[400];
        size_t sizes[400];
        for (size_t i = 0; i < 400; i++) {
            sizes[i] = i % 97 == 96 ? 300000 : i * 7 % 501;
            pieces[i] = arena_alloc(arena, sizes[i]);
            cr_assert_eq((uintptr_t)pieces[i] % 16, 0);
            for (size_t j = 0; j < sizes[i]; j++)
                cr_assert_eq(pieces[i][j], 0, "round %d: byte %zu of piece %zu is not zero", round, j, i);
            memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
        }
        for (size_t i = 0; i < 400; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                cr_assert_eq(pieces[i][j], i % 255 + 1, "piece %zu was written over", i);
        cr_assert_geq(arena_used(arena), 300000 * 4);
        arena_reset(arena);
        cr_assert_lt(arena_used(arena), 300000);
    }
    arena_destroy(arena);
    printf("3 rounds of 400 pieces\n");
}

Test(memory, arena_copies)
{
    struct arena *arena = arena_create();
    char source[] = "abc";
    struct bytes copy = arena_copy(arena, bytes_from_text(source));
    char *text = arena_text(arena, bytes_of(source, 2));
    char *printed = arena_printf(arena, "%s-%d", source, 7);
    source[0] = 'x';
    cr_assert(bytes_equal_text(copy, "abc"));
    cr_assert_str_eq(text, "ab");
    cr_assert_str_eq(printed, "abc-7");
    cr_assert_not(bytes_present(arena_copy(arena, BYTES_NONE)));
    arena_destroy(arena);
}

Test(memory, plain_allocation)
{
    int *numbers = memory_alloc_zero(100, sizeof(*numbers));
    for (int i = 0; i < 100; i++)
        cr_assert_eq(numbers[i], 0);
    numbers[99] = 5;
    numbers = memory_resize(numbers, 10000 * sizeof(*numbers));
    cr_assert_eq(numbers[99], 5);
    free(numbers);
    char *text = memory_copy_text("kept");
    cr_assert_str_eq(text, "kept");
    free(text);
}

/* Never a quiet NULL: a wrong number is worse than none. */
Test(memory, an_impossible_size_aborts, .signal = SIGABRT)
{
    void *volatile never = memory_alloc_zero(SIZE_MAX / 2, 4);
    free(never);
}
