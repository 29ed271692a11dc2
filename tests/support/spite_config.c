/* Objects, memberships, campaigns, rules, coverage: what a configuration can do to a number. */
#include "tests/support/spite_parts.h"

#include "base/instant.h"

static const char *const config_sources[] = {"cfg", "cfg", "icon-a", "api", "zeta"};
static const char *const item_codes[] = {"info-mart", "gi2", "inbound-voice", "web-media", "no-such-item"};

static int32_t world_date(struct world *world, unsigned none_percent)
{
    if (dice_chance(&world->dice, none_percent))
        return DATE_NONE;
    return instant_day(world->from) + (int32_t)dice_roll(&world->dice, 5) - 1;
}

/* --- objects --------------------------------------------------------------------------------------- */

static void change_object(struct world *world, struct fact *fact)
{
    struct object *object = &fact->object;
    struct dice *dice = &world->dice;
    object->enabled = world_flag(world);
    object->deleted = dice_chance(dice, 15) ? FLAG_YES : dice_chance(dice, 50) ? FLAG_NO : FLAG_UNKNOWN;
    object->name = dice_chance(dice, 50) ? bytes_from_text(arena_printf(world->arena, "n%u", (unsigned)dice_roll(dice, 9))) : BYTES_NONE;
    object->tenant = dice_chance(dice, 60) ? world_id(world, &world->tenants) : ID_NONE;
    if (object->type == OBJECT_PERSON) {
        object->agent = world_flag(world);
        object->wfm = world_flag(world);
    }
    if (object->type == OBJECT_DN || object->type == OBJECT_LOGIN)
        object->switch_id = world_id(world, &world->switches);
    if (object->type == OBJECT_SWITCH) {
        object->switch_type = (enum switch_type)dice_roll(dice, 4);
        object->has_backup = world_flag(world);
    }
}

static void say_object(struct world *world)
{
    struct dice *dice = &world->dice;
    struct fact fact = fact_blank(FACT_OBJECT);
    static const enum object_type types[] = {OBJECT_PERSON, OBJECT_PERSON, OBJECT_PERSON, OBJECT_PLACE,   OBJECT_DN,         OBJECT_LOGIN,
                                             OBJECT_SWITCH, OBJECT_SWITCH, OBJECT_TENANT, OBJECT_MAILBOX, OBJECT_AGENT_GROUP, OBJECT_PLACE_GROUP};
    const struct pool *pools[OBJECT_TYPE_COUNT] = {
        [OBJECT_PERSON] = &world->persons, [OBJECT_PLACE] = &world->places,   [OBJECT_DN] = &world->dns,
        [OBJECT_LOGIN] = &world->logins,   [OBJECT_SWITCH] = &world->switches, [OBJECT_TENANT] = &world->tenants,
        [OBJECT_MAILBOX] = &world->places, [OBJECT_AGENT_GROUP] = &world->groups, [OBJECT_PLACE_GROUP] = &world->groups};
    fact.object.type = types[dice_roll(dice, sizeof types / sizeof *types)];
    fact.object.id = pools[fact.object.type]->ids[dice_roll(dice, pools[fact.object.type]->count)];
    fact.source = WORLD_WORD(world, config_sources);
    char text[INSTANT_TEXT_SIZE] = "";
    if (dice_chance(dice, 60)) {
        fact.object.valid_from = world_instant(world);
        instant_format(fact.object.valid_from, text);
    }
    fact.key = bytes_from_text(arena_printf(world->arena, "%s/%lld@%s", object_type_name(fact.object.type), (long long)fact.object.id, text));
    world_say(world, &fact, change_object);
}

/* --- memberships, campaigns ------------------------------------------------------------------------ */

static void change_membership(struct world *world, struct fact *fact)
{
    struct membership *row = &fact->membership;
    struct dice *dice = &world->dice;
    row->member_type = dice_chance(dice, 75) ? OBJECT_PERSON : OBJECT_PLACE;
    const struct pool *members = row->member_type == OBJECT_PERSON ? &world->persons : &world->places;
    row->member = members->ids[dice_roll(dice, members->count)];
    row->group = world->groups.ids[dice_roll(dice, world->groups.count)];
    row->from = dice_chance(dice, 40) ? INSTANT_EVER : world_instant(world);
    row->to = world_end(world, row->from == INSTANT_EVER ? 0 : row->from, 40);
}

static void change_campaign(struct world *world, struct fact *fact)
{
    struct campaign *row = &fact->campaign;
    row->campaign = (int64_t)dice_roll(&world->dice, 3);
    row->group = world->groups.ids[dice_roll(&world->dice, world->groups.count)];
    row->loaded_from = world_instant(world);
    row->loaded_to = world_end(world, row->loaded_from, 40);
}

static void say_row(struct world *world, enum fact_kind kind, void (*change)(struct world *, struct fact *))
{
    struct fact fact = fact_blank(kind);
    fact.source = WORLD_WORD(world, config_sources);
    fact.key = bytes_from_text(arena_printf(world->arena, "r%u", (unsigned)dice_roll(&world->dice, 10)));
    world_say(world, &fact, change);
}

