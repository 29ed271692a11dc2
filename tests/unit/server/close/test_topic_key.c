/* Keys of the topic of closes: written and read back, and everything else refused with a reason. */
#include "server/close/topic_key.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(topic_key, there_and_back)
{
    static const char *const texts[] = {
        "close/system/2026-11-22/0", "close/101/2026-11-22/12", "rows/system/2026-11-22/0/" SHA "/0/1", "rows/9223372036/2026-02-28/3/" SHA "/7/8",
    };
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct close_topic_key key;
        const char *why = close_topic_key_read(bytes_from_text(texts[i]), &key);
        cr_assert_null(why, "%s: %s", texts[i], why);
        close_topic_key_write(&key, &text);
        cr_expect_str_eq(buffer_text(&text), texts[i]);
    }
    buffer_free(&text);
    printf("%zu keys, there and back\n", sizeof texts / sizeof *texts);
}

Test(topic_key, all_else_is_refused)
{
    static const char *const texts[] = {
        "", "close", "close/system/2026-11-22", "close/system/2026-11-22/0/0", "close/0/2026-11-22/0", "close/-1/2026-11-22/0", "close/01/2026-11-22/0",
        "close/system/2026-11-31/0", "close/system/2026-11-22/x", "close/system/2026-11-22/4294967296", "rows/system/2026-11-22/0/" SHA "/1/1",
        "rows/system/2026-11-22/0/" SHA "/0/0", "rows/system/2026-11-22/0/xyz/0/1", "rows/system/2026-11-22/0/" SHA "/0/10001", "/////////",
    };
    struct close_topic_key key;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_not_null(close_topic_key_read(bytes_from_text(texts[i]), &key), "%s", texts[i]);
        printf("%-30.30s %s\n", texts[i], close_topic_key_read(bytes_from_text(texts[i]), &key));
    }
    cr_expect_not_null(close_topic_key_read(BYTES_NONE, &key));
}
