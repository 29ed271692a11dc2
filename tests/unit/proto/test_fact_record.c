/* Facts as records: every kind there and back, both readers of one mind, and whatever is spoilt loses only itself. */
#include "proto/fact_json.h"
#include "proto/fact_record.h"
#include "proto/fact_record_private.h"
#include "tests/unit/proto/random_fact.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FACTS_PER_KIND = 400, SPOILT = 60000 };

static struct arena *arena;

static void open_arena(void)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)clock_wall();
    printf("SEED=%" PRIu64 "\n", seed);
    random_seed(seed);
    arena = arena_create();
}

static void close_arena(void)
{
    arena_destroy(arena);
}

TestSuite(fact_record, .init = open_arena, .fini = close_arena);

static bool fact_equal(const struct fact *a, const struct fact *b)
{
    return a->kind == b->kind && a->version == b->version && bytes_equal(a->source, b->source) && bytes_equal(a->key, b->key) &&
           record_equal(fact_record(a->kind), a, b);
}

/* Opens a record that must be one. */
static struct fact_record_reader reader_of(struct bytes value)
{
    struct fact_record_reader reader;
    const char *why = "";
    cr_assert_eq(fact_record_open(value, arena, &reader, &why), ERR_OK, "%s", why);
    return reader;
}

Test(fact_record, every_kind_survives_a_round_trip)
{
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        for (int i = 0; i < FACTS_PER_KIND; i++) {
            struct fact_batch batch = {0};
            struct fact fact = random_fact((enum fact_kind)kind, arena);
            struct fact_item item;
            cr_assert(fact_batch_add(&batch, &fact));
            struct fact_record_reader reader = reader_of(fact_batch_value(&batch));
            cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_FACT, "%s: %s", fact_kind_name(fact.kind), item.why);
            cr_assert(item.index == 0 && fact_equal(&fact, &item.fact), "%s", fact_kind_name(fact.kind));
            cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_END);
            fact_batch_free(&batch);
            arena_reset(arena);
        }
    printf("%d facts of each of %d kinds\n", FACTS_PER_KIND, FACT_KIND_COUNT);
}

/* Where the fast reader takes a fact, protobuf-c and the table take the same; where a fact is whole, the fast one takes it. */
Test(fact_record, both_readers_are_of_one_mind)
{
    size_t fast_taken = 0, refused = 0;
    for (int i = 0; i < SPOILT; i++) {
        struct fact fact = random_fact(random_below(2) ? FACT_LOGIN_SESSION : FACT_SESSION_MEDIA, arena), fast, any;
        struct buffer bytes = {0};
        const char *why = NULL;
        fact_encode(&fact, &bytes);
        cr_assert(fact_decode_fast(buffer_bytes(&bytes), &fast), "a whole fact is regular");
        cr_assert(fact_equal(&fact, &fast));
        /* One to three bytes are turned into others, or the end is cut. */
        for (uint64_t k = 1 + random_below(3); k; k--)
            bytes.data[random_below(bytes.len)] = random_below(3) ? (uint8_t)random_next() : (uint8_t)random_below(16);
        if (random_below(8) == 0)
            bytes.len = random_below(bytes.len + 1);
        bool taken = fact_decode_fast(buffer_bytes(&bytes), &fast);
        enum err err = fact_decode_any(buffer_bytes(&bytes), arena, &any, &why);
        if (taken) {
            cr_assert_eq(err, ERR_OK, "the fast reader took what is refused: %s", why);
            cr_assert(fact_equal(&any, &fast));
            fast_taken++;
        } else if (err != ERR_OK) {
            cr_assert(why && bytes_are_utf8(bytes_from_text(why)));
            refused++;
        }
        buffer_free(&bytes);
        arena_reset(arena);
    }
    printf("of %d spoilt facts %zu were still regular, %zu refused by both\n", SPOILT, fast_taken, refused);
    cr_assert(fast_taken > SPOILT / 20 && refused > SPOILT / 20);
}

