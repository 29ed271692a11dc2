/* adapters/simulator/pair.c - the rule of twins, session by session. */
#include "adapters/simulator/pair.h"

#include "base/check.h"

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

/* When the session ended as far as the two know at as_of, INSTANT_NEVER: not yet. */
static instant end_of(const struct sim_session *const copies[2], instant as_of)
{
    instant logout = INSTANT_NEVER, lost = INSTANT_NONE;
    bool open = false;
    for (int i = 0; i < 2; i++) {
        const struct sim_session *copy = copies[i];
        if (copy->begin > as_of)
            continue;
        if (copy->end > as_of)
            open = true;
        else if (!(copy->cases & CASE_LOST))
            logout = earlier(logout, copy->end);
        else if (copy->end > lost)
            lost = copy->end;
    }
    return logout != INSTANT_NEVER ? logout : open || lost == INSTANT_NONE ? INSTANT_NEVER : lost;
}

void pair_merge(struct script *merged, const struct script *first, const struct script *twin, instant as_of)
{
    check(first->media_count == twin->media_count && first->session_count == twin->session_count);
    *merged = (struct script){.site = first->site, .begin = first->begin};
    merged->session_count = first->session_count;
    merged->sessions = memory_alloc((merged->session_count + 1) * sizeof *merged->sessions);
    for (size_t i = 0; i < merged->session_count; i++) {
        const struct sim_session *const copies[2] = {&first->sessions[i], &twin->sessions[i]};
        check(copies[0]->id == copies[1]->id);
        merged->sessions[i] = *copies[0];
        merged->sessions[i].begin = earlier(copies[0]->begin, copies[1]->begin);
        merged->sessions[i].end = end_of(copies, as_of);
    }
    merged->media_count = first->media_count;
    merged->media = memory_alloc((merged->media_count + 1) * sizeof *merged->media);
    for (size_t i = 0; i < merged->media_count; i++) {
        merged->media[i] = first->media[i];
        merged->media[i].begin = earlier(first->media[i].begin, twin->media[i].begin);
    }
    merged->campaign_count = first->campaign_count;
    merged->campaigns = memory_alloc((merged->campaign_count + 1) * sizeof *merged->campaigns);
    if (merged->campaign_count)
        memcpy(merged->campaigns, first->campaigns, merged->campaign_count * sizeof *merged->campaigns);
}
