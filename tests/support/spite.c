/* The world of a seed; sessions, media, ports and watermarks over it. */
#include "tests/support/spite_parts.h"

#include "base/check.h"
#include "base/limits.h"
#include "proto/fact_json.h"

#include <stdlib.h>

/* Where a world begins: some days before a clock is changed somewhere, or a month or a year ends. */
static const char *const first_days[] = {
    "2026-11-22", /* a Sunday; nothing special */
    "2026-10-24", /* Vienna's clock goes back */
    "2026-03-28", /* and forth */
    "2018-11-03", /* Sao Paulo has no midnight on the 4th */
    "2018-02-16", /* and has eleven o'clock twice on the 17th */
    "2026-04-04", /* Lord Howe goes back by half an hour */
    "2026-10-03", /* and forth */
    "2010-11-05", /* St. John's goes back over midnight on the 7th */
    "2011-12-29", /* Apia has no 30th */
    "2026-11-28", /* a month ends */
    "2026-12-30", /* a year ends */
    "2028-02-27", /* with a 29th */
};

uint64_t dice_roll(struct dice *dice, uint64_t sides)
{
    dice->state += 0x9e3779b97f4a7c15u;
    return hash_mix(dice->state) % sides;
}

bool dice_chance(struct dice *dice, unsigned percent)
{
    return dice_roll(dice, 100) < percent;
}

void dice_shuffle(struct dice *dice, void *list, size_t count, size_t size)
{
    char *bytes = list, *spare = memory_alloc(size);
    for (size_t i = count; i > 1; i--) {
        size_t k = dice_roll(dice, i);
        memcpy(spare, bytes + (i - 1) * size, size);
        memcpy(bytes + (i - 1) * size, bytes + k * size, size);
        memcpy(bytes + k * size, spare, size);
    }
    free(spare);
}

int64_t world_id(struct world *world, const struct pool *pool)
{
    if (!dice_chance(&world->dice, world->known_percent))
        return ID_NONE;
    return pool->ids[dice_roll(&world->dice, pool->count)];
}

instant world_instant(struct world *world)
{
    if (dice_chance(&world->dice, 1))
        return dice_chance(&world->dice, 50) ? 0 : INSTANT_MAX - 1;
    if (dice_chance(&world->dice, 10))
        return world->from + (instant)dice_roll(&world->dice, (uint64_t)(world->to - world->from));
    return world->grid[dice_roll(&world->dice, world->grid_count)];
}

instant world_end(struct world *world, instant begin, unsigned open_percent)
{
    if (dice_chance(&world->dice, open_percent))
        return INSTANT_NEVER;
    if (dice_chance(&world->dice, 8))
        return begin;
    if (dice_chance(&world->dice, 5))
        return begin < INSTANT_MAX - 1 ? begin + 1 : begin;
    instant end = world_instant(world);
    for (int i = 0; end < begin && i < 6; i++)
        end = world_instant(world);
    return end < begin ? begin : end;
}

enum flag world_flag(struct world *world)
{
    unsigned roll = (unsigned)dice_roll(&world->dice, 10);
    return roll < 2 ? FLAG_UNKNOWN : roll < 4 ? FLAG_NO : FLAG_YES;
}

struct bytes world_word(struct world *world, const char *const *words, size_t count)
{
    return bytes_from_text(words[dice_roll(&world->dice, count)]);
}

static struct bytes name(struct world *world, const char *letter, size_t count)
{
    return bytes_from_text(arena_printf(world->arena, "%s%zu", letter, (size_t)dice_roll(&world->dice, count)));
}

/* Keys as sources write them: numbers, what looks like one, and texts; in the order of texts "10" comes before "9". */
static struct bytes row_key(struct world *world)
{
    static const char *const odd[] = {"0", "00", "007", "4611686018427387903", "4611686018427387904", "18446744073709551616", "-1", " 1", "k\"\xc3\xa9"};
    if (dice_chance(&world->dice, 15))
        return WORLD_WORD(world, odd);
    return name(world, dice_chance(&world->dice, 60) ? "" : "k", world->keys);
}