/* --- rules ------------------------------------------------------------------------------------------ */

static void change_entitlement(struct world *world, struct fact *fact)
{
    struct entitlement *rule = &fact->entitlement;
    struct dice *dice = &world->dice;
    fact->rule_deleted = dice_chance(dice, 15);
    rule->site_type = dice_chance(dice, 10) ? SITE_UNKNOWN : dice_chance(dice, 65) ? SITE_SINGLE : SITE_MULTI;
    rule->issued = world_date(world, 30);
    rule->valid_from = world_date(world, 30);
    rule->valid_to = world_date(world, 40);
    if (rule->valid_from != DATE_NONE && rule->valid_to != DATE_NONE && rule->valid_to < rule->valid_from)
        rule->valid_to = rule->valid_from;
    rule->line_count = 1;
    rule->lines = arena_alloc(world->arena, sizeof *rule->lines);
    rule->lines[0] = (struct entitlement_line){.item = WORLD_WORD(world, item_codes), .quantity = (int64_t)dice_roll(dice, 9),
                                               .burst = ID_NONE, .license = LICENSE_CONCURRENT};
}

static void change_setting(struct world *world, struct fact *fact)
{
    struct tenant_setting *rule = &fact->tenant_setting;
    struct dice *dice = &world->dice;
    fact->rule_deleted = dice_chance(dice, 15);
    rule->has_items = dice_chance(dice, 70);
    rule->item_count = rule->has_items ? dice_roll(dice, 3) : 0;
    rule->items = arena_alloc(world->arena, 3 * sizeof *rule->items);
    for (size_t i = 0; i < rule->item_count; i++)
        rule->items[i] = WORLD_WORD(world, item_codes);
}

static void change_provisioned(struct world *world, struct fact *fact)
{
    fact->rule_deleted = dice_chance(&world->dice, 15);
    fact->provisioned.quantity = dice_chance(&world->dice, 10) ? QUANTITY_UNLIMITED : (int64_t)dice_roll(&world->dice, 20);
}

static void say_rule(struct world *world)
{
    struct dice *dice = &world->dice;
    enum fact_kind kind = dice_chance(dice, 45) ? FACT_ENTITLEMENT : dice_chance(dice, 60) ? FACT_TENANT_SETTING : FACT_PROVISIONED;
    struct fact fact = fact_blank(kind);
    int64_t tenant = world->tenants.ids[dice_roll(dice, world->tenants.count)];
    int32_t effective = world_date(world, kind == FACT_PROVISIONED ? 0 : 50);
    char text[DATE_TEXT_SIZE] = "";
    if (effective != DATE_NONE)
        date_format(effective, text);
    fact.source = WORLD_WORD(world, config_sources);
    if (kind == FACT_ENTITLEMENT) {
        fact.key = bytes_from_text(arena_printf(world->arena, "file-%u", (unsigned)dice_roll(dice, 3)));
        world_say(world, &fact, change_entitlement);
    } else if (kind == FACT_TENANT_SETTING) {
        fact.tenant_setting.tenant = tenant;
        fact.tenant_setting.effective = effective;
        fact.key = bytes_from_text(arena_printf(world->arena, "%lld/%s", (long long)tenant, text));
        world_say(world, &fact, change_setting);
    } else {
        fact.provisioned.tenant = tenant;
        fact.provisioned.effective = effective;
        fact.provisioned.item = WORLD_WORD(world, item_codes);
        fact.key = bytes_from_text(arena_printf(world->arena, "%lld/%.*s/%s", (long long)tenant, (int)fact.provisioned.item.len,
                                                (const char *)fact.provisioned.item.data, text));
        world_say(world, &fact, change_provisioned);
    }
}

/* --- coverage, sources -------------------------------------------------------------------------------- */

static void change_coverage(struct world *world, struct fact *fact)
{
    fact->coverage.from = world_instant(world);
    fact->coverage.to = world_end(world, fact->coverage.from, 50);
    fact->coverage.group = dice_chance(&world->dice, 50) ? BYTES_LITERAL("pair") : BYTES_NONE;
}

static void change_source(struct world *world, struct fact *fact)
{
    fact->source_entry.kind = (enum source_kind)(1 + dice_roll(&world->dice, 5));
    fact->source_entry.group = dice_chance(&world->dice, 50) ? BYTES_LITERAL("pair") : BYTES_NONE;
}

void world_configuration(struct world *world)
{
    unsigned roll = (unsigned)dice_roll(&world->dice, 100);
    if (roll < 40)
        say_object(world);
    else if (roll < 70)
        say_row(world, FACT_MEMBERSHIP, change_membership);
    else if (roll < 80)
        say_row(world, FACT_CAMPAIGN, change_campaign);
    else if (roll < 94)
        say_rule(world);
    else
        say_row(world, roll % 2 ? FACT_COVERAGE : FACT_SOURCE, roll % 2 ? change_coverage : change_source);
}
