/* What was bought as a reader can count it: states of now, since when, lists with their history, notes of zones. */
#include "server/api/body.h"
#include "tests/support/told_store.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct told_store told;

static void begin(void) { told_store_open(&told); }
static void end(void) { told_store_close(&told); }

TestSuite(rule, .init = begin, .fini = end);

static void tell(const char *line) { told_line(&told, line); }
static void look(const char *wall) { told_look(&told, wall); }

/* The seats 1 … count, each from its own minute after 09:00 on. */
static void seats(int count)
{
    char line[400];
    for (int i = 1; i <= count; i++) {
        snprintf(line, sizeof line,
                 "{\"source\":\"icon-a\",\"kind\":\"login_session\",\"key\":\"s%d\",\"version\":1,\"body\":{\"session\":\"s%d\",\"tenant\":101,"
                 "\"place\":%d,\"dn\":%d,\"begin\":\"2026-11-23T09:%02d:00.000Z\",\"end\":null}}", i, i, i, i, i);
        tell(line);
    }
}

static struct now_row voice(struct scope scope)
{
    struct now_answer answer;
    size_t at = 0;
    cr_assert_eq(query_now(told.query, scope, 0, INT64_MAX, told.arena, &answer), ERR_OK);
    while (!bytes_equal_text(answer.rows[at].item.code, "inbound-voice"))
        at++;
    return answer.rows[at];
}

#define FILE_OF(key, lines) "{\"source\":\"ent\",\"kind\":\"entitlement\",\"key\":\"" key "\",\"version\":1,\"body\":{\"lines\":[" lines "]}}"

/* 38 seats are taken, one a minute; what was bought decides the word for it (contract.md §5). */
Test(rule, the_state_is_the_first_that_holds)
{
    static const struct {
        const char *quantity, *state;
        int64_t over;
    } cases[] = {
        {"42", "within", 0}, /* 90.4 % */
        {"41", "within", 0}, /* 92.7 % */
        {"40", "close", 0},  /* 95 % to the seat */
        {"38", "close", 0},  /* at the line is close, not over */
        {"37", "over", 1},
        {"0", "over", 38},
        {"null", "within", 0}, /* unlimited */
    };
    char line[300];
    seats(38);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(line, sizeof line, "{\"source\":\"ent\",\"kind\":\"entitlement\",\"key\":\"file\",\"version\":%zu,\"body\":{\"lines\":[{\"item\":"
                 "\"inbound-voice\",\"quantity\":%s}]}}", i + 1, cases[i].quantity);
        tell(line);
        look("2026-11-23T10:00:00.000Z");
        struct now_row row = voice((struct scope){SCOPE_SYSTEM, 0});
        printf("38 of %s: %s, %lld over\n", cases[i].quantity, row.state, (long long)row.over);
        cr_expect_str_eq(row.state, cases[i].state, "38 of %s", cases[i].quantity);
        cr_expect_eq(row.over, cases[i].over, "38 of %s", cases[i].quantity);
    }
}

/* The crossing is exact while the slot's highest level is the first above the line, else its slot's begin. */
Test(rule, since_when)
{
    char text[INSTANT_TEXT_SIZE];
    tell(FILE_OF("file", "{\"item\":\"inbound-voice\",\"quantity\":3}"));
    seats(4); /* the fourth at 09:04, the last of its slot */
    look("2026-11-23T10:00:00.000Z");
    struct now_row row = voice((struct scope){SCOPE_SYSTEM, 0});
    cr_assert_eq(row.over, 1);
    cr_expect_str_eq(instant_format(row.over_since, text), "2026-11-23T09:04:00.000Z");
    /* Two days on, still taken: it has been over since then. */
    look("2026-11-25T03:00:00.000Z");
    row = voice((struct scope){SCOPE_SYSTEM, 0});
    cr_expect_str_eq(instant_format(row.over_since, text), "2026-11-23T09:04:00.000Z");
    /* A larger quantity until the 24th: then it has been over since that day's begin. */
    tell("{\"source\":\"ent\",\"kind\":\"entitlement\",\"key\":\"zfile\",\"version\":1,\"body\":{\"issued\":\"2026-01-01\",\"valid_to\":\"2026-11-24\","
         "\"lines\":[{\"item\":\"inbound-voice\",\"quantity\":9}]}}");
    look("2026-11-25T03:00:01.000Z");
    row = voice((struct scope){SCOPE_SYSTEM, 0});
    cr_expect_str_eq(instant_format(row.over_since, text), "2026-11-25T00:00:00.000Z");
}

