#include "tests/support/load.h"

#include "base/limits.h"

#include <stdlib.h>

#define LOAD_DAY ((instant)1795392000000) /* 2026-11-23T00:00Z */

enum { SESSIONS_PER_AGENT = 5, FACTS_PER_SESSION = 6, FACTS_PER_AGENT = SESSIONS_PER_AGENT * FACTS_PER_SESSION, SWITCHES = 20 };

struct builder {
    struct arena *arena;
    struct load *load;
    uint64_t state;
    struct arrival {
        instant at; /* when it comes */
        size_t fact;
    } *arrivals;
};

static uint64_t roll(struct builder *builder, uint64_t sides)
{
    builder->state += 0x9e3779b97f4a7c15u;
    return hash_mix(builder->state) % sides;
}

static struct bytes number_text(struct builder *builder, size_t number)
{
    return bytes_from_text(arena_printf(builder->arena, "%zu", number));
}

static struct fact *configure(struct builder *builder, enum fact_kind kind)
{
    struct fact *fact = &builder->load->configuration[builder->load->configuration_count++];
    *fact = fact_blank(kind);
    fact->source = BYTES_LITERAL("icon-a");
    fact->version = 1;
    return fact;
}

static struct object *add_object(struct builder *builder, enum object_type type, size_t id)
{
    struct fact *fact = configure(builder, FACT_OBJECT);
    fact->key = bytes_from_text(arena_printf(builder->arena, "%s/%zu@", object_type_name(type), id));
    fact->object.type = type;
    fact->object.id = (int64_t)id;
    fact->object.enabled = FLAG_YES;
    return &fact->object;
}

static void add_membership(struct builder *builder, enum object_type member_type, size_t member, size_t group)
{
    struct fact *fact = configure(builder, FACT_MEMBERSHIP);
    fact->key = number_text(builder, builder->load->configuration_count);
    fact->membership.member_type = member_type;
    fact->membership.member = (int64_t)member;
    fact->membership.group = (int64_t)group;
}

static void make_configuration(struct builder *builder)
{
    struct load *load = builder->load;
    load->configuration = arena_alloc(builder->arena, (load->tenants + SWITCHES + load->agents * 6) * sizeof *load->configuration);
    for (size_t i = 1; i <= load->tenants; i++)
        add_object(builder, OBJECT_TENANT, i);
    for (size_t i = 1; i <= SWITCHES; i++) {
        struct object *box = add_object(builder, OBJECT_SWITCH, i);
        box->switch_type = SWITCH_SIP;
        box->has_backup = FLAG_NO;
    }
    for (size_t i = 1; i <= load->agents; i++) {
        size_t tenant = 1 + i % load->tenants;
        struct object *person = add_object(builder, OBJECT_PERSON, i);
        person->tenant = (int64_t)tenant;
        person->agent = FLAG_YES;
        person->wfm = FLAG_NO;
        add_object(builder, OBJECT_PLACE, i)->tenant = (int64_t)tenant;
        add_object(builder, OBJECT_DN, i)->switch_id = (int64_t)(1 + i % SWITCHES);
        add_membership(builder, OBJECT_PERSON, i, 1000000 + i % load->agent_groups);
        add_membership(builder, OBJECT_PERSON, i, 1000000 + (i + 1 + i / 3 % 7) % load->agent_groups);
        add_membership(builder, OBJECT_PLACE, i, 2000000 + tenant * 5 + i % 5);
    }
}

static struct fact *arrive(struct builder *builder, struct fact fact, instant at)
{
    size_t place = builder->load->fact_count++;
    builder->load->facts[place] = fact;
    builder->arrivals[place] = (struct arrival){at, place};
    return &builder->load->facts[place];
}

/* login at begin, voice with it, chat within ten minutes; each once more when it ends. */
static void make_session(struct builder *builder, size_t agent, size_t number, instant begin, instant end)
{
    struct bytes session = bytes_from_text(arena_printf(builder->arena, "0%zuDEF%zu", agent, number));
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    fact.source = BYTES_LITERAL("icon-a");
    fact.key = number_text(builder, agent * 10 + number);
    fact.version = 1;
    fact.login_session.session = session;
    fact.login_session.person = fact.login_session.login = fact.login_session.place = fact.login_session.dn = (int64_t)agent;
    fact.login_session.app = BYTES_LITERAL("InteractionWorkspace");
    fact.login_session.begin = begin;
    arrive(builder, fact, begin);
    fact.version = 2;
    fact.login_session.end = end;
    fact.login_session.end_by = END_BY_LOGOUT;
    arrive(builder, fact, end);
    for (size_t medium = 0; medium < 2; medium++) {
        fact = fact_blank(FACT_SESSION_MEDIA);
        fact.source = BYTES_LITERAL("icon-a");
        fact.key = number_text(builder, (agent * 10 + number) * 2 + medium);
        fact.version = 1;
        fact.session_media.session = session;
        fact.session_media.media = medium ? BYTES_LITERAL("chat") : BYTES_LITERAL("voice");
        fact.session_media.begin = begin + (medium ? (instant)roll(builder, 10 * MINUTE_MS) : 0);
        if (fact.session_media.begin > end)
            fact.session_media.begin = end;
        arrive(builder, fact, fact.session_media.begin + 1);
        fact.version = 2;
        fact.session_media.end = end;
        arrive(builder, fact, end);
    }
}

static int compare_arrival(const void *left, const void *right)
{
    const struct arrival *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->fact > b->fact) - (a->fact < b->fact);
}

void load_make(const struct load_options *options, struct arena *arena, struct load *load)
{
    struct builder builder = {.arena = arena, .load = load, .state = 42};
    *load = (struct load){.agents = (options->facts + FACTS_PER_AGENT - 1) / FACTS_PER_AGENT};
    load->sessions = load->agents * SESSIONS_PER_AGENT;
    load->tenants = 1 + load->agents * 200 / 100000;
    load->agent_groups = 1 + load->agents * 500 / 100000;
    load->place_groups = 5 * load->tenants;
    make_configuration(&builder);
    size_t count = load->agents * FACTS_PER_AGENT;
    load->facts = arena_alloc(arena, count * sizeof *load->facts);
    builder.arrivals = arena_alloc(arena, count * sizeof *builder.arrivals);
    for (size_t agent = 1; agent <= load->agents; agent++) {
        instant at = LOAD_DAY + (instant)roll(&builder, 12 * HOUR_MS); /* shifts round the clock */
        for (size_t i = 0; i < SESSIONS_PER_AGENT; i++) {
            instant end = at + 30 * MINUTE_MS + (instant)roll(&builder, 2 * HOUR_MS);
            make_session(&builder, agent, i, at, end);
            at = end + (instant)roll(&builder, 20 * MINUTE_MS);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (roll(&builder, 100) < options->late_percent)
            builder.arrivals[i].at += (instant)roll(&builder, HOUR_MS);
    qsort(builder.arrivals, count, sizeof *builder.arrivals, compare_arrival);
    struct fact *sorted = arena_alloc(arena, count * sizeof *sorted);
    /* Texts beside each other in order of arrival, as a decoder hands them out: what is measured is the engine, not a walk
     * through the load's own memory. */
    for (size_t i = 0; i < count; i++)
        sorted[i] = fact_copy(&load->facts[builder.arrivals[i].fact], arena);
    load->facts = sorted;
}
