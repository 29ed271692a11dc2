#include "tests/support/spite_rules.h"

#include "base/check.h"

const char spite_rules_catalog[] =
    "items:\n"
    "  - {code: any, name: Any, measures: [enabled, concurrent], where: {kind: session}, enabled_where: {object: person}}\n"
    "  - {code: chat, name: Chat, measures: [concurrent], where: {kind: session, media: [chat]}}\n"
    "  - {code: boxes, name: Boxes, measures: [enabled], enabled_where: {object: mailbox}}\n"
    "  - {code: ports, name: Ports, measures: [concurrent], where: {kind: port}}\n";

/* From one edge of the date line to the other, half hours, midnights that are skipped and midnights that come twice. */
const char *const spite_rules_zones[] = {"UTC",              "Europe/Vienna",  "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati",
                                         "Pacific/Pago_Pago", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo", "America/Asuncion",
                                         "Asia/Tokyo",       NULL};
enum { ZONES = 11, DAYS = 36, TENANTS = 3 };
#define DAY_FIRST 20381 /* 2025-10-20, a Monday: Cairo, Vienna, Havana, New York go back in the weeks after */

static const char *const codes[] = {"any", "any", "chat", "boxes", "ports", "nothing"};
static const char *const sources[] = {"ent", "ent", "api", "abc", "zeta"};

struct world {
    struct dice dice;
    struct arena *arena;
    struct fact *facts;
    size_t count, capacity;
};

static void say(struct world *world, struct fact fact)
{
    check(world->count < world->capacity);
    world->facts[world->count++] = fact_copy(&fact, world->arena);
}

static struct bytes text(struct world *world, const char *const *words, size_t count)
{
    return bytes_from_text(words[dice_roll(&world->dice, count)]);
}
#define TEXT(world, words) text(world, words, sizeof(words) / sizeof *(words))

static int32_t date(struct world *world)
{
    return DAY_FIRST + (int32_t)dice_roll(&world->dice, DAYS);
}

static const char *date_text(struct world *world, int32_t day)
{
    char buffer[DATE_TEXT_SIZE] = "";
    if (day != DATE_NONE)
        date_format(day, buffer);
    return arena_printf(world->arena, "%s", buffer);
}

/* Mostly the key that the contract gives it, now and then another one. */
static struct bytes key_of(struct world *world, const char *key)
{
    return bytes_from_text(dice_chance(&world->dice, 8) ? arena_printf(world->arena, "%s*%u", key, (unsigned)dice_roll(&world->dice, 2)) : key);
}

static instant some_instant(struct world *world)
{
    struct dice *dice = &world->dice;
    instant day = (instant)date(world) * DAY_MS;
    static const int midnights[] = {0, 4, 5, 10, 11, 13, 14, 15, 18, 22, 23}; /* of the zones above, in UTC hours */
    if (dice_chance(dice, 25))
        return day + midnights[dice_roll(dice, sizeof midnights / sizeof *midnights)] * (instant)HOUR_MS;
    if (dice_chance(dice, 50)) /* on and beside the midnights of many zones */
        return day + (instant)dice_roll(dice, 96) * 15 * MINUTE_MS + (instant)dice_roll(dice, 3) - 1;
    return day + (instant)dice_roll(dice, DAY_MS);
}

static void say_seat(struct world *world, unsigned number)
{
    struct dice *dice = &world->dice;
    bool is_port = dice_chance(dice, 25);
    struct fact fact = fact_blank(is_port ? FACT_PORT : FACT_LOGIN_SESSION);
    int64_t tenant = 1 + (int64_t)dice_roll(dice, TENANTS);
    instant begin = some_instant(world), end = dice_chance(dice, 4) ? INSTANT_NEVER : begin + (instant)dice_roll(dice, dice_chance(dice, 20) ? 3 * DAY_MS : 9 * HOUR_MS);
    fact.source = BYTES_LITERAL("icon");
    fact.key = bytes_from_text(arena_printf(world->arena, "s%u", number));
    fact.version = 1;
    if (is_port) {
        fact.port.tenant = tenant;
        fact.port.uses = PORT_GVP;
        fact.port.begin = begin;
        fact.port.end = end;
    } else {
        fact.login_session.session = fact.key;
        fact.login_session.tenant = tenant;
        fact.login_session.person = number;
        fact.login_session.begin = begin;
        fact.login_session.end = end;
    }
    say(world, fact);
    if (is_port || !dice_chance(dice, 50))
        return;
    struct fact media = fact_blank(FACT_SESSION_MEDIA);
    media.source = fact.source;
    media.key = fact.key;
    media.version = 1;
    media.session_media.session = fact.key;
    media.session_media.media = BYTES_LITERAL("chat");
    media.session_media.begin = begin;
    media.session_media.end = INSTANT_NEVER;
    say(world, media);
}

