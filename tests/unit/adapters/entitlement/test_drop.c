/* A folder, looked into again and again: what is handed over, what goes aside, what a crash leaves behind. */
#include "adapters/entitlement/drop.h"
#include "base/crypto.h"
#include "base/file.h"
#include "proto/fact_json.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1795510800000) /* 2026-11-24T09:00:00.000Z */
#define CSV "tenant,item,effective,quantity\n"

static struct {
    struct arena *arena;
    char dir[SCRATCH_PATH_SIZE], map[SCRATCH_PATH_SIZE];
    const struct bytes *items;
    struct entitlement_settings settings;
    struct drop *drop;
    struct buffer facts, refused, cursor; /* what came out since begin or forget() */
    size_t cursors;
    int facts_left; /* the sink wants no more after that many; -1: it takes all */
    instant now;
} here;

static enum err take_fact(void *owner, const struct fact *fact)
{
    (void)owner;
    if (here.facts_left == 0)
        return ERR_CANCELLED;
    here.facts_left -= here.facts_left > 0;
    fact_json_write(fact, &here.facts);
    buffer_append_char(&here.facts, '\n');
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    (void)owner;
    buffer_printf(&here.refused, "%s: %s [%zu bytes]\n", place, why, raw.len);
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    here.cursors++;
    buffer_clear(&here.cursor);
    buffer_append_bytes(&here.cursor, cursor);
    return ERR_OK;
}

/* A run of the adapter from the last cursor. */
static void start(void)
{
    struct drop_options options = {.settings = &here.settings, .part = "drop", .items = here.items, .sink = {NULL, take_fact, take_refused, take_cursor}};
    if (here.cursor.len)
        options.cursor = arena_copy(here.arena, buffer_bytes(&here.cursor));
    cr_assert_eq(drop_create(&options, &here.drop), ERR_OK);
}

static void stop(void)
{
    drop_destroy(here.drop);
    here.drop = NULL;
}

static void begin(void)
{
    here.arena = arena_create();
    scratch_folder(NULL, here.dir);
    here.settings = (struct entitlement_settings){.name = "sold", .dir = here.dir, .poll_seconds = 1};
    here.facts_left = -1;
    here.now = NOW;
    start();
}

static void end(void)
{
    stop();
    scratch_remove(here.dir);
    buffer_free(&here.facts);
    buffer_free(&here.refused);
    buffer_free(&here.cursor);
    arena_destroy(here.arena);
}

TestSuite(drop, .init = begin, .fini = end);

