/* Whatever the CSV: a fault with its line, or records; then as provisioned counts. */
#include "base/csv.h"
#include "tests/fuzz/taken.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct csv csv;
    size_t bytes = 0;
    csv_begin(&csv, bytes_of(data, size), arena);
    for (int line = 0; csv_next(&csv); line = csv.line) {
        check(csv.field_count >= 1 && csv.field_count <= CSV_FIELDS_MAX && csv.line > line);
        for (size_t i = 0; i < csv.field_count; i++)
            bytes += csv.fields[i].len;
    }
    check(bytes <= size && csv.line >= 1);
    take_content(bytes_of(data, size), NULL, arena);
    arena_destroy(arena);
    return 0;
}
