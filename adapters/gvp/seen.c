#include "adapters/gvp/seen.h"

bool gvp_seen_has(const struct gvp_seen *seen, uint64_t hash)
{
    return map_get(&seen->now, hash) || map_get(&seen->before, hash);
}

void gvp_seen_add(struct gvp_seen *seen, uint64_t hash)
{
    if (seen->now.count >= GVP_SEEN_MAX) {
        map_free(&seen->before);
        seen->before = seen->now;
        seen->now = (struct map){0};
    }
    map_put(&seen->now, hash, 1);
}

void gvp_seen_free(struct gvp_seen *seen)
{
    map_free(&seen->now);
    map_free(&seen->before);
}
