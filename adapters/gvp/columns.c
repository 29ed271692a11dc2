#include "adapters/gvp/columns.h"

#include "adapters/site_map.h"
#include "base/check.h"
#include "proto/words.h"

extern const unsigned char gvp_map_shipped[];
extern const size_t gvp_map_shipped_size;

enum { NAME_LEN_MAX = 128 };

static const struct {
    const char *section, *key;
    bool needed;
} names[GVP_NAME_COUNT] = {
#define X(name, section, key, needed) {section, key, needed},
    GVP_NAME_MAP(X)
#undef X
};

static const char *const legs[GVP_LEG_COUNT] = {"MCP", "RM"};

struct reader {
    struct site_reader site;
    struct gvp_map *map;
};

/* Names of elements, attributes and parameters: what needs no escape in XML nor in an address. */
static bool is_plain(struct bytes text, const char *more)
{
    bool plain = text.len > 0 && text.len <= NAME_LEN_MAX;
    for (size_t i = 0; plain && i < text.len; i++) {
        uint8_t c = text.data[i];
        plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr(more, c);
        plain = plain && c;
    }
    return plain;
}

static bool read_name(struct reader *reader, const struct yaml *value, bool needed, const char **out)
{
    if (!needed && yaml_is_null(value)) {
        *out = NULL;
        return true;
    }
    if (value->kind != YAML_KIND_SCALAR || yaml_is_null(value) || !is_plain(value->text, "_-.:"))
        return site_refuse_value(&reader->site, value, needed ? "a name of A-Z a-z 0-9 _ - . :" : "a name of A-Z a-z 0-9 _ - . : or ~");
    *out = arena_text(reader->site.arena, value->text);
    return true;
}

static bool read_path(struct reader *reader, const struct yaml *value, const char **out)
{
    if (value->kind != YAML_KIND_SCALAR || !is_plain(value->text, "_-.:/~") || value->text.data[0] != '/')
        return site_refuse_value(&reader->site, value, "a path, as /ems-rs/HIST/CDRs/MCP/details");
    *out = arena_text(reader->site.arena, value->text);
    return true;
}

static bool read_paths(struct reader *reader, const struct yaml *value)
{
    if (value->kind != YAML_KIND_MAP)
        return site_refuse_value(&reader->site, value, "a map of MCP and RM");
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *own = &value->children[i];
        enum gvp_leg leg = gvp_leg_find(own->name);
        if (leg == GVP_LEG_COUNT)
            return site_refuse_name(&reader->site, own, "MCP or RM");
        if (own->kind != YAML_KIND_MAP)
            return site_refuse_value(&reader->site, own, "a map of history and running");
        for (size_t k = 0; k < own->child_count; k++) {
            const struct yaml *path = &own->children[k];
            bool history = bytes_equal_text(path->name, "history");
            if (!history && !bytes_equal_text(path->name, "running"))
                return site_refuse_name(&reader->site, path, "history or running");
            if (!read_path(reader, path, history ? &reader->map->history[leg] : &reader->map->running[leg]))
                return false;
        }
    }
    return true;
}

/* False, with nothing refused, when there is no such section. */
static bool is_section(struct bytes name)
{
    for (int i = 0; i < GVP_NAME_COUNT; i++)
        if (bytes_equal_text(name, names[i].section))
            return true;
    return false;
}

static const char *names_of(struct reader *reader, struct bytes section)
{
    const char *text = "one of";
    for (int i = 0; i < GVP_NAME_COUNT; i++)
        if (bytes_equal_text(section, names[i].section))
            text = arena_printf(reader->site.arena, "%s %s", text, names[i].key);
    return text;
}

static bool read_section(struct reader *reader, const struct yaml *value)
{
    if (value->kind != YAML_KIND_MAP)
        return site_refuse_value(&reader->site, value, "a map");
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *own = &value->children[i];
        int name = 0;
        while (name < GVP_NAME_COUNT && !(bytes_equal_text(value->name, names[name].section) && bytes_equal_text(own->name, names[name].key)))
            name++;
        if (name == GVP_NAME_COUNT)
            return site_refuse_name(&reader->site, own, names_of(reader, value->name));
        if (!read_name(reader, own, names[name].needed, &reader->map->names[name]))
            return false;
    }
    return true;
}

