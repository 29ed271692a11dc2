#include "server/engine/catalog.h"

#include "base/limits.h"
#include "base/yaml.h"
#include "proto/words.h"

enum { CODE_BYTES_MAX = 64 };

/* The attributes of contract.md §4: a new one is a row here and a test in the engine's predicate. */
enum attribute_type { ATTRIBUTE_KIND, ATTRIBUTE_FLAG, ATTRIBUTE_TEXTS, ATTRIBUTE_WORD, ATTRIBUTE_WORD_BITS, ATTRIBUTE_USES };

struct attribute {
    const char *name;
    enum attribute_type type;
    size_t offset;
    const struct words *words;
    enum subject_kind only; /* the kind of subject that it fits; SUBJECT_NONE: every */
};

#define W(field) offsetof(struct where, field)
static const struct attribute where_attributes[] = {
    {"kind", ATTRIBUTE_KIND, W(kind)},
    {"media", ATTRIBUTE_TEXTS, W(media), .only = SUBJECT_SESSION},
    {"media_not", ATTRIBUTE_TEXTS, W(media_not), .only = SUBJECT_SESSION},
    {"voice", ATTRIBUTE_FLAG, W(voice), .only = SUBJECT_SESSION},
    {"app", ATTRIBUTE_TEXTS, W(app), .only = SUBJECT_SESSION},
    {"app_not", ATTRIBUTE_TEXTS, W(app_not), .only = SUBJECT_SESSION},
    {"switch_type", ATTRIBUTE_WORD_BITS, W(switch_types), &words_switch_type, SUBJECT_SESSION},
    {"has_backup", ATTRIBUTE_FLAG, W(has_backup), .only = SUBJECT_SESSION},
    {"agent", ATTRIBUTE_FLAG, W(agent), .only = SUBJECT_SESSION},
    {"wfm", ATTRIBUTE_FLAG, W(wfm), .only = SUBJECT_SESSION},
    {"campaign_loaded", ATTRIBUTE_FLAG, W(campaign_loaded), .only = SUBJECT_SESSION},
    {"tenant_has", ATTRIBUTE_TEXTS, W(tenant_has), .only = SUBJECT_SESSION},
    {"site_type", ATTRIBUTE_WORD, W(site_type), &words_site_type, SUBJECT_SESSION},
    {"uses", ATTRIBUTE_USES, W(uses), &words_uses, SUBJECT_PORT},
    {NULL},
};

#define E(field) offsetof(struct enabled_where, field)
static const struct attribute enabled_attributes[] = {
    {"object", ATTRIBUTE_WORD, E(object), &words_object_type},
    {"agent", ATTRIBUTE_FLAG, E(agent)},
    {"wfm", ATTRIBUTE_FLAG, E(wfm)},
    {"switch_type", ATTRIBUTE_WORD_BITS, E(switch_types), &words_switch_type},
    {NULL},
};

struct reading {
    struct arena *arena;
    const char **why;
};

__attribute__((format(printf, 4, 5))) static bool refuse(struct reading *reading, int line, int column, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    *reading->why = arena_printf(reading->arena, "line %d, column %d: %s", line, column, buffer_text(&text));
    buffer_free(&text);
    return false;
}
#define REFUSE(node, ...) refuse(reading, (node)->line, (node)->column, __VA_ARGS__)
#define REFUSE_NAME(node, ...) refuse(reading, (node)->name_line, (node)->name_column, __VA_ARGS__)

static const char *shown(struct reading *reading, const struct yaml *node)
{
    if (node->kind == YAML_KIND_SCALAR)
        return text_shown(node->text, reading->arena);
    return node->kind == YAML_KIND_LIST ? "a list" : "a map";
}

static const char *attribute_names(struct reading *reading, const struct attribute *attributes, enum subject_kind kind)
{
    const char *text = NULL;
    for (; attributes->name; attributes++)
        if (!attributes->only || !kind || attributes->only == kind)
            text = text ? arena_printf(reading->arena, "%s, %s", text, attributes->name) : attributes->name;
    return text;
}

