/* base/crypto.c: the digests that FIPS 180-4 gives as examples. */
#include "base/crypto.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(crypto, known_digests)
{
    char text[SHA256_TEXT_SIZE];
    cr_assert_str_eq(sha256_text(BYTES_LITERAL(""), text), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(sha256_text(BYTES_NONE, text), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_assert_str_eq(sha256_text(BYTES_LITERAL("abc"), text), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_assert_str_eq(sha256_text(BYTES_LITERAL("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), text),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(crypto, hex)
{
    static const uint8_t data[] = {0, 1, 0x7f, 0x80, 0xff};
    char text[11];
    cr_assert_str_eq(hex_text(data, sizeof(data), text), "00017f80ff");
}
