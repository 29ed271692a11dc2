/* A row of each table and what it states; rows that lie; the history of objects over first loads and restarts. */
#include "tests/unit/adapters/icon/row.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define AT "2026-11-23T"
#define LOADED .first_seq = 100, .first_useq = 50

struct row_case {
    enum icon_table table;
    const char *row, *facts;
};

static void check_cases(struct icon_context context, const struct row_case *cases, size_t count)
{
    struct arena *arena = arena_create();
    context.map = row_shipped(arena);
    context.source = BYTES_LITERAL("icon-a");
    for (size_t i = 0; i < count; i++) {
        struct icon_record record = row_of(context.map, cases[i].table, cases[i].row, arena);
        const char *facts = row_facts(&context, &record, arena);
        cr_expect_str_eq(facts, cases[i].facts, "%s %s\n  gave   %s\n  wanted %s", icon_table_name(cases[i].table), cases[i].row,
                         facts, cases[i].facts);
    }
    printf("%zu rows, each with its facts\n", count);
    arena_destroy(arena);
}
#define CHECK_CASES(context, list) check_cases(context, list, sizeof list / sizeof *list)

Test(icon_map, every_table_states_its_fact)
{
    static const struct row_case cases[] = {
        {ICON_LOGIN_SESSION, "id=4711 seq=7 useq=0 created=" AT "09:00:00.120Z session=00D9 person=5001 login=7001 place=3001 dn=9001 app=Workspace",
         "login_session 4711 7 {\"app\":\"Workspace\",\"begin\":\"" AT "09:00:00.120Z\",\"dn\":9001,\"login\":7001,\"person\":5001,\"place\":3001,\"session\":\"00D9\"}"},
        {ICON_LOGIN_SESSION, "id=4711 seq=7 useq=3 created=" AT "09:00:00.000Z terminated=" AT "12:30:00.000Z session=00D9 person=0 place=0 dn=0",
         "login_session 4711 4611686018427387907 {\"begin\":\"" AT "09:00:00.000Z\",\"end\":\"" AT "12:30:00.000Z\",\"session\":\"00D9\"}"},
        {ICON_SESSION_ENDPOINT, "id=88 seq=3 created=" AT "10:00:00.000Z session=S media=CHAT type=0 dn=0 place=3",
         "session_media 88 3 {\"begin\":\"" AT "10:00:00.000Z\",\"media\":\"chat\",\"place\":3,\"session\":\"S\"}"},
        {ICON_SESSION_ENDPOINT, "id=89 seq=3 created=" AT "10:00:00.000Z session=S type=2 dn=9001",
         "session_media 89 3 {\"begin\":\"" AT "10:00:00.000Z\",\"dn\":9001,\"media\":\"voice\",\"session\":\"S\"}"},
        {ICON_SESSION_ENDPOINT, "id=90 seq=3 created=" AT "10:00:00.000Z session=S type=1 dn=0",
         "session_media 90 3 {\"begin\":\"" AT "10:00:00.000Z\",\"media\":\"voice\",\"session\":\"S\"}"},
        {ICON_SESSION_ENDPOINT, "id=91 seq=3 created=" AT "10:00:00.000Z session=S type=0 dn=0", "nothing"},
        {ICON_SESSION_ENDPOINT, "id=92 seq=3 created=" AT "10:00:00.000Z session=S media=Facebook",
         "session_media 92 3 {\"begin\":\"" AT "10:00:00.000Z\",\"media\":\"social\",\"session\":\"S\"}"},
        {ICON_SESSION_ENDPOINT, "id=93 seq=3 created=" AT "10:00:00.000Z session=S media=Claims",
         "session_media 93 3 {\"begin\":\"" AT "10:00:00.000Z\",\"media\":\"claims\",\"session\":\"S\"}"},
        {ICON_TENANT, "id=101 seq=1 created=" AT "01:00:00.000Z status=1 state=1 name='Acme Ltd'",
         "object tenant/101@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":101,\"name\":\"Acme Ltd\",\"type\":\"tenant\"}"},
        {ICON_PERSON, "id=5 seq=1 created=" AT "01:00:00.000Z status=1 state=2 name=jdoe first_name=Jane last_name=Doe tenant=101 type=2",
         "object person/5@ever 1 {\"agent\":true,\"deleted\":false,\"enabled\":false,\"id\":5,\"tenant\":101,\"type\":\"person\"}"},
        {ICON_PERSON, "id=6 seq=1 created=" AT "01:00:00.000Z status=10 state=7 tenant=0 type=1",
         "object person/6@ever 1 {\"agent\":false,\"deleted\":false,\"id\":6,\"type\":\"person\"}"},
        {ICON_PLACE, "id=3 seq=1 created=" AT "01:00:00.000Z state=1 name=Desk tenant=101",
         "object place/3@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":3,\"name\":\"Desk\",\"tenant\":101,\"type\":\"place\"}"},
        {ICON_SWITCH, "id=11 seq=1 created=" AT "01:00:00.000Z state=1 name=Sip tenant=101 type=52",
         "object switch/11@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":11,\"name\":\"Sip\",\"switch_type\":\"sip\",\"tenant\":101,\"type\":\"switch\"}"},
        {ICON_ENDPOINT, "id=9 seq=1 created=" AT "01:00:00.000Z state=1 name=4711 switch=11",
         "object dn/9@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":9,\"switch\":11,\"type\":\"dn\"}"},
        {ICON_LOGIN, "id=7 seq=1 created=" AT "01:00:00.000Z state=1 name=1234 switch=11 tenant=101",
         "object login/7@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":7,\"switch\":11,\"tenant\":101,\"type\":\"login\"}"},
        {ICON_GROUP, "id=700 seq=1 created=" AT "01:00:00.000Z state=1 name=Sales type=1 tenant=101",
         "object agent-group/700@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":700,\"name\":\"Sales\",\"tenant\":101,\"type\":\"agent-group\"}"},
        {ICON_GROUP, "id=701 seq=1 created=" AT "01:00:00.000Z state=1 name=Hall type=2",
         "object place-group/701@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":701,\"name\":\"Hall\",\"type\":\"place-group\"}"},
        {ICON_GROUP, "id=702 seq=1 created=" AT "01:00:00.000Z state=1 name=Access type=4", "nothing"},
        {ICON_GROUP_PERSON, "id=17 seq=1 created=" AT "01:00:00.000Z status=1 group=700 member=5",
         "membership person/17 1 {\"group\":700,\"member\":5,\"member_type\":\"person\"}"},
        {ICON_GROUP_PLACE, "id=17 seq=1 created=" AT "01:00:00.000Z status=1 group=701 member=3",
         "membership place/17 1 {\"group\":701,\"member\":3,\"member_type\":\"place\"}"},
        {ICON_CAMPAIGN, "id=1 seq=2 created=" AT "08:00:00.000Z terminated=" AT "10:00:00.000Z campaign=800 group=700",
         "campaign 1 2 {\"campaign\":800,\"group\":700,\"loaded_from\":\"" AT "08:00:00.000Z\",\"loaded_to\":\"" AT "10:00:00.000Z\"}"},
        {ICON_ANNEX, "id=60 seq=1 created=" AT "01:00:00.000Z object=7 object_type=15 section=TServer key=gvm_mailbox tenant=101 value=1001 status=1",
         "object mailbox/60@ever 1 {\"deleted\":false,\"enabled\":true,\"id\":60,\"tenant\":101,\"type\":\"mailbox\"}"},
        {ICON_ANNEX, "id=61 seq=1 created=" AT "01:00:00.000Z object=9 object_type=2 section=TServer key=ivr-port tenant=101 value=no status=1",
         "object ivr-port/61@ever 1 {\"deleted\":false,\"enabled\":false,\"id\":61,\"tenant\":101,\"type\":\"ivr-port\"}"},
        {ICON_ANNEX, "id=62 seq=1 created=" AT "01:00:00.000Z object=5 object_type=3 section=WFM key=enabled value=1 status=1", "nothing"},
    };
    CHECK_CASES(((struct icon_context){.first_seq = ICON_NUMBER_MAX, .first_useq = ICON_NUMBER_MAX}), cases);
}

