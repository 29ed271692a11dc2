#include "server/close/ready.h"

bool close_next_day(struct query *query, int32_t *day)
{
    if (close_last_day(query_txn(query), 0, day)) {
        ++*day;
        return true;
    }
    instant since = query_since(query);
    if (since == INSTANT_NONE)
        return false;
    *day = instant_day(since);
    return true;
}

static struct bytes group_of(const struct query_source *source)
{
    return bytes_present(source->group) ? source->group : source->name;
}

static bool waited_for(const struct query_source *source)
{
    return !source->retired &&
           (source->kind == SOURCE_ICON || source->kind == SOURCE_GVP || source->kind == SOURCE_CONFIG);
}

static instant group_watermark(struct query *query, const struct query_source *sources, size_t count, struct bytes group, int32_t day)
{
    instant best = INSTANT_NONE, least = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        if (!waited_for(&sources[i]) || !bytes_equal(group_of(&sources[i]), group))
            continue;
        if (sources[i].watermark < least)
            least = sources[i].watermark;
        if (sources[i].watermark > best &&
            query_watched(query, sources[i].name, (instant)day * DAY_MS, ((instant)day + 1) * DAY_MS))
            best = sources[i].watermark;
    }
    return best != INSTANT_NONE ? best : least;
}

bool close_watermark(struct query *query, int32_t day, struct arena *arena, instant *watermark, struct bytes *behind)
{
    const struct query_source *sources;
    size_t count = query_sources(query, arena, &sources);
    bool any = false;
    *watermark = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        if (!waited_for(&sources[i]))
            continue;
        instant group = group_watermark(query, sources, count, group_of(&sources[i]), day);
        if (!any || group < *watermark) {
            *watermark = group;
            *behind = group_of(&sources[i]);
        }
        any = true;
    }
    return any;
}