static bool read_words(struct reader *reader, const struct yaml *value, struct gvp_use *use)
{
    if (value->kind != YAML_KIND_LIST || value->child_count == 0 || value->child_count > GVP_WORDS_MAX)
        return site_refuse_value(&reader->site, value, "a list of 1 to 100 words");
    use->words = arena_alloc(reader->site.arena, value->child_count * sizeof *use->words);
    use->word_count = value->child_count;
    use->negated = bytes_equal_text(value->name, "no");
    for (size_t i = 0; i < value->child_count; i++) {
        if (value->children[i].kind != YAML_KIND_SCALAR)
            return site_refuse_value(&reader->site, &value->children[i], "a word");
        use->words[i] = arena_copy(reader->site.arena, value->children[i].text);
    }
    return true;
}

static bool read_use(struct reader *reader, const struct yaml *value, struct gvp_use *use)
{
    static const char expected[] = "always, never, or a map of field and yes or no";
    *use = (struct gvp_use){.use = use->use};
    if (value->kind == YAML_KIND_SCALAR && (bytes_equal_text(value->text, "always") || bytes_equal_text(value->text, "never"))) {
        use->always = bytes_equal_text(value->text, "always");
        return true;
    }
    if (value->kind != YAML_KIND_MAP)
        return site_refuse_value(&reader->site, value, expected);
    for (size_t i = 0; i < value->child_count; i++) {
        const struct yaml *own = &value->children[i];
        if (bytes_equal_text(own->name, "field")) {
            if (!read_name(reader, own, true, &use->field))
                return false;
            continue;
        }
        if (!bytes_equal_text(own->name, "yes") && !bytes_equal_text(own->name, "no"))
            return site_refuse_name(&reader->site, own, "field, yes or no");
        if (use->word_count)
            return site_refuse_name(&reader->site, own, "yes or no, not both");
        if (!read_words(reader, own, use))
            return false;
    }
    return (use->field && use->word_count) || site_refuse_value(&reader->site, value, expected);
}

static bool read_uses(struct reader *reader, const struct yaml *value)
{
    if (value->kind != YAML_KIND_MAP)
        return site_refuse_value(&reader->site, value, "a map of gvp, asr, tts, parking, recording");
    for (size_t i = 0; i < value->child_count; i++) {
        int use = words_find(&words_uses, value->children[i].name) - 1;
        if (use < 0)
            return site_refuse_name(&reader->site, &value->children[i], "gvp, asr, tts, parking or recording");
        if (!read_use(reader, &value->children[i], &reader->map->uses[use]))
            return false;
    }
    return true;
}

static bool read_all(struct reader *reader, struct bytes text)
{
    const struct yaml *tree = yaml_read(text, reader->site.arena, &reader->site.why);
    if (!tree)
        return false;
    if (tree->kind != YAML_KIND_MAP)
        return site_refuse_value(&reader->site, tree, "a map of paths, request, answer, record, uses");
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct yaml *own = &tree->children[i];
        bool good = bytes_equal_text(own->name, "paths")  ? read_paths(reader, own)
                    : bytes_equal_text(own->name, "uses") ? read_uses(reader, own)
                    : is_section(own->name)               ? read_section(reader, own)
                                                          : site_refuse_name(&reader->site, own, "paths, request, answer, record or uses");
        if (!good)
            return false;
    }
    return true;
}

enum err gvp_map_read(struct bytes text, struct arena *arena, const struct gvp_map **map, const char **why)
{
    struct reader reader = {.site.arena = arena, .map = arena_alloc(arena, sizeof *reader.map)};
    check(words_uses.count == GVP_USE_COUNT + 1);
    for (int i = 0; i < GVP_USE_COUNT; i++)
        reader.map->uses[i].use = 1u << i;
    bool shipped = read_all(&reader, bytes_of(gvp_map_shipped, gvp_map_shipped_size));
    check(shipped);
    if (bytes_present(text) && !read_all(&reader, text)) {
        *why = reader.site.why;
        return ERR_INPUT;
    }
    *map = reader.map;
    return ERR_OK;
}

const char *gvp_name_key(enum gvp_name name)
{
    return names[name].key;
}

const char *gvp_leg_name(enum gvp_leg leg)
{
    return legs[leg];
}

enum gvp_leg gvp_leg_find(struct bytes name)
{
    enum gvp_leg leg = 0;
    while (leg < GVP_LEG_COUNT && !bytes_equal_text(name, legs[leg]))
        leg++;
    return leg;
}
