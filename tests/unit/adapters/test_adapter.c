/* The kinds of sources: each is found by its name and named once. */
#include "adapters/adapter.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(adapter, each_kind_is_named_once)
{
    struct arena *arena = arena_create();
    const char *names = adapter_kind_names(arena);
    cr_expect_str_eq(names, "icon, config, entitlement, gvp");
    cr_expect_eq(adapter_kind_find(BYTES_LITERAL("icon")), &adapter_icon);
    cr_expect_null(adapter_kind_find(BYTES_LITERAL("ico")));
    printf("kinds: %s\n", names);
    arena_destroy(arena);
}
