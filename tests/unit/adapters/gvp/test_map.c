/* A record states the same fact for ever: its key, its call, what it uses, its version; or it is refused with place and reason. */
#include "adapters/gvp/map.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct arena *arena;
static struct gvp_context context;

static void begin(void)
{
    const char *why;
    arena = arena_create();
    context = (struct gvp_context){.source = BYTES_LITERAL("gvp-a"), .leg = GVP_MCP, .legs_joined = true};
    cr_assert_eq(gvp_map_read(BYTES_NONE, arena, &context.map, &why), ERR_OK);
}

static struct gvp_row map_text(const char *attributes)
{
    struct xml_fault fault;
    const struct xml *element = xml_read(bytes_from_text(arena_printf(arena, "<cdr %s/>", attributes)), arena, &fault);
    cr_assert(element, "%s", fault.why);
    return gvp_map_record(&context, element, arena);
}

static int64_t version_of(const char *attributes)
{
    struct gvp_row row = map_text(attributes);
    cr_assert(!row.why && !row.left_out, "%s", row.why);
    return row.fact.version;
}

#define LEG "comp-id='1' session-id='s' gvp-guid='g' start-time='2026-11-23T09:00:00Z' "

TestSuite(gvp_map, .init = begin);

Test(gvp_map, versions_grow_with_what_is_known)
{
    static const char *const order[] = {
        LEG, LEG "asr='true'", LEG "asr='true' tts='yes'", LEG "end-time='2026-11-23T09:00:00.000Z'", LEG "end-time='2026-11-23T09:00:00.000Z' recording='1'",
        LEG "end-time='2026-11-23T09:00:00.001Z'", LEG "end-time='2199-12-31T23:59:59.999Z' asr='true' tts='true' recording='true' service='treatment'",
    };
    for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++)
        cr_expect_lt(version_of(order[i]), version_of(order[i + 1]), "%s", order[i]);
    cr_expect_eq(version_of(order[3]), version_of(order[3]), "the same row has the same version");
    cr_expect_eq(gvp_row_hash(&(struct gvp_row[]){map_text(order[1])}[0]), gvp_row_hash(&(struct gvp_row[]){map_text(order[1])}[0]));
    cr_expect_neq(gvp_row_hash(&(struct gvp_row[]){map_text(order[1])}[0]), gvp_row_hash(&(struct gvp_row[]){map_text(order[2])}[0]));
    printf("%zu states of a call in order\n", sizeof order / sizeof *order);
}

Test(gvp_map, legs_of_a_call_have_one_call)
{
    struct gvp_row media = map_text(LEG);
    context.leg = GVP_RM;
    struct gvp_row manager = map_text("comp-id='2' session-id='t' gvp-guid='g' start-time='2026-11-23T09:00:00Z'");
    cr_expect(bytes_equal(media.fact.port.call, manager.fact.port.call) && !bytes_equal(media.fact.key, manager.fact.key));
    cr_expect(media.fact.port.tenant == ID_NONE && !bytes_present(media.fact.port.app) && media.fact.port.end == INSTANT_NEVER);
    struct gvp_row alone = map_text("comp-id='2' session-id='t' start-time='2026-11-23T09:00:00Z'");
    cr_expect(alone.why && strstr(alone.why, "gvp-guid is missing"), "a manager's leg that cannot be joined");
    context.legs_joined = false;
    cr_expect(!map_text("comp-id='2' session-id='t' start-time='2026-11-23T09:00:00Z'").why);
    context.leg = GVP_MCP;
    struct gvp_row known = map_text("comp-id='2' session-id='t' start-time='2026-11-23T09:00:00Z' tenant-id='0'");
    cr_expect(bytes_equal_text(known.fact.port.call, "2/t") && known.fact.port.tenant == ID_NONE, "two servers mean the same");
}

Test(gvp_map, what_cannot_be_taken_has_place_and_reason)
{
    static const struct {
        const char *attributes, *why;
    } wrong[] = {
        {"", "comp-id is missing"},
        {"comp-id='1' start-time='2026-11-23T09:00:00Z'", "session-id is missing"},
        {"comp-id='1' session-id='s' gvp-guid='g'", "start-time: \"\", expected a time as"},
        {"comp-id='1' session-id='s' start-time='2026-11-23T09:00:00'", "start-time: \"2026-11-23T09:00:00\", expected a time as"},
        {"comp-id='1' session-id='s' start-time='2026-11-23 09:00:00Z'", "expected a time as"},
        {LEG "end-time='never'", "end-time: \"never\""},
        {LEG "end-time='2026-11-23T08:59:59.999Z'", "end"},
        {LEG "tenant-id='Acme'", "tenant-id: \"Acme\", expected a number (DBID)"},
        {LEG "tenant-id='99999999999999999999'", "expected a number (DBID)"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct gvp_row row = map_text(wrong[i].attributes);
        cr_expect(row.why && strstr(row.why, wrong[i].why), "%s: %s", wrong[i].attributes, row.why ? row.why : "taken");
        cr_expect(row.why && strncmp(row.place, "MCP record, comp-id ", 20) == 0 && bytes_present(row.raw));
    }
    char long_id[300];
    memset(long_id, 'x', sizeof long_id);
    long_id[sizeof long_id - 1] = 0;
    struct gvp_row row = map_text(arena_printf(arena, "comp-id='1' session-id='%s' start-time='2026-11-23T09:00:00Z'", long_id));
    cr_expect(row.why && strstr(row.why, "expected at most 199"), "%s", row.why);
    printf("%zu refused\n", sizeof wrong / sizeof *wrong + 1);
}

Test(gvp_map, what_uses_nothing_is_left_out)
{
    const char *why;
    cr_assert_eq(gvp_map_read(BYTES_LITERAL("uses: {gvp: {field: service, yes: [voicexml]}}"), arena, &context.map, &why), ERR_OK);
    cr_expect(map_text(LEG "service='conference'").left_out);
    cr_expect(map_text(LEG).left_out);
    cr_expect_eq(map_text(LEG "service='voicexml'").fact.port.uses, PORT_GVP);
    cr_expect_eq(map_text(LEG "service='treatment'").fact.port.uses, PORT_PARKING);
    cr_expect_eq(map_text(LEG "service='voicexml' asr='TRUE'").fact.port.uses, PORT_GVP, "words are taken as they stand");
}
