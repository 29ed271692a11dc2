/* adapters/entitlement/bundle_xml.c - a bundle set as LRM had it: <lrm_bundle_set>, domain.md §5. */
#include "adapters/entitlement/reading.h"

#include "base/limits.h"

#include <stdlib.h>

enum { BUNDLES_MAX = 1000, BUNDLE_ITEMS_MAX = 200, BUNDLE_ID_MIN = 10000 };

static bool is_one_of(struct bytes name, const char *const *names)
{
    for (; *names; names++)
        if (bytes_equal_text(name, *names))
            return true;
    return bytes_equal_text(name, "xmlns") || (name.len >= 6 && memcmp(name.data, "xmlns:", 6) == 0);
}

/* Attributes and children that nobody asked for. */
static void check_names(struct reading *reading, const struct xml *element, const char *const *attributes, const char *const *children)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (!is_one_of(element->attributes[i].name, attributes))
            reading_fault(reading, element->line, "attribute %s of %s is not known", reading_shown(reading, element->attributes[i].name),
                          reading_shown(reading, element->name));
    for (const struct xml *child = element->children; child; child = child->next)
        if (!is_one_of(child->name, children))
            reading_fault(reading, child->line, "%s in %s is not known", reading_shown(reading, child->name), reading_shown(reading, element->name));
}

static const char *const none[] = {NULL};

/* A member of a header: attribute or element; absent: neither. */
static struct bytes header_text(struct reading *reading, const struct xml *header, const char *name, size_t most)
{
    struct bytes text = header ? xml_attribute(header, name) : BYTES_NONE;
    const struct xml *child = header ? xml_child(header, name) : NULL;
    if (child && bytes_present(text))
        reading_fault(reading, child->line, "%s: %s, but it is an attribute already", name, reading_shown(reading, child->text));
    else if (child)
        text = child->text;
    if (text.len > most)
        reading_fault(reading, child ? child->line : header->line, "%s: %zu bytes, expected at most %zu", name, text.len, most);
    return text.len ? text : BYTES_NONE;
}

static const struct xml *find_header(struct reading *reading, const struct xml *element)
{
    static const char *const names[] = {"name", "description", NULL};
    const struct xml *header = xml_child(element, "header");
    if (header)
        check_names(reading, header, names, names);
    for (const struct xml *other = header ? header->next : NULL; other; other = other->next)
        if (bytes_equal_text(other->name, "header"))
            reading_fault(reading, other->line, "a second header (the first in line %d), expected one", header->line);
    return header;
}

static bool has(const struct bytes *items, size_t count, struct bytes item)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(items[i], item))
            return true;
    return false;
}

static void take_items(struct reading *reading, const struct xml *list, struct bytes **items, size_t *count)
{
    static const char *const children[] = {"sellable_item", NULL}, *const attributes[] = {"item", NULL};
    check_names(reading, list, none, children);
    if (!*items)
        *items = arena_alloc(reading->arena, BUNDLE_ITEMS_MAX * sizeof **items);
    for (const struct xml *child = list->children; child; child = child->next) {
        if (!bytes_equal_text(child->name, "sellable_item"))
            continue;
        check_names(reading, child, attributes, none);
        struct bytes name = xml_attribute(child, "item");
        if (name.len == 0) {
            reading_fault(reading, child->line, "sellable_item without item, expected <sellable_item item=\"…\"/>");
            continue;
        }
        const struct item_codes *codes = reading_item(reading, child->line, name);
        for (size_t i = 0; codes && i < codes->count; i++) {
            if (has(*items, *count, codes->codes[i]))
                reading_note(reading, child->line, "%s stands in this list already", reading_shown(reading, codes->codes[i]));
            else if (*count == BUNDLE_ITEMS_MAX)
                reading_fault(reading, child->line, "more than %d items", BUNDLE_ITEMS_MAX);
            else
                (*items)[(*count)++] = codes->codes[i];
        }
    }
}

static bool bundle_id(struct bytes text, int64_t *id)
{
    *id = 0;
    for (size_t i = 0; i < text.len && text.len <= 18; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *id = *id * 10 + (text.data[i] - '0');
    }
    return text.len >= 1 && text.len <= 18 && *id >= BUNDLE_ID_MIN;
}

