/* A source's settings: the defaults, and each wrong one refused. */
#include "adapters/entitlement/settings.h"
#include "tests/support/heard.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static enum err read_settings(const char *text, struct arena *arena, struct entitlement_settings *settings)
{
    const char *why = NULL;
    const struct yaml *own = yaml_read(bytes_from_text(text), arena, &why);
    cr_assert(own, "%s", why);
    struct adapter_options options = {.name = "sold", .settings = own, .file = "test.yaml"};
    return entitlement_settings_read(&options, arena, settings);
}

Test(entitlement_settings, defaults)
{
    struct arena *arena = arena_create();
    struct entitlement_settings settings;
    cr_assert_eq(read_settings("kind: entitlement\nname: sold\ndir: /drop", arena, &settings), ERR_OK);
    cr_expect(settings.poll_seconds == 5 && !settings.map);
    cr_expect_str_eq(settings.dir, "/drop");
    cr_expect_eq(adapter_kind_find(BYTES_LITERAL("entitlement")), &adapter_entitlement);
    arena_destroy(arena);
}

Test(entitlement_settings, each_wrong_one_is_refused)
{
    static const char *const wrong[] = {
        "name: sold",
        "dir: ''",
        "dir: ~",
        "dir: [a]",
        "dir: /drop\nfolder: /drop",
        "dir: /drop\npoll_seconds: 0",
        "dir: /drop\npoll_seconds: 3601",
        "dir: /drop\npoll_seconds: often",
        "dir: /drop\npoll_seconds: '5'",
        "dir: /drop\nmap: /nowhere/at/all.yaml",
        "dir: /drop\nmap: {a: b}",
    };
    struct arena *arena = arena_create();
    struct entitlement_settings settings;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(read_settings(wrong[i], arena, &settings), ERR_SETTINGS, "%s was taken", wrong[i]);

    static const char *const maps[] = {"items: {a: b}\n", "items: {a: b}\nitems: {}\n"};
    for (int faulty = 0; faulty < 2; faulty++) {
        char path[SCRATCH_PATH_SIZE];
        const char *text = arena_printf(arena, "dir: /drop\nmap: %s", scratch_file(maps[faulty], path));
        cr_expect_eq(read_settings(text, arena, &settings), faulty ? ERR_SETTINGS : ERR_OK, "%s", maps[faulty]);
        scratch_remove(path);
    }
    printf("%zu wrong settings\n", sizeof wrong / sizeof *wrong + 1);
    arena_destroy(arena);
}

Test(entitlement_settings, a_code_of_no_item_is_a_warning)
{
    static const struct bytes items[] = {BYTES_LITERAL("email"), BYTES_NONE};
    struct arena *arena = arena_create();
    struct entitlement_settings settings;
    struct heard heard;
    char map[SCRATCH_PATH_SIZE];
    const char *why = NULL;
    scratch_file("items:\n  Mail: email\n  Post: [email, emale]\n", map);
    struct adapter_options options = {.name = "sold", .file = "test.yaml", .items = items,
                                      .settings = yaml_read(bytes_from_text(arena_printf(arena, "dir: /drop\nmap: %s", map)), arena, &why)};
    heard_begin(&heard);
    enum err first = entitlement_settings_read(&options, arena, &settings), second = entitlement_settings_read(&options, arena, &settings);
    const char *said = heard_end(&heard, arena), *wanted = arena_printf(arena, "%s:3: \"Post\": \"emale\" is no item of the catalog, expected one of its codes or bundle:ID", map);
    cr_expect(first == ERR_OK && second == ERR_OK);
    const char *at = strstr(said, wanted);
    cr_expect(at && !strstr(at + 1, wanted), "once: %s", said);
    printf("%s", said);
    scratch_remove(map);
    arena_destroy(arena);
}