static void append(struct world *world, const struct fact *fact)
{
    const char *why = "";
    if (fact_check(fact, world->arena, &why) != ERR_OK)
        check_failed(__FILE__, __LINE__, why); /* spite keeps the law */
    if (world->count == world->capacity) {
        size_t capacity = world->capacity ? world->capacity * 2 : 256;
        struct fact *facts = arena_alloc(world->arena, capacity * sizeof *facts);
        if (world->count)
            memcpy(facts, world->facts, world->count * sizeof *facts);
        world->facts = facts;
        world->capacity = capacity;
    }
    world->facts[world->count++] = *fact;
}

void world_say(struct world *world, struct fact *fact, void (*change)(struct world *world, struct fact *fact))
{
    static const unsigned counts[] = {1, 1, 1, 2, 2, 3};
    unsigned versions = counts[dice_roll(&world->dice, 6)];
    int64_t version = dice_chance(&world->dice, 5) ? 0 : (int64_t)dice_roll(&world->dice, 5);
    for (unsigned i = 0; i < versions; i++) {
        change(world, fact);
        fact->version = version;
        append(world, fact);
        if (dice_chance(&world->dice, 6)) { /* a contradiction: the same version again, with what comes of it */
            change(world, fact);
            append(world, fact);
        }
        if (version == INT64_MAX)
            return;
        version = dice_chance(&world->dice, 4) ? INT64_MAX : version + 1 + (int64_t)dice_roll(&world->dice, 3);
    }
}

/* --- sessions ---------------------------------------------------------------------------------------- */

static const char *const session_sources[] = {"icon-a", "icon-b", "icon-a", "api"};
static const char *const apps[] = {"AgentDesktop", "SupervisorDesktop", "InteractionWorkspace", "InteractionWorkspace", "Caf\xc3\xa9", ""};
static const char *const media_names[] = {"voice", "email", "chat", "chat", "social", "fax", "Chat"};

static void change_login(struct world *world, struct fact *fact)
{
    struct login_session *row = &fact->login_session;
    struct dice *dice = &world->dice;
    bool fresh = row->begin == INSTANT_EVER; /* later versions mostly close or correct the first */
    if (fresh || dice_chance(dice, 15))
        row->begin = world_instant(world);
    row->end = world_end(world, row->begin, fresh ? 50 : 25);
    row->end_by = dice_chance(dice, 40) ? END_BY_DISCONNECT : dice_chance(dice, 50) ? END_BY_LOGOUT : END_BY_UNKNOWN;
    if (fresh || dice_chance(dice, 20))
        row->person = world_id(world, &world->persons);
    if (fresh || dice_chance(dice, 20))
        row->place = world_id(world, &world->places);
    if (fresh || dice_chance(dice, 20))
        row->dn = dice_chance(dice, 60) ? world_id(world, &world->dns) : ID_NONE;
    if (fresh || dice_chance(dice, 10)) {
        row->login = world_id(world, &world->logins);
        row->switch_id = dice_chance(dice, 40) ? world_id(world, &world->switches) : ID_NONE;
        row->tenant = dice_chance(dice, 30) ? world_id(world, &world->tenants) : ID_NONE;
        row->app = dice_chance(dice, 60) ? WORLD_WORD(world, apps) : BYTES_NONE;
    }
}

static void change_media(struct world *world, struct fact *fact)
{
    struct session_media *row = &fact->session_media;
    struct dice *dice = &world->dice;
    bool fresh = row->begin == INSTANT_EVER;
    row->begin = world_instant(world);
    row->end = world_end(world, row->begin, 40);
    if (fresh || dice_chance(dice, 20)) {
        row->media = WORLD_WORD(world, media_names);
        row->dn = dice_chance(dice, 25) ? world_id(world, &world->dns) : ID_NONE;
        row->place = dice_chance(dice, 25) ? world_id(world, &world->places) : ID_NONE;
    }
}

static void say_session(struct world *world)
{
    bool media = dice_chance(&world->dice, 40);
    struct fact fact = fact_blank(media ? FACT_SESSION_MEDIA : FACT_LOGIN_SESSION);
    struct bytes session = name(world, dice_chance(&world->dice, 90) ? "s" : "", world->sessions);
    fact.source = WORLD_WORD(world, session_sources);
    fact.key = row_key(world);
    if (media)
        fact.session_media.session = session;
    else
        fact.login_session.session = session;
    world_say(world, &fact, media ? change_media : change_login);
}

/* --- twins: what the collectors of a pair, or of three, say of one login --------------------------------- */