Test(icon_map, what_lies_is_refused_with_its_column)
{
    static const struct row_case cases[] = {
        {ICON_LOGIN_SESSION, "id=1 seq=7 created=" AT "09:00:00.000Z", "refused: body.session: missing, expected text of 1 to 200 bytes"},
        {ICON_LOGIN_SESSION, "id=1 seq=7 session=S", "refused: body.begin: missing, expected e.g. 2026-11-23T09:10:11.120Z (UTC, 1970 to 2199)"},
        {ICON_LOGIN_SESSION, "id=1 seq=7 session=S created=1969-12-31", "refused: CREATED is no time of the years 1970 to 2199"},
        {ICON_LOGIN_SESSION, "id=1 session=S created=" AT "09:00:00.000Z",
         "refused: GSYS_SEQ -1 and GSYS_USEQ 0 are no version, expected a number from 0 to 2^61"},
        {ICON_LOGIN_SESSION, "id=1 seq=1 useq=4611686018427387904 session=S created=" AT "09:00:00.000Z",
         "refused: GSYS_SEQ 1 and GSYS_USEQ 4611686018427387904 are no version, expected a number from 0 to 2^61"},
        {ICON_LOGIN_SESSION, "seq=1 session=S created=" AT "09:00:00.000Z", "refused: ID is NULL or below 0"},
        {ICON_LOGIN_SESSION, "id=-4 seq=1 session=S created=" AT "09:00:00.000Z", "refused: ID is NULL or below 0"},
        {ICON_LOGIN_SESSION, "id=1 seq=1 session='\xff\xfe' created=" AT "09:00:00.000Z", "refused: LOGINSESSIONID is no UTF-8"},
        {ICON_GROUP_PERSON, "id=1 seq=200 created=" AT "09:00:00.000Z status=2 group=7 member=5",
         "refused: the membership is deleted, but DELETED is NULL: expected when"},
        {ICON_PERSON, "id=1 seq=200 created=" AT "09:00:00.000Z status=2", "refused: person is deleted, but DELETED is NULL: expected when"},
        {ICON_PERSON, "id=1 seq=200", "refused: CREATED is NULL: expected when it was made"},
    };
    CHECK_CASES(((struct icon_context){LOADED}), cases);
}

