/* base/bytes.c: order, equality, hash, UTF-8, and a buffer that grows. */
#include "base/bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(bytes, order_is_of_unsigned_bytes_the_shorter_first)
{
    static const char *const rising[] = {"", "a", "aa", "ab", "b", "\x7f", "\x80", "\xff", "\xff\x01"};
    size_t count = sizeof(rising) / sizeof(*rising);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int order = bytes_compare(bytes_from_text(rising[i]), bytes_from_text(rising[j]));
            cr_assert((order < 0) == (i < j) && (order > 0) == (i > j), "%zu and %zu: %d", i, j, order);
            cr_assert_eq(bytes_equal(bytes_from_text(rising[i]), bytes_from_text(rising[j])), i == j);
        }
    printf("%zu pairs\n", count * count);
}

Test(bytes, absent_sorts_as_empty)
{
    cr_assert_not(bytes_present(BYTES_NONE));
    cr_assert(bytes_present(bytes_from_text("")));
    cr_assert_eq(bytes_compare(BYTES_NONE, bytes_from_text("")), 0);
    cr_assert_lt(bytes_compare(BYTES_NONE, bytes_from_text("a")), 0);
    cr_assert(bytes_equal_text(BYTES_LITERAL("abc"), "abc"));
    cr_assert_not(bytes_equal_text(BYTES_LITERAL("abc"), "abcd"));
    cr_assert_not(bytes_equal_text(BYTES_LITERAL("abcd"), "abc"));
}

/* The value is kept in stores and decides partitions: it must never change. */
Test(bytes, hash_is_the_same_in_every_run)
{
    uint64_t empty = bytes_hash(bytes_from_text("")), session = bytes_hash(bytes_from_text("00D9-4F"));
    cr_assert_eq(bytes_hash(bytes_of("00D9-4Fxxx", 7)), session);
    cr_assert_neq(empty, session);
    unsigned buckets[16] = {0};
    for (int i = 0; i < 16000; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%d", i);
        buckets[bytes_hash(bytes_of(text, (size_t)len)) >> 60]++;
    }
    for (int i = 0; i < 16; i++)
        cr_assert(buckets[i] > 800 && buckets[i] < 1200, "bucket %d has %u of 16000", i, buckets[i]);
    printf("16 buckets, each with 800 to 1200 of 16000 texts\n");
}

Test(bytes, utf8)
{
    static const char *const good[] = {"", "abc", "Gr\xc3\xbc\xc3\x9f" "e", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd", "\xed\x9f\xbf"};
    static const char *const bad[] = {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                                      "\xe2\x82", "a\xff", "\xf0\x8f\xbf\xbf", "\xc3("};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        cr_assert(bytes_are_utf8(bytes_from_text(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        cr_assert_not(bytes_are_utf8(bytes_from_text(bad[i])), "bad %zu", i);
    cr_assert_not(bytes_are_utf8(bytes_of("a\0b", 3)), "a NUL inside");
    printf("%zu good, %zu bad\n", sizeof(good) / sizeof(*good), sizeof(bad) / sizeof(*bad) + 1);
}

Test(bytes, buffer_grows_and_keeps)
{
    struct buffer buffer = {0};
    cr_assert_str_eq(buffer_text(&buffer), "");
    for (int i = 0; i < 5000; i++)
        buffer_printf(&buffer, "%d,", i % 10);
    cr_assert_eq(buffer.len, 10000);
    for (size_t i = 0; i < 5000; i++)
        cr_assert(buffer.data[2 * i] == '0' + i % 10 && buffer.data[2 * i + 1] == ',');
    buffer_clear(&buffer);
    buffer_append_text(&buffer, "ab");
    buffer_append_char(&buffer, 'c');
    buffer_append(&buffer, "de\0", 3);
    buffer_append_bytes(&buffer, BYTES_LITERAL("f"));
    buffer_append_bytes(&buffer, BYTES_NONE);
    cr_assert(bytes_equal(buffer_bytes(&buffer), bytes_of("abcde\0f", 7)));
    buffer_free(&buffer);
}
