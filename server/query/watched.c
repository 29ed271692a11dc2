/* Whether a source was watching for the whole of a span, and where a group of them was not. */
#include "server/query/snapshot.h"

bool query_watched(struct query *query, struct bytes source, instant from, instant to)
{
    query_load_sources(query);
    for (size_t i = 0; i < query->source_count; i++) {
        if (!bytes_equal(query->sources[i].face.name, source))
            continue;
        const struct spans *watched = &query->sources[i].watched;
        for (size_t s = 0; s < watched->count; s++)
            if (watched->spans[s].from <= from && to <= watched->spans[s].to)
                return true;
    }
    return false;
}

static void holes_of(struct query *query, struct bytes group, instant from, instant to, query_hole_fn fn, void *owner)
{
    struct spans watched = query_group_watched(query, group);
    for (size_t s = 0; s < watched.count && from < to; s++) {
        const struct span *span = &watched.spans[s];
        if (span->to <= from)
            continue;
        if (span->from > from)
            fn(owner, group, from, span->from < to ? span->from : to);
        from = span->to;
    }
    if (from < to)
        fn(owner, group, from, to);
}

void query_holes(struct query *query, instant from, instant to, query_hole_fn fn, void *owner)
{
    query_load_sources(query);
    for (size_t i = 0; i < query->source_count; i++) {
        bool asked = false, first = true;
        struct bytes group = query_source_group(&query->sources[i].face);
        for (size_t k = 0; k < query->source_count; k++) {
            if (!bytes_equal(query_source_group(&query->sources[k].face), group))
                continue;
            asked = asked || query->sources[k].face.has_coverage;
            first = first && k >= i;
        }
        if (asked && first)
            holes_of(query, group, from, to, fn, owner);
    }
}