static const char *path(const char *name)
{
    return arena_printf(here.arena, "%s/%s", here.dir, name);
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path(name), "w");
    cr_assert(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

/* "" when there is none. */
static const char *get(const char *name)
{
    struct bytes text;
    const char *why;
    return file_read(path(name), here.arena, &text, &why) == ERR_OK ? arena_text(here.arena, text) : "";
}

static bool exists(const char *name)
{
    return access(path(name), F_OK) == 0;
}

static enum err look(void)
{
    const char *why = "";
    here.now += 1000;
    return drop_look(here.drop, here.now, &why);
}

static void looks(int count)
{
    for (int i = 0; i < count; i++)
        cr_expect_eq(look(), ERR_OK);
}

static const char *facts(void)
{
    const char *text = here.facts.len ? arena_printf(here.arena, "%s", buffer_text(&here.facts)) : "";
    buffer_clear(&here.facts);
    return text;
}

static int64_t version_in(const char *receipt)
{
    const char *line = strstr(receipt, "\nversion: ");
    return line ? strtoll(line + 10, NULL, 10) : -1;
}

Test(drop, first_who_speaks_then_what_was_sold)
{
    looks(1);
    cr_expect_str_eq(facts(), "{\"source\":\"sold\",\"kind\":\"source\",\"key\":\"sold\",\"version\":1,\"body\":{\"kind\":\"entitlement\"}}\n");
    cr_expect_eq(here.cursors, 1);
    put("counts.csv", CSV "101,email,2026-01-01,5\n102,email,2026-01-01,7\n");
    looks(1);
    cr_expect(exists("counts.csv") && here.facts.len == 0, "one look is not enough");
    looks(1);
    cr_expect_str_eq(facts(), "{\"source\":\"sold\",\"kind\":\"provisioned\",\"key\":\"101/email/2026-01-01\",\"version\":1795510803000000,\"body\":{\"effective\":\"2026-01-01\",\"item\":\"email\",\"quantity\":5,\"tenant\":101}}\n"
                              "{\"source\":\"sold\",\"kind\":\"provisioned\",\"key\":\"102/email/2026-01-01\",\"version\":1795510803000000,\"body\":{\"effective\":\"2026-01-01\",\"item\":\"email\",\"quantity\":7,\"tenant\":102}}\n");
    cr_expect(here.cursors == 2 && !exists("counts.csv") && exists("accepted/counts.csv"));
    char digest[SHA256_TEXT_SIZE];
    sha256_text(bytes_from_text(get("accepted/counts.csv")), digest);
    cr_expect_str_eq(get("accepted/counts.csv.receipt"), arena_printf(here.arena, "accepted: counts.csv\nat: 2026-11-24T09:00:03.000Z\nwhat: provisioned counts (CSV)\nbytes: 77\n"
                     "sha256: %s\nversion: 1795510803000000\nfacts: 2\n\n"
                     "counts.csv:2: tenant 101, email from 2026-01-01 on: 5\ncounts.csv:3: tenant 102, email from 2026-01-01 on: 7\n", digest));
    cr_expect_eq(here.refused.len, 0);
}

Test(drop, a_faulty_file_goes_aside_with_its_reasons)
{
    put("wrong.csv", CSV "101,email,2026-01-01,many\nAcme,email,2026-01-01,7\n");
    looks(2);
    facts();
    cr_expect(exists("refused/wrong.csv") && !exists("wrong.csv") && !exists("accepted/wrong.csv"));
    const char *receipt = get("refused/wrong.csv.receipt");
    cr_expect(strstr(receipt, "refused: wrong.csv\n") && strstr(receipt, "2 faults, nothing of the file was taken:\n") &&
              strstr(receipt, "wrong.csv:2: quantity: \"many\", expected a whole number of 0 to 1000000000, or unlimited\n"
                              "wrong.csv:3: tenant: \"Acme\", expected its id, a whole number\n"), "%s", receipt);
    cr_expect_str_eq(buffer_text(&here.refused), "file wrong.csv: line 2: quantity: \"many\", expected a whole number of 0 to 1000000000, or unlimited "
                                                 "(and 1 more, see the receipt) [81 bytes]\n");
    put("wrong.csv", CSV "101,email,2026-01-01,many\n");
    looks(2);
    cr_expect(strstr(get("refused/wrong.csv.2.receipt"), "\n1 fault, nothing of the file was taken:\n"));
    cr_expect(exists("refused/wrong.csv.2") && exists("refused/wrong.csv.2.receipt"), "the same name again takes nobody's place");
    cr_expect_str_eq(facts(), "");
}

Test(drop, a_code_of_no_item_is_taken_and_told)
{
    static const struct bytes items[] = {BYTES_LITERAL("email"), BYTES_LITERAL("cim-ms"), BYTES_NONE};
    stop();
    here.items = items;
    start();
    put("counts.csv", CSV "101,email,2026-01-01,5\n101,emale,2026-01-01,7\n101,Genesys Inbound Voice,2026-01-01,9\n101,bundle:7,2026-01-01,1\n");
    put("feature.dat", "FEATURE a v 1.0 permanent 5 HOSTID=ANY\nFEATURE b v 1.0 permanent 6 HOSTID=ANY\n");
    here.settings.map = scratch_file("features: {a: cim-ms, b: [cim-ms, cim-mms]}\n", here.map);
    looks(2);
    const char *counts = get("accepted/counts.csv.receipt"), *features = get("accepted/feature.dat.receipt");
    cr_expect(strstr(counts, "\nfacts: 4\nunmapped: 2, see below\nin no catalog: 2, see below\n"), "%s", counts);
    cr_expect(strstr(counts, "counts.csv:3: \"emale\" is no item of the catalog, expected one of its codes or bundle:ID: it counts for nothing until there is one\n") &&
              strstr(counts, "counts.csv:4: \"inbound-voice\" is no item of the catalog") && !strstr(counts, "csv:2: \"email\" is no") && !strstr(counts, "csv:5: \"bundle:7\" is no item"), "%s", counts);
    cr_expect(strstr(features, "\nin no catalog: 1, see below\n") && strstr(features, "feature.dat:2: \"cim-mms\" is no item of the catalog"), "%s", features);
    cr_expect(strstr(facts(), "\"item\":\"emale\""), "the fact is the same with and without it");
    printf("%s%s", counts, features);
    scratch_remove(here.map);
}

Test(drop, the_same_again_is_a_no_op_unless_another_came_between)
{
    put("a.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    int64_t first = version_in(get("accepted/a.csv.receipt"));
    facts();
    put("again.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    cr_expect_str_eq(facts(), "");
    cr_expect(strstr(get("accepted/again.csv.receipt"), "again: the same as accepted at 2026-11-24T09:00:02.000Z; nothing was stated\n"));
    put("b.csv", CSV "101,email,2026-01-01,6\n");
    looks(2);
    int64_t second = version_in(get("accepted/b.csv.receipt"));
    cr_expect(strstr(facts(), "\"quantity\":6"));
    put("a.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    int64_t third = version_in(get("accepted/a.csv.2.receipt"));
    cr_expect(strstr(facts(), "\"quantity\":5"), "back to the first");
    cr_expect(first > 0 && second > first && third > second);

    stop();
    start();
    put("c.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    cr_expect_str_eq(facts(), "", "the cursor remembers");
    here.now = NOW - DAY_MS;
    put("d.csv", CSV "101,email,2026-01-01,8\n");
    looks(2);
    cr_expect_eq(version_in(get("accepted/d.csv.receipt")), third + 1, "a clock that went back lowers no version");
}

Test(drop, two_versions_of_an_entitlement)
{
    put("v1.xml", "<lrm_entitlement customer_id='1' issue_date='2026-01-01'><line item='email' quantity='5'/></lrm_entitlement>");
    looks(2);
    facts();
    put("v2.xml", "<lrm_entitlement customer_id='1' issue_date='2026-01-01'><line item='email' quantity='6'/></lrm_entitlement>");
    put("next.xml", "<lrm_entitlement customer_id='1' issue_date='2026-02-01'><line item='email' quantity='7'/></lrm_entitlement>");
    looks(2);
    const char *text = facts();
    cr_expect(strstr(text, "\"key\":\"1//2026-01-01\",\"version\":179551080"), "the same key, a newer version: %s", text);
    cr_expect(strstr(text, "\"key\":\"1//2026-02-01\""), "a later day of issue is a file beside it");
}

Test(drop, licence_files_and_a_map_that_grows)
{
    here.settings.map = path("map.yaml.tmp"); /* a name that is left alone */
    put("map.yaml.tmp", "features: {a: email}\n");
    put("license.dat", "FEATURE a v 1 permanent 5\nFEATURE b v 1 permanent 6\n");
    looks(2);
    cr_expect(strstr(get("accepted/license.dat.receipt"), "unmapped: 1, see below\n") && strstr(get("accepted/license.dat.receipt"), "license.dat:2: UNMAPPED FEATURE \"b\": 6, permanent"));
    cr_expect(strstr(facts(), "\"key\":\"license/2026-11-24T09:00:02.000000Z/ever\",\"version\":1795510802000000,"));
    put("license.dat", "FEATURE a v 1 permanent 5\nFEATURE b v 1 permanent 6\n");
    looks(2);
    cr_expect_str_eq(facts(), "");
    put("map.yaml.tmp", "features: {a: email, b: social}\n");
    put("license.dat", "FEATURE a v 1 permanent 5\nFEATURE b v 1 permanent 6\n");
    looks(2);
    const char *text = facts();
    cr_expect(strstr(text, "\"key\":\"license/2026-11-24T09:00:02.000000Z/ever\",\"version\":1795510806000000,") && strstr(text, "social"), "the same file amended: %s", text);
    put("license.dat", "FEATURE a v 1 permanent 50\n");
    looks(2);
    text = facts();
    cr_expect(strstr(text, "\"key\":\"license/2026-11-24T09:00:08.000000Z/2026-11-24\"") && strstr(text, "\"valid_from\":\"2026-11-24\""), "another file, from then on: %s", text);

    put("map.yaml.tmp", "features: [\n");
    put("license.dat", "FEATURE a v 1 permanent 60\n");
    looks(3);
    cr_expect(exists("license.dat") && here.facts.len == 0, "files wait while the map cannot be read");
    put("map.yaml.tmp", "features: {a: email}\n");
    looks(1);
    cr_expect(!exists("license.dat") && strstr(facts(), "\"quantity\":60"));
}

Test(drop, what_is_still_being_written_is_not_taken)
{
    int fd = open(path("slow.csv"), O_WRONLY | O_CREAT, 0644);
    cr_assert(fd >= 0);
    cr_assert(write(fd, CSV "101,email,2026-01-01,5\n", sizeof CSV + 22) > 0);
    looks(5);
    cr_expect(exists("slow.csv"), "held open for writing");
    cr_assert(write(fd, "102,email,2026-01-01,7\n", 23) == 23);
    close(fd);
    looks(1);
    cr_expect(exists("slow.csv"), "it has changed since the last look");
    looks(1);
    cr_expect(!exists("slow.csv") && strstr(facts(), "\"tenant\":102"), "as a whole");

    put("later.csv.part", CSV "103,email,2026-01-01,9\n");
    put(".hidden", "x");
    looks(3);
    cr_expect(exists("later.csv.part") && exists(".hidden"));
    cr_assert_eq(rename(path("later.csv.part"), path("later.csv")), 0);
    looks(2);
    cr_expect(strstr(facts(), "\"tenant\":103"));
}

Test(drop, what_is_no_file_of_ours_stays)
{
    cr_assert_eq(mkdir(path("folder"), 0755), 0);
    cr_assert_eq(mkfifo(path("pipe"), 0644), 0);
    cr_assert_eq(symlink("/etc/hostname", path("link")), 0);
    put("x.receipt", "x");
    looks(3);
    cr_expect(exists("folder") && exists("pipe") && exists("x.receipt"));
    struct stat stat;
    cr_expect_eq(lstat(path("link"), &stat), 0);
    put("empty", "");
    looks(2);
    cr_expect(strstr(get("refused/empty.receipt"), "what: nobody knows\n") && strstr(get("refused/empty.receipt"), "nothing stands in it"));
    const char *name = "a name with \"quotes\" and a\nline end";
    put(name, CSV "101,email,2026-01-01,5\n");
    looks(2);
    cr_expect(exists(arena_printf(here.arena, "accepted/%s", name)) &&
              strstr(get(arena_printf(here.arena, "accepted/%s.receipt", name)), "accepted: \"a name with \\\"quotes\\\" and a\\nline end\"\n"));
    cr_expect_eq(here.refused.len > 0, true);
}

Test(drop, a_file_that_may_not_be_read_is_refused)
{
    enum { NOBODY = 65534 };
    char dir[SCRATCH_PATH_SIZE]; /* in the other, and goes with it */
    stop();
    here.settings.dir = scratch_folder(here.dir, dir);
    if (geteuid() == 0) {
        cr_assert(chmod(here.dir, 0711) == 0 && chown(dir, NOBODY, NOBODY) == 0);
        cr_assert_eq(seteuid(NOBODY), 0, "as somebody without rights");
    }
    start();
    const char *file = arena_printf(here.arena, "%s/secret.csv", dir), *why = "";
    int fd = open(file, O_WRONLY | O_CREAT, 0000);
    cr_assert(fd >= 0);
    close(fd);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(drop_look(here.drop, NOW + i, &why), ERR_OK, "%s", why);
    struct bytes receipt;
    cr_assert_eq(file_read(arena_printf(here.arena, "%s/refused/secret.csv.receipt", dir), here.arena, &receipt, &why), ERR_OK, "%s", why);
    cr_expect(strstr(arena_text(here.arena, receipt), "secret.csv: cannot be read: Permission denied, expected a file that Seatmeter's user may read\n"));
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
}

Test(drop, a_folder_that_is_away_and_comes_back)
{
    const char *why = "";
    here.settings.dir = path("not yet");
    stop();
    start();
    cr_expect_eq(drop_look(here.drop, NOW, &why), ERR_AWAY);
    cr_expect(strstr(why, "not yet: No such file or directory"), "%s", why);
    cr_assert_eq(mkdir(path("not yet"), 0755), 0);
    put("not yet/a.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    cr_expect(exists("not yet/accepted/a.csv"));
}

/* The sink ends in the middle: the file has moved, its facts are half out and the cursor is not. */
Test(drop, a_crash_anywhere_causes_duplicates_never_gaps)
{
    looks(1);
    put("a.csv", CSV "101,email,2026-01-01,5\n102,email,2026-01-01,6\n");
    looks(1);
    facts();
    here.facts_left = 1;
    cr_expect_eq(look(), ERR_CANCELLED);
    cr_expect(exists("accepted/a.csv") && here.facts.len > 0);
    facts();
    stop();
    here.facts_left = -1;
    start();
    looks(1);
    const char *text = facts();
    int64_t version = version_in(get("accepted/a.csv.receipt"));
    cr_expect(strstr(text, arena_printf(here.arena, "\"key\":\"101/email/2026-01-01\",\"version\":%lld,", (long long)version)) && strstr(text, "\"tenant\":102"), "%s", text);
    stop();
    start();
    looks(2);
    cr_expect_str_eq(facts(), "", "now the cursor has it");

    /* A receipt whose file had not moved yet. */
    put("b.csv", CSV "103,email,2026-01-01,5\n");
    put("accepted/b.csv.receipt", "accepted: b.csv\nversion: 9000000000000000\n");
    stop();
    start();
    looks(2);
    cr_expect(strstr(facts(), "\"tenant\":103") && exists("accepted/b.csv.2"));
}

Test(drop, an_empty_store_is_filled_from_what_was_accepted)
{
    put("license.dat", "x");
    here.settings.map = path("map.tmp");
    put("map.tmp", "features: {a: email}\n");
    put("license.dat", "FEATURE a v 1 permanent 5\n");
    looks(2);
    put("license2.dat", "FEATURE a v 1 31-dec-2026 6\n");
    looks(2);
    put("a.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    put("a.csv", CSV "101,email,2026-01-01,5\n");
    looks(2);
    const char *before = facts();
    stop();
    buffer_clear(&here.cursor);
    start();
    const char *why = "";
    put("map.tmp", "features: [\n");
    cr_expect_eq(drop_look(here.drop, here.now, &why), ERR_AWAY);
    cr_expect(strstr(why, "accepted/license.dat, which is to be stated again: "), "%s", why);
    put("map.tmp", "features: {a: email}\n");
    looks(3);
    cr_expect_str_eq(facts(), before, "the same facts, keys and versions");
}
