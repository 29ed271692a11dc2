/* Rows become sessions: attributes, begin, end (domain.md §7.1, §7.3 to §7.6). */
#include "tests/support/naive_parts.h"

#include <stdlib.h>

instant naive_capped_at(const struct naive *naive, instant begin)
{
    instant capped = begin + naive_cap_hours(naive, begin) * (instant)HOUR_MS;
    return naive->watermark >= capped ? capped : INSTANT_NEVER;
}

/* The latest watermark of any source that sent sessions, media or ports. */
static instant latest_watermark(const struct naive *naive)
{
    instant latest = INSTANT_EVER;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *mark = naive->rows[i];
        if (mark->kind != FACT_WATERMARK)
            continue;
        for (size_t k = 0; k < naive->row_count; k++) {
            enum fact_kind kind = naive->rows[k]->kind;
            if ((kind == FACT_LOGIN_SESSION || kind == FACT_SESSION_MEDIA || kind == FACT_PORT) &&
                bytes_equal(naive->rows[k]->source, mark->source) && mark->watermark.until > latest)
                latest = mark->watermark.until;
        }
    }
    return latest;
}

/* Rows come in order of (source, key), logins before media: the first that knows an attribute states it. */
static void take_login(struct naive_session *session, const struct login_session *row)
{
    first_known(&session->given_tenant, row->tenant);
    first_known(&session->person, row->person);
    first_known(&session->login, row->login);
    first_known(&session->place, row->place);
    first_known(&session->dn, row->dn);
    first_known(&session->switch_id, row->switch_id);
    if (!bytes_present(session->app))
        session->app = row->app;
    session->has_login = true;
    session->latest = row->begin > session->latest ? row->begin : session->latest;
    if (row->begin < session->begin)
        session->begin = row->begin;
}

static void take_media(struct naive *naive, struct naive_session *session, const struct session_media *row)
{
    first_known(&session->place, row->place);
    first_known(&session->dn, row->dn);
    session->latest = row->begin > session->latest ? row->begin : session->latest;
    struct bytes *media = arena_alloc(naive->arena, (session->media_count + 1) * sizeof *media);
    if (session->media_count)
        memcpy(media, session->media, session->media_count * sizeof *media);
    media[session->media_count++] = row->media;
    session->media = media;
}

/* The earliest end by logout or without end_by; else, when every copy ended by disconnect, the latest; else open. */
static void find_end(const struct naive *naive, struct naive_session *session)
{
    instant logout = INSTANT_NEVER, disconnect = INSTANT_EVER;
    bool every = true;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind != FACT_LOGIN_SESSION || &naive->sessions[naive->session_of[i]] != session)
            continue;
        const struct login_session *copy = &row->login_session;
        if (copy->end != INSTANT_NEVER && copy->end_by != END_BY_DISCONNECT && copy->end < logout)
            logout = copy->end;
        if (copy->end == INSTANT_NEVER || copy->end_by != END_BY_DISCONNECT)
            every = false;
        else if (copy->end > disconnect)
            disconnect = copy->end;
    }
    if (logout != INSTANT_NEVER)
        session->end = logout;
    else if (every && session->has_login)
        session->end = disconnect;
    session->end_kind = session->end != INSTANT_NEVER ? NAIVE_END_TRUE : NAIVE_END_OPEN;
}

bool naive_supersedes(const struct naive_session *later, const struct naive_session *open)
{
    if (!later->has_login || later->begin <= open->begin)
        return false;
    if (open->dn != ID_NONE)
        return later->dn == open->dn;
    return later->dn == ID_NONE && open->place != ID_NONE && later->place == open->place && open->person != ID_NONE &&
           later->person == open->person;
}

static void find_open_end(const struct naive *naive, struct naive_session *session)
{
    instant taken = INSTANT_NEVER, capped = naive_capped_at(naive, session->begin);
    for (size_t i = 0; i < naive->session_count; i++)
        if (naive_supersedes(&naive->sessions[i], session) && naive->sessions[i].begin < taken)
            taken = naive->sessions[i].begin;
    if (taken == INSTANT_NEVER && capped == INSTANT_NEVER)
        return;
    session->end_kind = taken <= capped ? NAIVE_END_SUPERSEDED : NAIVE_END_CAPPED; /* a login is more to the point than a clock */
    session->end = taken < capped ? taken : capped;
}