static void say_object(struct world *world)
{
    struct dice *dice = &world->dice;
    struct fact fact = fact_blank(FACT_OBJECT);
    char since[INSTANT_TEXT_SIZE] = "";
    fact.object.type = dice_chance(dice, 60) ? OBJECT_PERSON : OBJECT_MAILBOX;
    fact.object.id = 1 + (int64_t)dice_roll(dice, 5);
    if (dice_chance(dice, 65)) {
        fact.object.valid_from = some_instant(world);
        instant_format(fact.object.valid_from, since);
    }
    fact.object.enabled = dice_chance(dice, 80) ? FLAG_YES : dice_chance(dice, 50) ? FLAG_NO : FLAG_UNKNOWN;
    fact.object.deleted = dice_chance(dice, 10) ? FLAG_YES : FLAG_UNKNOWN;
    fact.object.tenant = dice_chance(dice, 90) ? 1 + (int64_t)dice_roll(dice, TENANTS) : ID_NONE;
    fact.source = TEXT(world, sources);
    fact.key = bytes_from_text(arena_printf(world->arena, "%s/%lld@%s", object_type_name(fact.object.type), (long long)fact.object.id, since));
    fact.version = (int64_t)dice_roll(dice, 4);
    say(world, fact);
}

static void fill_entitlement(struct world *world, struct fact *fact)
{
    struct dice *dice = &world->dice;
    struct entitlement *file = &fact->entitlement;
    fact->key = bytes_from_text(arena_printf(world->arena, "file-%u", (unsigned)dice_roll(dice, 5)));
    file->issued = dice_chance(dice, 30) ? DATE_NONE : DAY_FIRST + (int32_t)dice_roll(dice, 3);
    file->valid_from = dice_chance(dice, 30) ? DATE_NONE : date(world);
    file->valid_to = dice_chance(dice, 40) ? DATE_NONE : date(world);
    if (file->valid_from != DATE_NONE && file->valid_to != DATE_NONE && file->valid_to < file->valid_from)
        file->valid_to = file->valid_from;
    file->line_count = 1 + dice_roll(dice, 6);
    file->lines = arena_alloc(world->arena, 7 * sizeof *file->lines);
    bool enabled = dice_chance(dice, 20);
    for (size_t i = 0; i < file->line_count; i++)
        file->lines[i] = (struct entitlement_line){
            .item = dice_chance(dice, 5) ? BYTES_NONE : TEXT(world, codes),
            .quantity = dice_chance(dice, 8) ? QUANTITY_UNLIMITED : (int64_t)dice_roll(dice, 3),
            .burst = dice_chance(dice, 50) ? ID_NONE : (int64_t)dice_roll(dice, 3),
            .license = enabled || dice_chance(dice, 15) ? LICENSE_ENABLED : dice_chance(dice, 70) ? LICENSE_CONCURRENT : LICENSE_UNKNOWN,
        };
}

static void fill_provisioned(struct world *world, struct fact *fact)
{
    struct provisioned *count = &fact->provisioned;
    count->tenant = 1 + (int64_t)dice_roll(&world->dice, TENANTS);
    count->item = TEXT(world, codes);
    count->effective = date(world);
    count->quantity = dice_chance(&world->dice, 10) ? QUANTITY_UNLIMITED : (int64_t)dice_roll(&world->dice, 3);
    fact->key = key_of(world, arena_printf(world->arena, "%lld/%.*s/%s", (long long)count->tenant, (int)count->item.len,
                                           (const char *)count->item.data, date_text(world, count->effective)));
}

static struct bytes some_zone(struct world *world)
{
    static const char *const odd[] = {"Mars/Olympus", "Europe/Wien"};
    if (dice_chance(&world->dice, 8))
        return dice_chance(&world->dice, 50) ? BYTES_NONE : TEXT(world, odd);
    return bytes_from_text(spite_rules_zones[dice_roll(&world->dice, ZONES)]);
}

