/* Sources: who they are, how far they have got, when they were watching (domain.md §7.16, §7.22). */
#include "server/query/snapshot.h"

#include "store/dictionary.h"

#include <stdlib.h>

static struct source *source_of(struct query *query, struct bytes name)
{
    for (size_t i = 0; i < query->source_count; i++)
        if (bytes_equal(query->sources[i].face.name, name))
            return &query->sources[i];
    /* Grown by halves in the arena: there are a handful. */
    if ((query->source_count & (query->source_count + 1)) == 0 || query->source_count == 0) {
        struct source *more = arena_alloc(query->arena, (query->source_count * 2 + 4) * sizeof *more);
        if (query->source_count)
            memcpy(more, query->sources, query->source_count * sizeof *more);
        query->sources = more;
    }
    struct source *source = &query->sources[query->source_count++];
    *source = (struct source){.retired = INSTANT_NEVER};
    source->face.name = arena_copy(query->arena, name);
    source->face.watermark = INSTANT_NONE;
    source->face.held = source->face.held_snapshot = source->face.late = ID_NONE;
    return source;
}

static void add_span(struct query *query, struct spans *spans, instant from, instant to)
{
    struct span *more = arena_alloc(query->arena, (spans->count + 1) * sizeof *more);
    if (spans->count)
        memcpy(more, spans->spans, spans->count * sizeof *more);
    more[spans->count] = (struct span){from, to};
    spans->spans = more;
    spans->count++;
}

static enum err take_source(void *owner, const struct fact *fact)
{
    struct source *source = source_of(owner, fact->source);
    source->face.kind = fact->source_entry.kind;
    if (bytes_present(fact->source_entry.group))
        source->face.group = fact->source_entry.group;
    source->face.held = fact->source_entry.held;
    source->face.held_snapshot = fact->source_entry.held_snapshot;
    source->face.held_note = fact->source_entry.held_note;
    source->face.late = fact->source_entry.late;
    return ERR_OK;
}

static enum err take_watermark(void *owner, const struct fact *fact)
{
    struct source *source = source_of(owner, fact->source);
    watermarks_add(&source->watermarks, fact->partition, fact->version, &fact->watermark);
    source->face.watermark = watermarks_until(&source->watermarks);
    return ERR_OK;
}

/* Grown by doubling in the arena, as the sources are. */
static void take_connection(struct query *query, struct query_source *source, const struct coverage *coverage)
{
    struct query_connection *all = (struct query_connection *)(uintptr_t)source->connections;
    size_t i = 0, count = source->connection_count;
    if (!bytes_present(coverage->note))
        return;
    while (i < count && !bytes_equal(all[i].note, coverage->note))
        i++;
    if (i == QUERY_CONNECTIONS_MAX || (i < count && all[i].from > coverage->from))
        return;
    if (i == count && (count & (count - 1)) == 0) {
        struct query_connection *more = arena_alloc(query->arena, (count ? count * 2 : 1) * sizeof *more);
        if (count)
            memcpy(more, all, count * sizeof *more);
        source->connections = all = more;
    }
    all[i] = (struct query_connection){coverage->note, coverage->from, coverage->to};
    source->connection_count += i == count;
}

static enum err take_coverage(void *owner, const struct fact *fact)
{
    struct query *query = owner;
    struct source *source = source_of(query, fact->source);
    source->face.has_coverage = true;
    source->counts = true;
    if (!bytes_present(source->face.group) && bytes_present(fact->coverage.group))
        source->face.group = fact->coverage.group;
    take_connection(query, &source->face, &fact->coverage);
    /* A span that is still open reaches to the source's watermark. */
    instant to = fact->coverage.to == INSTANT_NEVER ? source->face.watermark : fact->coverage.to;
    if (to != INSTANT_NONE && to > fact->coverage.from)
        add_span(query, &source->watched, fact->coverage.from, to);
    return ERR_OK;
}

/* Records of sessions and ports name their source by number, but so does what is said of objects and rules: those
 * who are there for these alone are not asked whether they were watching. */
static void take_name(void *owner, uint32_t number, struct bytes text)
{
    (void)number;
    struct source *source = source_of(owner, text);
    enum source_kind kind = source->face.kind;
    bool rules = kind == SOURCE_CONFIG || kind == SOURCE_ENTITLEMENT || kind == SOURCE_API || bytes_equal_text(text, "api");
    source->counts = source->counts || !rules;
}

static enum err take_decision(void *owner, const struct fact *fact)
{
    struct query *query = owner;
    if (fact->decision.what != DECISION_RETIRE || !bytes_present(fact->decision.of))
        return ERR_OK;
    struct source *source = source_of(query, fact->decision.of);
    instant at = fact->decision.at != INSTANT_NONE ? fact->decision.at : source->face.watermark;
    source->face.retired = true;
    source->retired = at != INSTANT_NONE ? at : 0;
    return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const struct source *)a)->face.name, ((const struct source *)b)->face.name);
}

