/* The JSON door: what is refused says where; the writer's text is canonical. */
#include "base/json.h"

#include "base/instant.h"

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

TestSuite(json, .init = open_arena, .fini = close_arena);

Test(json, refusals_say_what_and_where)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"{\"a\":1,\"a\":2}", "the member \"a\" stands here a second time (line 1, column 10)"},
        {"{\"a long name of more than twenty bytes\":1,\"a long name of more than twenty bytes\":2}",
         "the member \"a long name of more than twenty bytes\" stands here a second time"},
        {"{\"q\\\"q\":1, \"q\\\"q\":2}", "the member \"q\\\"q\" stands here a second time"},
        {"9223372036854775808", "too big integer"},
        {"{\"a\":1} x", "no JSON: "},
        {"\"a\\u0000b\"", "no JSON: "},
        {"\"\xed\xa0\x80\"", "no JSON: "},
        {"", "no JSON: "},
        {"NaN", "no JSON: "},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "nested deeper than 32"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = "";
        cr_expect(!json_read(bytes_from_text(rows[i].text), arena, &why) && strstr(why, rows[i].says), "%s\n  says   %s\n  wanted %s", rows[i].text, why, rows[i].says);
    }
}

Test(json, tree_has_the_texts_order)
{
    const char *why = "";
    const struct json *root = json_read(BYTES_LITERAL("{\"b\":[1,-2.5,null],\"a\":{\"t\":true},\"\":\"\\u00fc\"}"), arena, &why);
    cr_assert(root, "%s", why);
    cr_expect(root->child_count == 3 && bytes_equal_text(root->children[0].name, "b") && bytes_equal_text(root->children[2].text, "ü"));
    const struct json *list = json_member(root, "b");
    cr_expect(list->child_count == 3 && list->children[0].integer == 1 && list->children[1].kind == JSON_KIND_DECIMAL && list->children[2].kind == JSON_KIND_NULL);
    cr_expect(json_member(json_member(root, "a"), "t")->boolean && !json_member(root, "t") && !json_member(list, "b"));
}

Test(json, writer_puts_commas_and_escapes)
{
    struct buffer out = {0};
    struct json_writer writer = {.out = &out};
    json_write_open_object(&writer);
    json_write_name(&writer, "a");
    json_write_open_list(&writer);
    json_write_integer(&writer, INT64_MIN);
    json_write_fraction(&writer, 2458715, 1);
    json_write_fraction(&writer, -5, 3);
    json_write_fraction(&writer, 1000000, 6);
    json_write_null(&writer);
    json_write_bool(&writer, false);
    json_write_close_list(&writer);
    json_write_name(&writer, "t");
    json_write_text(&writer, BYTES_LITERAL("\"\\/\b\t\n\f\r\x01\x7fü"));
    json_write_name(&writer, "at");
    json_write_instant(&writer, 1);
    json_write_name(&writer, "never");
    json_write_instant(&writer, INSTANT_NEVER);
    json_write_close_object(&writer);
    cr_expect_str_eq(buffer_text(&out), "{\"a\":[-9223372036854775808,245871.5,-0.005,1,null,false],\"t\":\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\x7fü\","
                                        "\"at\":\"1970-01-01T00:00:00.001Z\",\"never\":null}");
    buffer_free(&out);
}
