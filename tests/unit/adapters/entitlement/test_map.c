/* The operator's map: the shipped one, parts that take its place, names as people write them, faults with their line. */
#include "adapters/entitlement/map.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *codes_of(const struct item_codes *codes, struct arena *arena)
{
    const char *text = codes ? "" : "-";
    for (size_t i = 0; codes && i < codes->count; i++)
        text = arena_printf(arena, "%s%s ", text, arena_text(arena, codes->codes[i]));
    return text;
}

Test(map, names_as_people_write_them)
{
    static const struct {
        const char *name, *codes;
    } rows[] = {
        {"Genesys Inbound Voice", "inbound-voice "},
        {"  genesys   INBOUND voice ", "inbound-voice "},
        {"Genesys Inbound Voice 8.1", "inbound-voice "},
        {"Genesys Inbound Voice, Release 8.1.3", "inbound-voice "},
        {"Genesys Inbound Voice - Rel. v8.x", "inbound-voice "},
        {"Genesys Interactive Insights (GI2) Version 8.1", "gi2 "},
        {"Genesys Inbound Voices", "-"},
        {"Genesys Inbound", "-"},
        {"8.1", "-"},
        {"", "-"},
        {"Rel. 8.1", "-"},
    };
    struct arena *arena = arena_create();
    const struct item_map *map;
    const char *why = NULL;
    cr_assert_eq(item_map_read(BYTES_NONE, arena, &map, &why), ERR_OK, "%s", why);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(codes_of(item_map_item(map, bytes_from_text(rows[i].name), arena), arena), rows[i].codes, "%s", rows[i].name);
    cr_expect(item_map_has_code(map, BYTES_LITERAL("email")) && !item_map_has_code(map, BYTES_LITERAL("e-mail")));
    cr_expect(!item_map_feature(map, BYTES_LITERAL("Genesys Inbound Voice")));
    cr_expect(item_map_is_field(map, XML_FIELD_BURST, BYTES_LITERAL("Burst-Quantity")) && !item_map_is_field(map, XML_FIELD_BURST, BYTES_LITERAL("quantity")));

    cr_assert_eq(item_map_read(BYTES_LITERAL("features: {A: [x, y], B: ~, C: 'bundle:10001'}\n"), arena, &map, &why), ERR_OK, "%s", why);
    cr_expect_str_eq(codes_of(item_map_feature(map, BYTES_LITERAL("A")), arena), "x y ");
    cr_expect_str_eq(codes_of(item_map_feature(map, BYTES_LITERAL("B")), arena), "");
    cr_expect_str_eq(codes_of(item_map_feature(map, BYTES_LITERAL("C")), arena), "bundle:10001 ");
    cr_expect_str_eq(codes_of(item_map_feature(map, BYTES_LITERAL("a")), arena), "-");
    cr_expect(item_map_item(map, BYTES_LITERAL("Genesys E-Mail"), arena), "a part that is left out is the shipped one");
    cr_assert_eq(item_map_read(BYTES_LITERAL("items: {Widget 9: w, Widget: v}\nxml: {line: Zeile}\n"), arena, &map, &why), ERR_OK, "%s", why);
    cr_expect(!item_map_item(map, BYTES_LITERAL("Genesys E-Mail"), arena), "a part that is given takes the shipped one's place");
    cr_expect_str_eq(codes_of(item_map_item(map, BYTES_LITERAL("widget 9"), arena), arena), "w ");
    cr_expect_str_eq(codes_of(item_map_item(map, BYTES_LITERAL("widget 10"), arena), arena), "v ");
    cr_expect(item_map_is_field(map, XML_FIELD_LINE, BYTES_LITERAL("zeile")) && !item_map_is_field(map, XML_FIELD_LINE, BYTES_LITERAL("line")) &&
              item_map_is_field(map, XML_FIELD_QUANTITY, BYTES_LITERAL("quantity")));
    printf("%zu names\n", sizeof rows / sizeof *rows);
    arena_destroy(arena);
}

Test(map, faults_have_their_line)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"- a\n", "line 1: expected a map of features, items and xml"},
        {"items: {}\ncolours: {}\n", "line 2: unknown key \"colours\", expected one of features, items, xml"},
        {"items:\n  a: b c\n", "line 2: \"b c\", expected a code of the catalog"},
        {"items:\n  a: [b, {c: d}]\n", "line 2: expected a text, or a list of texts"},
        {"items:\n  a: []\n", "line 2: an empty list"},
        {"items:\n  a: 'bundle:x'\n", "line 2: \"bundle:x\""},
        {"items:\n  A  b: c\n  a B: c\n", "line 3: \"a B\" stands here a second time"},
        {"features: [a]\n", "line 1: features: expected a map of names to codes"},
        {"xml:\n  colour: red\n", "line 2: xml: unknown field \"colour\""},
        {"xml:\n  line: ~\n", "line 2: "},
        {"xml: x\n", "line 1: xml: expected a map"},
        {"items: {a: b\n", "line 2, column 1: "},
        {"a: &x b\nitems: *x\n", "line 1, column "},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct item_map *map;
        const char *why = "";
        cr_expect(item_map_read(bytes_from_text(rows[i].text), arena, &map, &why) == ERR_SETTINGS && strncmp(why, rows[i].why, strlen(rows[i].why)) == 0,
                  "%s\n  says   %s\n  wanted %s", rows[i].text, why, rows[i].why);
    }
    printf("%zu faulty maps\n", sizeof rows / sizeof *rows);
    arena_destroy(arena);
}

Test(map, codes_of_no_item_are_told_with_their_line)
{
    static const struct bytes items[] = {BYTES_LITERAL("email"), BYTES_LITERAL("gvp-ports"), BYTES_NONE};
    struct arena *arena = arena_create();
    const struct item_map *map;
    const struct item_stray *strays;
    const char *why = NULL, *shown = "";
    cr_assert_eq(item_map_read(BYTES_LITERAL("features:\n  seat: gvp-port\n  set: bundle:7\n  none: ~\nitems:\n  Mail: email\n  Big  Mail: [email, e-mail, E-MAIL]\n"), arena, &map, &why),
                 ERR_OK, "%s", why);
    size_t count = item_map_strays(map, items, arena, &strays);
    for (size_t i = 0; i < count; i++)
        shown = arena_printf(arena, "%s%d %s %s\n", shown, strays[i].line, arena_text(arena, strays[i].name), arena_text(arena, strays[i].code));
    cr_expect_str_eq(shown, "2 seat gvp-port\n7 Big  Mail e-mail\n7 Big  Mail E-MAIL\n");
    cr_expect_eq(item_map_strays(map, NULL, arena, &strays), 0, "of an unknown catalog nothing is told");
    cr_assert_eq(item_map_read(BYTES_LITERAL("features: {a: email}\n"), arena, &map, &why), ERR_OK);
    cr_expect_eq(item_map_strays(map, items, arena, &strays), 0, "the shipped lines are nobody's fault");
    printf("%zu codes of no item\n", count);
    arena_destroy(arena);
}