#define OBJECT(key, version, deleted, tail) \
    "object person/5@" key " " version " {\"deleted\":" deleted ",\"enabled\":true,\"id\":5,\"type\":\"person\"" tail "}"
#define FROM(at) ",\"valid_from\":\"" at "\""

Test(icon_map, history_of_an_object)
{
    /* The first load ended at insert number 100 and update number 50. */
    static const struct row_case cases[] = {
        /* loaded then: since ever, also when it had been updated by then */
        {ICON_PERSON, "id=5 seq=100 created=" AT "08:00:00.000Z state=1", OBJECT("ever", "100", "false", "")},
        {ICON_PERSON, "id=5 seq=100 useq=50 created=" AT "08:00:00.000Z changed=" AT "09:00:00.000Z state=1",
         OBJECT("ever", "4611686018427387954", "false", "")},
        /* deleted by then: it was there, and it ended */
        {ICON_PERSON, "id=5 seq=100 useq=50 created=" AT "08:00:00.000Z deleted=" AT "09:00:00.000Z status=2 state=1",
         OBJECT("ever", "4611686018427387954", "false", "") "\n"
         OBJECT(AT "09:00:00.000Z", "4611686018427387954", "true", FROM(AT "09:00:00.000Z"))},
        /* changed and deleted later: further versions */
        {ICON_PERSON, "id=5 seq=100 useq=51 created=" AT "08:00:00.000Z changed=" AT "10:00:00.000Z state=1",
         OBJECT(AT "10:00:00.000Z", "4611686018427387955", "false", FROM(AT "10:00:00.000Z"))},
        {ICON_PERSON, "id=5 seq=100 useq=52 created=" AT "08:00:00.000Z deleted=" AT "11:00:00.000Z status=2 state=1",
         OBJECT(AT "11:00:00.000Z", "4611686018427387956", "true", FROM(AT "11:00:00.000Z"))},
        /* changed later without a time: what it says now it said since ever */
        {ICON_PERSON, "id=5 seq=100 useq=53 created=" AT "08:00:00.000Z state=1", OBJECT("ever", "4611686018427387957", "false", "")},
        /* made later */
        {ICON_PERSON, "id=5 seq=101 created=" AT "12:00:00.000Z state=1", OBJECT(AT "12:00:00.000Z", "101", "false", FROM(AT "12:00:00.000Z"))},
        {ICON_PERSON, "id=5 seq=101 useq=54 created=" AT "12:00:00.000Z changed=" AT "13:00:00.000Z state=1",
         OBJECT(AT "13:00:00.000Z", "4611686018427387958", "false", FROM(AT "13:00:00.000Z"))},
    };
    CHECK_CASES(((struct icon_context){LOADED}), cases);

    /* Made later and changed before anybody saw it: both. */
    static const struct row_case at_first_sight[] = {
        {ICON_PERSON, "id=5 seq=101 useq=54 created=" AT "12:00:00.000Z changed=" AT "13:00:00.000Z state=1",
         OBJECT(AT "12:00:00.000Z", "101", "false", FROM(AT "12:00:00.000Z")) "\n"
         OBJECT(AT "13:00:00.000Z", "4611686018427387958", "false", FROM(AT "13:00:00.000Z"))},
        {ICON_PERSON, "id=5 seq=101 useq=54 created=" AT "12:00:00.000Z deleted=" AT "13:00:00.000Z status=2 state=1",
         OBJECT(AT "12:00:00.000Z", "101", "false", FROM(AT "12:00:00.000Z")) "\n"
         OBJECT(AT "13:00:00.000Z", "4611686018427387958", "true", FROM(AT "13:00:00.000Z"))},
        {ICON_PERSON, "id=5 seq=101 created=" AT "12:00:00.000Z state=1", OBJECT(AT "12:00:00.000Z", "101", "false", FROM(AT "12:00:00.000Z"))},
    };
    CHECK_CASES(((struct icon_context){LOADED, .first_sight = true}), at_first_sight);
}

