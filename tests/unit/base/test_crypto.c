/* base/crypto.c: the digests that FIPS 180-4 and RFC 4231 give as examples. */
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

/* RFC 4231, cases 2 and 6: a short key, one longer than a block. */
Test(crypto, known_keyed_digests)
{
    uint8_t digest[SHA256_BYTES], key[131];
    char text[SHA256_TEXT_SIZE];
    hmac_sha256(BYTES_LITERAL("Jefe"), BYTES_LITERAL("what do ya want for nothing?"), digest);
    cr_assert_str_eq(hex_text(digest, sizeof digest, text), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hmac_sha256(bytes_of(key, sizeof key), BYTES_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"), digest);
    cr_assert_str_eq(hex_text(digest, sizeof digest, text), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
