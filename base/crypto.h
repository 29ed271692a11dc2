/* base/crypto.h - the one door to OpenSSL: digests (signatures come with "Billable days").  Thread: any. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/bytes.h"

enum { SHA256_BYTES = 32, SHA256_TEXT_SIZE = 65 };

void sha256(struct bytes data, uint8_t digest[SHA256_BYTES]);
/* Lower-case hexadecimal; returns text. */
char *sha256_text(struct bytes data, char text[SHA256_TEXT_SIZE]);
char *hex_text(const uint8_t *data, size_t len, char *text);

#endif
