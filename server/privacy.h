/*
 * server/privacy.h - persons as keyed pseudonyms.
 *
 * A pseudonym is an HMAC-SHA256 of what is hidden under the key of privacy.key_file, cut to a short
 * token: the same person has the same token in every answer, and nobody without the key can go back or
 * try all ids.  Without a key file the key is made by chance when the program starts: tokens are good
 * within one process only, which answers say.
 * Thread: any; it does not change once opened.
 */
#ifndef SERVER_PRIVACY_H
#define SERVER_PRIVACY_H

#include "base/crypto.h"
#include "base/err.h"

#include <stdbool.h>

enum { PSEUDONYM_TEXT_SIZE = 15 }; /* "p-", 12 digits (48 bits: two of 100,000 persons alike once in 50,000 sites), NUL */

struct pseudonyms {
    uint8_t key[SHA256_BYTES];
    bool lasting; /* the key comes from a file */
};

/* key_file NULL: a key made by chance.  ERR_SETTINGS, logged: it cannot be read, or is shorter than 16 bytes. */
MUST_CHECK enum err pseudonyms_open(const char *key_file, struct pseudonyms *pseudonyms);
/* kind: "person" is p-…, "login" is l-…; returns text. */
char *pseudonym_text(const struct pseudonyms *pseudonyms, const char *kind, int64_t id, char text[PSEUDONYM_TEXT_SIZE]);

#endif
