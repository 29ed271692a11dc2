/* A document as a tree that knows its lines; what is no document, or too much of one, is refused where it goes wrong. */
#include "base/xml.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct xml *read_text(const char *text, struct arena *arena, struct xml_fault *fault)
{
    return xml_read(bytes_from_text(text), arena, fault);
}

Test(xml, a_tree_that_knows_its_lines)
{
    struct arena *arena = arena_create();
    struct xml_fault fault;
    const struct xml *root = read_text("<?xml version=\"1.0\"?>\n<!-- no -->\n<a x='1' y='&lt;&amp;&#65;'>\n  <b> one &quot;two&quot; <![CDATA[<3>]]>\n</b>\n  <c/>\n <b n='2'/></a>\n", arena, &fault);
    cr_assert(root, "%d: %s", fault.line, fault.why);
    cr_expect(bytes_equal_text(root->name, "a") && root->line == 3 && root->column == 1 && root->attribute_count == 2);
    cr_expect(bytes_equal_text(xml_attribute(root, "y"), "<&A") && !bytes_present(xml_attribute(root, "z")));
    const struct xml *b = xml_child(root, "b");
    cr_assert(b && b->next && b->next->next && !b->next->next->next);
    cr_expect(bytes_equal_text(b->text, "one \"two\" <3>") && b->line == 4);
    cr_expect(bytes_equal_text(b->next->name, "c") && b->next->line == 6 && bytes_present(b->next->text) && b->next->text.len == 0);
    cr_expect(bytes_equal_text(xml_attribute(b->next->next, "n"), "2") && b->next->next->line == 7);
    cr_expect(root->text.len == 0 && !xml_child(root, "d"));
    arena_destroy(arena);
}

Test(xml, other_encodings_become_utf8)
{
    static const uint8_t utf16[] = {0xff, 0xfe, '<', 0, 'a', 0, ' ', 0, 'n', 0, '=', 0, '"', 0, 0xe4, 0, '"', 0, '/', 0, '>', 0};
    struct arena *arena = arena_create();
    struct xml_fault fault;
    const struct xml *root = xml_read(bytes_of(utf16, sizeof utf16), arena, &fault);
    cr_assert(root, "%s", fault.why);
    cr_expect(bytes_equal_text(xml_attribute(root, "n"), "\xc3\xa4"));
    root = read_text("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", arena, &fault);
    cr_assert(root, "%s", fault.why);
    cr_expect(bytes_equal_text(root->text, "\xc3\xa4"));
    arena_destroy(arena);
}

