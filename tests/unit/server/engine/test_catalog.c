/* The catalog: the shipped one is whole, a wrong one is refused with line, column and what is allowed. */
#include "server/engine/catalog.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct catalog_item *item_of(const struct catalog *catalog, const char *code)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (bytes_equal_text(catalog->items[i].code, code))
            return &catalog->items[i];
    cr_assert_fail("no item %s", code);
    return NULL;
}

Test(catalog, shipped_has_the_25_items)
{
    struct arena *arena = arena_create();
    struct catalog *catalog = NULL;
    const char *why = "";
    cr_assert_eq(catalog_read(catalog_shipped(), arena, &catalog, &why), ERR_OK, "%s", why);
    cr_expect_eq(catalog->count, 25);
    cr_expect(bytes_equal(catalog->text, catalog_shipped()));

    size_t enabled = 0, concurrent = 0;
    for (size_t i = 0; i < catalog->count; i++) {
        enabled += catalog->items[i].measure_enabled;
        concurrent += catalog->items[i].measure_concurrent;
        cr_expect_eq(catalog->items[i].measure_concurrent, catalog->items[i].where.kind != SUBJECT_NONE);
        cr_expect_eq(catalog->items[i].measure_enabled, catalog->items[i].enabled_where.object != OBJECT_NONE);
    }
    /* domain.md §3: sip-voicemail and ivr-connector have no C; parking, three of GVP and recording no E. */
    cr_expect_eq(enabled, 20);
    cr_expect_eq(concurrent, 23);

    const struct catalog_item *item = item_of(catalog, "web-media");
    cr_expect(item->where.kind == SUBJECT_SESSION && item->where.agent == FLAG_YES && item->where.voice == FLAG_UNKNOWN);
    cr_expect(item->where.media.given && item->where.media.count == 1 && bytes_equal_text(item->where.media.texts[0], "chat"));
    cr_expect(!item->where.app_not.given && item->enabled_where.object == OBJECT_PERSON && item->enabled_where.agent == FLAG_YES);
    item = item_of(catalog, "agent-connector");
    cr_expect(item->where.app_not.count == 3 && bytes_equal_text(item->where.app_not.texts[2], "InteractionWorkspace"));
    cr_expect_eq(item_of(catalog, "network-voice")->where.switch_types, 1u << SWITCH_NETWORK);
    cr_expect_eq(item_of(catalog, "sip-server")->where.switch_types, 1u << SWITCH_SIP);
    cr_expect_eq(item_of(catalog, "cim-ss")->where.site_type, SITE_SINGLE);
    item = item_of(catalog, "call-parking");
    cr_expect(item->where.kind == SUBJECT_PORT && item->where.uses == PORT_PARKING);
    cr_expect_eq(item_of(catalog, "call-recording")->where.uses, (unsigned)PORT_RECORDING);
    cr_expect_eq(item_of(catalog, "sip-voicemail")->enabled_where.object, OBJECT_MAILBOX);
    arena_destroy(arena);
}

Test(catalog, an_item_of_the_site)
{
    static const char text[] = "items:\n"
                               "  - code: ours\n"
                               "    measures: concurrent\n"
                               "    where: {kind: session, voice: false, switch_type: [sip, network], media: chat, tenant_has: [a, b]}\n"
                               "  - {code: ports, name: Ports, measures: [concurrent], where: {kind: port, uses: [asr, tts]}}\n";
    struct arena *arena = arena_create();
    struct catalog *catalog = NULL;
    const char *why = "";
    cr_assert_eq(catalog_read(bytes_from_text(text), arena, &catalog, &why), ERR_OK, "%s", why);
    const struct catalog_item *item = item_of(catalog, "ours");
    cr_expect(bytes_equal_text(item->name, "ours") && item->measure_concurrent && !item->measure_enabled);
    cr_expect(item->where.voice == FLAG_NO && item->where.switch_types == (1u << SWITCH_SIP | 1u << SWITCH_NETWORK));
    cr_expect(item->where.media.count == 1 && item->where.tenant_has.count == 2);
    cr_expect_eq(item_of(catalog, "ports")->where.uses, (unsigned)(PORT_ASR | PORT_TTS));
    arena_destroy(arena);
}

#define HEAD "items:\n  - code: a\n    measures: [concurrent]\n"

