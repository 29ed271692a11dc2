/* base/varint.c: numbers of every length lead there and back; what is cut or too long is refused. */
#include "base/varint.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(varint, there_and_back)
{
    struct buffer out = {0};
    size_t count = 0;
    for (int bit = 0; bit < 64; bit++)
        for (int delta = -1; delta <= 1; delta++, count++) {
            uint64_t value = ((uint64_t)1 << bit) + (uint64_t)delta, read;
            int64_t with_sign = (int64_t)value, read_signed;
            buffer_clear(&out);
            varint_put(&out, value);
            varint_put_signed(&out, with_sign);
            struct bytes rest = buffer_bytes(&out);
            cr_assert(varint_take(&rest, &read) && read == value, "2^%d %+d", bit, delta);
            cr_assert(varint_take_signed(&rest, &read_signed) && read_signed == with_sign, "signed 2^%d %+d", bit, delta);
            cr_assert_eq(rest.len, 0);
        }
    buffer_free(&out);
    printf("%zu numbers, unsigned and signed\n", count);
}

Test(varint, small_numbers_take_a_byte)
{
    struct buffer out = {0};
    varint_put(&out, 127);
    varint_put_signed(&out, -64);
    varint_put_signed(&out, 63);
    cr_assert_eq(out.len, 3);
    varint_put(&out, 128);
    cr_assert_eq(out.len, 5);
    buffer_free(&out);
}

Test(varint, cut_or_too_long_is_refused)
{
    struct buffer out = {0};
    varint_put(&out, UINT64_MAX);
    cr_assert_eq(out.len, 10);
    for (size_t len = 0; len < out.len; len++) {
        struct bytes rest = bytes_of(out.data, len);
        uint64_t value;
        cr_assert_not(varint_take(&rest, &value), "%zu of 10 bytes were taken", len);
    }
    static const uint8_t long_one[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    static const uint8_t large_one[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    struct bytes rest = bytes_of(long_one, sizeof(long_one));
    uint64_t value;
    cr_assert_not(varint_take(&rest, &value), "eleven bytes were taken");
    rest = bytes_of(large_one, sizeof(large_one));
    cr_assert_not(varint_take(&rest, &value), "65 bits were taken");
    buffer_free(&out);
}
