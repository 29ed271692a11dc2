/* Whether a source was watching for the whole of a span. */
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