Test(catalog, wrong_ones_are_refused_whole)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "line 1, column 1: items: missing"},
        {"items: []\n", "line 1, column 8: items: a list"},
        {"items: {}\n", "items: a map, expected a list"},
        {"- a\n", "a list, expected a map with items"},
        {"items: [\n", "line 2, column 1: "},
        {"itmes: []\n", "line 1, column 1: unknown member \"itmes\", expected items"},
        {"items:\n  - 3\n", "line 2, column 5: items: \"3\", expected a map of code"},
        {"items:\n  - name: x\n", "line 2, column 5: code is missing"},
        {"items:\n  - code: a\n", "measures is missing"},
        {"items:\n  - code: a\n    measures: []\n", "line 3, column 15: measures: an empty list"},
        {"items:\n  - code: a\n    measures: [peak]\n", "line 3, column 16: measures: \"peak\", expected enabled, concurrent or both"},
        {"items:\n  - code: a b\n", "line 2, column 11: code: \"a b\", expected 1 to 64 of"},
        {"items:\n  - code: bundle:10000\n", "line 2, column 11: code: \"bundle:10000\", expected a code of its own"},
        {"items:\n  - code: a\n    colour: red\n", "line 3, column 5: unknown member \"colour\", expected one of code, name, measures, where, enabled_where"},
        {"items:\n  - code: a\n    code: b\n", "line 3, column 5: \"code\" stands here a second time"},
        {HEAD, "where is missing"},
        {HEAD "    where: {}\n", "line 4, column 12: where: nothing, expected a map of kind"},
        {HEAD "    where: {voice: true}\n", "line 4, column 12: where: kind is missing"},
        {HEAD "    where: {kind: seat}\n", "line 4, column 19: kind: \"seat\", expected session or port"},
        {HEAD "    where: {kind: session, colour: red}\n", "line 4, column 28: unknown attribute \"colour\" in where, expected one of kind, media, media_not"},
        {HEAD "    where: {kind: port, uses: gvp, media: [chat]}\n", "line 4, column 36: attribute media does not fit kind port, expected one of kind, uses"},
        {HEAD "    where: {media: [chat], kind: port, uses: gvp}\n", "line 4, column 13: attribute media does not fit kind port"},
        {HEAD "    where: {kind: session, uses: [gvp]}\n", "attribute uses does not fit kind session"},
        {HEAD "    where: {kind: session, voice: maybe}\n", "voice: \"maybe\", expected true or false"},
        {HEAD "    where: {kind: session, voice: \"true\"}\n", "voice: \"true\", expected true or false"},
        {HEAD "    where: {kind: session, media: []}\n", "media: a list, expected text, or a list of at least one text"},
        {HEAD "    where: {kind: session, switch_type: [sip, analog]}\n", "line 4, column 47: switch_type: \"analog\", expected one or a list of tdm, sip, network"},
        {HEAD "    where: {kind: session, site_type: [multi, single]}\n", "site_type: a list, expected one of multi, single"},
        {HEAD "    where: {kind: port, uses: [fax]}\n", "uses: \"fax\", expected one or a list of gvp, asr, tts, parking, recording"},
        {HEAD "    where: {kind: session}\n    enabled_where: {object: person}\n", "enabled_where stands here, but measures has no enabled"},
        {"items:\n  - code: a\n    measures: [enabled]\n    where: {kind: session}\n", "where stands here, but measures has no concurrent"},
        {"items:\n  - code: a\n    measures: [enabled]\n    enabled_where: {agent: true}\n", "enabled_where: object is missing"},
        {"items:\n  - code: a\n    measures: [enabled]\n    enabled_where: {object: mailbox, agent: true}\n", "agent and wfm fit only object person, not mailbox"},
        {"items:\n  - code: a\n    measures: [enabled]\n    enabled_where: {object: chair}\n", "object: \"chair\", expected one of tenant, person"},
        {HEAD "    where: {kind: session}\n  - code: a\n    measures: [enabled]\n", "line 5, column 11: code: \"a\" stands here a second time (first in line 2)"},
        {"items: &a [*a]\n", "an anchor"},
        {"items: !!seq []\n", "line 1, column 8: a tag"},
        {"items: []\n---\nitems: []\n", "line 2, column 1: a second document"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct catalog *catalog = NULL;
        const char *why = NULL;
        enum err err = catalog_read(bytes_from_text(rows[i].text), arena, &catalog, &why);
        cr_expect(err == ERR_INPUT && why && strstr(why, rows[i].says), "%s\n  says   %s\n  wanted %s", rows[i].text, why ? why : "(nothing)", rows[i].says);
    }
    printf("%zu catalogs refused, each with line and column\n", sizeof rows / sizeof *rows);
    arena_destroy(arena);
}
