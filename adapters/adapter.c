#include "adapters/adapter.h"

/* A new source is one folder and one line here. */
static const struct adapter_kind *const kinds[] = {&adapter_icon, &adapter_config, &adapter_entitlement, &adapter_gvp};

const char *adapter_kind_names(struct arena *arena)
{
    const char *names = kinds[0]->name;
    for (size_t i = 1; i < sizeof kinds / sizeof *kinds; i++)
        names = arena_printf(arena, "%s, %s", names, kinds[i]->name);
    return names;
}

const struct adapter_kind *adapter_kind_find(struct bytes name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal_text(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}
