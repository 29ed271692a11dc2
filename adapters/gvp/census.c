#include "adapters/gvp/census.h"

#include "proto/words.h"

#include <stdlib.h>

static bool is_mapped(const struct gvp_map *map, struct bytes name)
{
    for (int i = GVP_FIELD_FIRST; i < GVP_NAME_COUNT; i++)
        if (map->names[i] && bytes_equal_text(name, map->names[i]))
            return true;
    for (int i = 0; i < GVP_USE_COUNT; i++)
        if (map->uses[i].field && bytes_equal_text(name, map->uses[i].field))
            return true;
    return false;
}

static void take_other(struct gvp_census *census, const struct gvp_map *map, struct bytes name)
{
    if (is_mapped(map, name) || census->other_count == GVP_OTHERS_MAX)
        return;
    for (size_t i = 0; i < census->other_count; i++)
        if (bytes_equal_text(name, census->others[i]))
            return;
    struct buffer text = {0};
    buffer_append_bytes(&text, name);
    census->others[census->other_count++] = memory_copy_text(buffer_text(&text));
    buffer_free(&text);
}

void gvp_census_take(struct gvp_census *census, const struct gvp_map *map, const struct xml *element, const struct gvp_row *row)
{
    struct gvp_record record = gvp_record_read(map, element);
    census->records++;
    for (int i = 0; i < GVP_FIELD_COUNT; i++)
        census->fields[i] += bytes_present(record.fields[i]);
    for (int i = 0; i < GVP_USE_COUNT; i++)
        census->uses[i] += (record.uses & map->uses[i].use) != 0;
    for (size_t i = 0; i < element->attribute_count; i++)
        take_other(census, map, element->attributes[i].name);
    for (const struct xml *child = element->children; child; child = child->next)
        take_other(census, map, child->name);
    census->left_out += row->left_out;
    census->refused += row->why != NULL;
    if (row->why && !census->why)
        census->why = memory_copy_text(row->why);
}

bool gvp_census_write(const struct gvp_census *census, const struct gvp_map *map, FILE *out)
{
    if (census->records == 0)
        return true;
    for (int i = 0; i < GVP_FIELD_COUNT; i++)
        fprintf(out, "    %-10s %-16s in %zu of %zu\n", gvp_name_key((enum gvp_name)(GVP_FIELD_FIRST + i)),
                map->names[GVP_FIELD_FIRST + i] ? map->names[GVP_FIELD_FIRST + i] : "~", census->fields[i], census->records);
    for (int i = 0; i < GVP_USE_COUNT; i++)
        fprintf(out, "    uses %-9s %-12s by %zu of %zu\n", words_name(&words_uses, i + 1), map->uses[i].field ? map->uses[i].field : map->uses[i].always ? "always" : "never",
                census->uses[i], census->records);
    for (size_t i = 0; i < census->other_count; i++)
        fprintf(out, "%s %s%s", i ? "," : "    not in the map:", census->others[i], i + 1 == census->other_count ? "\n" : "");
    if (census->left_out)
        fprintf(out, "    %zu use nothing that counts and are left out\n", census->left_out);
    if (census->refused)
        fprintf(out, "    %zu cannot be taken; the first: %s\n", census->refused, census->why);
    return census->refused == 0;
}

void gvp_census_free(struct gvp_census *census)
{
    for (size_t i = 0; i < census->other_count; i++)
        free(census->others[i]);
    free(census->why);
    *census = (struct gvp_census){0};
}