void query_load_sources(struct query *query)
{
    static const struct {
        enum fact_kind kind;
        fact_row_fn take;
    } kinds[] = {
        {FACT_SOURCE, take_source},
        {FACT_WATERMARK, take_watermark},
        {FACT_COVERAGE, take_coverage}, /* after watermarks, to which open spans reach */
        {FACT_DECISION, take_decision},
    };
    if (query->have_sources)
        return;
    query->have_sources = true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        enum err err = fact_rows_read_kind(query->txn, kinds[i].kind, query->arena, kinds[i].take, query);
        if (err && !query->err)
            query->err = err;
    }
    dictionary_each(query->txn, DICTIONARY_SOURCE, take_name, query);
    for (size_t i = 0; i < query->source_count; i++)
        watermarks_free(&query->sources[i].watermarks);
    if (query->source_count)
        qsort(query->sources, query->source_count, sizeof *query->sources, by_name);
}

static const struct query_connection *copy_connections(const struct query_source *source, struct arena *arena)
{
    struct query_connection *copy = arena_alloc(arena, (source->connection_count + 1) * sizeof *copy);
    for (size_t i = 0; i < source->connection_count; i++) {
        copy[i] = source->connections[i];
        copy[i].note = arena_copy(arena, copy[i].note);
    }
    return copy;
}

size_t query_sources(struct query *query, struct arena *arena, const struct query_source **out)
{
    query_load_sources(query);
    struct query_source *copy = arena_alloc(arena, (query->source_count + 1) * sizeof *copy);
    for (size_t i = 0; i < query->source_count; i++) {
        copy[i] = query->sources[i].face;
        copy[i].name = arena_copy(arena, copy[i].name);
        if (bytes_present(copy[i].group))
            copy[i].group = arena_copy(arena, copy[i].group);
        if (bytes_present(copy[i].held_note))
            copy[i].held_note = arena_copy(arena, copy[i].held_note);
        copy[i].connections = copy_connections(&copy[i], arena);
    }
    *out = copy;
    return query->source_count;
}

struct bytes query_source_group(const struct query_source *source)
{
    return bytes_present(source->group) ? source->group : source->name;
}

bool query_source_silent(const struct query_source *source, instant wall, int64_t after_ms)
{
    return !source->retired && source->watermark != INSTANT_NONE && wall - source->watermark > after_ms;
}

/* --- coverage --------------------------------------------------------------------------------- */

static int by_from(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

void spans_join(struct spans *spans)
{
    size_t kept = 0;
    if (spans->count)
        qsort(spans->spans, spans->count, sizeof *spans->spans, by_from);
    for (size_t i = 0; i < spans->count; i++) {
        struct span span = spans->spans[i];
        if (kept && span.from <= spans->spans[kept - 1].to) {
            if (span.to > spans->spans[kept - 1].to)
                spans->spans[kept - 1].to = span.to;
        } else {
            spans->spans[kept++] = span;
        }
    }
    spans->count = kept;
}

/* What is in both; each joined. */
static struct spans spans_both(struct query *query, const struct spans *a, const struct spans *b)
{
    struct spans both = {arena_alloc(query->arena, (a->count + b->count + 1) * sizeof *both.spans), 0};
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        instant from = a->spans[i].from > b->spans[k].from ? a->spans[i].from : b->spans[k].from;
        instant to = a->spans[i].to < b->spans[k].to ? a->spans[i].to : b->spans[k].to;
        if (from < to)
            both.spans[both.count++] = (struct span){from, to};
        if (a->spans[i].to < b->spans[k].to)
            i++;
        else
            k++;
    }
    return both;
}

/* The union of what a group's members watched; from a retirement on nobody is asked. */
struct spans query_group_watched(struct query *query, struct bytes group)
{
    struct spans all = {0};
    instant retired = INSTANT_NONE;
    for (size_t i = 0; i < query->source_count; i++) {
        const struct source *source = &query->sources[i];
        if (!source->counts || !bytes_equal(query_source_group(&source->face), group))
            continue;
        for (size_t k = 0; k < source->watched.count; k++)
            add_span(query, &all, source->watched.spans[k].from, source->watched.spans[k].to);
        if (source->retired > retired)
            retired = source->retired;
    }
    if (retired != INSTANT_NEVER)
        add_span(query, &all, retired, INSTANT_NEVER);
    spans_join(&all);
    return all;
}

static void load_seen(struct query *query)
{
    bool asked = false, silent = false;
    query_load_sources(query);
    query->have_seen = true;
    query->seen = (struct spans){arena_alloc(query->arena, sizeof(struct span)), 1};
    query->seen.spans[0] = (struct span){INSTANT_EVER, INSTANT_NEVER};
    for (size_t i = 0; i < query->source_count; i++) {
        if (!query->sources[i].counts)
            continue;
        asked = true;
        silent = silent || !query->sources[i].face.has_coverage;
        struct spans watched = query_group_watched(query, query_source_group(&query->sources[i].face));
        query->seen = spans_both(query, &query->seen, &watched);
    }
    query->seen_known = asked && !silent;
}

int64_t query_coverage_ppm(struct query *query, instant from, instant to)
{
    if (!query->have_seen)
        load_seen(query);
    if (!query->seen_known)
        return -1;
    int64_t seen = 0;
    for (size_t i = 0; i < query->seen.count; i++) {
        instant start = query->seen.spans[i].from > from ? query->seen.spans[i].from : from;
        instant end = query->seen.spans[i].to < to ? query->seen.spans[i].to : to;
        if (start < end)
            seen += end - start;
    }
    return seen * 1000000 / (to - from);
}
