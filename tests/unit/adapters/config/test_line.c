/* A sidecar's line: what it says, and what is wrong with one that lies. */
#include "adapters/config/line.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WALL ((instant)1795510800000) /* 2026-11-24T09:00Z */
#define AT "\"at\":\"2026-11-23T09:00:00.000Z\""

static const struct config_map *shipped(struct arena *arena)
{
    const struct config_map *map;
    const char *why;
    cr_assert_eq(config_map_read(BYTES_NONE, arena, &map, &why), ERR_OK);
    return map;
}

Test(config_line, an_object_as_it_is_said)
{
    struct arena *arena = arena_create();
    const struct config_map *map = shipped(arena);
    struct line line;
    const char *why = NULL;
    static const char text[] = "{\"seq\":17,\"op\":\"upsert\",\"type\":\"CfgPerson\",\"dbid\":5001," AT
                               ",\"fields\":{\"tenant\":101,\"agent\":2,\"state\":\"disabled\",\"name\":\"ada\",\"first_name\":\"Ada\",\"last_name\":\"Abel\","
                               "\"skills\":[{}],\"options\":{\"WFM/enabled\":\"TRUE\",\"Other/key\":1}}}";
    cr_assert_eq(line_read(map, false, bytes_from_text(text), WALL, arena, &line, &why), ERR_OK, "%s", why);
    struct object object = line_object(&line, NULL);
    cr_expect(line.op == LINE_UPSERT && line.sequence == 17 && line.at == WALL - DAY_MS && object.type == OBJECT_PERSON && object.id == 5001);
    cr_expect(object.tenant == 101 && object.agent == FLAG_YES && object.enabled == FLAG_NO && object.wfm == FLAG_YES);
    cr_expect(!bytes_present(object.name), "a person's name, and nobody asked for it");
    cr_assert_eq(line_read(map, true, bytes_from_text(text), WALL, arena, &line, &why), ERR_OK);
    cr_expect(bytes_equal_text(line_object(&line, NULL).name, "Ada Abel"));
    arena_destroy(arena);
}

Test(config_line, what_is_not_said_stays_and_null_is_unknown)
{
    struct arena *arena = arena_create();
    struct line line;
    const char *why = NULL;
    struct object before = fact_blank(FACT_OBJECT).object;
    before.type = OBJECT_PERSON;
    before.id = 1;
    before.tenant = 101;
    before.agent = before.enabled = before.wfm = FLAG_YES;
    static const char text[] = "{\"op\":\"upsert\",\"type\":\"person\",\"dbid\":1,\"fields\":{\"tenant\":null,\"agent\":false,\"options\":{}}}";
    cr_assert_eq(line_read(shipped(arena), false, bytes_from_text(text), WALL, arena, &line, &why), ERR_OK);
    struct object object = line_object(&line, &before);
    cr_expect(object.tenant == ID_NONE && object.agent == FLAG_NO && object.enabled == FLAG_YES && object.wfm == FLAG_YES);
    object = line_object(&line, NULL);
    cr_expect(object.enabled == FLAG_UNKNOWN && object.wfm == FLAG_NO, "options that are shown whole, without wfm");
    arena_destroy(arena);
}

Test(config_line, members_once_and_in_order)
{
    struct arena *arena = arena_create();
    struct line line;
    const char *why = NULL;
    static const char text[] = "{\"op\":\"upsert\",\"type\":\"place-group\",\"dbid\":1,\"fields\":{\"members\":[3,1,3,2,1]}}";
    cr_assert_eq(line_read(shipped(arena), false, bytes_from_text(text), WALL, arena, &line, &why), ERR_OK);
    cr_assert_eq(line.member_count, 3);
    cr_expect(line.members[0] == 1 && line.members[1] == 2 && line.members[2] == 3 && (line.said & SAID_MEMBERS));
    arena_destroy(arena);
}

Test(config_line, each_wrong_one_with_its_reason)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"", "no JSON"},
        {"{\"op\":\"upsert\",\"op\":\"delete\"}", "stands here a second time"},
        {"[1]", "expected an object"},
        {"{}", "op is missing"},
        {"{\"op\":\"rename\"}", "\"op\": \"rename\", expected upsert, delete, alive, snapshot-begin or snapshot-end"},
        {"{\"op\":\"alive\",\"at\":\"yesterday\"}", "expected a time as"},
        {"{\"op\":\"alive\",\"at\":\"2026-11-24T09:00:00.001Z\"}", "are the clocks right?"},
        {"{\"op\":\"alive\",\"seq\":-1}", "\"seq\": -1, expected an integer from 0 up"},
        {"{\"op\":\"upsert\",\"dbid\":1}", "type is missing"},
        {"{\"op\":\"upsert\",\"type\":1,\"dbid\":1}", "\"type\": 1, expected text"},
        {"{\"op\":\"delete\",\"type\":\"person\"}", "dbid is missing"},
        {"{\"op\":\"delete\",\"type\":\"person\",\"dbid\":\"1\"}", "expected an integer from 0 up"},
        {"{\"op\":\"upsert\",\"type\":\"person\",\"dbid\":1,\"fields\":[]}", "expected an object"},
        {"{\"op\":\"upsert\",\"type\":\"person\",\"dbid\":1,\"fields\":{\"state\":\"asleep\"}}", "\"state\": \"asleep\", expected enabled, disabled"},
        {"{\"op\":\"upsert\",\"type\":\"switch\",\"dbid\":1,\"fields\":{\"type\":\"wood\"}}", "expected tdm, sip, network or a code"},
        {"{\"op\":\"upsert\",\"type\":\"person\",\"dbid\":1,\"fields\":{\"members\":[1]}}", "expected only groups to have members"},
        {"{\"op\":\"upsert\",\"type\":\"agent-group\",\"dbid\":1,\"fields\":{\"members\":[\"a\"]}}", "expected a list of DBIDs"},
        {"{\"op\":\"upsert\",\"type\":\"tenant\",\"dbid\":1,\"fields\":{\"name\":7}}", "\"name\": 7, expected text"},
        {"{\"op\":\"upsert\",\"type\":\"person\",\"dbid\":1,\"fields\":{\"options\":{\"WFM/enabled\":true}}}", "expected text or null"},
    };
    struct arena *arena = arena_create();
    const struct config_map *map = shipped(arena);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct line line;
        const char *why = "";
        cr_expect_eq(line_read(map, true, bytes_from_text(wrong[i].text), WALL, arena, &line, &why), ERR_INPUT, "%s", wrong[i].text);
        cr_expect(strstr(why, wrong[i].why), "%s\n  gave   %s\n  wanted %s", wrong[i].text, why, wrong[i].why);
    }
    printf("%zu wrong lines, each with its reason\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}
