/* Whatever the licence file: refused with its line, or entitlements that are lawful. */
#include "adapters/entitlement/license.h"
#include "tests/fuzz/taken.h"
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct reading reading = {.arena = arena};
    struct license license = {0};
    license_read(&reading, bytes_of(data, size), &license);
    for (size_t i = 0; i < license.count; i++)
        check(license.lines[i].name.len && license.lines[i].count >= QUANTITY_UNLIMITED && license.lines[i].count <= READING_QUANTITY_MAX);
    take_content(bytes_of(data, size), "features: {email: email, ex_inbound_seat: [inbound-voice, cim-ms], ex_technical: ~}", arena);
    arena_destroy(arena);
    return 0;
}
