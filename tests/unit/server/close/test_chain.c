/* Chains of closes: whole ones pass, each kind of tampering is told with its book and day. */
#include "server/close/chain.h"

#include "base/crypto.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct arena *arena;
static struct db *db;
static char folder[SCRATCH_PATH_SIZE];
static struct buffer faults;

static void open_store(void)
{
    arena = arena_create();
    cr_assert_eq(db_create(&(struct db_options){.dir = scratch_folder(NULL, folder), .map_bytes = 16 << 20}, &db), ERR_OK);
}

static void close_store(void)
{
    db_destroy(db);
    arena_destroy(arena);
    buffer_free(&faults);
    scratch_remove(folder);
}

TestSuite(chain, .init = open_store, .fini = close_store);

/* A close as the store keeps it; previous "" for the first.  Returns the document's digest. */
static const char *put(int64_t book, int32_t day, const char *says_book, const char *rows, const char *digest_of, const char *previous)
{
    char text[DATE_TEXT_SIZE], digest[SHA256_TEXT_SIZE];
    struct db_txn *txn;
    const char *document = arena_printf(arena, "{\"book\":\"%s\",\"day\":\"%s\",\"previous_sha256\":\"%s\",\"revision\":0,\"rows_sha256\":\"%s\"}", says_book,
                                        date_format(day, text), previous, sha256_text(bytes_from_text(digest_of), digest));
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    close_put(txn, &(struct close_record){{book, day, 0}, bytes_from_text(document), bytes_from_text(rows)});
    cr_assert_eq(db_commit(txn), ERR_OK);
    return sha256_text(bytes_from_text(document), arena_alloc(arena, SHA256_TEXT_SIZE));
}

static void keep(void *owner, const char *what)
{
    (void)owner;
    buffer_printf(&faults, "%s\n", what);
}

static struct chain_result checked(void)
{
    struct chain_result result;
    struct db_txn *txn;
    buffer_clear(&faults);
    cr_assert_eq(db_begin_read(db, &txn), ERR_OK);
    chain_check(txn, keep, NULL, &result);
    db_abort(txn);
    return result;
}

static void expect_fault(const char *says)
{
    struct chain_result result = checked();
    cr_expect(result.faults == 1 && strstr(buffer_text(&faults), says), "says   %s\nwanted %s", buffer_text(&faults), says);
}

Test(chain, two_books_hold_together)
{
    const char *last = "", *of_system = "";
    for (int32_t day = 20000; day < 20005; day++) {
        last = put(101, day, "101", "{}\n", "{}\n", last);
        of_system = put(0, day, "system", "", "", of_system);
    }
    struct chain_result result = checked();
    cr_expect(result.books == 2 && result.closes == 10 && result.faults == 0, "%s", buffer_text(&faults));
}

Test(chain, its_oldest_end_may_have_been_taken_by_retention)
{
    put(101, 20001, "101", "a\n", "a\n", put(101, 20000, "101", "", "", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    cr_expect_eq(checked().faults, 0);
}

Test(chain, rows_were_changed)
{
    put(101, 20000, "101", "{\"peak\":2}\n", "{\"peak\":3}\n", "");
    expect_fault("close of book 101, 2024-10-04, revision 0: its rows have the digest ");
}

Test(chain, a_document_was_changed)
{
    const char *first = put(101, 20000, "101", "", "", "");
    put(101, 20001, "101", "", "", first);
    put(101, 20000, "101", "x", "x", "");
    expect_fault("close of book 101, 2024-10-05, revision 0: it continues a document ");
}

Test(chain, a_day_stands_twice_in_the_chain)
{
    const char *first = put(101, 20000, "101", "", "", "");
    put(101, 20001, "101", "", "", first);
    put(101, 20002, "101", "", "", first);
    expect_fault("close of book 101, 2024-10-06, revision 0: it continues the same document");
}

Test(chain, a_close_lies_under_another_book)
{
    put(101, 20000, "102", "", "", "");
    expect_fault("its document names another book, day or revision");
}

Test(chain, a_document_is_no_json)
{
    struct db_txn *txn;
    cr_assert_eq(db_begin_write(db, &txn), ERR_OK);
    close_put(txn, &(struct close_record){{0, 20000, 0}, BYTES_LITERAL("{\"book\""), BYTES_LITERAL("")});
    cr_assert_eq(db_commit(txn), ERR_OK);
    expect_fault("close of the system, 2024-10-04, revision 0: its document is no JSON");
}
