#include "adapters/entitlement/reading.h"

#include "base/json.h"
#include "base/limits.h"
#include "proto/fact_json.h"
#include "proto/words.h"

#include <stdlib.h>
#include <strings.h>

/* --- what the readers use ------------------------------------------------------------------------ */

static void remark(struct reading *reading, int line, bool fault, const char *format, va_list args)
{
    if (fault && ++reading->fault_count > READING_FAULTS_MAX)
        return;
    if (reading->remark_count == reading->remark_capacity) {
        size_t capacity = reading->remark_capacity ? 2 * reading->remark_capacity : 64;
        struct remark *more = arena_alloc(reading->arena, capacity * sizeof *more);
        if (reading->remark_count)
            memcpy(more, reading->remarks, reading->remark_count * sizeof *more);
        reading->remarks = more;
        reading->remark_capacity = capacity;
    }
    struct buffer text = {0};
    buffer_vprintf(&text, format, args);
    size_t number = reading->remark_count++;
    reading->remarks[number] = (struct remark){line, number, fault, arena_printf(reading->arena, "%s", buffer_text(&text))};
    buffer_free(&text);
}

void reading_note(struct reading *reading, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    remark(reading, line, false, format, args);
    va_end(args);
}

void reading_fault(struct reading *reading, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    remark(reading, line, true, format, args);
    va_end(args);
}

struct fact *reading_fact(struct reading *reading, enum fact_kind kind)
{
    if (reading->fact_count == reading->fact_capacity) {
        size_t capacity = reading->fact_capacity ? 2 * reading->fact_capacity : 16;
        struct fact *more = arena_alloc(reading->arena, capacity * sizeof *more);
        if (reading->fact_count)
            memcpy(more, reading->facts, reading->fact_count * sizeof *more);
        reading->facts = more;
        reading->fact_capacity = capacity;
    }
    struct fact *fact = &reading->facts[reading->fact_count++];
    *fact = fact_blank(kind);
    fact->source = reading->source;
    fact->version = reading->version;
    return fact;
}

const char *reading_shown(const struct reading *reading, struct bytes text)
{
    return text_shown(text, reading->arena);
}

bool reading_quantity(struct reading *reading, int line, const char *name, struct bytes text, int64_t *quantity)
{
    int64_t value = 0;
    bool fits = text.len >= 1 && text.len <= 10;
    *quantity = QUANTITY_UNLIMITED;
    if (text.len == 9 && strncasecmp((const char *)text.data, "unlimited", 9) == 0)
        return true;
    for (size_t i = 0; fits && i < text.len; i++) {
        fits = text.data[i] >= '0' && text.data[i] <= '9';
        value = value * 10 + (text.data[i] - '0');
    }
    if (!fits || value > READING_QUANTITY_MAX) {
        reading_fault(reading, line, "%s: %s, expected a whole number of 0 to %d, or unlimited", name, reading_shown(reading, text), READING_QUANTITY_MAX);
        return false;
    }
    *quantity = value;
    return true;
}

bool reading_date(struct reading *reading, int line, const char *name, struct bytes text, int32_t *date)
{
    if (date_parse(text, date) && *date >= 0 && *date < INSTANT_MAX / DAY_MS)
        return true;
    *date = DATE_NONE;
    reading_fault(reading, line, "%s: %s, expected a date of 1970 to 2199 as 2026-11-23", name, reading_shown(reading, text));
    return false;
}

const char *reading_codes_shown(const struct reading *reading, const struct item_codes *codes)
{
    const char *text = "";
    for (size_t i = 0; i < codes->count; i++)
        text = arena_printf(reading->arena, "%s%s%s", text, i ? ", " : "", arena_text(reading->arena, codes->codes[i]));
    return text;
}

void reading_check_codes(struct reading *reading, int line, const struct item_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        if (!item_code_is_known(reading->items, codes->codes[i])) {
            reading_note(reading, line, "%s is no item of the catalog, expected one of its codes or bundle:ID: it counts for nothing until there is one",
                         reading_shown(reading, codes->codes[i]));
            reading->strays++;
        }
}

const struct item_codes *reading_item(struct reading *reading, int line, struct bytes name)
{
    const struct item_codes *codes = item_map_item(reading->map, name, reading->arena);
    if (codes) {
        if (codes->count == 0)
            reading_note(reading, line, "%s: not counted, says the map", reading_shown(reading, name));
        reading_check_codes(reading, line, codes);
        return codes;
    }
    if (!item_code_is_lawful(name)) {
        reading_fault(reading, line, "item: %s, expected a name in the map (items:) or an item's code", reading_shown(reading, name));
        return NULL;
    }
    if (!item_map_has_code(reading->map, name)) {
        reading_note(reading, line, "%s is in no map: taken as the catalog's own code", reading_shown(reading, name));
        reading->unmapped++;
    }
    struct item_codes *own = arena_alloc(reading->arena, sizeof *own);
    own->codes = arena_alloc(reading->arena, sizeof *own->codes);
    own->codes[own->count++] = arena_copy(reading->arena, name);
    reading_check_codes(reading, line, own);
    return own;
}

