#include "adapters/icon/watermark.h"

/* The newest event of a provider that lies within its connection. */
static instant newest_of(const struct icon_connection *connection, const struct icon_sync *syncs, size_t sync_count,
                         instant newest)
{
    instant best = INSTANT_NONE;
    for (size_t i = 0; i < sync_count; i++) {
        bool ours = syncs[i].provider == connection->provider || syncs[i].provider == connection->provider_primary;
        if (ours && syncs[i].at >= connection->begin && syncs[i].at > best)
            best = syncs[i].at;
    }
    if (best == INSTANT_NONE)
        best = newest;
    return best > connection->end ? connection->end : best;
}

instant icon_watermark(const struct icon_connection *connections, size_t connection_count, const struct icon_sync *syncs,
                       size_t sync_count, instant newest, instant wall)
{
    /* Open ones end at INSTANT_NEVER, so the latest end picks them when there are any. */
    instant last_end = INSTANT_NONE, until = INSTANT_NEVER;
    for (size_t i = 0; i < connection_count; i++)
        if (connections[i].end > last_end)
            last_end = connections[i].end;
    if (last_end == INSTANT_NONE)
        return INSTANT_NONE;
    for (size_t i = 0; i < connection_count; i++) {
        if (connections[i].end != last_end)
            continue;
        instant at = newest_of(&connections[i], syncs, sync_count, newest);
        if (at == INSTANT_NONE)
            return INSTANT_NONE;
        if (at < until)
            until = at;
    }
    return until > wall ? wall : until;
}
