/* Random facts of every kind: what is written is read back equal, canonical, and whatever the order of members. */
#include "base/json.h"
#include "proto/fact_json.h"
#include "proto/member.h"
#include "tests/unit/proto/random_fact.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FACTS_PER_KIND = 400 };

/* The same object with its members in reverse and the unknown ones as null. */
static void write_reversed(const struct json *object, const struct record *record, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    json_write_open_object(&writer);
    for (size_t i = record->count; i--;) {
        const struct json *value = json_member(object, record->members[i].name);
        json_write_name(&writer, record->members[i].name);
        struct buffer raw = {0};
        struct json_writer inner = {.out = &raw};
        if (!value) {
            json_write_null(&inner);
        } else if (value->kind == JSON_KIND_LIST) {
            json_write_open_list(&inner);
            for (size_t k = 0; k < value->child_count; k++) {
                struct buffer element = {0};
                struct json_writer text = {.out = &element};
                if (record->members[i].record)
                    write_reversed(&value->children[k], record->members[i].record, &element);
                else
                    json_write_text(&text, value->children[k].text);
                json_write_raw(&inner, buffer_bytes(&element));
                buffer_free(&element);
            }
            json_write_close_list(&inner);
        } else if (value->kind == JSON_KIND_TEXT) {
            json_write_text(&inner, value->text);
        } else if (value->kind == JSON_KIND_BOOL) {
            json_write_bool(&inner, value->boolean);
        } else {
            json_write_integer(&inner, value->integer);
        }
        json_write_raw(&writer, buffer_bytes(&raw));
        buffer_free(&raw);
    }
    json_write_close_object(&writer);
}

static void check_round_trip(const struct fact *fact, struct arena *arena)
{
    const struct record *record = fact_record(fact->kind);
    struct buffer line = {0}, body = {0}, again = {0}, reversed = {0};
    struct fact back, other = {.kind = fact->kind, .source = fact->source, .key = fact->key, .version = fact->version};
    const char *why = "";

    cr_assert_eq(fact_check(fact, arena, &why), ERR_OK, "%s: %s", fact_kind_name(fact->kind), why);
    fact_json_write(fact, &line);
    fact_json_write_body(fact, &body);
    cr_assert_eq(fact_json_read(buffer_bytes(&line), arena, &back, &why), ERR_OK, "%s: %s", buffer_text(&line), why);
    cr_assert(back.kind == fact->kind && back.version == fact->version && bytes_equal(back.source, fact->source) && bytes_equal(back.key, fact->key));
    cr_assert(record_equal(record, fact, &back), "%s", buffer_text(&line));

    write_reversed(json_read(buffer_bytes(&body), arena, &why), record, &reversed);
    cr_assert_eq(fact_json_read_body(buffer_bytes(&reversed), arena, &other, &why), ERR_OK, "%s: %s", buffer_text(&reversed), why);
    fact_json_write_body(&other, &again);
    cr_assert_str_eq(buffer_text(&again), buffer_text(&body));
    buffer_free(&line);
    buffer_free(&body);
    buffer_free(&again);
    buffer_free(&reversed);
}

Test(fact_random, every_kind_survives_a_round_trip)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)clock_wall();
    random_seed(seed);
    printf("SEED=%" PRIu64 ", %d facts of each of %d kinds\n", seed, FACTS_PER_KIND, FACT_KIND_COUNT);
    struct arena *arena = arena_create();
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        for (int i = 0; i < FACTS_PER_KIND; i++) {
            struct fact fact = random_fact((enum fact_kind)kind, arena);
            check_round_trip(&fact, arena);
            arena_reset(arena);
        }
    arena_destroy(arena);
}

static void check_sorted(const struct record *record, const char *of)
{
    for (size_t i = 0; i < record->count; i++) {
        if (i)
            cr_expect_lt(strcmp(record->members[i - 1].name, record->members[i].name), 0, "%s: %s stands before %s", of,
                         record->members[i - 1].name, record->members[i].name);
        cr_expect_eq(record->members[i].name_len, strlen(record->members[i].name));
        if (record->members[i].record)
            check_sorted(record->members[i].record, record->members[i].name);
    }
}

Test(fact_random, rows_stand_in_canonical_order)
{
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++)
        check_sorted(fact_record((enum fact_kind)kind), fact_kind_name((enum fact_kind)kind));
}