Test(icon_map, a_membership_keeps_its_begin)
{
    static const struct row_case cases[] = {
        {ICON_GROUP_PERSON, "id=1 seq=100 useq=60 created=" AT "08:00:00.000Z deleted=" AT "09:00:00.000Z status=2 group=7 member=5",
         "membership person/1 4611686018427387964 {\"group\":7,\"member\":5,\"member_type\":\"person\",\"to\":\"" AT "09:00:00.000Z\"}"},
        {ICON_GROUP_PERSON, "id=2 seq=101 useq=61 created=" AT "08:00:00.000Z deleted=" AT "09:00:00.000Z status=2 group=7 member=5",
         "membership person/2 4611686018427387965 {\"from\":\"" AT "08:00:00.000Z\",\"group\":7,\"member\":5,\"member_type\":\"person\",\"to\":\"" AT "09:00:00.000Z\"}"},
    };
    CHECK_CASES(((struct icon_context){LOADED}), cases);
}

Test(icon_map, an_end_with_the_connection_is_no_logout)
{
    struct icon_disconnect dropped[] = {{.connection = 71}, {.connection = 72}, {INSTANT_NEVER, 73}};
    cr_assert(instant_parse(BYTES_LITERAL(AT "11:00:00.000Z"), &dropped[0].end) && instant_parse(BYTES_LITERAL(AT "12:00:00.000Z"), &dropped[1].end));
#define ENDS(end) "id=1 seq=1 useq=1 session=S created=" AT "09:00:00.000Z terminated=" AT end
#define ENDED(end, by) "login_session 1 4611686018427387905 {\"begin\":\"" AT "09:00:00.000Z\",\"end\":\"" AT end "\"," by "\"session\":\"S\"}"
    static const struct row_case cases[] = {
        {ICON_LOGIN_SESSION, ENDS("12:00:00.000Z"), ENDED("12:00:00.000Z", "\"end_by\":\"disconnect\",")},
        {ICON_LOGIN_SESSION, ENDS("11:00:00.999Z"), ENDED("11:00:00.999Z", "\"end_by\":\"disconnect\",")},
        {ICON_LOGIN_SESSION, ENDS("12:00:01.000Z"), ENDED("12:00:01.000Z", "")},
        {ICON_LOGIN_SESSION, ENDS("10:59:59.999Z"), ENDED("10:59:59.999Z", "")},
        {ICON_LOGIN_SESSION, ENDS("12:00:00.300Z") " domain=72", ENDED("12:00:00.300Z", "\"end_by\":\"disconnect\",")},
        {ICON_LOGIN_SESSION, ENDS("12:00:00.300Z") " domain=71", ENDED("12:00:00.300Z", "")}, /* another one's end */
        {ICON_LOGIN_SESSION, ENDS("12:00:00.300Z") " domain=73", ENDED("12:00:00.300Z", "")},
        {ICON_LOGIN_SESSION, ENDS("12:00:00.300Z") " domain=5", ENDED("12:00:00.300Z", "\"end_by\":\"disconnect\",")}, /* names none */
    };
    CHECK_CASES(((struct icon_context){LOADED, .disconnects = dropped, .disconnect_count = 3}), cases);
}