static int64_t tenant_of(const struct naive *naive, enum object_type type, int64_t id, instant at)
{
    const struct object *object = id == ID_NONE ? NULL : config_object(naive, type, id, at);
    return object ? object->tenant : ID_NONE;
}

static int64_t switch_of(const struct naive *naive, enum object_type type, int64_t id, instant at)
{
    const struct object *object = id == ID_NONE ? NULL : config_object(naive, type, id, at);
    return object ? object->switch_id : ID_NONE;
}

/* As the configuration was at begin. */
static void look_up(const struct naive *naive, struct naive_session *session)
{
    instant at = session->begin;
    int64_t switch_id = session->switch_id;
    first_known(&switch_id, switch_of(naive, OBJECT_DN, session->dn, at));
    first_known(&switch_id, switch_of(naive, OBJECT_LOGIN, session->login, at));
    const struct object *box = switch_id == ID_NONE ? NULL : config_object(naive, OBJECT_SWITCH, switch_id, at);
    session->switch_type = box ? box->switch_type : SWITCH_UNKNOWN;
    session->has_backup = box ? box->has_backup : FLAG_UNKNOWN;

    const struct object *person = session->person == ID_NONE ? NULL : config_object(naive, OBJECT_PERSON, session->person, at);
    session->agent = person ? person->agent : FLAG_UNKNOWN;
    session->wfm = person ? person->wfm : FLAG_UNKNOWN;

    session->tenant = session->given_tenant;
    first_known(&session->tenant, tenant_of(naive, OBJECT_PERSON, session->person, at));
    first_known(&session->tenant, tenant_of(naive, OBJECT_PLACE, session->place, at));
    first_known(&session->tenant, tenant_of(naive, OBJECT_SWITCH, switch_id, at));
    first_known(&session->tenant, 0);
}

void naive_sessions_fold(struct naive *naive)
{
    naive->watermark = latest_watermark(naive);
    naive_twins_find(naive);
    for (size_t i = 0; i < naive->row_count; i++)
        if (naive->rows[i]->kind == FACT_LOGIN_SESSION)
            take_login(&naive->sessions[naive->session_of[i]], &naive->rows[i]->login_session);
    for (size_t i = 0; i < naive->row_count; i++)
        if (naive->rows[i]->kind == FACT_SESSION_MEDIA)
            take_media(naive, &naive->sessions[naive->session_of[i]], &naive->rows[i]->session_media);
    for (size_t i = 0; i < naive->session_count; i++)
        find_end(naive, &naive->sessions[i]);
    for (size_t i = 0; i < naive->session_count; i++)
        if (naive->sessions[i].has_login) {
            if (naive->sessions[i].end_kind == NAIVE_END_OPEN)
                find_open_end(naive, &naive->sessions[i]);
            look_up(naive, &naive->sessions[i]);
        }
}

const struct port *naive_port(const struct naive *naive, struct bytes source, struct bytes key)
{
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind == FACT_PORT && bytes_equal(row->source, source) && bytes_equal(row->key, key))
            return &row->port;
    }
    return NULL;
}

instant naive_waits_until(const struct naive *naive, struct bytes id)
{
    instant until = INSTANT_EVER;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind == FACT_SESSION_MEDIA && bytes_equal(row->session_media.session, id) && row->session_media.end != INSTANT_NEVER &&
            row->session_media.end > until)
            until = row->session_media.end;
    }
    return until;
}

const struct naive_session *naive_session_of(const struct naive *naive, struct bytes id)
{
    for (size_t i = 0; i < naive->row_count; i++)
        if (bytes_present(naive_session_id(naive->rows[i])) && bytes_equal(naive_session_id(naive->rows[i]), id))
            return &naive->sessions[naive->session_of[i]];
    return NULL;
}

size_t naive_sessions(const struct naive *naive, const struct naive_session **sessions)
{
    *sessions = naive->sessions;
    return naive->session_count;
}
