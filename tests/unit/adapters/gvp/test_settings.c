/* A source's settings: the defaults, and each wrong one refused. */
#include "adapters/gvp/settings.h"
#include "tests/support/heard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static enum err read_settings(const char *text, struct arena *arena, struct gvp_settings *settings)
{
    const char *why = NULL;
    const struct yaml *own = yaml_read(bytes_from_text(text), arena, &why);
    cr_assert(own, "%s", why);
    struct adapter_options options = {.name = "gvp-a", .settings = own, .file = "test.yaml"};
    return gvp_settings_read(&options, arena, settings);
}

Test(gvp_settings, defaults)
{
    struct arena *arena = arena_create();
    struct gvp_settings settings;
    cr_assert_eq(read_settings("kind: gvp\nname: gvp-a\nurl: http://rs:8080/", arena, &settings), ERR_OK);
    cr_expect_str_eq(settings.url, "http://rs:8080", "the slash at its end is cut");
    cr_expect(settings.poll_seconds == 10 && settings.lag_seconds == 60 && settings.overlap_minutes == 30 && settings.window_minutes == 60 &&
              settings.first_days == 3 && settings.second_pass_hour == 3 && settings.page_size == 5000 && settings.answer_timeout_seconds == 60);
    cr_expect(settings.legs[GVP_MCP] && settings.legs[GVP_RM] && settings.map && !settings.user && !bytes_present(settings.group));
    cr_assert_eq(read_settings("url: https://[::1]:8443/base\nlegs: [RM]\nuser: u\npassword_file: /f\nca_file: /c\ncert_file: /d\nkey_file: /k\ngroup: g",
                               arena, &settings), ERR_OK);
    cr_expect(!settings.legs[GVP_MCP] && settings.legs[GVP_RM] && bytes_equal_text(settings.group, "g"));
    cr_expect_eq(adapter_kind_find(BYTES_LITERAL("gvp")), &adapter_gvp);
    arena_destroy(arena);
}

Test(gvp_settings, each_wrong_one_is_refused)
{
    static const char *const wrong[] = {
        "name: gvp-a",
        "url: ''",
        "url: rs:8080",
        "url: ftp://rs",
        "url: http://",
        "url: http:///path",
        "url: http://user:password@rs",
        "url: http://rs/?a=b",
        "url: 'http://rs /'",
        "url: [http://rs]",
        "url: http://rs\npassword_file: /f",
        "url: http://rs\nuser: 'a:b'",
        "url: http://rs\npassword: secret",
        "url: https://rs\ncert_file: /f",
        "url: https://rs\nkey_file: /f",
        "url: http://rs\nca_file: /f",
        "url: http://rs\nlegs: []",
        "url: http://rs\nlegs: MCP",
        "url: http://rs\nlegs: [MCP, CCP]",
        "url: http://rs\npoll_seconds: 0",
        "url: http://rs\nlag_seconds: 3601",
        "url: http://rs\noverlap_minutes: 0",
        "url: http://rs\nwindow_minutes: 1441",
        "url: http://rs\nfirst_days: -1",
        "url: http://rs\nsecond_pass_hour: 24",
        "url: http://rs\npage_size: 20001",
        "url: http://rs\nanswer_timeout_seconds: long",
        "url: http://rs\nmap: /nowhere/at/all.yaml",
    };
    struct arena *arena = arena_create();
    struct gvp_settings settings;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(read_settings(wrong[i], arena, &settings), ERR_SETTINGS, "%s was taken", wrong[i]);
    printf("%zu wrong settings\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}

/* What the source's log says. */
static const char *said(const char *text, struct arena *arena)
{
    struct gvp_settings settings;
    struct heard heard;
    heard_begin(&heard);
    enum err err = read_settings(text, arena, &settings);
    const char *all = heard_end(&heard, arena);
    cr_expect_eq(err, ERR_SETTINGS, "%s was taken", text);
    return all;
}

Test(gvp_settings, a_wrong_address_is_named_unless_a_password_may_be_in_it)
{
    struct arena *arena = arena_create();
    const char *plain = said("name: gvp-a\nurl: rs:8080", arena), *secret = said("name: gvp-a\nurl: http://reader:hush@rs", arena);
    cr_expect(strstr(plain, "test.yaml:2: source \"gvp-a\": url: \"rs:8080\", expected an address as https://gvp-rs:8443, without user, query or blank"), "%s", plain);
    cr_expect(strstr(secret, "test.yaml:2: source \"gvp-a\": url: expected an address as https://gvp-rs:8443") && !strstr(secret, "hush"), "%s", secret);
    printf("%s%s", plain, secret);
    arena_destroy(arena);
}
