/* What all kinds of sources share in reading their settings: what goes where, and each message with its place, word for word. */
#include "adapters/settings.h"
#include "tests/support/heard.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct drop {
    const char *dir;
    int64_t poll_seconds;
};

static const struct adapter_key keys[] = {
    ADAPTER_KEY_OWN("kind"), ADAPTER_KEY_TEXT(struct drop, dir, 5), ADAPTER_KEY_NUMBER(struct drop, poll_seconds, 1, 3600, 7),
    ADAPTER_KEY_OWN("names"), ADAPTER_KEY_OWN("group"), ADAPTER_KEY_OWN("user"), ADAPTER_KEY_OWN("password_file"), ADAPTER_KEY_OWN("dsn"),
};

static struct adapter_reading read_drop(const char *text, struct arena *arena, struct drop *drop, struct adapter_options *options)
{
    const char *why = NULL;
    *options = (struct adapter_options){.name = "a", .settings = yaml_read(bytes_from_text(text), arena, &why), .file = "test.yaml"};
    cr_assert(options->settings, "%s", why);
    struct adapter_reading reading = {options, arena, ERR_OK};
    adapter_settings_read(&reading, keys, sizeof keys / sizeof *keys, drop);
    return reading;
}

Test(adapter_settings, what_is_there_is_read_and_what_is_not_is_the_default)
{
    struct arena *arena = arena_create();
    struct adapter_options options;
    struct drop drop;
    struct adapter_reading reading = read_drop("kind: x\ndir: /drop\npoll_seconds: 3600\nnames: clear\ngroup: g", arena, &drop, &options);
    cr_expect_str_eq(drop.dir, "/drop");
    cr_expect(drop.poll_seconds == 3600 && adapter_settings_clear_names(&reading) && bytes_equal_text(adapter_settings_group(&reading), "g"));
    cr_expect_eq(reading.err, ERR_OK);
    reading = read_drop("dir: ~", arena, &drop, &options);
    cr_expect(!drop.dir && drop.poll_seconds == 7 && !adapter_settings_clear_names(&reading) && !bytes_present(adapter_settings_group(&reading)));
    cr_expect_eq(reading.err, ERR_OK);
    arena_destroy(arena);
}

/* What the source's log says. */
static const char *said(const char *text, struct arena *arena)
{
    struct adapter_options options;
    struct drop drop;
    struct heard heard;
    heard_begin(&heard);
    struct adapter_reading reading = read_drop(text, arena, &drop, &options);
    adapter_settings_need(&reading, "dir", "a folder");
    adapter_settings_clear_names(&reading);
    adapter_settings_group(&reading);
    adapter_settings_check_login(&reading, adapter_settings_text(&reading, "user", 128), adapter_settings_text(&reading, "password_file", 128));
    adapter_settings_check_dsn(&reading, adapter_settings_text(&reading, "dsn", 128));
    const char *all = heard_end(&heard, arena);
    cr_expect_eq(reading.err, *all ? ERR_SETTINGS : ERR_OK, "%s", text);
    return all;
}

Test(adapter_settings, each_fault_is_said_with_its_place)
{
    static const struct {
        const char *text, *says;
    } faults[] = {
        {"dir: a\nfolder:\n  - b", "test.yaml:2: source \"a\": unknown key \"folder\", expected one of kind, dir, poll_seconds, names, group, user, "
                                   "password_file, dsn\n"},
        {"kind: x", "test.yaml:1: source \"a\": dir is missing: expected a folder\n"},
        {"dir: ~", "dir is missing: expected a folder\n"},
        {"kind: x\ndir: 123456", "test.yaml:2: source \"a\": dir: expected a text of 1 to 5 bytes\n"},
        {"kind: x\ndir: [a]", "test.yaml:2: source \"a\": dir: expected a text of 1 to 5 bytes\n"},
        {"dir: a\npoll_seconds: 0", "test.yaml:2: source \"a\": poll_seconds: \"0\", expected a number from 1 to 3600\n"},
        {"dir: a\npoll_seconds: '5'", "poll_seconds: \"5\", expected a number from 1 to 3600\n"},
        {"dir: a\nnames: all", "test.yaml:2: source \"a\": names: \"all\", expected pseudonym or clear\n"},
        {"dir: a\nnames: [clear]", "names: \"\", expected pseudonym or clear\n"},
        {"dir: a\ngroup: ''", "test.yaml:2: source \"a\": group: expected a text of 1 to 64 bytes\n"},
        {"dir: a\npassword_file: /p", "test.yaml:2: source \"a\": password_file without user\n"},
        {"dir: a\ndsn: 'DSN=a;PWD=b'", "test.yaml:2: source \"a\": dsn: expected the name of a data source in odbc.ini, no connection string\n"},
    };
    struct arena *arena = arena_create();
    cr_expect_str_eq(said("dir: a\nuser: b\npassword_file: /p\ndsn: c", arena), "");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *says = said(faults[i].text, arena);
        cr_expect(strstr(says, faults[i].says), "%s\n  says   %s\n  wanted %s", faults[i].text, says, faults[i].says);
    }
    cr_expect(strstr(said("dir: ''\npoll_seconds: 0\nx: y", arena), "dir: ") && strstr(said("dir: ''\npoll_seconds: 0\nx: y", arena), "poll_seconds: ") &&
                  strstr(said("dir: ''\npoll_seconds: 0\nx: y", arena), "\"x\""),
              "all faults at once");
    printf("%zu faults, each with its place\n", sizeof faults / sizeof *faults);
    arena_destroy(arena);
}
