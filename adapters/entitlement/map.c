#include "adapters/entitlement/map.h"

#include "base/check.h"
#include "base/map.h"
#include "base/yaml.h"

#include <ctype.h>
#include <stdlib.h>

/* deploy/entitlement-map.yaml */
extern const unsigned char entitlement_map_shipped[];
extern const size_t entitlement_map_shipped_size;

struct entry {
    struct bytes name; /* folded where case does not tell */
    struct bytes shown;
    int line;          /* 0: a shipped one */
    struct item_codes codes;
};

struct entries {
    struct entry *list;
    size_t count;
};

struct item_map {
    struct entries features, items;
    struct item_codes fields[XML_FIELD_COUNT]; /* their names, folded */
};

struct reader {
    struct arena *arena;
    const char *why;
    bool own; /* the site's file, not the shipped one */
};

static const char bundle[] = "bundle:";
enum { BUNDLE_LEN = sizeof bundle - 1 };

static const char *const field_keys[] = {
#define X(field, key) key,
    XML_FIELD_MAP(X)
#undef X
};

const char *xml_field_key(enum xml_field field)
{
    return field_keys[field];
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct reader *reader, int line, const char *format, ...)
{
    if (!reader->why) {
        struct buffer text = {0};
        va_list args;
        buffer_printf(&text, "line %d: ", line);
        va_start(args, format);
        buffer_vprintf(&text, format, args);
        va_end(args);
        reader->why = arena_printf(reader->arena, "%s", buffer_text(&text));
        buffer_free(&text);
    }
    return false;
}

static bool is_bundle_code(struct bytes code)
{
    return code.len > BUNDLE_LEN && memcmp(code.data, bundle, BUNDLE_LEN) == 0;
}

bool item_code_is_known(const struct bytes *items, struct bytes code)
{
    bool known = !items || is_bundle_code(code);
    for (; !known && bytes_present(*items); items++)
        known = bytes_equal(*items, code);
    return known;
}

bool item_code_is_lawful(struct bytes code)
{
    bool is_bundle = is_bundle_code(code);
    for (size_t i = is_bundle ? BUNDLE_LEN : 0; i < code.len; i++) {
        uint8_t c = code.data[i];
        bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!(digit || (!is_bundle && (letter || c == '-' || c == '_' || c == '.'))))
            return false;
    }
    return code.len >= 1 && code.len <= ITEM_CODE_BYTES_MAX;
}

/* Lower case, one blank between words: how names of items are compared. */
static struct bytes words_of(struct bytes text, struct arena *arena)
{
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c > ' ')
            to[len++] = (char)(c < 0x80 ? tolower(c) : c);
        else if (len && to[len - 1] != ' ')
            to[len++] = ' ';
    }
    while (len && to[len - 1] == ' ')
        len--;
    return bytes_of(to, len);
}

/* Lower case without _ and -: how names of XML are compared. */
static bool same_field(struct bytes folded, struct bytes name)
{
    size_t at = 0;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c == '_' || c == '-')
            continue;
        if (at == folded.len || folded.data[at++] != (c < 0x80 ? tolower(c) : c))
            return false;
    }
    return at == folded.len;
}

static struct bytes fold_field(struct bytes name, struct arena *arena)
{
    char *to = arena_alloc(arena, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] != '_' && name.data[i] != '-')
            to[len++] = (char)(name.data[i] < 0x80 ? tolower(name.data[i]) : name.data[i]);
    return bytes_of(to, len);
}

static bool take_scalar(struct reader *reader, const struct yaml *value, bool code, struct bytes *to)
{
    if (value->kind != YAML_KIND_SCALAR || yaml_is_null(value) || value->text.len == 0 || !bytes_are_utf8(value->text))
        return refuse(reader, value->line, "expected a text, or a list of texts");
    if (code && !item_code_is_lawful(value->text))
        return refuse(reader, value->line, "\"%s\", expected a code of the catalog: 1 to %d of a-z, A-Z, 0-9, hyphen, underscore and dot, "
                      "or bundle:ID", arena_text(reader->arena, value->text), ITEM_CODE_BYTES_MAX);
    *to = code ? value->text : fold_field(value->text, reader->arena);
    return true;
}

