#include "server/privacy.h"

#include "base/file.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { KEY_BYTES_MIN = 16, DIGITS = 12 };

static struct bytes without_line_end(struct bytes text)
{
    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

enum err pseudonyms_open(const char *key_file, struct pseudonyms *pseudonyms)
{
    *pseudonyms = (struct pseudonyms){.lasting = key_file != NULL};
    if (!key_file) {
        random_fill(pseudonyms->key, sizeof pseudonyms->key);
        return ERR_OK;
    }
    struct arena *arena = arena_create();
    struct bytes content = BYTES_NONE;
    const char *why = NULL;
    enum err err = file_read(key_file, arena, &content, &why);
    struct bytes key = without_line_end(content);
    if (err == ERR_OK && key.len < KEY_BYTES_MIN) {
        err = ERR_SETTINGS;
        why = arena_printf(arena, "has %zu bytes, expected %d or more, e.g. the output of openssl rand -hex 32", key.len, KEY_BYTES_MIN);
    }
    if (err == ERR_OK)
        sha256(key, pseudonyms->key); /* of one length, however long the file is */
    else
        log_error("settings", "privacy.key_file: %s: %s", key_file, why);
    arena_destroy(arena);
    return err == ERR_OK ? ERR_OK : ERR_SETTINGS;
}

char *pseudonym_text(const struct pseudonyms *pseudonyms, const char *kind, int64_t id, char text[PSEUDONYM_TEXT_SIZE])
{
    char plain[40], digits[2 * SHA256_BYTES + 1];
    uint8_t digest[SHA256_BYTES];
    int len = snprintf(plain, sizeof plain, "%s %" PRId64, kind, id);
    hmac_sha256(bytes_of(pseudonyms->key, sizeof pseudonyms->key), bytes_of(plain, (size_t)len), digest);
    hex_text(digest, sizeof digest, digits);
    snprintf(text, PSEUDONYM_TEXT_SIZE, "%c-%.*s", kind[0], DIGITS, digits);
    return text;
}
