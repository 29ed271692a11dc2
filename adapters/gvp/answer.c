#include "adapters/gvp/answer.h"

#include "adapters/gvp/census.h"

#include <stdio.h>
#include <stdlib.h>

struct gvp_reading {
    struct gvp_context context;
    struct arena *arena;
    struct xml_stream *stream;
    struct gvp_answer answer;
    char why[512];
};

static bool wants(void *owner, struct bytes name)
{
    const struct gvp_reading *reading = owner;
    return bytes_equal_text(name, reading->context.map->names[GVP_RECORD]) || bytes_equal_text(name, reading->context.map->names[GVP_MANIFEST]);
}

/* Wherever in the manifest the name is said; the last one holds: first comes what was asked, then how it was understood. */
static struct bytes find(const struct xml *element, const char *name)
{
    struct bytes value = BYTES_NONE;
    for (const struct xml *child = element->children; child; child = child->next) {
        struct bytes deeper = find(child, name);
        value = bytes_present(deeper) ? deeper : value;
    }
    return bytes_present(value) ? value : gvp_value(element, name);
}

static instant find_instant(const struct xml *element, const char *name)
{
    instant at;
    return name && instant_parse(find(element, name), &at) ? at : INSTANT_NONE;
}

static const char *take_count(const struct xml *pages, const char *name, int64_t *count)
{
    struct bytes text = gvp_value(pages, name);
    return bytes_present(text) && !gvp_number(text, count) ? "a number of pages or records in the manifest is none" : NULL;
}

static const char *take_manifest(struct gvp_reading *reading, const struct xml *element)
{
    const char *const *names = reading->context.map->names;
    struct gvp_answer *answer = &reading->answer;
    if (answer->manifest)
        return "a second manifest, expected one";
    answer->manifest = true;
    answer->generated = find_instant(element, names[GVP_GENERATED]);
    answer->ended_from = find_instant(element, names[GVP_ENDED_FROM]);
    answer->ended_to = find_instant(element, names[GVP_ENDED_TO]);
    const struct xml *pages = xml_child(element, names[GVP_PAGES]);
    if (!pages)
        return NULL;
    const char *why = take_count(pages, names[GVP_PAGE], &answer->page);
    why = why ? why : take_count(pages, names[GVP_PAGE_COUNT], &answer->page_count);
    return why ? why : take_count(pages, names[GVP_RECORD_COUNT], &answer->record_count);
}

static const char *take(void *owner, const struct xml *element)
{
    struct gvp_reading *reading = owner;
    struct gvp_answer *answer = &reading->answer;
    if (bytes_equal_text(element->name, reading->context.map->names[GVP_MANIFEST]))
        return take_manifest(reading, element);
    if (answer->record_total == GVP_ROWS_MAX)
        return "more records in one answer than are read at once (50000): page_size is not heeded";
    answer->record_total++;
    struct gvp_row row = gvp_map_record(&reading->context, element, reading->arena);
    if (reading->context.census)
        gvp_census_take(reading->context.census, reading->context.map, element, &row);
    if (row.left_out)
        return NULL;
    if (answer->row_count == answer->row_capacity) {
        answer->row_capacity = answer->row_capacity ? answer->row_capacity * 2 : 64;
        answer->rows = memory_resize(answer->rows, answer->row_capacity * sizeof *answer->rows);
    }
    answer->rows[answer->row_count++] = row;
    return NULL;
}

struct gvp_reading *gvp_reading_create(const struct gvp_context *context, struct arena *arena)
{
    struct gvp_reading *reading = memory_alloc_zero(1, sizeof *reading);
    reading->context = *context;
    reading->arena = arena;
    reading->answer = (struct gvp_answer){.page = GVP_COUNT_NONE, .page_count = GVP_COUNT_NONE, .record_count = GVP_COUNT_NONE,
                                          .generated = INSTANT_NONE, .ended_from = INSTANT_NONE, .ended_to = INSTANT_NONE};
    reading->stream = xml_stream_create(&(struct xml_stream_options){reading, wants, take});
    return reading;
}

void gvp_reading_destroy(struct gvp_reading *reading)
{
    if (!reading)
        return;
    xml_stream_destroy(reading->stream);
    free(reading->answer.rows);
    free(reading);
}

bool gvp_reading_feed(struct gvp_reading *reading, struct bytes piece)
{
    return xml_stream_feed(reading->stream, piece);
}

bool gvp_reading_end(struct gvp_reading *reading)
{
    return xml_stream_end(reading->stream) && reading->answer.manifest;
}

const char *gvp_reading_why(struct gvp_reading *reading)
{
    const struct xml_fault *fault = xml_stream_fault(reading->stream);
    if (fault->why)
        snprintf(reading->why, sizeof reading->why, "line %d, column %d: %s", fault->line, fault->column, fault->why);
    else
        snprintf(reading->why, sizeof reading->why, "no <%s> in it: not an answer of a Reporting Server", reading->context.map->names[GVP_MANIFEST]);
    return reading->why;
}

const struct gvp_answer *gvp_reading_answer(const struct gvp_reading *reading)
{
    return &reading->answer;
}
