#include "base/crypto.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <limits.h>

void sha256(struct bytes data, uint8_t digest[SHA256_BYTES])
{
    unsigned len = 0;
    check(EVP_Digest(data.data, data.len, digest, &len, EVP_sha256(), NULL) == 1 && len == SHA256_BYTES);
}

void hmac_sha256(struct bytes key, struct bytes data, uint8_t digest[SHA256_BYTES])
{
    unsigned len = 0;
    check(key.len <= INT_MAX);
    check(HMAC(EVP_sha256(), key.data, (int)key.len, data.data, data.len, digest, &len) && len == SHA256_BYTES);
}

void random_fill(uint8_t *data, size_t len)
{
    check(len <= INT_MAX && RAND_bytes(data, (int)len) == 1);
}

char *hex_text(const uint8_t *data, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    text[2 * len] = 0;
    return text;
}

char *sha256_text(struct bytes data, char text[SHA256_TEXT_SIZE])
{
    uint8_t digest[SHA256_BYTES];
    sha256(data, digest);
    return hex_text(digest, sizeof digest, text);
}
