/* What the sites' maps share: identifiers, codes and options as they are read, a site's over the shipped ones, and each fault word for word. */
#include "adapters/site_map.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { STATE = 1, COLOUR };
static const struct site_word words[] = {{STATE, "on", 1}, {STATE, "off", 2}, {COLOUR, "on", 3}};
enum { WORD_COUNT = sizeof words / sizeof *words };

struct site {
    const char *table;
    struct site_codes codes;
    struct site_option options[OPTION_COUNT];
    const char *why;
};

static bool lay(const char *text, struct arena *arena, struct site *site)
{
    struct site_reader reader = {.arena = arena};
    const struct yaml *tree = yaml_read(bytes_from_text(text), arena, &reader.why);
    cr_assert(tree, "%s", reader.why);
    bool good = true;
    for (size_t i = 0; i < tree->child_count && good; i++) {
        const struct yaml *member = &tree->children[i];
        good = bytes_equal_text(member->name, "table")   ? site_read_identifier(&reader, member, &site->table)
               : bytes_equal_text(member->name, "codes") ? site_read_codes(&reader, member, words, WORD_COUNT, STATE, &site->codes)
               : bytes_equal_text(member->name, "annex") ? site_read_options(&reader, member, site->options)
                                                         : site_refuse_name(&reader, member, "table, codes or annex");
    }
    site->why = reader.why;
    cr_expect_eq(good, reader.why == NULL, "%s", text);
    return good;
}

Test(site_map, a_sites_words_replace_the_shipped_ones_and_stand_before_the_others)
{
    struct arena *arena = arena_create();
    struct site site = {0};
    cr_assert(lay("table: A.B_1$\ncodes: {on: [1, 2], off: [3, 4]}\nannex: {wfm: {of: [person, login], option: a/b/c, yes: ['1', True]}, mailbox: {of: dn, option: m/n}}",
                  arena, &site));
    cr_expect_str_eq(site.table, "A.B_1$");
    cr_expect(site_code_find(&site.codes, 2) == 1 && site_code_find(&site.codes, 4) == 2 && site_code_find(&site.codes, 5) == 0);
    const struct site_option *wfm = &site.options[OPTION_WFM], *mailbox = &site.options[OPTION_MAILBOX];
    cr_expect(bytes_equal_text(wfm->section, "a") && bytes_equal_text(wfm->key, "b/c") && wfm->of == (1u << OBJECT_PERSON | 1u << OBJECT_LOGIN));
    cr_expect(site_option_is_yes(wfm, BYTES_LITERAL("TRUE")) && !site_option_is_yes(wfm, BYTES_LITERAL("TRU")) && !site_option_is_yes(wfm, BYTES_NONE));
    cr_expect(site_option_is_yes(mailbox, BYTES_LITERAL("anything")) && site_option_is_yes(mailbox, BYTES_NONE));

    cr_assert(lay("table: ~\ncodes: {on: [3, 9]}\nannex: {mailbox: ~}", arena, &site));
    cr_expect_null(site.table);
    cr_expect(site_code_find(&site.codes, 1) == 0 && site_code_find(&site.codes, 9) == 1, "a site's list takes the place of the shipped one");
    cr_expect(site_code_find(&site.codes, 3) == 1 && site_code_find(&site.codes, 4) == 2, "its own stand before what stays");
    cr_expect(!bytes_present(mailbox->section) && bytes_present(wfm->section));
    printf("%zu codes\n", site.codes.count);
    arena_destroy(arena);
}

Test(site_map, each_fault_has_its_place)
{
    static const struct {
        const char *text, *why;
    } faults[] = {
        {"tables: a", "line 1, column 1: \"tables\" is unknown: expected table, codes or annex"},
        {"table: [a]", "line 1, column 8: \"\" of table: expected a name or ~"},
        {"table: a b", "line 1, column 8: \"a b\" of table: expected a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~"},
        {"table: ''", "line 1, column 8: \"\" of table: expected a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~"},
        {"table: \"a\\0b\"", "line 1, column 8: \"a\" of table: expected a plain identifier of A-Z a-z 0-9 _ $ # . and at most 128 characters, or ~"},
        {"codes: 1", "line 1, column 8: \"1\" of codes: expected a map"},
        {"codes:\n  red: [1]", "line 2, column 3: \"red\" is unknown: expected a meaning that the shipped map has there"},
        {"codes: {on: 1}", "line 1, column 13: \"1\" of on: expected a list of numbers"},
        {"codes: {on: [one]}", "line 1, column 14: \"one\" of a list: expected a number"},
        {"codes: {on: [1], off: [1]}", "line 1, column 24: \"1\" of a list: expected each code once"},
        {"annex: []", "line 1, column 8: \"\" of annex: expected a map"},
        {"annex: {fax: ~}", "line 1, column 9: \"fax\" is unknown: expected wfm, has_backup, mailbox or ivr_port"},
        {"annex: {wfm: {of: human}}", "line 1, column 19: \"human\" of of: expected a type of object: person, switch, login, …"},
        {"annex: {wfm: {option: /b}}", "line 1, column 23: \"/b\" of option: expected SECTION/KEY"},
        {"annex: {wfm: {option: a/}}", "line 1, column 23: \"a/\" of option: expected SECTION/KEY"},
        {"annex: {wfm: {of: dn}}", "line 1, column 14: \"\" of wfm: expected of: and option: together"},
        {"annex: {wfm: {key: a}}", "line 1, column 15: \"key\" is unknown: expected of, option or yes"},
        {"annex: {wfm: {yes: a}}", "line 1, column 20: \"a\" of yes: expected a list"},
        {"annex: {wfm: {yes: [[a]]}}", "line 1, column 21: \"\" of a list: expected a text of at most 1020 bytes"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct site site = {0};
        cr_expect(!lay(faults[i].text, arena, &site), "%s was taken", faults[i].text);
        cr_expect_str_eq(site.why ? site.why : "", faults[i].why, "%s", faults[i].text);
    }
    printf("%zu faults, each with its place\n", sizeof faults / sizeof *faults);
    arena_destroy(arena);
}
