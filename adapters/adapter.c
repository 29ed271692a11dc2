#include "adapters/adapter.h"

/* A new source is one folder and one line here. */
static const struct adapter_kind *const kinds[] = {&adapter_icon, &adapter_entitlement};

const struct adapter_kind *adapter_kind_at(size_t number)
{
    return number < sizeof kinds / sizeof *kinds ? kinds[number] : NULL;
}

const struct adapter_kind *adapter_kind_find(struct bytes name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal_text(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}
