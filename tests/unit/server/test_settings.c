/* Settings: each fault has file, line, key, value and what was expected; the manual is the file in deploy/. */
#include "server/settings.h"

#include "base/file.h"
#include "tests/support/heard.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;

static void open_arena(void)
{
    arena = arena_create();
}

static void close_arena(void)
{
    arena_destroy(arena);
}

TestSuite(settings, .init = open_arena, .fini = close_arena);

/* Reads text as a settings file, and asks the sources' adapters when told to; what was logged meanwhile, with
 * FILE for the file's name. */
static enum err read_and_ask(bool ask, const char *text, const struct settings **settings, const char **logged)
{
    char path[SCRATCH_PATH_SIZE];
    const char *at;
    struct heard heard;
    heard_begin(&heard);
    enum err err = settings_read(scratch_file(text, path), arena, settings);
    if (!err && ask)
        err = settings_check_sources(*settings);
    struct buffer out = {0};
    const char *rest = heard_end(&heard, arena);
    for (; (at = strstr(rest, path)); rest = at + strlen(path)) {
        buffer_append(&out, rest, (size_t)(at - rest));
        buffer_append_text(&out, "FILE");
    }
    buffer_append_text(&out, rest);
    *logged = arena_text(arena, buffer_bytes(&out));
    buffer_free(&out);
    scratch_remove(path);
    return err;
}

static enum err read_text(const char *text, const struct settings **settings, const char **logged)
{
    return read_and_ask(false, text, settings, logged);
}

static const char *of_the_tree(const char *path)
{
    size_t len = strlen(__FILE__) - strlen("tests/unit/server/test_settings.c");
    return arena_printf(arena, "%.*s%s", (int)len, __FILE__, path);
}

Test(settings, manual_is_the_file_in_deploy_and_holds_the_defaults)
{
    struct buffer manual = {0}, defaults = {0}, read = {0};
    struct bytes file;
    const char *why = "", *path = of_the_tree("deploy/settings.yaml");
    const struct settings *from_defaults, *from_file;
    settings_print_manual(&manual);
    cr_assert_eq(file_read(path, arena, &file, &why), ERR_OK, "%s: %s", path, why);
    cr_expect(bytes_equal(file, buffer_bytes(&manual)), "%s is not what `seatmeter settings manual` prints", path);
    cr_assert_eq(settings_read(path, arena, &from_file), ERR_OK);
    cr_assert_eq(settings_read(NULL, arena, &from_defaults), ERR_OK);
    settings_print(from_defaults, &defaults);
    settings_print(from_file, &read);
    cr_expect_str_eq(buffer_text(&read), buffer_text(&defaults));
    cr_expect(from_defaults->http.port == 8080 && from_defaults->close.deadline_minutes == 481 && from_defaults->store.map_bytes == 64ull << 30);
    cr_expect(from_defaults->catalog_file == NULL && from_defaults->source_count == 0 && from_defaults->http.host_count == 0);
    cr_expect_str_eq(from_defaults->http.bind, "127.0.0.1");
    buffer_free(&manual);
    buffer_free(&defaults);
    buffer_free(&read);
}

Test(settings, values_arrive)
{
    static const char text[] = "store: {dir: 'a b', map_bytes: 1048576}\n"
                               "http:\n  bind: ::1\n  port: 0\n  hosts: [seats.example.com, other]\n"
                               "kafka: {brokers: \"a:9092,[::1]:9093\", user: alice}\n"
                               "close:\n"
                               "catalog: my.yaml\n"
                               "log: {level: debug}\n"
                               "sources:\n"
                               "  - kind: icon\n    name: icon-a\n    dsn: A\n    poll_ms: 250\n    password: hush\n    map: {table: {a: [b, 'c d']}}\n"
                               "  - {kind: icon, name: \"17\"}\n";
    const struct settings *settings, *again;
    const char *logged;
    struct buffer once = {0}, twice = {0};
    cr_assert_eq(read_text(text, &settings, &logged), ERR_OK, "%s", logged);
    cr_expect_str_eq(settings->store.dir, "a b");
    cr_expect_str_eq(settings->http.bind, "::1");
    cr_expect_str_eq(settings->kafka.brokers, "a:9092,[::1]:9093");
    cr_expect_str_eq(settings->kafka.topics, "seatmeter");
    cr_expect_str_eq(settings->catalog_file, "my.yaml");
    cr_expect_str_eq(settings->log_level, "debug");
    cr_expect(settings->store.map_bytes == 1048576 && settings->http.port == 0 && settings->http.host_count == 2 && settings->close.wait_minutes == 10);
    cr_expect_str_eq(settings->http.hosts[1], "other");
    cr_assert_eq(settings->source_count, 2);
    cr_expect_str_eq(settings->sources[0].name, "icon-a");
    cr_expect_str_eq(settings->sources[1].name, "17");
    cr_expect(bytes_equal_text(yaml_member(settings->sources[0].own, "dsn")->text, "A"));

    settings_print(settings, &once);
    cr_expect(!strstr(buffer_text(&once), "hush") && strstr(buffer_text(&once), "password: \"(not shown)\""), "%s", buffer_text(&once));
    cr_assert_eq(read_text(buffer_text(&once), &again, &logged), ERR_OK, "%s\n%s", logged, buffer_text(&once));
    settings_print(again, &twice);
    cr_expect_str_eq(buffer_text(&twice), buffer_text(&once));
    buffer_free(&once);
    buffer_free(&twice);
}