Test(xml, what_is_no_document_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        int line;
        const char *why;
    } wrong[] = {
        {"", 1, "no element"},
        {"\n\n", 3, "no element"},
        {"text", 1, "no XML"},
        {"<a>\n<b>\n</a>", 3, "mismatched"},
        {"<a>\n", 2, "no element"},
        {"<a/>\n<b/>", 2, "junk"},
        {"<a x='1'\n x='2'/>", 2, "duplicate"},
        {"<a>\xff</a>", 1, "not well-formed"},
        {"<a>&b;</a>", 1, "undefined entity"},
        {"<a>&#0;</a>", 1, "invalid character"},
        {"<?xml version='1.0' encoding='EBCDIC-5'?><a/>", 1, "unknown encoding"},
        {"<!DOCTYPE a>\n<a/>", 1, "document type"},
        {"\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 2, "document type"},
        {"<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;'>]>\n<a>&z;</a>", 1, "document type"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct xml_fault fault;
        cr_expect(!read_text(wrong[i].text, arena, &fault), "taken: %s", wrong[i].text);
        cr_expect(fault.why && fault.line == wrong[i].line && strstr(fault.why, wrong[i].why), "%s\n  says   %d: %s\n  wanted %d: %s", wrong[i].text,
                  fault.line, fault.why, wrong[i].line, wrong[i].why);
    }
    printf("%zu documents that are none\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}

Test(xml, limits)
{
    struct arena *arena = arena_create();
    struct xml_fault fault;
    struct buffer text = {0};
    for (int depth = 0; depth < XML_DEPTH_MAX; depth++)
        buffer_append_text(&text, "<a>");
    for (int depth = 0; depth < XML_DEPTH_MAX; depth++)
        buffer_append_text(&text, "</a>");
    cr_expect(xml_read(buffer_bytes(&text), arena, &fault), "%s", fault.why);
    buffer_clear(&text);
    for (int depth = 0; depth < 100000; depth++)
        buffer_append_text(&text, "<a>");
    cr_expect(!xml_read(buffer_bytes(&text), arena, &fault) && strstr(fault.why, "deep"), "%s", fault.why);
    buffer_clear(&text);
    buffer_append_text(&text, "<a>");
    for (int i = 0; i < XML_NODES_MAX; i++)
        buffer_append_text(&text, "<b/>");
    buffer_append_text(&text, "</a>");
    cr_expect(!xml_read(buffer_bytes(&text), arena, &fault) && strstr(fault.why, "more than 500000"), "%s", fault.why);
    buffer_clear(&text);
    buffer_append_text(&text, "<a>");
    while (text.len <= XML_BYTES_MAX)
        buffer_append_text(&text, "                                                                ");
    buffer_append_text(&text, "</a>");
    cr_expect(!xml_read(buffer_bytes(&text), arena, &fault) && strstr(fault.why, "at most 16777216"), "%s", fault.why);
    buffer_free(&text);
    arena_destroy(arena);
}

/* What a stream gave: "name(attribute n)+children " of each element, in order. */
static bool wants(void *owner, struct bytes name)
{
    (void)owner;
    return bytes_equal_text(name, "cdr") || bytes_equal_text(name, "head");
}

static const char *take(void *owner, const struct xml *element)
{
    struct bytes n = xml_attribute(element, "n");
    int children = 0;
    for (const struct xml *child = element->children; child; child = child->next)
        children++;
    buffer_printf(owner, "%.*s(%.*s)+%d ", (int)element->name.len, (const char *)element->name.data, (int)n.len, n.len ? (const char *)n.data : "", children);
    return bytes_equal_text(n, "stop") ? "told to end" : NULL;
}

/* The text in pieces of step bytes; NULL or why it was refused. */
static const char *stream(const char *text, size_t step, struct buffer *given, struct arena *arena, int *line)
{
    struct xml_stream *xml = xml_stream_create(&(struct xml_stream_options){given, wants, take});
    size_t len = strlen(text);
    bool good = true;
    for (size_t i = 0; good && i < len; i += step)
        good = xml_stream_feed(xml, bytes_of(text + i, len - i < step ? len - i : step));
    good = good && xml_stream_end(xml);
    const struct xml_fault *fault = xml_stream_fault(xml);
    cr_expect_eq(good, fault->why == NULL);
    const char *why = fault->why ? arena_text(arena, bytes_from_text(fault->why)) : NULL;
    *line = fault->line;
    xml_stream_destroy(xml);
    return why;
}

Test(xml, a_stream_gives_what_is_wanted_whatever_the_pieces)
{
    static const char text[] = "<all>\n <head n='1'><p/><cdr n='in a head'/></head> words <list><cdr n='2'/><other><cdr n='3'><a/><b/></cdr></other></list>\n<cdr n='4'/></all>";
    struct arena *arena = arena_create();
    int line;
    for (size_t step = 1; step <= sizeof text; step++) {
        struct buffer given = {0};
        cr_expect_null(stream(text, step, &given, arena, &line));
        cr_expect_str_eq(buffer_text(&given), "head(1)+2 cdr(2)+0 cdr(3)+2 cdr(4)+0 ", "in pieces of %zu", step);
        buffer_free(&given);
    }
    arena_destroy(arena);
}

Test(xml, a_stream_ends_where_it_goes_wrong)
{
    static const struct {
        const char *text, *given, *why;
        int line;
    } wrong[] = {
        {"<all>\n<cdr n='1'/>\n<cdr n=2/></all>", "cdr(1)+0 ", "not well-formed", 3},
        {"<all><cdr n='1'/>", "cdr(1)+0 ", "no element found", 1},
        {"", "", "no element found", 1},
        {"<all><cdr n='1'/><cdr n='stop'/><cdr n='3'/></all>", "cdr(1)+0 cdr(stop)+0 ", "told to end", 1},
        {"<!DOCTYPE all [<!ENTITY a 'b'>]><all><cdr n='&a;'/></all>", "", "document type", 1},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buffer given = {0};
        int line;
        const char *why = stream(wrong[i].text, 7, &given, arena, &line);
        cr_expect(why && strstr(why, wrong[i].why), "%s: %s", wrong[i].text, why ? why : "taken");
        cr_expect_str_eq(buffer_text(&given), wrong[i].given);
        cr_expect_eq(line, wrong[i].line);
        buffer_free(&given);
    }
    arena_destroy(arena);
}

Test(xml, a_stream_does_not_wait_for_a_value_without_end)
{
    struct buffer given = {0};
    struct xml_stream *xml = xml_stream_create(&(struct xml_stream_options){&given, wants, take});
    static char piece[4096];
    size_t fed = 0;
    memset(piece, 'a', sizeof piece);
    cr_expect(xml_stream_feed(xml, BYTES_LITERAL("<all><cdr n='")));
    while (xml_stream_feed(xml, bytes_of(piece, sizeof piece)))
        fed += sizeof piece;
    cr_expect(fed <= XML_SILENT_BYTES_MAX && fed > XML_SILENT_BYTES_MAX - 2 * sizeof piece && strstr(xml_stream_fault(xml)->why, "1 MiB without"), "%zu", fed);
    xml_stream_destroy(xml);
    buffer_free(&given);
}

Test(xml, a_stream_is_as_long_as_a_document_may_be_and_holds_one_element)
{
    struct arena *arena = arena_create();
    struct buffer text = {0}, given = {0};
    struct xml_stream *xml = xml_stream_create(&(struct xml_stream_options){&given, wants, take});
    buffer_append_text(&text, "<all>");
    while (text.len < 1 << 20)
        buffer_append_text(&text, "<x y='1234567890'/>");
    size_t fed = 0;
    while (xml_stream_feed(xml, buffer_bytes(&text))) {
        fed += text.len;
        buffer_clear(&text);
        while (text.len < 1 << 20)
            buffer_append_text(&text, "<x y='1234567890'/>");
    }
    cr_expect(fed > 15 << 20 && fed <= XML_BYTES_MAX && strstr(xml_stream_fault(xml)->why, "longer than 16 MiB"), "%zu", fed);
    xml_stream_destroy(xml);
    buffer_free(&text);
    buffer_free(&given);
    arena_destroy(arena);
}