static void fill_zone(struct world *world, struct fact *fact)
{
    int32_t effective = dice_chance(&world->dice, 20) ? DATE_NONE : date(world);
    if (fact->kind == FACT_RULESET) {
        fact->ruleset.effective = effective;
        fact->ruleset.zone = some_zone(world);
        fact->key = key_of(world, date_text(world, effective));
        return;
    }
    fact->tenant_setting.tenant = 1 + (int64_t)dice_roll(&world->dice, TENANTS);
    fact->tenant_setting.effective = effective;
    fact->tenant_setting.zone = some_zone(world);
    fact->key = key_of(world, arena_printf(world->arena, "%lld/%s", (long long)fact->tenant_setting.tenant, date_text(world, effective)));
}

static void say_rule(struct world *world, enum fact_kind kind)
{
    struct dice *dice = &world->dice;
    struct fact fact = fact_blank(kind);
    fact.source = TEXT(world, sources);
    fact.version = (int64_t)dice_roll(dice, 4);
    if (kind == FACT_ENTITLEMENT)
        fill_entitlement(world, &fact);
    else if (kind == FACT_PROVISIONED)
        fill_provisioned(world, &fact);
    else
        fill_zone(world, &fact);
    if (!fact.key.len) /* the rule set that holds for ever */
        fact.key = BYTES_LITERAL("ever");
    fact.rule_deleted = dice_chance(dice, 12);
    say(world, fact);
    if (dice_chance(dice, 25)) { /* the same rule from another source, often with other words */
        fact.source = TEXT(world, sources);
        fact.rule_deleted = dice_chance(dice, 30);
        if (kind == FACT_TENANT_SETTING || kind == FACT_RULESET) { /* and the same date under another key */
            *(kind == FACT_RULESET ? &fact.ruleset.zone : &fact.tenant_setting.zone) = some_zone(world);
            if (dice_chance(dice, 60))
                fact.key = bytes_from_text(arena_printf(world->arena, "%.*s%s", (int)fact.key.len, (const char *)fact.key.data,
                                                        dice_chance(dice, 50) ? "+" : "!"));
        }
        if (kind == FACT_PROVISIONED)
            fact.provisioned.quantity = (int64_t)dice_roll(dice, 4);
        say(world, fact);
    }
}

void spite_rules_make(uint64_t seed, struct arena *arena, struct spite *spite)
{
    struct world world = {.dice = {hash_mix(seed + 77)}, .arena = arena, .capacity = 400};
    struct dice *dice = &world.dice;
    world.facts = arena_alloc(arena, world.capacity * sizeof *world.facts);
    unsigned seats = 10 + (unsigned)dice_roll(dice, 25), files = (unsigned)dice_roll(dice, 7), provisioned = (unsigned)dice_roll(dice, 30);
    unsigned settings = (unsigned)dice_roll(dice, 10), rulesets = (unsigned)dice_roll(dice, 4);
    for (unsigned i = 0; i < seats; i++)
        say_seat(&world, i + 1);
    for (unsigned i = (unsigned)dice_roll(dice, 20); i > 0; i--)
        say_object(&world);
    for (unsigned i = 0; i < files; i++)
        say_rule(&world, FACT_ENTITLEMENT);
    for (unsigned i = 0; i < provisioned; i++)
        say_rule(&world, FACT_PROVISIONED);
    for (unsigned i = 0; i < settings; i++)
        say_rule(&world, FACT_TENANT_SETTING);
    for (unsigned i = 0; i < rulesets; i++)
        say_rule(&world, FACT_RULESET);
    struct fact watermark = fact_blank(FACT_WATERMARK);
    watermark.source = BYTES_LITERAL("icon");
    watermark.key = BYTES_LITERAL("watermark");
    watermark.watermark.until = some_instant(&world);
    say(&world, watermark);
    for (int64_t tenant = 1; tenant <= TENANTS; tenant++) { /* groups read their tenant's days */
        struct fact group = fact_blank(FACT_OBJECT);
        group.source = BYTES_LITERAL("cfg");
        group.key = bytes_from_text(arena_printf(arena, "agent-group/%lld@", (long long)(10 + tenant)));
        group.object.type = OBJECT_AGENT_GROUP;
        group.object.id = 10 + tenant;
        group.object.tenant = tenant;
        say(&world, group);
    }
    *spite = (struct spite){.facts = world.facts, .count = world.count, .cap_hours = 24,
                            .from = (instant)DAY_FIRST * DAY_MS, .to = (instant)(DAY_FIRST + DAYS) * DAY_MS};
}
