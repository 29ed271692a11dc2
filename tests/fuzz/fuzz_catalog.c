/* Whatever the YAML: refused with a sentence, or a catalog whose every item can be counted. */
#include "base/check.h"
#include "server/engine/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct catalog *catalog = NULL;
    const char *why = NULL;
    if (catalog_read(bytes_of(data, size), arena, &catalog, &why) == ERR_OK) {
        check(catalog->count >= 1 && bytes_equal(catalog->text, bytes_of(data, size)));
        for (size_t i = 0; i < catalog->count; i++)
            check(catalog->items[i].measure_enabled || catalog->items[i].where.kind != SUBJECT_NONE);
    } else {
        check(why && bytes_are_utf8(bytes_from_text(why)));
    }
    arena_destroy(arena);
    return 0;
}
