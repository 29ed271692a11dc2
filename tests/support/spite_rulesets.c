/* Rule sets and bundle sets full of spite, over the days of a world that is there already. */
#include "tests/support/spite.h"

#include "server/engine/catalog.h"

static const char *const catalogs[] = {
    NULL, /* the shipped one */
    "items:\n"
    "  - {code: inbound-voice, measures: [enabled, concurrent], where: {kind: session, voice: true, agent: true}, enabled_where: {object: person, agent: true}}\n"
    "  - {code: everybody, measures: [concurrent], where: {kind: session}}\n"
    "  - {code: cim-ss, measures: [concurrent], where: {kind: session, site_type: single}}\n"
    "  - {code: web-media, measures: [concurrent], where: {kind: session, media: [chat, email]}}\n"
    "  - {code: gvp-ports, measures: [concurrent], where: {kind: port, uses: [gvp, asr]}}\n",
    "items:\n"
    "  - {code: web-media, measures: [enabled], enabled_where: {object: person}}\n"
    "  - {code: agent-desktop, measures: [concurrent], where: {kind: session, app_not: [AgentDesktop]}}\n"
    "  - {code: calls, measures: [concurrent], where: {kind: port}}\n"
    "  - {code: everybody, measures: [concurrent], where: {kind: session, agent: true}}\n"
    "  - {code: outbound-ms, measures: [concurrent], where: {kind: session, campaign_loaded: true}}\n",
    "items:\n"
    "  - {code: everybody, measures: [enabled, concurrent], where: {kind: session, voice: true}, enabled_where: {object: place}}\n",
};
static const char *const codes[] = {"inbound-voice", "web-media", "email", "agent-desktop", "everybody", "cim-ss", "cim-ms", "outbound-ms", "gvp-ports", "nothing", "bundle:10000", "agent-connector"};
static const char *const zones[] = {"Europe/Vienna", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "UTC", "Mars/Olympus"};
static const char *const sources[] = {"api", "rules-a", "rules-b"};

struct saying {
    struct dice dice;
    struct arena *arena;
    struct spite *spite;
    size_t capacity;
};

#define ONE_OF(saying, texts) bytes_from_text((texts)[dice_roll(&(saying)->dice, sizeof(texts) / sizeof *(texts))])

static void say(struct saying *saying, const struct fact *fact)
{
    struct spite *spite = saying->spite;
    if (spite->count == saying->capacity) {
        saying->capacity = saying->capacity * 2 + 32;
        struct fact *more = arena_alloc(saying->arena, saying->capacity * sizeof *more);
        if (spite->count)
            memcpy(more, spite->facts, spite->count * sizeof *more);
        spite->facts = more;
    }
    spite->facts[spite->count++] = *fact;
}

static int32_t some_date(struct saying *saying, unsigned none_percent)
{
    int32_t first = instant_day(saying->spite->from), last = instant_day(saying->spite->to);
    if (dice_chance(&saying->dice, none_percent))
        return DATE_NONE;
    return first + (int32_t)dice_roll(&saying->dice, (uint64_t)(last - first + 1));
}

static void fill_ruleset(struct saying *saying, struct ruleset *rule)
{
    struct dice *dice = &saying->dice;
    const char *catalog = catalogs[dice_roll(dice, sizeof catalogs / sizeof *catalogs)];
    rule->zone = dice_chance(dice, 60) ? ONE_OF(saying, zones) : BYTES_NONE;
    rule->cap_hours = dice_chance(dice, 60) ? (int64_t)(1 + dice_roll(dice, 30)) : ID_NONE;
    rule->sustained_minutes = dice_chance(dice, 40) ? 10 + 10 * (int64_t)dice_roll(dice, 8) : ID_NONE;
    rule->catalog = dice_chance(dice, 30) ? BYTES_NONE : catalog ? bytes_from_text(catalog) : catalog_shipped();
}

static void fill_codes(struct saying *saying, struct bytes **list, size_t *count, size_t most)
{
    *count = dice_roll(&saying->dice, most + 1);
    *list = arena_alloc(saying->arena, (most + 1) * sizeof **list);
    for (size_t i = 0; i < *count; i++)
        (*list)[i] = ONE_OF(saying, codes);
}

static void fill_set(struct saying *saying, struct bundle_set *set)
{
    struct dice *dice = &saying->dice;
    set->issued = some_date(saying, 15);
    set->valid_from = some_date(saying, 30);
    set->valid_to = some_date(saying, 40);
    if (set->valid_from != DATE_NONE && set->valid_to != DATE_NONE && set->valid_to < set->valid_from)
        set->valid_to = set->valid_from;
    set->bundle_count = 1 + dice_roll(dice, 3);
    set->bundles = arena_alloc(saying->arena, 4 * sizeof *set->bundles);
    for (size_t i = 0; i < set->bundle_count; i++) {
        struct bundle *bundle = &set->bundles[i];
        bundle->id = 10000 + (int64_t)dice_roll(dice, 4);
        bundle->name = BYTES_LITERAL("Basic");
        fill_codes(saying, &bundle->include, &bundle->include_count, 3);
        fill_codes(saying, &bundle->exclude, &bundle->exclude_count, 2);
    }
}

static void say_rule(struct saying *saying, enum fact_kind kind)
{
    struct dice *dice = &saying->dice;
    struct fact fact = fact_blank(kind);
    char text[DATE_TEXT_SIZE] = "";
    fact.source = ONE_OF(saying, sources);
    if (kind == FACT_RULESET) {
        fact.ruleset.effective = some_date(saying, 30);
        if (fact.ruleset.effective != DATE_NONE)
            date_format(fact.ruleset.effective, text);
        fact.key = bytes_from_text(arena_printf(saying->arena, "%s%s", *text ? text : "ever", dice_chance(dice, 20) ? "+" : ""));
    } else {
        fact.key = fact.bundle_set.id = bytes_from_text(arena_printf(saying->arena, "set-%u", (unsigned)dice_roll(dice, 3)));
    }
    for (uint64_t versions = 1 + dice_roll(dice, 3); versions > 0; versions--) {
        fact.version = (int64_t)dice_roll(dice, 4);
        fact.rule_deleted = dice_chance(dice, 15);
        if (kind == FACT_RULESET)
            fill_ruleset(saying, &fact.ruleset);
        else
            fill_set(saying, &fact.bundle_set);
        say(saying, &fact);
    }
}

void spite_rulesets_add(uint64_t seed, struct arena *arena, struct spite *spite)
{
    struct saying saying = {.dice = {hash_mix(seed + 4711)}, .arena = arena, .spite = spite, .capacity = spite->count};
    for (uint64_t i = dice_roll(&saying.dice, 5); i > 0; i--)
        say_rule(&saying, FACT_RULESET);
    for (uint64_t i = dice_roll(&saying.dice, 4); i > 0; i--)
        say_rule(&saying, FACT_BUNDLE_SET);
}