static bool take_texts(struct reader *reader, const struct yaml *value, bool code, struct item_codes *to)
{
    bool list = value->kind == YAML_KIND_LIST;
    size_t count = list ? value->child_count : 1;
    *to = (struct item_codes){0};
    if (code && yaml_is_null(value))
        return true;
    if (count == 0)
        return refuse(reader, value->line, "an empty list, expected a text or a list of texts%s", code ? ", or ~ for: not counted" : "");
    to->codes = arena_alloc(reader->arena, count * sizeof *to->codes);
    for (to->count = 0; to->count < count; to->count++)
        if (!take_scalar(reader, list ? &value->children[to->count] : value, code, &to->codes[to->count]))
            return false;
    return true;
}

static bool take_entries(struct reader *reader, const struct yaml *part, bool fold, struct entries *to)
{
    if (part->kind != YAML_KIND_MAP && !yaml_is_null(part))
        return refuse(reader, part->line, "%s: expected a map of names to codes", arena_text(reader->arena, part->name));
    size_t count = part->kind == YAML_KIND_MAP ? part->child_count : 0;
    if (count > ITEM_MAP_ENTRIES_MAX)
        return refuse(reader, part->line, "%zu names, expected at most %d", count, ITEM_MAP_ENTRIES_MAX);
    *to = (struct entries){.list = arena_alloc(reader->arena, count * sizeof *to->list)};
    struct dictionary seen = {0};
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++) {
        const struct yaml *child = &part->children[i];
        struct entry *entry = &to->list[to->count++];
        entry->shown = child->name;
        entry->line = reader->own ? child->name_line : 0;
        entry->name = fold ? words_of(child->name, reader->arena) : child->name;
        if (entry->name.len == 0)
            fits = refuse(reader, child->name_line, "an empty name");
        else if (dictionary_number(&seen, entry->name) != to->count)
            fits = refuse(reader, child->name_line, "\"%s\" stands here a second time: case and blanks do not tell names apart",
                          arena_text(reader->arena, child->name));
        else
            fits = take_texts(reader, child, true, &entry->codes);
    }
    dictionary_free(&seen);
    return fits;
}

static bool take_fields(struct reader *reader, const struct yaml *part, struct item_codes *fields)
{
    if (part->kind != YAML_KIND_MAP && !yaml_is_null(part))
        return refuse(reader, part->line, "xml: expected a map of fields to names");
    for (size_t i = 0; part->kind == YAML_KIND_MAP && i < part->child_count; i++) {
        const struct yaml *child = &part->children[i];
        int field = 0;
        while (field < XML_FIELD_COUNT && !bytes_equal_text(child->name, field_keys[field]))
            field++;
        if (field == XML_FIELD_COUNT)
            return refuse(reader, child->name_line, "xml: unknown field \"%s\", expected one of those of the shipped map",
                          arena_text(reader->arena, child->name));
        if (!take_texts(reader, child, false, &fields[field]))
            return false;
    }
    return true;
}

static bool take_parts(struct reader *reader, const struct yaml *tree, struct item_map *map)
{
    if (tree->kind != YAML_KIND_MAP)
        return refuse(reader, tree->line, "expected a map of features, items and xml");
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *part = &tree->children[i];
        bool fits;
        if (bytes_equal_text(part->name, "features"))
            fits = take_entries(reader, part, false, &map->features);
        else if (bytes_equal_text(part->name, "items"))
            fits = take_entries(reader, part, true, &map->items);
        else if (bytes_equal_text(part->name, "xml"))
            fits = take_fields(reader, part, map->fields);
        else
            fits = refuse(reader, part->name_line, "unknown key \"%s\", expected one of features, items, xml",
                          arena_text(reader->arena, part->name));
        if (!fits)
            return false;
    }
    return true;
}

static bool read_text(struct reader *reader, struct bytes text, struct item_map *map)
{
    const struct yaml *tree = yaml_read(text, reader->arena, &reader->why);
    return tree && take_parts(reader, tree, map);
}