static const char *attribute_expected(struct reading *reading, const struct attribute *attribute)
{
    switch (attribute->type) {
    case ATTRIBUTE_KIND:
        return "session or port";
    case ATTRIBUTE_FLAG:
        return "true or false";
    case ATTRIBUTE_TEXTS:
        return "text, or a list of at least one text";
    case ATTRIBUTE_WORD:
        return words_text(attribute->words, "one of ", reading->arena);
    default:
        return words_text(attribute->words, "one or a list of ", reading->arena);
    }
}

static bool refuse_value(struct reading *reading, const struct attribute *attribute, const struct yaml *value)
{
    return REFUSE(value, "%s: %s, expected %s", attribute->name, shown(reading, value), attribute_expected(reading, attribute));
}

/* The elements of a list; a value that stands alone is a list of one. */
static const struct yaml *elements_of(const struct yaml *value, size_t *count)
{
    *count = value->kind == YAML_KIND_LIST ? value->child_count : 1;
    return value->kind == YAML_KIND_LIST ? value->children : value;
}

static bool read_texts(struct reading *reading, const struct attribute *attribute, const struct yaml *value, struct text_list *list)
{
    const struct yaml *elements = elements_of(value, &list->count);
    if (list->count == 0)
        return refuse_value(reading, attribute, value);
    list->texts = arena_alloc(reading->arena, list->count * sizeof *list->texts);
    list->given = true;
    for (size_t i = 0; i < list->count; i++) {
        if (elements[i].kind != YAML_KIND_SCALAR || yaml_is_null(&elements[i]) || elements[i].text.len == 0 ||
            elements[i].text.len > NAME_BYTES_MAX)
            return refuse_value(reading, attribute, &elements[i]);
        list->texts[i] = elements[i].text;
    }
    return true;
}

/* Bits of the words found, 1 << (enumerator - shift). */
static bool read_bits(struct reading *reading, const struct attribute *attribute, const struct yaml *value, int shift, unsigned *bits)
{
    size_t count;
    const struct yaml *elements = elements_of(value, &count);
    if (count == 0)
        return refuse_value(reading, attribute, value);
    for (size_t i = 0; i < count; i++) {
        int word = elements[i].kind == YAML_KIND_SCALAR ? words_find(attribute->words, elements[i].text) : 0;
        if (!word)
            return refuse_value(reading, attribute, &elements[i]);
        *bits |= 1u << (word - shift);
    }
    return true;
}

static bool read_value(struct reading *reading, const struct attribute *attribute, const struct yaml *value, void *base)
{
    char *field = (char *)base + attribute->offset;
    bool yes;
    int word = 0;
    unsigned bits = 0;
    switch (attribute->type) {
    case ATTRIBUTE_KIND:
        if (value->kind == YAML_KIND_SCALAR)
            word = bytes_equal_text(value->text, "session") ? SUBJECT_SESSION : bytes_equal_text(value->text, "port") ? SUBJECT_PORT : 0;
        break;
    case ATTRIBUTE_WORD:
        word = value->kind == YAML_KIND_SCALAR ? words_find(attribute->words, value->text) : 0;
        break;
    case ATTRIBUTE_FLAG:
        word = !yaml_bool(value, &yes) ? 0 : yes ? FLAG_YES : FLAG_NO;
        break;
    case ATTRIBUTE_TEXTS:
        return read_texts(reading, attribute, value, (struct text_list *)(void *)field);
    case ATTRIBUTE_WORD_BITS:
    case ATTRIBUTE_USES:
        if (!read_bits(reading, attribute, value, attribute->type == ATTRIBUTE_USES, &bits))
            return false;
        memcpy(field, &bits, sizeof bits);
        return true;
    }
    memcpy(field, &word, sizeof word);
    return word ? true : refuse_value(reading, attribute, value);
}