Test(fact_record, the_bytes_of_a_fact_stay_as_they_are)
{
    /* protoc --decode=seatmeter.Record reads these; a change here breaks every log. */
    static const char wanted[] = "0801"                 /* format 1 */
                                 "1229"                 /* a fact of 41 bytes */
                                 "0a0669636f6e2d61"     /* source "icon-a" */
                                 "12023838" "1803"      /* key "88", version 3 */
                                 "2a19"                 /* session_media, of 25 bytes */
                                 "1080c2e4bea034"       /* begin */
                                 "28a946"               /* dn 9001 */
                                 "220463686174"         /* media "chat" */
                                 "0a07303044392d3446";  /* session "00D9-4F" */
    struct fact fact;
    struct fact_batch batch = {0};
    const char *why = "";
    char text[300];
    const char *line = "{\"source\":\"icon-a\",\"kind\":\"session_media\",\"key\":\"88\",\"version\":3,\"body\":{\"session\":\"00D9-4F\",\"media\":\"chat\","
                       "\"begin\":\"2026-11-23T10:00:00.000Z\",\"dn\":9001}}";
    cr_assert_eq(fact_json_read(bytes_from_text(line), arena, &fact, &why), ERR_OK, "%s", why);
    cr_assert(fact_batch_add(&batch, &fact));
    struct bytes value = fact_batch_value(&batch);
    for (size_t i = 0; i < value.len; i++)
        snprintf(text + 2 * i, 3, "%02x", value.data[i]);
    cr_assert_str_eq(text, wanted);
    fact_batch_free(&batch);
}

Test(fact_record, a_batch_ends_at_500_facts_or_900_kB)
{
    struct fact_batch batch = {0};
    struct fact fact = fact_blank(FACT_RULESET);
    fact.source = fact.key = BYTES_LITERAL("k");
    size_t count = 0;
    while (fact_batch_add(&batch, &fact))
        count++;
    cr_assert_eq(count, FACT_BATCH_MAX);
    fact_batch_clear(&batch);
    static char catalog[400000];
    memset(catalog, 'x', sizeof catalog);
    fact.ruleset.catalog = bytes_of(catalog, sizeof catalog);
    for (count = 0; fact_batch_add(&batch, &fact);)
        count++;
    cr_assert(count == 2 && batch.count == 2 && fact_batch_value(&batch).len < FACT_BATCH_BYTES_MAX);
    struct fact_record_reader reader = reader_of(fact_batch_value(&batch));
    struct fact_item item;
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_FACT);
        cr_assert(item.index == i && fact_equal(&item.fact, &fact));
    }
    cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_END);
    fact_batch_free(&batch);
}

Test(fact_record, a_cut_record_gives_its_whole_facts)
{
    enum { FACTS = 12 };
    struct fact facts[FACTS];
    struct fact_batch batch = {0};
    size_t ends[FACTS];
    for (int i = 0; i < FACTS; i++) {
        facts[i] = random_fact((enum fact_kind)random_below(FACT_KIND_COUNT), arena);
        cr_assert(fact_batch_add(&batch, &facts[i]));
        ends[i] = fact_batch_value(&batch).len;
    }
    struct bytes whole = fact_batch_value(&batch);
    for (size_t len = 2; len <= whole.len; len++) {
        struct fact_record_reader reader = reader_of(bytes_of(whole.data, len));
        struct fact_item item;
        size_t wanted = 0, refused = 0;
        bool border = len == 2;
        for (; wanted < FACTS && ends[wanted] <= len; wanted++)
            border = ends[wanted] == len;
        for (size_t i = 0; i < wanted; i++) {
            cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_FACT, "cut at %zu, fact %zu: %s", len, i, item.why);
            cr_assert(item.index == i && fact_equal(&item.fact, &facts[i]));
        }
        while (fact_record_next(&reader, arena, &item) != FACT_ITEM_END) {
            cr_assert(item.kind == FACT_ITEM_REFUSED && item.index == wanted && strstr(item.why, "cut"));
            refused++;
        }
        cr_assert_eq(refused, border ? 0 : 1, "cut at %zu", len);
    }
    printf("%zu cuts\n", whole.len - 1);
    fact_batch_free(&batch);
}

Test(fact_record, a_batch_loses_only_its_bad_fact)
{
    struct fact_batch batch = {0};
    struct fact fact = random_fact(FACT_LOGIN_SESSION, arena), bad = fact;
    struct fact_item item;
    bad.login_session.end = 0;
    bad.login_session.begin = 5;
    for (int i = 0; i < 5; i++)
        cr_assert(fact_batch_add(&batch, i == 2 ? &bad : &fact));
    struct fact_record_reader reader = reader_of(fact_batch_value(&batch));
    for (size_t i = 0; i < 5; i++) {
        enum fact_item_kind kind = fact_record_next(&reader, arena, &item);
        cr_assert(kind == (i == 2 ? FACT_ITEM_REFUSED : FACT_ITEM_FACT) && item.index == i);
        if (i == 2) {
            printf("refused: %s\n", item.why);
            cr_assert(strstr(item.why, "body.end") && item.raw.len > 10);
        }
    }
    fact_batch_free(&batch);
}