Test(settings, faults_name_file_line_key_value_and_what_was_expected)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"http:\n  port: 65536\n", "FILE:2: key http.port: value \"65536\", expected an integer of 0 to 65535"},
        {"http:\n  port: eighty\n", "FILE:2: key http.port: value \"eighty\", expected an integer"},
        {"http:\n  port: \"80\"\n", "FILE:2: key http.port: value \"80\", expected an integer"},
        {"http:\n  port: [80]\n", "FILE:2: key http.port: value a list, expected"},
        {"http:\n  port:\n", "FILE:2: key http.port: value nothing, expected"},
        {"http:\n  bind: 0.0.0.0\n", "FILE:2: key http.bind: value \"0.0.0.0\", expected 127.0.0.1, ::1 or localhost: this release knows no credentials"},
        {"http:\n  hosts: [\"a:80\"]\n", "FILE:2: key http.hosts: value a list, expected host names without a port"},
        {"http: 8080\n", "FILE:1: key http: value \"8080\", expected a map of bind, port, hosts"},
        {"\nstroe: {}\n", "FILE:2: key stroe: value a map, but there is no such setting; expected one of store, http, kafka, counting, close, retention, privacy, alerts, catalog, log, sources"},
        {"store:\n  dri: x\n", "FILE:2: key store.dri: value \"x\", but there is no such setting; expected one of dir, map_bytes"},
        {"store: {map_bytes: 1024}\n", "FILE:1: key store.map_bytes: value \"1024\", expected an integer of 1048576 to 17592186044416"},
        {"kafka: {brokers: localhost}\n", "FILE:1: key kafka.brokers: value \"localhost\", expected HOST:PORT, several with commas between"},
        {"kafka: {brokers: \"a:9092,\"}\n", "FILE:1: key kafka.brokers: value \"a:9092,\", expected HOST:PORT"},
        {"kafka: {brokers: \"a:9092, b:9092\"}\n", "FILE:1: key kafka.brokers: value \"a:9092, b:9092\", expected HOST:PORT"},
        {"kafka: {brokers: \"a:70000\"}\n", "FILE:1: key kafka.brokers: value \"a:70000\", expected HOST:PORT"},
        {"kafka: {brokers: \"a:9092\", security: tls}\n", "FILE:1: key kafka.security: value \"tls\", expected one of plaintext, ssl, sasl_plaintext, sasl_ssl"},
        {"kafka: {topics: \"a b\"}\n", "FILE:1: key kafka.topics: value \"a b\", expected 1 to 200 letters"},
        {"kafka:\n  topics: x\n  user: alice\n", "FILE:2: key kafka.brokers: missing, though other keys of kafka are given"},
        {"kafka: {password: secret}\n", "FILE:1: key kafka.password: value \"secret\", but there is no such setting"},
        {"close: {key_file: x}\n", "FILE:1: key close.key_file: value \"x\", but this release has no such setting"},
        {"counting: {zone: Mars/Olympus}\n", "FILE:1: key counting.zone: value \"Mars/Olympus\", expected an IANA time zone"},
        {"counting: {cap_hours: 0}\n", "expected an integer of 1 to 8760"},
        {"log: {level: loud}\n", "FILE:1: key log.level: value \"loud\", expected one of debug, info, warning, error"},
        {"close:\n  wait_minutes: 20\n  deadline_minutes: 10\n", "FILE:3: key close.deadline_minutes: value 10, expected at least close.wait_minutes (20)"},
        {"log: {level: info}\nlog: {level: info}\n", "FILE:2: \"log\" stands here a second time"},
        {"a: [\n", "FILE:2: "},
        {"- a\n", "FILE:1: a list, expected a map of store"},
        {"sources: {}\n", "FILE:1: key sources: value a map, expected a list"},
        {"sources: [x]\n", "FILE:1: key sources[0]: value \"x\", expected a map"},
        {"sources:\n  - name: a\n", "FILE:2: key sources[0].kind: value missing, expected icon"},
        {"sources:\n  - kind: fax\n    name: a\n", "FILE:2: key sources[0].kind: value \"fax\", expected icon"},
        {"sources:\n  - kind: icon\n", "FILE:2: key sources[0].name: value missing, expected a name"},
        {"sources:\n  - kind: icon\n    name: api\n", "FILE:3: key sources[0].name: value \"api\", expected another name"},
        {"sources:\n  - kind: icon\n    name: a\n  - kind: icon\n    name: a\n", "FILE:5: key sources[1].name: value \"a\", expected a name of its own (the source of line 2 has it)"},
    };
    const struct settings *settings;
    const char *logged;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum err err = read_text(rows[i].text, &settings, &logged);
        cr_expect(err == ERR_SETTINGS && strstr(logged, rows[i].says), "%s\n  says   %s\n  wanted %s", rows[i].text, logged, rows[i].says);
    }
    printf("%zu faulty files, each told with its line\n", sizeof rows / sizeof *rows);
}