/* Each rule once a source, in the order of its keys, with what becomes of it; pages follow each other. */
Test(rule, lists_have_their_history)
{
    struct buffer out = {0};
    const char *why = NULL;
    struct body_page page = {.limit = 3};
    tell("{\"source\":\"ent\",\"kind\":\"provisioned\",\"key\":\"101/email/2026-01-01\",\"version\":1,\"body\":{\"tenant\":101,\"item\":\"email\",\"effective\":\"2026-01-01\",\"quantity\":5}}");
    tell("{\"source\":\"ent\",\"kind\":\"provisioned\",\"key\":\"101/email/2026-11-01\",\"version\":1,\"body\":{\"tenant\":101,\"item\":\"email\",\"effective\":\"2026-11-01\",\"quantity\":6}}");
    tell("{\"source\":\"api\",\"kind\":\"provisioned\",\"key\":\"101/email/2026-11-01\",\"version\":1,\"body\":{\"tenant\":101,\"item\":\"email\",\"effective\":\"2026-11-01\",\"quantity\":7}}");
    tell("{\"source\":\"api\",\"kind\":\"provisioned\",\"key\":\"101/email/2026-12-01\",\"version\":1,\"body\":{\"tenant\":101,\"item\":\"email\",\"effective\":\"2026-12-01\",\"quantity\":8}}");
    tell("{\"source\":\"ent\",\"kind\":\"provisioned\",\"key\":\"101/wfm/2026-01-01\",\"version\":1,\"body\":{\"tenant\":101,\"item\":\"wfm\",\"effective\":\"2026-01-01\",\"deleted\":true}}");
    look("2026-11-23T10:00:00.000Z");
    static const char *const expected[] = {"past", "in-force", "overruled", "to-come", "taken-back"};
    size_t seen = 0;
    for (int pages = 0; pages < 2; pages++) {
        buffer_clear(&out);
        cr_assert_eq(body_rules(told.query, "provisioned", FACT_PROVISIONED, &page, told.arena, &out, &why), ERR_OK);
        const struct json *root = json_read(buffer_bytes(&out), told.arena, &why), *list = json_member(root, "provisioned");
        for (size_t i = 0; i < list->child_count; i++, seen++) {
            struct bytes state = json_member(&list->children[i], "state")->text;
            printf("%.*s %.*s\n", (int)json_member(&list->children[i], "key")->text.len, (const char *)json_member(&list->children[i], "key")->text.data,
                   (int)state.len, (const char *)state.data);
            cr_assert(seen < 5 && bytes_equal_text(state, expected[seen]), "rule %zu", seen);
        }
        page.cursor = page.next;
    }
    cr_expect_eq(seen, 5);
    cr_expect(!bytes_present(page.next));
    page.cursor = BYTES_LITERAL("nonsense");
    cr_expect_eq(body_rules(told.query, "provisioned", FACT_PROVISIONED, &page, told.arena, &out, &why), ERR_INPUT);
    buffer_free(&out);
}

static enum err ignore_row(void *owner, const struct usage_row *row)
{
    (void)owner;
    (void)row;
    return ERR_OK;
}

Test(rule, a_day_of_another_length_is_told)
{
    const struct usage_note *notes;
    const char *why = NULL;
    char start[INSTANT_TEXT_SIZE], stop[INSTANT_TEXT_SIZE];
    seats(1);
    tell("{\"source\":\"api\",\"kind\":\"tenant_setting\",\"key\":\"101/\",\"version\":1,\"body\":{\"tenant\":101,\"zone\":\"Europe/Vienna\"}}");
    tell("{\"source\":\"api\",\"kind\":\"tenant_setting\",\"key\":\"101/2026-11-24\",\"version\":1,\"body\":{\"tenant\":101,\"effective\":\"2026-11-24\",\"zone\":\"America/New_York\"}}");
    look("2026-11-25T10:00:00.000Z");
    struct usage_request request = {.scope = SCOPE_TENANT, .id = 101, .granularity = GRANULARITY_DAY, .profiles = 1u << PROFILE_EXACT};
    cr_assert(instant_parse(BYTES_LITERAL("2026-11-22T12:00:00.000Z"), &request.from) && instant_parse(BYTES_LITERAL("2026-11-26T00:00:00.000Z"), &request.to));
    cr_assert_eq(query_usage(told.query, &request, told.arena, ignore_row, NULL, &why), ERR_OK, "%s", why);
    cr_assert_eq(query_usage_notes(told.query, &notes), 1);
    printf("%s to %s in %.*s\n", instant_format(notes[0].start, start), instant_format(notes[0].end, stop), (int)notes[0].zone.len, (const char *)notes[0].zone.data);
    cr_expect_str_eq(start, "2026-11-23T23:00:00.000Z");
    cr_expect_str_eq(stop, "2026-11-25T05:00:00.000Z"); /* 30 hours */
    request.zone = BYTES_LITERAL("UTC");
    cr_assert_eq(query_usage(told.query, &request, told.arena, ignore_row, NULL, &why), ERR_OK);
    cr_expect_eq(query_usage_notes(told.query, &notes), 0);
}
