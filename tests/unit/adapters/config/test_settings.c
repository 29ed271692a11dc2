/* A source's settings: the defaults, and each wrong one refused; the map: the shipped one, a site's over it, faults with their line. */
#include "adapters/config/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>

static enum err read_settings(const char *text, struct arena *arena, struct config_settings *settings)
{
    const char *why = NULL;
    const struct yaml *own = yaml_read(bytes_from_text(text), arena, &why);
    cr_assert(own, "%s", why);
    struct adapter_options options = {.name = "config", .settings = own, .file = "test.yaml"};
    return config_settings_read(&options, arena, settings);
}

Test(config_settings, defaults)
{
    struct arena *arena = arena_create();
    struct config_settings settings;
    cr_assert_eq(read_settings("kind: config\nname: config\ndsn: CONFIG", arena, &settings), ERR_OK);
    cr_expect(settings.way == CONFIG_WAY_DATABASE && settings.snapshot_minutes == 10 && settings.statement_timeout_seconds == 120 && settings.page_rows == 5000 &&
              settings.hold_percent == 20 && settings.hold_things == 20 && !settings.clear_names && settings.map);
    cr_assert_eq(read_settings("socket: /run/seatmeter/config\nnames: clear", arena, &settings), ERR_OK);
    cr_expect(settings.way == CONFIG_WAY_SOCKET && settings.clear_names);
    cr_expect_str_eq(settings.where, "/run/seatmeter/config");
    cr_assert_eq(read_settings("dsn: ~\nfile: /a", arena, &settings), ERR_OK, "an empty key says nothing");
    cr_expect_eq(settings.way, CONFIG_WAY_FILE);
    cr_expect_eq(adapter_kind_find(BYTES_LITERAL("config")), &adapter_config);
    arena_destroy(arena);
}

Test(config_settings, each_wrong_one_is_refused)
{
    static const char *const wrong[] = {
        "name: a",
        "dsn: ''",
        "dsn: ~",
        "dsn:\nfile:",
        "dsn: 'DSN=config;PWD=secret'",
        "dsn: a\nfile: /b",
        "file: /a\npipe: /b",
        "dsn: [a]",
        "file: /a\nuser: me",
        "dsn: a\npassword_file: /p",
        "dsn: a\nsnapshot_minutes: 0",
        "dsn: a\nsnapshot_minutes: 1441",
        "dsn: a\nhold_percent: 101",
        "dsn: a\nhold_percent: many",
        "dsn: a\nhold_things: -1",
        "dsn: a\npage_rows: 0",
        "dsn: a\nnames: all",
        "dsn: a\nmap: /nowhere/map.yaml",
        "dsn: a\npoll_ms: 250",
        "socket: /a-path-that-is-longer-than-the-hundred-and-seven-bytes-which-a-unix-socket-can-have-in-the-kernel-of-this-machine",
    };
    struct arena *arena = arena_create();
    struct config_settings settings;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(read_settings(wrong[i], arena, &settings), ERR_SETTINGS, "%s", wrong[i]);
    printf("%zu wrong settings, each refused\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}

Test(config_map, a_sites_file_is_laid_over_the_shipped_one)
{
    struct arena *arena = arena_create();
    const struct config_map *map;
    const char *why = NULL;
    static const char text[] = "tables:\n  person: {table: CFG.PERSON_V, columns: {agent: ~, id: PERSON_ID}}\n  place: {table: ~}\n"
                               "codes:\n  agent: {agent: [7]}\n"
                               "annex:\n  wfm: ~\n"
                               "lines:\n  fields: {tenant: tenantDBID}\n  types: {person: [Mensch]}\n";
    cr_assert_eq(config_map_read(bytes_from_text(text), arena, &map, &why), ERR_OK, "%s", why);
    cr_expect_str_eq(map->tables[CONFIG_PERSON].table, "CFG.PERSON_V");
    cr_expect_str_eq(map->tables[CONFIG_PERSON].names[CONFIG_FIELD_ID], "PERSON_ID");
    cr_expect(!map->tables[CONFIG_PERSON].names[CONFIG_FIELD_AGENT] && !map->tables[CONFIG_PLACE].table && map->tables[CONFIG_DN].table);
    cr_expect(config_code_find(map, CONFIG_CODE_AGENT, 7) == FLAG_YES && config_code_find(map, CONFIG_CODE_AGENT, 2) == 0 &&
              config_code_find(map, CONFIG_CODE_AGENT, 1) == FLAG_NO && config_code_find(map, CONFIG_CODE_SWITCH, 52) == SWITCH_SIP);
    cr_expect(!bytes_present(map->options[OPTION_WFM].section) && bytes_present(map->options[OPTION_HAS_BACKUP].section));
    cr_expect(bytes_equal_text(map->fields[CONFIG_FIELD_TENANT], "tenantDBID") && config_type_find(map, BYTES_LITERAL("Mensch")) == OBJECT_PERSON &&
              config_type_find(map, BYTES_LITERAL("person")) == OBJECT_NONE && config_type_find(map, BYTES_LITERAL("CfgDN")) == OBJECT_DN);
    arena_destroy(arena);
}

Test(config_map, faults_have_their_line)
{
    static const struct {
        const char *text, *why;
    } faults[] = {
        {"tables: [a]", "line 1, column 9"},
        {"tables:\n  skill: {table: a}", "line 2, column 3: \"skill\" is unknown"},
        {"tables:\n  person: {table: 'a b'}", "line 2, column 19: \"a b\" of table: expected a plain identifier"},
        {"tables:\n  person: {columns: {id: ~}}", "cannot be left out"},
        {"tables:\n  person: {columns: {media: a}}", "\"media\" is unknown: expected one of"},
        {"codes:\n  agent: {boss: [1]}", "\"boss\" is unknown"},
        {"codes:\n  agent: {agent: [1, 1]}", "each code once"},
        {"codes:\n  colour: {red: [1]}", "\"colour\" is unknown"},
        {"annex:\n  wfm: {of: person, option: WFM}", "SECTION/KEY"},
        {"annex:\n  fax: ~", "\"fax\" is unknown"},
        {"lines:\n  fields: {id: a}", "\"id\" is unknown"},
        {"lines:\n  types: {mailbox: [a]}", "\"mailbox\" is unknown"},
        {"media: {}", "\"media\" is unknown: expected tables, codes, annex or lines"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct config_map *map;
        const char *why = "";
        cr_expect_eq(config_map_read(bytes_from_text(faults[i].text), arena, &map, &why), ERR_INPUT, "%s", faults[i].text);
        cr_expect(strstr(why, faults[i].why), "%s\n  gave   %s\n  wanted %s", faults[i].text, why, faults[i].why);
    }
    printf("%zu faults, each with its place\n", sizeof faults / sizeof *faults);
    arena_destroy(arena);
}