Test(icon_map, names_of_persons_only_when_told)
{
    static const struct row_case cases[] = {
        {ICON_PERSON, "id=5 seq=1 created=" AT "08:00:00.000Z name=jdoe first_name=Jane last_name=Doe",
         "object person/5@ever 1 {\"deleted\":false,\"id\":5,\"name\":\"Jane Doe\",\"type\":\"person\"}"},
        {ICON_PERSON, "id=5 seq=1 created=" AT "08:00:00.000Z name=jdoe", "object person/5@ever 1 {\"deleted\":false,\"id\":5,\"name\":\"jdoe\",\"type\":\"person\"}"},
        {ICON_LOGIN, "id=5 seq=1 created=" AT "08:00:00.000Z name=1234", "object login/5@ever 1 {\"deleted\":false,\"id\":5,\"name\":\"1234\",\"type\":\"login\"}"},
    };
    CHECK_CASES(((struct icon_context){LOADED, .clear_names = true}), cases);

    struct arena *arena = arena_create();
    const struct icon_map *map = row_shipped(arena);
    struct icon_record record = row_of(map, ICON_PERSON, "id=5 seq=1 name=jdoe first_name=Jane last_name=Doe", arena);
    struct buffer raw = {0};
    icon_record_write(&record, false, &raw);
    cr_expect(!strstr(buffer_text(&raw), "Jane") && !strstr(buffer_text(&raw), "jdoe") && strstr(buffer_text(&raw), "\"ID\":5"),
              "a refused row keeps a name: %s", buffer_text(&raw));
    printf("%s\n", buffer_text(&raw));
    buffer_free(&raw);
    arena_destroy(arena);
}

