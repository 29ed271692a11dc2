/* Whatever the XML: refused with its line, or a tree within its limits; then as an entitlement or a bundle set. */
#include "tests/fuzz/taken.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct xml_fault fault;
    const struct xml *root = xml_read(bytes_of(data, size), arena, &fault);
    if (root)
        check(root->name.len && root->line >= 1 && !root->next && bytes_are_utf8(root->text));
    else
        check(fault.why && fault.line >= 1);
    take_content(bytes_of(data, size), NULL, arena);
    arena_destroy(arena);
    return 0;
}
