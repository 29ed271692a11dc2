#include "adapters/gvp/record.h"

struct bytes gvp_value(const struct xml *element, const char *name)
{
    if (!name)
        return BYTES_NONE;
    struct bytes value = xml_attribute(element, name);
    if (bytes_present(value))
        return value;
    const struct xml *child = xml_child(element, name);
    if (child && child->text.len)
        return child->text;
    for (child = element->children; child; child = child->next)
        if (bytes_equal_text(xml_attribute(child, "name"), name))
            return xml_attribute(child, "value");
    return BYTES_NONE;
}

bool gvp_number(struct bytes text, int64_t *number)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *number = value;
    return text.len > 0;
}

static bool is_used(const struct gvp_use *use, const struct xml *element)
{
    if (!use->field)
        return use->always;
    struct bytes value = gvp_value(element, use->field);
    if (value.len == 0)
        return false;
    for (size_t i = 0; i < use->word_count; i++)
        if (bytes_equal(value, use->words[i]))
            return !use->negated;
    return use->negated;
}

struct gvp_record gvp_record_read(const struct gvp_map *map, const struct xml *element)
{
    struct gvp_record record = {0};
    for (int i = 0; i < GVP_FIELD_COUNT; i++) {
        struct bytes value = gvp_value(element, map->names[GVP_FIELD_FIRST + i]);
        record.fields[i] = value.len ? value : BYTES_NONE;
    }
    for (int i = 0; i < GVP_USE_COUNT; i++)
        record.uses |= is_used(&map->uses[i], element) ? map->uses[i].use : 0;
    return record;
}