/* What they agree on lies in world->twin; each says it in words of its own. */
static void change_twin(struct world *world, struct fact *fact)
{
    static const instant offsets[] = {0, 0, 1, 500, 1500, 1999, 2000, 2000, 2001, 3000, 4000};
    struct login_session *row = &fact->login_session;
    struct dice *dice = &world->dice;
    struct bytes session = row->session;
    *row = world->twin;
    row->session = session;
    row->begin += offsets[dice_roll(dice, sizeof offsets / sizeof *offsets)];
    if (dice_chance(dice, 60)) /* they agree on the end, in the second or so */
        row->end = world->twin.end > INSTANT_MAX - MINUTE_MS ? world->twin.end : row->end + (instant)dice_roll(dice, 3) * 400;
    else
        row->end = world_end(world, row->begin, 40);
    if (row->end < row->begin)
        row->end = row->begin;
    row->end_by = dice_chance(dice, 40) ? END_BY_DISCONNECT : dice_chance(dice, 50) ? END_BY_LOGOUT : END_BY_UNKNOWN;
    row->tenant = dice_chance(dice, 30) ? world_id(world, &world->tenants) : ID_NONE;
    row->app = dice_chance(dice, 60) ? WORLD_WORD(world, apps) : BYTES_NONE;
    if (dice_chance(dice, 6))
        row->person = world_id(world, &world->persons);
    if (dice_chance(dice, 6))
        row->dn = ID_NONE;
    if (dice_chance(dice, 6))
        row->switch_id = world_id(world, &world->switches);
}

static void say_twins(struct world *world)
{
    static const char *const sources[] = {"icon-a", "icon-b", "icon-c", "api"};
    struct dice *dice = &world->dice;
    world->twin = (struct login_session){.begin = dice_chance(dice, 70) ? world_instant(world) : world->twin.begin, .person = world_id(world, &world->persons),
                                         .login = world_id(world, &world->logins), .place = world_id(world, &world->places),
                                         .dn = dice_chance(dice, 60) ? world_id(world, &world->dns) : ID_NONE,
                                         .switch_id = dice_chance(dice, 40) ? world_id(world, &world->switches) : ID_NONE};
    if (world->twin.begin > INSTANT_MAX - MINUTE_MS)
        world->twin.begin = world->from;
    world->twin.end = world_end(world, world->twin.begin, 30);
    for (uint64_t copies = 2 + dice_roll(dice, 4); copies; copies--) {
        struct fact fact = fact_blank(FACT_LOGIN_SESSION);
        fact.source = WORLD_WORD(world, sources);
        fact.key = row_key(world);
        fact.login_session.session = name(world, dice_chance(dice, 80) ? "twin-" : "s", world->sessions);
        world_say(world, &fact, change_twin);
    }
}

/* --- ports, watermarks -------------------------------------------------------------------------------- */

static void change_port(struct world *world, struct fact *fact)
{
    struct port *row = &fact->port;
    struct dice *dice = &world->dice;
    row->begin = world_instant(world);
    row->end = world_end(world, row->begin, 35);
    row->uses = 1 + (unsigned)dice_roll(dice, 31);
    row->tenant = world_id(world, &world->tenants);
    row->call = dice_chance(dice, 70) ? name(world, "call-", 1 + world->sessions / 2) : BYTES_NONE;
    row->app = dice_chance(dice, 30) ? WORLD_WORD(world, apps) : BYTES_NONE;
}

static void say_port(struct world *world)
{
    static const char *const sources[] = {"gvp-1", "gvp-2", "icon-a"};
    struct fact fact = fact_blank(FACT_PORT);
    fact.source = WORLD_WORD(world, sources);
    fact.key = name(world, "mcp/", world->keys);
    world_say(world, &fact, change_port);
}

static void change_watermark(struct world *world, struct fact *fact)
{
    instant until = world->grid[dice_roll(&world->dice, world->grid_count)];
    if (dice_chance(&world->dice, 60))
        until += world->cap_hours * (instant)HOUR_MS; /* to the millisecond at which something is capped */
    fact->watermark.until = until - (dice_chance(&world->dice, 20) ? 1 : 0);
}

static void say_watermark(struct world *world)
{
    static const char *const sources[] = {"icon-a", "icon-b", "gvp-1", "cfg", "silent"};
    struct fact fact = fact_blank(FACT_WATERMARK);
    fact.source = WORLD_WORD(world, sources);
    fact.key = BYTES_LITERAL("watermark");
    world_say(world, &fact, change_watermark);
}

