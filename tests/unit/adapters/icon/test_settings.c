/* A source's settings: the defaults, and each wrong one refused. */
#include "adapters/icon/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>

static enum err read_settings(const char *text, struct arena *arena, struct icon_settings *settings)
{
    const char *why = NULL;
    const struct yaml *own = yaml_read(bytes_from_text(text), arena, &why);
    cr_assert(own, "%s", why);
    struct adapter_options options = {.name = "icon-a", .settings = own, .file = "test.yaml"};
    return icon_settings_read(&options, arena, settings);
}

Test(icon_settings, defaults)
{
    struct arena *arena = arena_create();
    struct icon_settings settings;
    cr_assert_eq(read_settings("kind: icon\nname: icon-a\ndsn: icon", arena, &settings), ERR_OK);
    cr_expect(settings.poll_ms == 250 && settings.settle_seconds == 120 && settings.statement_timeout_seconds == 30 &&
              settings.page_rows == 5000 && settings.reconcile_minutes == 5 && !settings.clear_names);
    cr_expect(!bytes_present(settings.group) && !settings.user && settings.map);
    printf("poll %lld ms, settle %lld s\n", (long long)settings.poll_ms, (long long)settings.settle_seconds);
    arena_destroy(arena);
}

Test(icon_settings, each_wrong_one_is_refused)
{
    static const char *const wrong[] = {
        "name: a",
        "dsn: ''",
        "dsn: ~",
        "dsn: 'DSN=icon;PWD=secret'",
        "dsn: [icon]",
        "dsn: icon\npoll: 250",
        "dsn: icon\npoll_ms: 49",
        "dsn: icon\npoll_ms: 60001",
        "dsn: icon\npoll_ms: fast",
        "dsn: icon\npoll_ms: '250'",
        "dsn: icon\nsettle_seconds: 0",
        "dsn: icon\nstatement_timeout_seconds: 0",
        "dsn: icon\npage_rows: 0",
        "dsn: icon\nreconcile_minutes: 0",
        "dsn: icon\nnames: none",
        "dsn: icon\nnames: [clear]",
        "dsn: icon\nmap: /nowhere/at/all.yaml",
        "dsn: icon\npassword_file: /nowhere",
        "dsn: icon\npassword: secret",
        "dsn: icon\ngroup: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct icon_settings settings;
        cr_expect_eq(read_settings(wrong[i], arena, &settings), ERR_SETTINGS, "%s was taken", wrong[i]);
    }
    printf("%zu wrong settings\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}