Test(settings, every_fault_is_told_at_once)
{
    const struct settings *settings;
    const char *logged;
    cr_expect_eq(read_text("http:\n  port: x\n  prot: 1\nlog: {level: 3}\n", &settings, &logged), ERR_SETTINGS);
    cr_expect(strstr(logged, "FILE:2: ") && strstr(logged, "FILE:3: ") && strstr(logged, "FILE:4: "), "%s", logged);
    cr_expect_eq(settings_read("/nonexistent/file.yaml", arena, &settings), ERR_SETTINGS);
}

/* A source with one key more; the adapter's own check decides. */
static bool source_takes(const char *start, const char *line, const char **logged)
{
    const struct settings *settings;
    const char *text = arena_printf(arena, "sources:\n  - name: a\n%s    %s\n", start, line);
    return read_and_ask(true, text, &settings, logged) == ERR_OK;
}

/* The manual's example of a source: every key is one that the adapter takes, and so are the ends of each range.  given: what
 * stands in start already, or needs a file. */
static void expect_manual(const char *kind, const char *start, const char *const *given, int keys_wanted, int ranges_wanted)
{
    struct buffer manual = {0};
    const char *logged, *line, *comment = "";
    int keys = 0, ranges = 0;
    settings_print_manual(&manual);
    line = strstr(buffer_text(&manual), arena_printf(arena, "#   - kind: %s\n", kind));
    cr_assert(line, "%s", kind);
    for (line = strchr(line, '\n') + 1; strncmp(line, "#     ", 6) == 0; line = strchr(line, '\n') + 1) {
        char *key = arena_printf(arena, "%.*s", (int)(strchr(line, '\n') - line), line);
        long long from, to;
        bool skip = key[6] == '#';
        if (skip)
            comment = key + 8;
        for (const char *const *name = given; *name; name++)
            skip = skip || strncmp(key + 6, *name, strlen(*name)) == 0;
        if (skip)
            continue;
        keys++;
        cr_expect(source_takes(start, key + 6, &logged), "%s: %s", key, logged);
        const char *range = strstr(comment, "an integer of ");
        if (!range || sscanf(range, "an integer of %lld to %lld", &from, &to) != 2)
            continue;
        ranges++;
        int len = (int)(strchr(key, ':') - key) - 6;
        cr_expect(source_takes(start, arena_printf(arena, "%.*s: %lld", len, key + 6, from), &logged), "%s", logged);
        cr_expect(source_takes(start, arena_printf(arena, "%.*s: %lld", len, key + 6, to), &logged), "%s", logged);
        cr_expect(!source_takes(start, arena_printf(arena, "%.*s: %lld", len, key + 6, from - 1), &logged), "%s", key);
        cr_expect(!source_takes(start, arena_printf(arena, "%.*s: %lld", len, key + 6, to + 1), &logged), "%s", key);
    }
    cr_expect(keys == keys_wanted && ranges == ranges_wanted, "%s: %d keys, %d ranges", kind, keys, ranges);
    cr_expect(!source_takes(start, "colour: red", &logged) && strstr(logged, "FILE:6: ") && strstr(logged, "colour"), "%s", logged);
    buffer_free(&manual);
}

Test(settings, manual_of_a_source_is_what_its_adapter_takes)
{
    static const char *const icon[] = {"name: ", "dsn: ", "user: ", "map: ", NULL}, *const entitlement[] = {"name: ", "dir: ", "map: ", NULL};
    expect_manual("icon", "    kind: icon\n    dsn: ICON\n    user: u\n", icon, 10, 7);
    expect_manual("entitlement", "    kind: entitlement\n    dir: /drop\n    # nothing\n", entitlement, 1, 1);
}