/* --- the world ---------------------------------------------------------------------------------------- */

static void fill_pool(struct world *world, struct pool *pool, size_t count)
{
    /* The same few numbers everywhere, so that a place is easily taken for a DN. */
    static const int64_t ids[] = {0, 1, 2, 101, INT32_MAX - 2, INT32_MAX - 1, INT32_MAX, (int64_t)INT32_MAX + 1, UINT32_MAX, (int64_t)UINT32_MAX + 2, INT64_MAX};
    for (pool->count = 0; pool->count < count; pool->count++)
        pool->ids[pool->count] = dice_chance(&world->dice, 70) ? (int64_t)(1 + dice_roll(&world->dice, 5))
                                                               : ids[dice_roll(&world->dice, sizeof ids / sizeof *ids)];
}

static void fill_grid(struct world *world)
{
    struct dice *dice = &world->dice;
    instant hot = world->from + (instant)dice_roll(dice, 60) * HOUR_MS;
    for (world->grid_count = 0; world->grid_count < 6 + dice_roll(dice, GRID_MAX - 6); world->grid_count++) {
        instant at = world->from + (instant)(1 + dice_roll(dice, 2)) * DAY_MS; /* a midnight */
        switch (dice_roll(dice, 6)) {
        case 0: break;
        case 1: at = hot + (instant)dice_roll(dice, 24) * SLOT_MS; break;
        case 2: at = hot + (instant)dice_roll(dice, 12) * 10 * MINUTE_MS; break;
        case 3: at = hot + (instant)dice_roll(dice, 3) * HOUR_MS; break;
        case 4: at = hot + (instant)dice_roll(dice, 2 * HOUR_MS); break;
        default: at = world->from + (instant)dice_roll(dice, 3 * 24 * 12) * SLOT_MS; break;
        }
        if (dice_chance(dice, 25))
            at += dice_chance(dice, 50) ? 1 : -1;
        world->grid[world->grid_count] = at;
    }
}

void spite_make(uint64_t seed, struct arena *arena, struct spite *spite)
{
    struct world world = {.dice = {hash_mix(seed + 1)}, .arena = arena};
    struct dice *dice = &world.dice;
    int32_t first;
    check(date_parse(bytes_from_text(first_days[dice_roll(dice, sizeof first_days / sizeof *first_days)]), &first));
    world.from = (instant)first * DAY_MS;
    world.to = world.from + 4 * DAY_MS;
    static const unsigned sizes[] = {4, 10, 30, 30, 60, 120};
    static const int caps[] = {24, 24, 24, 1, 2, 30};
    size_t size = sizes[dice_roll(dice, 6)];
    world.cap_hours = caps[dice_roll(dice, 6)];
    world.sessions = 1 + dice_roll(dice, size);
    world.keys = 1 + dice_roll(dice, size);
    world.known_percent = 55 + (unsigned)dice_roll(dice, 45);
    fill_grid(&world);
    fill_pool(&world, &world.tenants, 1 + dice_roll(dice, 3));
    fill_pool(&world, &world.persons, 1 + dice_roll(dice, 5));
    fill_pool(&world, &world.places, 1 + dice_roll(dice, 4));
    fill_pool(&world, &world.dns, 1 + dice_roll(dice, 4));
    fill_pool(&world, &world.logins, 1 + dice_roll(dice, 3));
    fill_pool(&world, &world.switches, 1 + dice_roll(dice, 3));
    fill_pool(&world, &world.groups, 1 + dice_roll(dice, 3));
    unsigned config = (unsigned)dice_roll(dice, 60), ports = (unsigned)dice_roll(dice, 20), twins = (unsigned)dice_roll(dice, 12);
    for (size_t i = 0; i < size; i++) {
        unsigned roll = (unsigned)dice_roll(dice, 100);
        if (roll < config)
            world_configuration(&world);
        else if (roll < config + ports)
            say_port(&world);
        else if (roll < config + ports + 4)
            say_watermark(&world);
        else if (roll < config + ports + 4 + twins)
            say_twins(&world);
        else
            say_session(&world);
    }
    *spite = (struct spite){world.facts, world.count, world.cap_hours, world.from - DAY_MS, world.to + DAY_MS};
}

void spite_print(const struct fact *facts, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        fact_json_write(&facts[i], out);
        buffer_append_char(out, '\n');
    }
}
