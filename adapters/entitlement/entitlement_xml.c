/* adapters/entitlement/entitlement_xml.c - the system's entitlement file: XML written by hand (domain.md §5). */
#include "adapters/entitlement/reading.h"

#include "base/limits.h"

#include <strings.h>

enum { ORDER_BYTES_MAX = 100, HEADER_FIRST = XML_FIELD_ID, HEADER_LAST = XML_FIELD_VALID_TO, LINE_FIRST = XML_FIELD_ORDER };

struct value {
    struct bytes text; /* absent: not said */
    int line;
};

/* A word of the XML, in any case, and what it means. */
struct word {
    const char *text;
    int value;
};

static const struct word site_types[] = {
    {"multi", SITE_MULTI}, {"multi-site", SITE_MULTI}, {"single", SITE_SINGLE}, {"single-site", SITE_SINGLE}, {NULL, 0},
};
static const struct word licenses[] = {
    {"concurrent", LICENSE_CONCURRENT}, {"concurrent seat", LICENSE_CONCURRENT}, {"concurrent seats", LICENSE_CONCURRENT},
    {"enabled", LICENSE_ENABLED},       {"enabled seat", LICENSE_ENABLED},       {"enabled seats", LICENSE_ENABLED},
    {NULL, 0},
};

static int word_find(const struct word *words, struct bytes text)
{
    for (; words->text; words++)
        if (strlen(words->text) == text.len && strncasecmp(words->text, (const char *)text.data, text.len) == 0)
            return words->value;
    return 0;
}

static bool is_namespace(struct bytes name)
{
    return (name.len >= 5 && memcmp(name.data, "xmlns", 5) == 0) || (name.len >= 4 && (memcmp(name.data, "xsi:", 4) == 0 || memcmp(name.data, "xml:", 4) == 0));
}

static void collect_one(struct reading *reading, int line, struct bytes name, struct bytes text, int first, int last, struct value *values)
{
    int field = first;
    while (field <= last && !item_map_is_field(reading->map, (enum xml_field)field, name))
        field++;
    if (field > last) {
        const char *expected = xml_field_key((enum xml_field)first);
        for (int i = first + 1; i <= last; i++)
            expected = arena_printf(reading->arena, "%s, %s", expected, xml_field_key((enum xml_field)i));
        reading_fault(reading, line, "%s is not known here, expected one of %s", reading_shown(reading, name), expected);
    } else if (bytes_present(values[field].text)) {
        reading_fault(reading, line, "%s: %s, but it stands already in line %d", xml_field_key((enum xml_field)field), reading_shown(reading, text),
                      values[field].line);
    } else {
        values[field] = (struct value){text, line};
    }
}

static void collect_attributes(struct reading *reading, const struct xml *element, int first, int last, struct value *values)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        if (!is_namespace(element->attributes[i].name))
            collect_one(reading, element->line, element->attributes[i].name, element->attributes[i].value, first, last, values);
}

static void collect(struct reading *reading, const struct xml *element, int first, int last, struct value *values)
{
    collect_attributes(reading, element, first, last, values);
    for (const struct xml *child = element->children; child; child = child->next) {
        if (child->children || child->attribute_count)
            reading_fault(reading, child->line, "%s: expected text alone in it", reading_shown(reading, child->name));
        else
            collect_one(reading, child->line, child->name, child->text, first, last, values);
    }
    if (element->text.len)
        reading_fault(reading, element->line, "%s: text %s in it, expected elements or attributes", reading_shown(reading, element->name),
                      reading_shown(reading, element->text));
}

/* Empty is as good as not said. */
static bool is_said(const struct value *value)
{
    return value->text.len > 0;
}

static struct bytes text_of(struct reading *reading, const struct value *value, enum xml_field field, size_t most)
{
    if (!is_said(value))
        return BYTES_NONE;
    if (value->text.len > most)
        reading_fault(reading, value->line, "%s: %s has %zu bytes, expected at most %zu", xml_field_key(field), reading_shown(reading, value->text),
                      value->text.len, most);
    return value->text;
}

static int32_t date_of(struct reading *reading, const struct value *values, enum xml_field field)
{
    int32_t date = DATE_NONE;
    if (is_said(&values[field]))
        reading_date(reading, values[field].line, xml_field_key(field), values[field].text, &date);
    return date;
}