Test(icon_map, coverage_of_a_connection)
{
    struct arena *arena = arena_create();
    struct icon_context context = {.map = row_shipped(arena), .source = BYTES_LITERAL("icon-a")};
    static const struct { const char *row; int64_t version; instant to; } cases[] = {
        {"connection=7 collector=77 provider=301 switch=11 begin=2026-11-23T00:00:00.000Z", 0, INSTANT_NEVER},
        {"connection=7 collector=77 provider=301 begin=2026-11-23T00:00:00.000Z end=2026-11-23T01:00:00.000Z", 1795395600000, 1795395600000},
        {"connection=7 collector=77 provider=301 begin=2026-11-23T00:00:00.000Z collector_end=2026-11-23T01:00:00.000Z", 1795395600000, 1795395600000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct icon_record record = row_of(context.map, ICON_CONNECTION_GLS, cases[i].row, arena);
        struct icon_facts facts;
        icon_map_coverage(&context, &record, BYTES_LITERAL("pair"), arena, &facts);
        cr_assert_eq(facts.count, 1, "%s", facts.why);
        cr_expect(bytes_equal_text(facts.facts[0].key, "gls/77/7"));
        cr_expect_eq(facts.facts[0].version, cases[i].version, "%lld", (long long)facts.facts[0].version);
        cr_expect_eq(facts.facts[0].coverage.to, cases[i].to);
    }
    printf("%zu connections\n", sizeof cases / sizeof *cases);
    arena_destroy(arena);
}

/* Any row whatever gives lawful facts or a reason, and the same ones twice. */
Test(icon_map, random_rows)
{
    struct arena *keep = arena_create(), *arena = arena_create();
    const char *seed_text = getenv("SEED");
    uint64_t state = seed_text ? strtoull(seed_text, NULL, 10) : 20261124;
    printf("SEED=%llu\n", (unsigned long long)state);
    static const int64_t spites[] = {INT64_MIN, -1, 0, 1, 2, 3, 10, 100, 101, 1795395600000, 7258118399999, 7258118400000,
                                     ICON_NUMBER_MAX, ICON_NUMBER_MAX + 1, INT64_MAX};
    static const char *const texts[] = {"", "S", "WFM", "enabled", "TServer", "gvm_mailbox", "\xc3\x28", "\xf0\x9f\x98\x80", "a\"\\\n"};
    const struct icon_map *map = row_shipped(keep);
    size_t stated = 0, refused = 0;
    for (int round = 0; round < 200000; round++) {
        arena_reset(arena);
        struct odbc_value values[ODBC_COLUMNS_MAX] = {0};
        enum icon_table table = (enum icon_table)((state = hash_mix(state + 1)) % ICON_TAILED_COUNT);
        const struct icon_columns *columns = &map->tables[table];
        for (size_t i = 0; i < columns->count; i++) {
            state = hash_mix(state + 1);
            values[i].known = state % 4 != 0;
            values[i].bad = state / 4 % 64 == 0;
            values[i].integer = spites[state / 256 % (sizeof spites / sizeof *spites)];
            if (columns->types[i] == ODBC_TIME && (values[i].integer < 0 || values[i].integer >= INSTANT_MAX))
                values[i].integer = 1795395600000 + (int64_t)(state % 100000);
            values[i].text = bytes_from_text(texts[state / 8192 % (sizeof texts / sizeof *texts)]);
        }
        struct icon_record record = icon_record_copy(table, columns, values, arena);
        struct icon_context context = {.map = map, .source = BYTES_LITERAL("s"), LOADED, .first_sight = state % 3 == 0};
        const char *once = row_facts(&context, &record, arena), *twice = row_facts(&context, &record, arena);
        cr_assert_str_eq(once, twice);
        stated += strncmp(once, "refused", 7) != 0;
        refused += strncmp(once, "refused", 7) == 0;
    }
    cr_expect(stated > 1000 && refused > 1000);
    printf("%zu rows stated something, %zu were refused\n", stated, refused);
    arena_destroy(arena);
    arena_destroy(keep);
}
