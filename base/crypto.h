/* base/crypto.h - the one door to OpenSSL: digests, keyed ones, chance (signatures come with "Billable days").  Thread: any. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/bytes.h"

enum { SHA256_BYTES = 32, SHA256_TEXT_SIZE = 65 };

void sha256(struct bytes data, uint8_t digest[SHA256_BYTES]);
/* HMAC-SHA256 (RFC 2104); a key of any length. */
void hmac_sha256(struct bytes key, struct bytes data, uint8_t digest[SHA256_BYTES]);
/* Bytes that nobody can guess. */
void random_fill(uint8_t *data, size_t len);
/* Lower-case hexadecimal; returns text. */
char *sha256_text(struct bytes data, char text[SHA256_TEXT_SIZE]);
char *hex_text(const uint8_t *data, size_t len, char *text);

#endif
