#include "adapters/adapter.h"

/* Kinds that this program has; NULL ends the table. */
static const struct adapter_kind *const kinds[] = {NULL};

const struct adapter_kind *adapter_kind_find(struct bytes name)
{
    for (const struct adapter_kind *const *kind = kinds; *kind; kind++)
        if (bytes_equal_text(name, (*kind)->name))
            return *kind;
    return NULL;
}