static struct bytes hex(const char *text)
{
    uint8_t *made = arena_alloc(arena, strlen(text) / 2 + 1);
    size_t len = 0;
    for (; *text; text += 2) {
        unsigned byte;
        cr_assert_eq(sscanf(text, "%2x", &byte), 1);
        made[len++] = (uint8_t)byte;
    }
    return bytes_of(made, len);
}

Test(fact_record, what_is_not_ours_is_refused_with_its_reason)
{
    static const struct {
        const char *value;
        enum err err;
        const char *says;
    } foreign[] = {
        {"", ERR_INPUT, "begins with"},
        {"7b22736f75726365223a", ERR_INPUT, "no record of Seatmeter's"}, /* {"source": */
        {"0800", ERR_INPUT, "no record"},
        {"08", ERR_INPUT, "no record"},
        {"0802", ERR_FORMAT, "format 2, this program reads up to 1"},
        {"08ffffffffffffffffff01", ERR_FORMAT, "a newer one"},
    };
    static const struct {
        const char *fact, *says; /* a fact as protobuf */
    } facts[] = {
        {"", "source: missing"},
        {"ffffff", "no fact"},
        {"0a0173", "key: missing"},
        {"0a0173" "12016b", "version: missing"},
        {"0a0173" "12016b" "1801", "no body of a kind that is known here"},
        {"0a0173" "12016b" "1801" "9a0100", "field 19 is unknown here: written by a newer program?"},  /* a kind of tomorrow */
        {"0a0173" "12016b" "1801" "2a0a" "0a0161" "1001220163" "7801", "body: field 15 is unknown"},      /* a member of tomorrow */
        {"0a0173" "12016b" "1801" "2a08" "0a0161" "1001220363", "no fact"},                        /* cut within the body */
        {"0a0173" "12016b" "1801" "2a05" "0a0161" "1001", "body.media: missing"},
        {"0a0173" "12016b" "18ffffffffffffffffff01" "2a08" "0a0161" "1001220163", "version: -1"},
        {"0a0173" "12016b" "1801" "2a13" "0a0161" "1001220163" "28ffffffffffffffffff01", "body.dn: a number that is none, expected an integer of 0"},
        {"0a0173" "12016b" "1801" "2a08" "0a0100" "1001220163", "body.session"},                       /* a zero byte in a text */
        {"0a0173" "12016b" "1801" "2a08" "0a01ff" "1001220163", "body.session"},                       /* no UTF-8 */
        {"0a0173" "12016b" "1801" "4a04" "2009" "2801", "body.uses: number 9"},
        {"0a0173" "12016b" "1801" "6204" "0800" "1800", "body.kind: a number that is none"},
    };
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why = NULL;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        cr_expect_eq(fact_record_open(hex(foreign[i].value), arena, &reader, &why), foreign[i].err, "%s", foreign[i].value);
        cr_expect(strstr(why, foreign[i].says), "%s says %s, wanted %s", foreign[i].value, why, foreign[i].says);
    }
    cr_expect_eq(fact_record_open(BYTES_NONE, arena, &reader, &why), ERR_INPUT);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *value = arena_printf(arena, "080112%02zx%s", strlen(facts[i].fact) / 2, facts[i].fact);
        reader = reader_of(hex(value));
        cr_expect_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_REFUSED, "%s", value);
        cr_expect(item.why && strstr(item.why, facts[i].says), "%s says %s, wanted %s", facts[i].fact, item.why, facts[i].says);
        cr_expect_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_END);
    }
    reader = reader_of(hex("08014a0401020304"));
    cr_expect_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_REFUSED);
    cr_expect(strstr(item.why, "the record: field 9 is unknown"), "%s", item.why);
    printf("%zu refusals, each with its sentence\n", sizeof foreign / sizeof *foreign + sizeof facts / sizeof *facts + 2);
}

Test(fact_record, a_mark_is_no_fact)
{
    struct buffer value = {0};
    struct fact_item item;
    const struct fact_mark mark = {BYTES_LITERAL("7f3a"), BYTES_LITERAL("pod-1"), 1795518006508, 12};
    fact_record_write_mark(&mark, &value);
    struct fact_record_reader reader = reader_of(buffer_bytes(&value));
    cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_MARK);
    cr_assert(bytes_equal(item.mark.id, mark.id) && bytes_equal(item.mark.by, mark.by) && item.mark.at == mark.at && item.mark.partitions == 12);
    cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_END);
    for (size_t len = 3; len < value.len; len++) {
        reader = reader_of(bytes_of(value.data, len));
        cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_REFUSED);
    }
    reader = reader_of(hex("08011a020801"));
    cr_assert_eq(fact_record_next(&reader, arena, &item), FACT_ITEM_REFUSED);
    buffer_free(&value);
}