static const struct item_codes *codes_of_line(struct reading *reading, const struct value *values, int line)
{
    static const enum xml_field by[] = {XML_FIELD_NUMBER, XML_FIELD_DESCRIPTION};
    if (is_said(&values[XML_FIELD_ITEM]))
        return reading_item(reading, values[XML_FIELD_ITEM].line, values[XML_FIELD_ITEM].text);
    for (size_t i = 0; i < 2; i++) {
        struct bytes name = values[by[i]].text;
        const struct item_codes *codes = name.len ? item_map_item(reading->map, name, reading->arena) : NULL;
        if (!codes && name.len && item_map_has_code(reading->map, name))
            codes = reading_item(reading, values[by[i]].line, name);
        if (codes && codes->count == 0)
            reading_note(reading, line, "%s: not counted, says the map", reading_shown(reading, name));
        if (codes)
            return codes;
    }
    if (!is_said(&values[XML_FIELD_NUMBER]) && !is_said(&values[XML_FIELD_DESCRIPTION])) {
        reading_fault(reading, line, "a line without item_number, item_description and item, expected one of them");
        return NULL;
    }
    reading->unmapped++;
    reading_note(reading, line, "UNMAPPED: number %s, description %s: not counted until the map (items:) has one of them",
                 reading_shown(reading, values[XML_FIELD_NUMBER].text), reading_shown(reading, values[XML_FIELD_DESCRIPTION].text));
    return NULL;
}

/* The quantities as the receipt says them: "100, burst 10, concurrent". */
static const char *line_shown(struct reading *reading, const struct entitlement_line *line)
{
    const char *quantity = line->quantity == QUANTITY_UNLIMITED ? "unlimited" : arena_printf(reading->arena, "%lld", (long long)line->quantity);
    const char *burst = line->burst < 0 ? "" : arena_printf(reading->arena, ", burst %lld", (long long)line->burst);
    return arena_printf(reading->arena, "%s%s%s", quantity, burst,
                        line->license == LICENSE_ENABLED      ? ", enabled"
                        : line->license == LICENSE_CONCURRENT ? ", concurrent"
                                                              : "");
}

static void take_line(struct reading *reading, const struct xml *element, struct entitlement *entitlement)
{
    struct value values[XML_FIELD_COUNT] = {{BYTES_NONE, 0}};
    size_t faults = reading->fault_count;
    collect(reading, element, LINE_FIRST, XML_FIELD_COUNT - 1, values);
    struct entitlement_line line = {.quantity = QUANTITY_UNLIMITED, .burst = ID_NONE};
    line.order = text_of(reading, &values[XML_FIELD_ORDER], XML_FIELD_ORDER, ORDER_BYTES_MAX);
    if (!is_said(&values[XML_FIELD_QUANTITY]))
        reading_fault(reading, element->line, "quantity: missing, expected a whole number, or unlimited");
    else
        reading_quantity(reading, values[XML_FIELD_QUANTITY].line, "quantity", values[XML_FIELD_QUANTITY].text, &line.quantity);
    if (is_said(&values[XML_FIELD_BURST]) &&
        reading_quantity(reading, values[XML_FIELD_BURST].line, "burst_quantity", values[XML_FIELD_BURST].text, &line.burst) && line.burst < 0)
        reading_fault(reading, values[XML_FIELD_BURST].line, "burst_quantity: unlimited, expected a whole number; an unlimited quantity says it");
    const struct value *license = &values[XML_FIELD_LICENSE];
    if (is_said(license) && !(line.license = (enum license_type)word_find(licenses, license->text)))
        reading_fault(reading, license->line, "license_type: %s, expected concurrent or enabled", reading_shown(reading, license->text));
    const struct item_codes *codes = codes_of_line(reading, values, element->line);
    if (!codes || codes->count == 0 || faults != reading->fault_count)
        return;
    reading_note(reading, element->line, "%s: %s", reading_codes_shown(reading, codes), line_shown(reading, &line));
    for (size_t i = 0; i < codes->count; i++) {
        if (entitlement->line_count == READING_LINES_MAX) {
            reading_fault(reading, element->line, "more than %d lines", READING_LINES_MAX);
            return;
        }
        line.item = codes->codes[i];
        entitlement->lines[entitlement->line_count++] = line;
    }
}

static void take_lines(struct reading *reading, const struct xml *parent, struct entitlement *entitlement)
{
    for (const struct xml *child = parent->children; child && reading->fault_count < READING_FAULTS_MAX; child = child->next) {
        if (item_map_is_field(reading->map, XML_FIELD_LINE, child->name))
            take_line(reading, child, entitlement);
        else
            reading_fault(reading, child->line, "%s is not known here, expected line", reading_shown(reading, child->name));
    }
}