/* --- what a file is ------------------------------------------------------------------------------ */

static struct bytes skip_mark(struct bytes text)
{
    bool marked = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0;
    return marked ? bytes_of(text.data + 3, text.len - 3) : text;
}

/* The first word of the first line that is neither empty nor a comment. */
static struct bytes first_word(struct bytes text)
{
    size_t at = 0;
    text = skip_mark(text);
    while (at < text.len && (text.data[at] <= ' ' || text.data[at] == '#')) {
        bool comment = text.data[at] == '#';
        while (comment && at < text.len && text.data[at] != '\n')
            at++;
        at += at < text.len;
    }
    size_t begin = at;
    while (at < text.len && text.data[at] > ' ')
        at++;
    return bytes_of(text.data + begin, at - begin);
}

/* UTF-16 begins with a mark of its own; expat reads it. */
static bool is_xml(struct bytes text, struct bytes word)
{
    return (word.len && word.data[0] == '<') ||
           (text.len >= 2 && (memcmp(text.data, "\xff\xfe", 2) == 0 || memcmp(text.data, "\xfe\xff", 2) == 0));
}

static void take_xml(struct reading *reading, struct bytes content)
{
    struct xml_fault fault;
    reading->what = "XML";
    const struct xml *root = xml_read(content, reading->arena, &fault);
    if (!root)
        reading_fault(reading, fault.line, "column %d: %s", fault.column, fault.why);
    else if (bytes_equal_text(root->name, "lrm_bundle_set"))
        reading_bundles(reading, root);
    else if (item_map_is_field(reading->map, XML_FIELD_ROOT, root->name))
        reading_entitlement(reading, root);
    else
        reading_fault(reading, root->line, "the root element is %s, expected lrm_entitlement or lrm_bundle_set", reading_shown(reading, root->name));
}

static bool is_csv(struct bytes text)
{
    const uint8_t *end = memchr(text.data, '\n', text.len);
    return memchr(text.data, ',', end ? (size_t)(end - text.data) : text.len);
}

static void take(struct reading *reading, struct bytes content)
{
    struct bytes word = first_word(content);
    if (word.len == 0)
        reading_fault(reading, 0, "nothing stands in it, expected entitlement or bundle XML, a licence file, or provisioned counts");
    else if (is_xml(content, word))
        take_xml(reading, content);
    else if (license_is_keyword(word))
        reading_license(reading, content);
    else if (is_csv(content))
        reading_provisioned(reading, content);
    else
        reading_fault(reading, 1, "%s: nobody knows what this is, expected XML (<lrm_entitlement>, <lrm_bundle_set>), a licence file "
                      "(SERVER, VENDOR, FEATURE …), or CSV with the header tenant,item,effective,quantity", reading_shown(reading, word));
}

/* What passed its reader is lawful but for lengths, and fits into a record unless it is very long. */
static void check_facts(struct reading *reading)
{
    for (size_t i = 0; i < reading->fact_count && !reading->fault_count; i++) {
        const struct fact *fact = &reading->facts[i];
        const char *why = NULL;
        if (fact_check(fact, reading->arena, &why)) {
            reading_fault(reading, 0, "%s %s: %s", fact_kind_name(fact->kind), reading_shown(reading, fact->key), why);
        } else if (fact->kind != FACT_PROVISIONED) {
            struct buffer line = {0};
            fact_json_write(fact, &line);
            if (line.len > FACT_LINE_BYTES_MAX)
                reading_fault(reading, 0, "%s %s: too long, %zu bytes, expected at most %d", fact_kind_name(fact->kind),
                              reading_shown(reading, fact->key), line.len, FACT_LINE_BYTES_MAX);
            buffer_free(&line);
        }
    }
}

static int compare_remarks(const void *a, const void *b)
{
    const struct remark *x = a, *y = b;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : (x->number > y->number) - (x->number < y->number);
}

enum err reading_take(struct reading *reading, struct bytes content)
{
    if (content.len > READING_BYTES_MAX)
        reading_fault(reading, 0, "larger than %d bytes, which no such file is", READING_BYTES_MAX);
    else
        take(reading, content);
    if (!reading->fault_count)
        check_facts(reading);
    if (reading->fault_count)
        reading->fact_count = 0;
    if (reading->remark_count)
        qsort(reading->remarks, reading->remark_count, sizeof *reading->remarks, compare_remarks);
    return reading->fault_count ? ERR_INPUT : ERR_OK;
}