enum err item_map_read(struct bytes text, struct arena *arena, const struct item_map **out, const char **why)
{
    struct item_map *map = arena_alloc(arena, sizeof *map);
    struct reader reader = {.arena = arena};
    bool shipped = read_text(&reader, bytes_of(entitlement_map_shipped, entitlement_map_shipped_size), map);
    check(shipped);
    *out = map;
    reader.own = true;
    if (!bytes_present(text) || read_text(&reader, text, map))
        return ERR_OK;
    *why = reader.why;
    return ERR_SETTINGS;
}

static const struct item_codes *find(const struct entries *entries, struct bytes name)
{
    for (size_t i = 0; i < entries->count; i++)
        if (bytes_equal(entries->list[i].name, name))
            return &entries->list[i].codes;
    return NULL;
}

const struct item_codes *item_map_feature(const struct item_map *map, struct bytes name)
{
    return find(&map->features, name);
}

static struct bytes last_word(struct bytes words)
{
    size_t at = words.len;
    while (at && words.data[at - 1] != ' ')
        at--;
    return bytes_of(words.data + at, words.len - at);
}

static bool is_number(struct bytes word)
{
    bool digits = false;
    for (size_t i = word.len && word.data[0] == 'v' ? 1 : 0; i < word.len; i++) {
        bool digit = word.data[i] >= '0' && word.data[i] <= '9';
        digits = digits || digit;
        if (!digit && word.data[i] != '.' && word.data[i] != 'x')
            return false;
    }
    return digits;
}

static bool is_release_word(struct bytes word)
{
    static const char *const words[] = {"release", "rel", "rel.", "r", "r.", "version", "ver", "ver.", "v", "v.", "-", ","};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_equal_text(word, words[i]))
            return true;
    return false;
}

/* "genesys inbound voice, rel. 8.1" → "genesys inbound voice"; the text itself when there is no release at its end. */
static struct bytes without_release(struct bytes words)
{
    struct bytes word = last_word(words), rest = words;
    if (!is_number(word))
        return words;
    do {
        rest.len -= word.len;
        while (rest.len && (rest.data[rest.len - 1] == ' ' || rest.data[rest.len - 1] == ','))
            rest.len--;
        word = last_word(rest);
    } while (rest.len && is_release_word(word));
    return rest;
}

const struct item_codes *item_map_item(const struct item_map *map, struct bytes name, struct arena *arena)
{
    struct bytes words = words_of(name, arena);
    const struct item_codes *codes = words.len ? find(&map->items, words) : NULL;
    return codes || !words.len ? codes : find(&map->items, without_release(words));
}

static bool gives(const struct entries *entries, struct bytes code)
{
    for (size_t i = 0; i < entries->count; i++)
        for (size_t j = 0; j < entries->list[i].codes.count; j++)
            if (bytes_equal(entries->list[i].codes.codes[j], code))
                return true;
    return false;
}

bool item_map_has_code(const struct item_map *map, struct bytes code)
{
    return gives(&map->items, code) || gives(&map->features, code);
}

static size_t add_strays(const struct entries *entries, const struct bytes *items, struct item_stray *strays, size_t count)
{
    for (size_t i = 0; i < entries->count; i++)
        for (size_t j = 0; entries->list[i].line && j < entries->list[i].codes.count; j++)
            if (!item_code_is_known(items, entries->list[i].codes.codes[j])) {
                if (strays)
                    strays[count] = (struct item_stray){entries->list[i].line, entries->list[i].shown, entries->list[i].codes.codes[j]};
                count++;
            }
    return count;
}

static int compare_lines(const void *a, const void *b)
{
    const struct item_stray *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

size_t item_map_strays(const struct item_map *map, const struct bytes *items, struct arena *arena, const struct item_stray **out)
{
    size_t count = add_strays(&map->items, items, NULL, add_strays(&map->features, items, NULL, 0));
    struct item_stray *strays = arena_alloc(arena, (count + 1) * sizeof *strays);
    add_strays(&map->items, items, strays, add_strays(&map->features, items, strays, 0));
    qsort(strays, count, sizeof *strays, compare_lines);
    *out = strays;
    return count;
}

bool item_map_is_field(const struct item_map *map, enum xml_field field, struct bytes name)
{
    for (size_t i = 0; i < map->fields[field].count; i++)
        if (same_field(map->fields[field].codes[i], name))
            return true;
    return false;
}
