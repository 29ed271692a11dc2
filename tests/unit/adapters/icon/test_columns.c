/* The column map: the shipped one is whole; a site's file changes what it says, and each fault is named with its line. */
#include "tests/unit/adapters/icon/row.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(icon_columns, the_shipped_map_is_whole)
{
    struct arena *arena = arena_create();
    const struct icon_map *map = row_shipped(arena);
    for (enum icon_table table = 0; table < ICON_TABLE_COUNT; table++) {
        cr_expect(map->tables[table].table != NULL, "%s", icon_table_name(table));
        cr_expect(map->tables[table].count > 2, "%s", icon_table_name(table));
    }
    cr_expect_eq(icon_code_find(map, CODE_STATUS, 2), CODE_DELETED);
    cr_expect_eq(icon_code_find(map, CODE_SWITCH_TYPE, 52), SWITCH_SIP);
    cr_expect_eq(icon_code_find(map, CODE_GROUP_TYPE, 3), 0);
    cr_expect_eq(icon_option_find(map, BYTES_LITERAL("WFM"), BYTES_LITERAL("enabled"), OBJECT_PERSON), OPTION_WFM);
    cr_expect_eq(icon_option_find(map, BYTES_LITERAL("WFM"), BYTES_LITERAL("enabled"), OBJECT_SWITCH), OPTION_COUNT);
    printf("%d tables\n", ICON_TABLE_COUNT);
    arena_destroy(arena);
}

Test(icon_columns, a_site_changes_what_it_says_alone)
{
    struct arena *arena = arena_create();
    const struct icon_map *map;
    const char *why = "";
    static const char text[] = "tables:\n"
                               "  person: {table: CFG.GC_PERSON, columns: {name: ~, state: ENABLED}}\n"
                               "  campaign: {table: ~}\n"
                               "codes: {switch_type: {sip: [5]}, person_type: {agent: [7]}}\n"
                               "media: {chat: [messenger]}\n"
                               "annex: {wfm: {of: person, option: a/b/c, yes: []}, mailbox: ~}\n"
                               "watermark: [gls, cfg]\n";
    cr_assert_eq(icon_map_read(BYTES_LITERAL(text), arena, &map, &why), ERR_OK, "%s", why);
    const struct icon_columns *person = &map->tables[ICON_PERSON];
    cr_expect_str_eq(person->table, "CFG.GC_PERSON");
    cr_expect_str_eq(person->names[FIELD_STATE], "ENABLED");
    cr_expect_str_eq(person->names[FIELD_ID], "ID");
    cr_expect_eq(person->position[FIELD_NAME], -1);
    cr_expect_null(map->tables[ICON_CAMPAIGN].table);
    cr_expect_eq(icon_code_find(map, CODE_SWITCH_TYPE, 5), SWITCH_SIP, "its own codes stand before the shipped ones");
    cr_expect_eq(icon_code_find(map, CODE_SWITCH_TYPE, 52), 0, "its list takes the place of the shipped one");
    cr_expect_eq(icon_code_find(map, CODE_SWITCH_TYPE, 4), SWITCH_TDM);
    cr_expect_eq(icon_code_find(map, CODE_PERSON_TYPE, 7), CODE_AGENT);
    cr_expect(bytes_equal_text(icon_medium_find(map, BYTES_LITERAL("Messenger"), arena), "chat"));
    cr_expect(bytes_equal_text(icon_medium_find(map, BYTES_LITERAL("email"), arena), "email"));
    cr_expect_eq(icon_option_find(map, BYTES_LITERAL("a"), BYTES_LITERAL("b/c"), OBJECT_PERSON), OPTION_WFM);
    cr_expect_eq(icon_option_find(map, BYTES_LITERAL("TServer"), BYTES_LITERAL("gvm_mailbox"), OBJECT_LOGIN), OPTION_COUNT);
    cr_expect_eq(map->watermark, 1u << CLASS_CFG | 1u << CLASS_GLS);
    printf("seven changes, the rest as shipped\n");
    arena_destroy(arena);
}

Test(icon_columns, each_fault_has_its_line)
{
    static const struct { const char *text, *says; } faults[] = {
        {"tables: [", "did not find expected node content"},
        {"table: {}", "line 1, column 1: \"table\" is unknown: expected tables, codes"},
        {"tables:\n  persons: {}", "line 2, column 3: \"persons\" is unknown: expected one of annex, tenant"},
        {"tables:\n  person:\n    column: {}", "line 3, column 5: \"column\" is unknown: expected table or columns"},
        {"tables: {person: {columns: {dn: DN}}}", "\"dn\" is unknown: expected one of id, seq"},
        {"tables: {person: {columns: {id: ~}}}", "this one cannot be left out"},
        {"tables: {person: {table: 'GC_AGENT; DROP TABLE X'}}", "\"GC_AGENT; DROP TABLE X\" of table: expected a plain identifier"},
        {"tables: {person: {columns: {name: \"A'B\"}}}", "expected a plain identifier"},
        {"tables: {person: {table: ''}}", "expected a plain identifier"},
        {"tables: {person: {table: [a]}}", "expected a name or ~"},
        {"tables: {person: GC_AGENT}", "\"GC_AGENT\" of person: expected a map"},
        {"codes: {state: {on: [1]}}", "\"on\" is unknown"},
        {"codes: {states: {enabled: [1]}}", "\"states\" is unknown: expected status, state"},
        {"codes: {state: {enabled: 1}}", "expected a list of numbers"},
        {"codes: {state: {enabled: [one]}}", "\"one\" of a list: expected a number"},
        {"codes: {state: {enabled: [1], disabled: [1]}}", "expected each code once"},
        {"media: {chat: web}", "expected a list"},
        {"annex: {wfm: {of: human, option: a/b}}", "\"human\" of of: expected a type of object"},
        {"annex: {wfm: {of: person, option: ab}}", "\"ab\" of option: expected SECTION/KEY"},
        {"annex: {wfm: {of: person, option: /b}}", "expected SECTION/KEY"},
        {"annex: {wfm: {of: person, key: a/b}}", "\"key\" is unknown: expected of, option or yes"},
        {"annex: {phone: ~}", "\"phone\" is unknown: expected wfm"},
        {"coverage: [all]", "\"all\" of a list: expected cfg or gls"},
        {"watermark: gls", "expected a list of cfg, gls"},
        {"[]", "expected a map"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct icon_map *map;
        const char *why = "(nothing)";
        cr_expect_eq(icon_map_read(bytes_from_text(faults[i].text), arena, &map, &why), ERR_INPUT, "%s was taken", faults[i].text);
        cr_expect(strncmp(why, "line ", 5) == 0 && strstr(why, faults[i].says), "%s\n  says   %s\n  wanted %s", faults[i].text, why, faults[i].says);
    }
    printf("%zu faults, each with its line\n", sizeof faults / sizeof *faults);
    arena_destroy(arena);
}
