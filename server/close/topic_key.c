#include "server/close/topic_key.h"

#include "base/instant.h"

enum { PARTS_MAX = 10000, FIELDS = 7 };

static bool number_read(struct bytes text, int64_t max, int64_t *value)
{
    *value = 0;
    if (text.len == 0 || text.len > 18 || (text.len > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *value = *value * 10 + (text.data[i] - '0');
    }
    return *value <= max;
}

bool close_topic_book(struct bytes text, int64_t *book)
{
    if (bytes_equal_text(text, "system")) {
        *book = 0;
        return true;
    }
    return number_read(text, INT64_MAX, book) && *book > 0;
}

static size_t split(struct bytes text, struct bytes fields[FIELDS])
{
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++)
        if (i == text.len || text.data[i] == '/') {
            if (count == FIELDS)
                return 0;
            fields[count++] = bytes_of(text.data + from, i - from);
            from = i + 1;
        }
    return count;
}

static bool sha_read(struct bytes text, char sha256[SHA256_TEXT_SIZE])
{
    if (text.len != SHA256_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!memchr("0123456789abcdef", text.data[i], 16))
            return false;
    memcpy(sha256, text.data, text.len);
    sha256[text.len] = 0;
    return true;
}

const char *close_topic_key_read(struct bytes text, struct close_topic_key *key)
{
    struct bytes fields[FIELDS];
    int64_t revision, part = 0, parts = 1;
    *key = (struct close_topic_key){.parts = 1};
    size_t count = bytes_present(text) && text.len ? split(text, fields) : 0;
    key->document = count == 4 && bytes_equal_text(fields[0], "close");
    if (!key->document && !(count == FIELDS && bytes_equal_text(fields[0], "rows")))
        return "its key is neither close/BOOK/DAY/REVISION nor rows/BOOK/DAY/REVISION/SHA256/PART/PARTS";
    if (!close_topic_book(fields[1], &key->close.book) || !date_parse(fields[2], &key->close.day) || !number_read(fields[3], UINT32_MAX, &revision))
        return "its key names no book, day and revision";
    key->close.revision = (uint32_t)revision;
    if (!key->document && (!sha_read(fields[4], key->sha256) || !number_read(fields[6], PARTS_MAX, &parts) || parts < 1 ||
                           !number_read(fields[5], parts - 1, &part)))
        return "its key names no digest, part and number of parts";
    key->part = (uint32_t)part;
    key->parts = (uint32_t)parts;
    return NULL;
}

void close_topic_key_write(const struct close_topic_key *key, struct buffer *text)
{
    char date[DATE_TEXT_SIZE];
    buffer_clear(text);
    buffer_append_text(text, key->document ? "close/" : "rows/");
    if (key->close.book)
        buffer_printf(text, "%lld", (long long)key->close.book);
    else
        buffer_append_text(text, "system");
    buffer_printf(text, "/%s/%u", date_format(key->close.day, date), key->close.revision);
    if (!key->document)
        buffer_printf(text, "/%s/%u/%u", key->sha256, key->part, key->parts);
}
