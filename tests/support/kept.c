#include "tests/support/kept.h"

#include <stdlib.h>
#include <string.h>

/* Whether a fact ends, cap included, before the horizon; *remembered: it began within a cap of it, so that it holds
 * against older versions and by its begin, though it counts nowhere. */
static bool too_late(const struct fact *fact, instant horizon, instant cap, bool *remembered)
{
    instant begin, end;
    *remembered = false;
    switch (fact->kind) {
    case FACT_LOGIN_SESSION: begin = fact->login_session.begin, end = fact->login_session.end; break;
    case FACT_SESSION_MEDIA: begin = fact->session_media.begin, end = fact->session_media.end; break;
    case FACT_PORT: begin = fact->port.begin, end = fact->port.end; break;
    case FACT_MEMBERSHIP: return fact->membership.to < horizon;
    case FACT_CAMPAIGN: return fact->campaign.loaded_to < horizon;
    default: return false;
    }
    *remembered = begin + cap >= horizon;
    return (end == INSTANT_NEVER ? begin + cap : end) < horizon;
}

static instant cap_ms(const struct kept *kept)
{
    return kept->cap_hours * (instant)HOUR_MS;
}

bool kept_take(struct kept *kept, const struct fact *fact)
{
    bool remembered, late = kept->horizon != INSTANT_EVER && too_late(fact, kept->horizon, cap_ms(kept), &remembered);
    if (late && !remembered)
        return false;
    kept->facts[kept->count++] = *fact;
    if (fact->kind == FACT_LOGIN_SESSION || fact->kind == FACT_SESSION_MEDIA || fact->kind == FACT_PORT) {
        struct fact phantom = fact_blank(FACT_SESSION_MEDIA);
        phantom.source = fact->source;
        phantom.key = phantom.session_media.session = BYTES_LITERAL("(nobody's)");
        phantom.session_media.media = BYTES_LITERAL("voice");
        phantom.session_media.begin = 0;
        kept->facts[kept->count++] = phantom;
    }
    return !late;
}

struct naive *kept_count(const struct kept *kept)
{
    return naive_create(kept->facts, kept->count, &(struct naive_options){.catalog = kept->catalog, .cap_hours = kept->cap_hours});
}

/* Over, cap included, before the horizon, and so would each of its rows be without its end. */
static bool is_past(const struct kept *kept, const struct naive *naive, const struct naive_session *session, struct bytes id, instant horizon)
{
    if (session->latest + cap_ms(kept) >= horizon)
        return false;
    if (session->has_login)
        return session->end < horizon;
    return naive_waits_until(naive, id) < horizon; /* media that wait for a login row, by their own times */
}

/* Past, and no session that stays owes its end to it. */
static bool session_over(const struct kept *kept, const struct naive *naive, struct bytes id, instant horizon)
{
    const struct naive_session *session = naive_session_of(naive, id), *all;
    size_t count = naive_sessions(naive, &all);
    if (!is_past(kept, naive, session, id, horizon))
        return false;
    for (size_t i = 0; i < count; i++)
        if (all[i].end_kind == NAIVE_END_SUPERSEDED && all[i].end == session->begin && naive_supersedes(session, &all[i]) &&
            !session_over(kept, naive, all[i].id, horizon))
            return false;
    return true;
}

static bool is_forgotten(const struct kept *kept, const struct naive *naive, const struct fact *fact, instant horizon)
{
    switch (fact->kind) {
    case FACT_LOGIN_SESSION: return session_over(kept, naive, fact->login_session.session, horizon);
    case FACT_SESSION_MEDIA:
        return !bytes_equal_text(fact->session_media.session, "(nobody's)") && session_over(kept, naive, fact->session_media.session, horizon);
    case FACT_PORT: {
        const struct port *port = naive_port(naive, fact->source, fact->key);
        instant end = port->end != INSTANT_NEVER ? port->end : naive_capped_at(naive, port->begin);
        return end < horizon && port->begin + cap_ms(kept) < horizon;
    }
    default: return false;
    }
}

size_t kept_forget(struct kept *kept, instant horizon)
{
    struct naive *naive = kept_count(kept);
    struct fact *left = memory_alloc((kept->count + 1) * sizeof *left);
    size_t count = 0, before = kept->count;
    for (size_t i = 0; i < kept->count; i++)
        if (!is_forgotten(kept, naive, &kept->facts[i], horizon))
            left[count++] = kept->facts[i];
    naive_destroy(naive);
    memcpy(kept->facts, left, count * sizeof *left);
    free(left);
    kept->count = count;
    kept->horizon = horizon;
    return before - count;
}