static void take_bundle(struct reading *reading, const struct xml *element, struct bundle_set *set)
{
    static const char *const attributes[] = {"id", NULL}, *const children[] = {"header", "include_items", "exclude_items", NULL};
    struct bundle *bundle = &set->bundles[set->bundle_count];
    struct bytes id = xml_attribute(element, "id");
    check_names(reading, element, attributes, children);
    if (!bundle_id(id, &bundle->id))
        reading_fault(reading, element->line, "bundle id: %s, expected a whole number of at least %d", reading_shown(reading, id), BUNDLE_ID_MIN);
    for (size_t i = 0; i < set->bundle_count; i++)
        if (set->bundles[i].id == bundle->id)
            reading_fault(reading, element->line, "bundle id: %s stands here a second time, expected each once", reading_shown(reading, id));
    bundle->name = header_text(reading, find_header(reading, element), "name", NAME_BYTES_MAX);
    for (const struct xml *child = element->children; child; child = child->next) {
        if (bytes_equal_text(child->name, "include_items"))
            take_items(reading, child, &bundle->include, &bundle->include_count);
        else if (bytes_equal_text(child->name, "exclude_items"))
            take_items(reading, child, &bundle->exclude, &bundle->exclude_count);
    }
    if (bundle->include_count == 0)
        reading_fault(reading, element->line, "bundle %s includes no item, so nobody could use it: expected at least one in include_items", reading_shown(reading, id));
    for (size_t i = 0; i < bundle->exclude_count; i++)
        if (has(bundle->include, bundle->include_count, bundle->exclude[i]))
            reading_fault(reading, element->line, "bundle %s: %s is both included and excluded", reading_shown(reading, id), reading_shown(reading, bundle->exclude[i]));
    reading_note(reading, element->line, "bundle %s %s: %zu items included, %zu excluded", reading_shown(reading, id), reading_shown(reading, bundle->name),
                 bundle->include_count, bundle->exclude_count);
    set->bundle_count++;
}

static int32_t date_of(struct reading *reading, const struct xml *root, const char *name)
{
    int32_t date = DATE_NONE;
    struct bytes text = xml_attribute(root, name);
    if (text.len)
        reading_date(reading, root->line, name, text, &date);
    return date;
}

void reading_bundles(struct reading *reading, const struct xml *root)
{
    static const char *const attributes[] = {"id", "issue_date", "valid_from", "valid_to", NULL}, *const children[] = {"header", "bundle", NULL};
    struct fact *fact = reading_fact(reading, FACT_BUNDLE_SET);
    struct bundle_set *set = &fact->bundle_set;
    reading->what = "bundle set (XML)";
    check_names(reading, root, attributes, children);
    fact->key = set->id = xml_attribute(root, "id");
    if (set->id.len == 0 || set->id.len > FACT_KEY_BYTES_MAX)
        reading_fault(reading, root->line, "id: %s, expected a text of 1 to %d bytes", reading_shown(reading, set->id), FACT_KEY_BYTES_MAX);
    const struct xml *header = find_header(reading, root);
    set->name = header_text(reading, header, "name", NAME_BYTES_MAX);
    set->description = header_text(reading, header, "description", TEXT_BYTES_MAX);
    set->issued = date_of(reading, root, "issue_date");
    set->valid_from = date_of(reading, root, "valid_from");
    set->valid_to = date_of(reading, root, "valid_to");
    if (xml_attribute(root, "issue_date").len == 0)
        reading_fault(reading, root->line, "issue_date: missing, expected a date: of several sets the latest counts");
    if (set->valid_to != DATE_NONE && set->valid_from != DATE_NONE && set->valid_to < set->valid_from)
        reading_fault(reading, root->line, "valid_to lies before valid_from, expected the same or later");
    set->bundles = arena_alloc(reading->arena, BUNDLES_MAX * sizeof *set->bundles);
    for (const struct xml *child = root->children; child && reading->fault_count < READING_FAULTS_MAX; child = child->next) {
        if (!bytes_equal_text(child->name, "bundle"))
            continue;
        if (set->bundle_count == BUNDLES_MAX) {
            reading_fault(reading, child->line, "more than %d bundles", BUNDLES_MAX);
            break;
        }
        take_bundle(reading, child, set);
    }
    if (set->bundle_count == 0 && !reading->fault_count)
        reading_fault(reading, root->line, "no bundle, expected at least one");
    reading->subject = bytes_from_text(arena_printf(reading->arena, "bundle_set %s", arena_text(reading->arena, set->id)));
}