/* kind: the subject that attributes have to fit; SUBJECT_NONE: they fit every. */
static bool read_predicate(struct reading *reading, const char *name, const struct attribute *attributes, const struct yaml *map,
                           enum subject_kind kind, void *base)
{
    if (map->kind != YAML_KIND_MAP || map->child_count == 0)
        return REFUSE(map, "%s: %s, expected a map of %s", name, map->child_count ? shown(reading, map) : "nothing",
                      attribute_names(reading, attributes, kind));
    for (size_t i = 0; i < map->child_count; i++) {
        const struct yaml *value = &map->children[i];
        const struct attribute *attribute = attributes;
        while (attribute->name && !bytes_equal_text(value->name, attribute->name))
            attribute++;
        if (!attribute->name)
            return REFUSE_NAME(value, "unknown attribute %s in %s, expected one of %s", text_shown(value->name, reading->arena), name,
                               attribute_names(reading, attributes, kind));
        if (attribute->only && kind && attribute->only != kind)
            return REFUSE_NAME(value, "attribute %s does not fit kind %s, expected one of %s", attribute->name,
                               kind == SUBJECT_PORT ? "port" : "session", attribute_names(reading, attributes, kind));
        if (!read_value(reading, attribute, value, base))
            return false;
    }
    return true;
}

static bool read_where(struct reading *reading, const struct yaml *map, struct where *where)
{
    const struct yaml *kind = yaml_member(map, "kind");
    if (map->kind == YAML_KIND_MAP && map->child_count && !kind)
        return REFUSE(map, "where: kind is missing, expected session or port");
    if (kind && !read_value(reading, &where_attributes[0], kind, where))
        return false;
    return read_predicate(reading, "where", where_attributes, map, where->kind, where);
}

static bool read_enabled_where(struct reading *reading, const struct yaml *map, struct enabled_where *where)
{
    if (!read_predicate(reading, "enabled_where", enabled_attributes, map, SUBJECT_NONE, where))
        return false;
    if (where->object == OBJECT_NONE)
        return REFUSE(map, "enabled_where: object is missing, expected %s", attribute_expected(reading, &enabled_attributes[0]));
    if ((where->agent || where->wfm) && where->object != OBJECT_PERSON)
        return REFUSE(map, "enabled_where: agent and wfm fit only object person, not %s", object_type_name(where->object));
    return true;
}

static bool read_measures(struct reading *reading, const struct yaml *value, struct catalog_item *item)
{
    size_t count;
    const struct yaml *elements = elements_of(value, &count);
    for (size_t i = 0; i < count; i++) {
        if (elements[i].kind == YAML_KIND_SCALAR && bytes_equal_text(elements[i].text, "enabled"))
            item->measure_enabled = true;
        else if (elements[i].kind == YAML_KIND_SCALAR && bytes_equal_text(elements[i].text, "concurrent"))
            item->measure_concurrent = true;
        else
            return REFUSE(&elements[i], "measures: %s, expected enabled, concurrent or both", shown(reading, &elements[i]));
    }
    return count ? true : REFUSE(value, "measures: an empty list, expected enabled, concurrent or both");
}

