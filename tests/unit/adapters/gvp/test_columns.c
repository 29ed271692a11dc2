/* The column map: the shipped one, a site's laid over it, and each mistake with its place. */
#include "adapters/gvp/columns.h"

#include "proto/fact.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(gvp_columns, a_sites_file_is_laid_over_the_shipped_one)
{
    struct arena *arena = arena_create();
    const struct gvp_map *map;
    const char *why;
    cr_assert_eq(gvp_map_read(BYTES_NONE, arena, &map, &why), ERR_OK);
    cr_expect_str_eq(map->running[GVP_RM], "/ems-rs/RT/CDRs/RM/details");
    cr_expect_str_eq(map->names[GVP_SESSION], "session-id");
    cr_expect(map->uses[0].use == PORT_GVP && map->uses[0].always && map->uses[1].use == PORT_ASR && map->uses[1].word_count == 3);
    static const char site[] = "paths: {MCP: {running: /x/y}}\nrequest: {page_size: ~}\nrecord: {end: stop, tenant: ~}\n"
                               "uses:\n  tts: never\n  asr: {field: engine, no: [none, '0']}\n";
    cr_assert_eq(gvp_map_read(bytes_from_text(site), arena, &map, &why), ERR_OK, "%s", why);
    cr_expect_str_eq(map->running[GVP_MCP], "/x/y");
    cr_expect_str_eq(map->history[GVP_MCP], "/ems-rs/HIST/CDRs/MCP/details");
    cr_expect(!map->names[GVP_PAGE_SIZE] && !map->names[GVP_TENANT]);
    cr_expect_str_eq(map->names[GVP_END], "stop");
    cr_expect(!map->uses[2].always && !map->uses[2].field && map->uses[1].negated && map->uses[1].word_count == 2);
    arena_destroy(arena);
}

Test(gvp_columns, each_mistake_is_told_with_its_place)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        {"[a]", "expected a map of paths"},
        {"columns: {}", "line 1, column 1: \"columns\" is unknown: expected paths, request, answer, record or uses"},
        {"paths: {CCP: {}}", "expected MCP or RM"},
        {"paths: {MCP: {future: /x}}", "expected history or running"},
        {"paths: {MCP: {history: x}}", "expected a path"},
        {"paths: {MCP: {history: '/x?a=b'}}", "expected a path"},
        {"request: {pages: a}", "expected one of ended_from ended_to page page_size"},
        {"request: {page: ~}", "expected a name"},
        {"record: {session: 'a b'}", "\"a b\" of session: expected a name"},
        {"record: {session: 'a&b'}", "expected a name"},
        {"uses: {video: always}", "expected gvp, asr, tts, parking or recording"},
        {"uses: {asr: sometimes}", "expected always, never, or a map"},
        {"uses: {asr: {field: asr}}", "expected always, never, or a map"},
        {"uses: {asr: {field: asr, yes: []}}", "expected a list of 1 to 100 words"},
        {"uses: {asr: {field: asr, yes: [a], no: [b]}}", "yes or no, not both"},
        {"uses:\n  asr: {field: asr, maybe: [a]}", "line 2, column 21: \"maybe\" is unknown"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct gvp_map *map;
        const char *why = "";
        cr_expect_eq(gvp_map_read(bytes_from_text(wrong[i].text), arena, &map, &why), ERR_INPUT, "%s was taken", wrong[i].text);
        cr_expect(strstr(why, wrong[i].why), "%s: %s", wrong[i].text, why);
    }
    printf("%zu mistakes\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}
