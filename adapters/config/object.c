#include "adapters/config/object.h"

const char *config_object_wrong(const struct object *object, struct arena *arena)
{
    struct fact fact = fact_blank(FACT_OBJECT);
    const char *why = NULL;
    fact.source = fact.key = BYTES_LITERAL("-");
    fact.object = *object;
    return fact_check(&fact, arena, &why) ? why : NULL;
}

struct bytes config_person_name(struct bytes first, struct bytes last, struct bytes other, struct arena *arena)
{
    if (!first.len || !last.len)
        return first.len ? first : last.len ? last : other;
    return bytes_from_text(arena_printf(arena, "%.*s %.*s", (int)first.len, (const char *)first.data, (int)last.len, (const char *)last.data));
}
