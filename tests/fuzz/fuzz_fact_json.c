/* Whatever the line: refused with a sentence, or read, and then its canonical line reads as the same line. */
#include "base/check.h"
#include "proto/fact_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct buffer once = {0}, twice = {0};
    struct fact fact;
    const char *why = NULL;
    if (fact_json_read(bytes_of(data, size), arena, &fact, &why) == ERR_OK) {
        fact_json_write(&fact, &once);
        check(fact_json_read(buffer_bytes(&once), arena, &fact, &why) == ERR_OK);
        fact_json_write(&fact, &twice);
        check(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    } else {
        check(why && bytes_are_utf8(bytes_from_text(why)));
    }
    buffer_free(&once);
    buffer_free(&twice);
    arena_destroy(arena);
    return 0;
}
