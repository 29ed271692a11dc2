/* Whatever the record: refused with a sentence, or facts that are lawful, that both readers see alike, and that are written and read as the same. */
#include "base/check.h"
#include "proto/fact_json.h"
#include "proto/fact_record.h"
#include "proto/fact_record_private.h"
#include "tests/fuzz/walk.h"

static void line_of(const struct fact *fact, struct buffer *line)
{
    buffer_clear(line);
    fact_json_write(fact, line);
}

static void check_fact(const struct fact *fact, struct arena *arena)
{
    struct buffer once = {0}, twice = {0}, bytes = {0};
    struct fact again;
    const char *why = NULL;
    check(fact_check(fact, arena, &why) == ERR_OK);
    line_of(fact, &once);
    fact_encode(fact, &bytes);
    check(fact_decode_any(buffer_bytes(&bytes), arena, &again, &why) == ERR_OK);
    line_of(&again, &twice);
    check(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    if (fact->kind == FACT_LOGIN_SESSION || fact->kind == FACT_SESSION_MEDIA) {
        check(fact_decode_fast(buffer_bytes(&bytes), &again));
        line_of(&again, &twice);
        check(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    }
    buffer_free(&once);
    buffer_free(&twice);
    buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why = NULL;
    size_t index = 0;
    if (fact_record_open(bytes_of(data, size), arena, &reader, &why) != ERR_OK) {
        check(why && bytes_are_utf8(bytes_from_text(why)));
    } else {
        while (fact_record_next(&reader, arena, &item) != FACT_ITEM_END) {
            check(item.index == index || item.index + 1 == index);
            index = item.index + 1;
            if (item.kind == FACT_ITEM_FACT)
                check_fact(&item.fact, arena);
            else if (item.kind == FACT_ITEM_REFUSED)
                check(item.why && bytes_are_utf8(bytes_from_text(item.why)));
        }
    }
    arena_destroy(arena);
    return 0;
}