static void take_header(struct reading *reading, const struct xml *root, const struct value *values, struct fact *fact)
{
    struct entitlement *entitlement = &fact->entitlement;
    entitlement->customer = text_of(reading, &values[XML_FIELD_CUSTOMER], XML_FIELD_CUSTOMER, NAME_BYTES_MAX);
    entitlement->customer_id = text_of(reading, &values[XML_FIELD_CUSTOMER_ID], XML_FIELD_CUSTOMER_ID, FACT_KEY_BYTES_MAX / 3);
    entitlement->site = text_of(reading, &values[XML_FIELD_SITE], XML_FIELD_SITE, FACT_KEY_BYTES_MAX / 3);
    entitlement->issued = date_of(reading, values, XML_FIELD_ISSUED);
    entitlement->valid_from = date_of(reading, values, XML_FIELD_VALID_FROM);
    entitlement->valid_to = date_of(reading, values, XML_FIELD_VALID_TO);
    const struct value *site_type = &values[XML_FIELD_SITE_TYPE];
    if (!is_said(&values[XML_FIELD_ISSUED]))
        reading_fault(reading, root->line, "issue_date: missing, expected a date: of several files the latest counts");
    if (!is_said(site_type))
        reading_note(reading, root->line, "site_type: not said, so it counts as multi-site");
    else if (!(entitlement->site_type = (enum site_type)word_find(site_types, site_type->text)))
        reading_fault(reading, site_type->line, "site_type: %s, expected multi-site or single-site", reading_shown(reading, site_type->text));
    if (entitlement->valid_to != DATE_NONE && entitlement->valid_from != DATE_NONE && entitlement->valid_to < entitlement->valid_from)
        reading_fault(reading, values[XML_FIELD_VALID_TO].line, "valid_to: %s lies before valid_from (%s), expected the same or later",
                      reading_shown(reading, values[XML_FIELD_VALID_TO].text), reading_shown(reading, values[XML_FIELD_VALID_FROM].text));
    if (is_said(&values[XML_FIELD_SITE_ADDRESS]))
        reading_note(reading, values[XML_FIELD_SITE_ADDRESS].line, "site_address: read over, nothing is counted by it");
}

/* The file's own id, else customer, site and the day of issue: a file corrected on the same day takes the other's place. */
static struct bytes key_of(struct reading *reading, const struct xml *root, const struct value *values)
{
    char issued[DATE_TEXT_SIZE];
    const struct entitlement *entitlement = &reading->facts[0].entitlement;
    if (is_said(&values[XML_FIELD_ID]))
        return text_of(reading, &values[XML_FIELD_ID], XML_FIELD_ID, FACT_KEY_BYTES_MAX);
    if (!bytes_present(entitlement->customer_id))
        reading_fault(reading, root->line, "customer_id: missing, expected it, or an id of the file");
    if (reading->fault_count)
        return BYTES_NONE;
    const char *site = bytes_present(entitlement->site) ? arena_text(reading->arena, entitlement->site) : "";
    return bytes_from_text(arena_printf(reading->arena, "%s/%s/%s", arena_text(reading->arena, entitlement->customer_id), site,
                                        date_format(entitlement->issued, issued)));
}

void reading_entitlement(struct reading *reading, const struct xml *root)
{
    struct value values[XML_FIELD_COUNT] = {{BYTES_NONE, 0}};
    struct fact *fact = reading_fact(reading, FACT_ENTITLEMENT);
    struct entitlement *entitlement = &fact->entitlement;
    reading->what = "entitlement (XML)";
    entitlement->lines = arena_alloc(reading->arena, READING_LINES_MAX * sizeof *entitlement->lines);
    collect_attributes(reading, root, HEADER_FIRST, HEADER_LAST, values);
    for (const struct xml *child = root->children; child && reading->fault_count < READING_FAULTS_MAX; child = child->next) {
        if (item_map_is_field(reading->map, XML_FIELD_HEADER, child->name))
            collect(reading, child, HEADER_FIRST, HEADER_LAST, values);
        else if (item_map_is_field(reading->map, XML_FIELD_LINES, child->name))
            take_lines(reading, child, entitlement);
        else if (item_map_is_field(reading->map, XML_FIELD_LINE, child->name))
            take_line(reading, child, entitlement);
        else
            reading_fault(reading, child->line, "%s is not known here, expected header, lines or line", reading_shown(reading, child->name));
    }
    take_header(reading, root, values, fact);
    fact->key = key_of(reading, root, values);
    /* Without any line it would take the place of the file in force and leave every item without a quantity. */
    if (!reading->fault_count && entitlement->line_count == 0)
        reading_fault(reading, root->line, "no line is mapped to an item, expected at least one");
    reading->subject = bytes_from_text(arena_printf(reading->arena, "entitlement %s", arena_text(reading->arena, fact->key)));
}
