/* YAML as a tree that knows its lines; what could hide something is refused. */
#include "base/yaml.h"

#include <criterion/criterion.h>

static struct arena *arena;

static void open_arena(void)
{
    arena = arena_create();
}

static void close_arena(void)
{
    arena_destroy(arena);
}

TestSuite(yaml, .init = open_arena, .fini = close_arena);

Test(yaml, tree_knows_its_lines)
{
    const char *why = "";
    const struct yaml *root = yaml_read(BYTES_LITERAL("# head\na: 1\nb:\n  - x\n  - 'y'\nc: {d: true, e: ~}\n"), arena, &why);
    cr_assert(root, "%s", why);
    const struct yaml *a = yaml_member(root, "a"), *b = yaml_member(root, "b"), *c = yaml_member(root, "c");
    int64_t number;
    bool yes;
    cr_expect(a->line == 2 && a->column == 4 && a->name_line == 2 && a->name_column == 1 && yaml_integer(a, &number) && number == 1);
    cr_expect(b->kind == YAML_KIND_LIST && b->child_count == 2 && b->children[1].line == 5 && b->children[1].quoted && !b->children[0].quoted);
    cr_expect(yaml_bool(yaml_member(c, "d"), &yes) && yes && yaml_is_null(yaml_member(c, "e")) && !yaml_member(root, "d"));
    cr_expect(!yaml_integer(&b->children[0], &number) && !yaml_bool(&b->children[1], &yes));
}

Test(yaml, nothing_is_an_empty_map)
{
    const char *why = "";
    const struct yaml *root = yaml_read(BYTES_LITERAL("# a comment\n"), arena, &why);
    cr_expect(root && root->kind == YAML_KIND_MAP && root->child_count == 0, "%s", why);
}

Test(yaml, what_could_hide_something_is_refused)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"a: 1\na: 2\n", "line 2, column 1: \"a\" stands here a second time"},
        {"a: &x 1\nb: *x\n", "line 1, column 4: an anchor"},
        {"b: *x\n", "line 1, column 4: an alias"},
        {"a: !!int 1\n", "line 1, column 4: a tag"},
        {"a: !x {}\n", "line 1, column 4: a tag"},
        {"a: 1\n---\nb: 1\n", "line 2, column 1: a second document"},
        {"a: [1\n", "line 2, column 1: "},
        {"a: \"\xff\"\n", "line 1, column 1: "},
        {"{[a]: 1}\n", "line 1, column 2: a member's name must be plain text"},
        {"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n", "nested too deeply"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = "";
        cr_expect(!yaml_read(bytes_from_text(rows[i].text), arena, &why) && strstr(why, rows[i].says), "%s\n  says   %s\n  wanted %s", rows[i].text, why, rows[i].says);
    }
}
