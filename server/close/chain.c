#include "server/close/chain.h"

#include "base/crypto.h"
#include "base/json.h"

#include <stdlib.h>

/* A document of the book that is looked at. */
struct link {
    struct close_key key;
    char digest[SHA256_TEXT_SIZE], previous[SHA256_TEXT_SIZE];
};

struct chaining {
    struct db_txn *txn;
    struct arena *arena; /* for one document */
    struct arena *walk;  /* close_each()'s own */
    struct link *links;
    size_t count, capacity;
    chain_fault_fn fault;
    void *owner;
    struct chain_result *result;
};

__attribute__((format(printf, 3, 4))) static void say(struct chaining *chaining, const struct close_key *key, const char *format, ...)
{
    struct buffer text = {0};
    char day[DATE_TEXT_SIZE];
    va_list args;
    if (key->book)
        buffer_printf(&text, "close of book %lld", (long long)key->book);
    else
        buffer_append_text(&text, "close of the system");
    buffer_printf(&text, ", %s, revision %u: ", date_format(key->day, day), key->revision);
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    chaining->result->faults++;
    chaining->fault(chaining->owner, buffer_text(&text));
    buffer_free(&text);
}

static struct bytes text_of(const struct json *document, const char *name)
{
    const struct json *member = json_member(document, name);
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_NONE;
}

/* That a close lies where it says it belongs. */
static void check_place(struct chaining *chaining, const struct close_key *key, const struct json *document)
{
    char day[DATE_TEXT_SIZE];
    const char *book = key->book ? arena_printf(chaining->arena, "%lld", (long long)key->book) : "system";
    const struct json *revision = json_member(document, "revision");
    if (!bytes_equal_text(text_of(document, "book"), book) || !bytes_equal_text(text_of(document, "day"), date_format(key->day, day)) ||
        !revision || revision->kind != JSON_KIND_INTEGER || revision->integer != key->revision)
        say(chaining, key, "its document names another book, day or revision");
}

static void check_rows(struct chaining *chaining, const struct close_key *key, const struct json *document)
{
    struct close_record record;
    char digest[SHA256_TEXT_SIZE];
    struct bytes named = text_of(document, "rows_sha256");
    if (!close_get(chaining->txn, *key, chaining->arena, &record))
        say(chaining, key, "its rows are not there");
    else if (!bytes_equal_text(named, sha256_text(record.rows, digest)))
        say(chaining, key, "its rows have the digest %s, its document names %.*s", digest, (int)named.len, (const char *)named.data);
}

/* A previous digest may only be missing at the chain's oldest end: retention takes from there. */
static void check_book(struct chaining *chaining)
{
    for (size_t i = 0; i < chaining->count; i++) {
        const struct link *link = &chaining->links[i];
        bool found = false;
        for (size_t k = 0; k < chaining->count; k++) {
            found = found || strcmp(link->previous, chaining->links[k].digest) == 0;
            if (k < i && strcmp(link->previous, chaining->links[k].previous) == 0)
                say(chaining, &link->key, "it continues the same document as revision %u of day %d since 1970 does",
                    chaining->links[k].key.revision, (int)chaining->links[k].key.day);
        }
        if (!found && i > 0)
            say(chaining, &link->key, "it continues a document %s that is not there", *link->previous ? link->previous : "(none)");
    }
    chaining->result->books += chaining->count > 0;
    chaining->count = 0;
}

static void add_link(struct chaining *chaining, const struct close_record *record, struct bytes previous)
{
    if (chaining->count && chaining->links[chaining->count - 1].key.book != record->key.book)
        check_book(chaining);
    if (chaining->count == chaining->capacity) {
        chaining->capacity = chaining->capacity ? chaining->capacity * 2 : 64;
        chaining->links = memory_resize(chaining->links, chaining->capacity * sizeof *chaining->links);
    }
    struct link *link = &chaining->links[chaining->count++];
    *link = (struct link){.key = record->key};
    sha256_text(record->document, link->digest);
    memcpy(link->previous, previous.data, previous.len);
}

static void check_close(void *owner, const struct close_record *record)
{
    struct chaining *chaining = owner;
    const char *why;
    arena_reset(chaining->arena);
    chaining->result->closes++;
    const struct json *document = json_read(record->document, chaining->arena, &why);
    struct bytes previous = text_of(document, "previous_sha256");
    if (!document) {
        say(chaining, &record->key, "its document is %s", why);
        return;
    }
    check_place(chaining, &record->key, document);
    check_rows(chaining, &record->key, document);
    if (!bytes_present(previous) || (previous.len != 0 && previous.len != SHA256_TEXT_SIZE - 1))
        say(chaining, &record->key, "its previous_sha256 is no digest");
    else
        add_link(chaining, record, previous);
}

void chain_check(struct db_txn *txn, chain_fault_fn fault, void *owner, struct chain_result *result)
{
    *result = (struct chain_result){0};
    struct chaining chaining = {.txn = txn, .arena = arena_create(), .walk = arena_create(), .fault = fault, .owner = owner, .result = result};
    close_each(txn, -1, INT32_MIN, INT32_MAX, chaining.walk, check_close, &chaining);
    check_book(&chaining);
    arena_destroy(chaining.arena);
    arena_destroy(chaining.walk);
    free(chaining.links);
}
