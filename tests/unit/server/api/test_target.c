/* A request's target: what it is taken apart into, what is refused, and that escaping comes back whole. */
#include "server/api/target.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;

static enum err parse(const char *raw, struct target *target, const char **why)
{
    *why = "";
    return target_parse(bytes_from_text(raw), arena, target, why);
}

Test(target, path_and_parameters)
{
    struct target target;
    const char *why;
    arena = arena_create();
    cr_assert_eq(parse("/api/v1/a+b%20c?x=1&name=%C3%84+o%2Bp&empty=&flag&&", &target, &why), ERR_OK, "%s", why);
    cr_expect(bytes_equal_text(target.path, "/api/v1/a+b c"));
    cr_expect_eq(target.parameter_count, 4);
    cr_expect(bytes_equal_text(target_parameter(&target, "x"), "1"));
    cr_expect(bytes_equal_text(target_parameter(&target, "name"), "\xc3\x84 o+p"));
    cr_expect(bytes_present(target_parameter(&target, "empty")) && target_parameter(&target, "empty").len == 0);
    cr_expect(bytes_present(target_parameter(&target, "flag")));
    cr_expect(!bytes_present(target_parameter(&target, "absent")));
    arena_destroy(arena);
}

Test(target, refused_with_a_sentence)
{
    static const struct {
        const char *raw, *said;
    } wrong[] = {
        {"/%", "path"},         {"/%2", "path"},        {"/%zz", "path"},          {"/%00", "path"},
        {"/%ff", "path"},       {"/a?b=%", "parameter"}, {"/a?b=%g1", "parameter"}, {"/a?%00=1", "parameter"},
        {"/a?b=%C3", "parameter"}, {"/a?b=1&b=1", "\"b\" stands twice"}, {"/a?b=1&%62=2", "\"b\" stands twice"},
        {"/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", "More than 16"},
    };
    struct target target;
    const char *why;
    arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(parse(wrong[i].raw, &target, &why), ERR_INPUT, "%s was taken", wrong[i].raw);
        cr_expect(strstr(why, wrong[i].said), "%s: \"%s\" does not say %s", wrong[i].raw, why, wrong[i].said);
        cr_expect(bytes_are_utf8(bytes_from_text(why)), "%s", wrong[i].raw);
    }
    arena_destroy(arena);
}

/* Any text, escaped as a parameter, is read as it was; any bytes at all are either read or refused. */
Test(target, random_texts)
{
    unsigned seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10) : (unsigned)getpid();
    printf("SEED=%u\n", seed);
    for (int round = 0; round < 2000; round++) {
        struct buffer text = {0}, raw = {0}, wild = {0};
        struct target target;
        const char *why;
        arena = arena_create();
        for (int i = rand_r(&seed) % 20; i > 0; i--) {
            int kind = rand_r(&seed) % 4;
            if (kind == 0)
                buffer_append_text(&text, "\xe2\x89\xa5");
            else
                buffer_append_char(&text, (char)(1 + rand_r(&seed) % 127));
            buffer_append_char(&wild, (char)(1 + rand_r(&seed) % 255));
        }
        buffer_append_text(&raw, "/x?v=");
        target_escape(buffer_bytes(&text), &raw);
        cr_assert_eq(parse(buffer_text(&raw), &target, &why), ERR_OK, "%s: %s", buffer_text(&raw), why);
        cr_assert(bytes_equal(target_parameter(&target, "v"), text.len ? buffer_bytes(&text) : BYTES_LITERAL("")));
        if (parse(buffer_text(&wild), &target, &why) != ERR_OK)
            cr_assert(*why && bytes_are_utf8(bytes_from_text(why)));
        buffer_free(&text);
        buffer_free(&raw);
        buffer_free(&wild);
        arena_destroy(arena);
    }
}