static bool code_is_lawful(struct bytes code)
{
    for (size_t i = 0; i < code.len; i++) {
        uint8_t c = code.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return code.len >= 1 && code.len <= CODE_BYTES_MAX;
}

static bool read_code(struct reading *reading, const struct yaml *value, struct bytes *code)
{
    if (value->kind == YAML_KIND_SCALAR && value->text.len > 7 && memcmp(value->text.data, "bundle:", 7) == 0)
        return REFUSE(value, "code: %s, expected a code of its own: bundle: is kept for bundles", shown(reading, value));
    if (value->kind != YAML_KIND_SCALAR || !code_is_lawful(value->text))
        return REFUSE(value, "code: %s, expected 1 to %d of a-z, A-Z, 0-9, hyphen, underscore and dot", shown(reading, value), CODE_BYTES_MAX);
    *code = value->text;
    return true;
}

static bool read_name(struct reading *reading, const struct yaml *value, struct bytes *name)
{
    if (value->kind != YAML_KIND_SCALAR || value->text.len == 0 || value->text.len > NAME_BYTES_MAX || !bytes_are_utf8(value->text))
        return REFUSE(value, "name: %s, expected text of 1 to %d bytes", shown(reading, value), NAME_BYTES_MAX);
    *name = value->text;
    return true;
}

static bool read_item_members(struct reading *reading, const struct yaml *map, struct catalog_item *item)
{
    for (size_t i = 0; i < map->child_count; i++) {
        const struct yaml *value = &map->children[i];
        bool fits;
        if (bytes_equal_text(value->name, "code"))
            fits = read_code(reading, value, &item->code);
        else if (bytes_equal_text(value->name, "name"))
            fits = read_name(reading, value, &item->name);
        else if (bytes_equal_text(value->name, "measures"))
            fits = read_measures(reading, value, item);
        else if (bytes_equal_text(value->name, "where"))
            fits = read_where(reading, value, &item->where);
        else if (bytes_equal_text(value->name, "enabled_where"))
            fits = read_enabled_where(reading, value, &item->enabled_where);
        else
            fits = REFUSE_NAME(value, "unknown member %s, expected one of code, name, measures, where, enabled_where",
                               text_shown(value->name, reading->arena));
        if (!fits)
            return false;
    }
    return true;
}

static bool read_item(struct reading *reading, const struct yaml *map, struct catalog_item *item)
{
    if (map->kind != YAML_KIND_MAP)
        return REFUSE(map, "items: %s, expected a map of code, name, measures, where, enabled_where", shown(reading, map));
    if (!read_item_members(reading, map, item))
        return false;
    if (!bytes_present(item->code))
        return REFUSE(map, "code is missing, expected e.g. code: web-media");
    if (!item->measure_enabled && !item->measure_concurrent)
        return REFUSE(map, "measures is missing, expected enabled, concurrent or both");
    /* A name is for people; without one the code has to do. */
    if (!bytes_present(item->name))
        item->name = item->code;
    if (item->measure_concurrent != (item->where.kind != SUBJECT_NONE))
        return REFUSE(map, item->measure_concurrent ? "where is missing, expected a predicate, since measures has concurrent"
                                                    : "where stands here, but measures has no concurrent");
    if (!item->measure_enabled && item->enabled_where.object != OBJECT_NONE)
        return REFUSE(map, "enabled_where stands here, but measures has no enabled");
    return true;
}

static bool read_items(struct reading *reading, const struct yaml *root, struct catalog *catalog)
{
    const struct yaml *items = yaml_member(root, "items");
    if (root->kind != YAML_KIND_MAP)
        return REFUSE(root, "%s, expected a map with items", shown(reading, root));
    for (size_t i = 0; i < root->child_count; i++)
        if (&root->children[i] != items)
            return REFUSE_NAME(&root->children[i], "unknown member %s, expected items", text_shown(root->children[i].name, reading->arena));
    if (!items || items->kind != YAML_KIND_LIST || items->child_count == 0 || items->child_count > ITEMS_MAX)
        return REFUSE(items ? items : root, "items: %s, expected a list of 1 to %d items", items ? shown(reading, items) : "missing", ITEMS_MAX);
    catalog->items = arena_alloc(reading->arena, items->child_count * sizeof *catalog->items);
    for (size_t i = 0; i < items->child_count; i++) {
        if (!read_item(reading, &items->children[i], &catalog->items[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (bytes_equal(catalog->items[k].code, catalog->items[i].code)) {
                const struct yaml *code = yaml_member(&items->children[i], "code");
                return REFUSE(code, "code: %s stands here a second time (first in line %d), expected each code once", shown(reading, code),
                              yaml_member(&items->children[k], "code")->line);
            }
        catalog->count = i + 1;
    }
    return true;
}

enum err catalog_read(struct bytes text, struct arena *arena, struct catalog **catalog, const char **why)
{
    struct reading reading = {.arena = arena, .why = why};
    const struct yaml *root = yaml_read(text, arena, why);
    if (!root)
        return ERR_INPUT;
    struct catalog *made = arena_alloc(arena, sizeof *made);
    if (!read_items(&reading, root, made))
        return ERR_INPUT;
    made->text = arena_copy(arena, text);
    *catalog = made;
    return ERR_OK;
}

extern const unsigned char catalog_yaml[];
extern const size_t catalog_yaml_size;

struct bytes catalog_shipped(void)
{
    return bytes_of(catalog_yaml, catalog_yaml_size);
}
