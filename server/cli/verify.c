/* seatmeter verify: a store's integrity and its chains of closes, beside a server that may be at work. */
#include "base/check.h"
#include "server/cli/cli.h"
#include "server/cli/options.h"
#include "server/close/chain.h"
#include "server/query/tally.h"
#include "server/settings.h"
#include "store/dictionary.h"
#include "store/session.h"

#include <inttypes.h>
#include <stdio.h>

struct verifying {
    struct db_txn *txn;
    struct arena *arena;
    uint64_t facts, sessions, faults;
    bool damaged; /* a record that cannot be read: exit 5 */
};

static void say(void *owner, const char *what)
{
    struct verifying *verifying = owner;
    verifying->faults++;
    fprintf(stderr, "seatmeter verify: %s\n", what);
}

static enum err count_fact(void *owner, const struct fact *fact)
{
    struct verifying *verifying = owner;
    (void)fact;
    verifying->facts++;
    arena_reset(verifying->arena);
    return ERR_OK;
}

/* Every fact of the small tables is read as it is at an opening: as JSON, and checked. */
static void verify_facts(struct verifying *verifying)
{
    static const enum db_table tables[] = {TABLE_ROW, TABLE_HISTORY, TABLE_RULES};
    for (int i = 0; i < 3; i++)
        if (fact_rows_read(verifying->txn, tables[i], verifying->arena, count_fact, verifying)) {
            char text[80];
            snprintf(text, sizeof text, "table %s has a fact that cannot be read", table_name(tables[i]));
            say(verifying, text);
            verifying->damaged = true;
        }
}

static bool known(struct verifying *verifying, enum dictionary_class class, uint32_t number)
{
    struct bytes text;
    return dictionary_get(verifying->txn, class, number, &text);
}

static bool known_key(struct verifying *verifying, uint64_t key)
{
    return !(key >> 63) || known(verifying, DICTIONARY_ROW_KEY, (uint32_t)key);
}

static bool known_ref(struct verifying *verifying, ref id)
{
    return !(id >> 31) || known(verifying, DICTIONARY_BIG_ID, id & 0x7fffffffu);
}

static bool login_is_whole(struct verifying *verifying, const struct login_record *record)
{
    const ref ids[] = {record->tenant, record->person, record->login, record->place, record->dn, record->switch_id};
    bool whole = known(verifying, DICTIONARY_SESSION, record->session) && known(verifying, DICTIONARY_SOURCE, record->source) &&
                 known_key(verifying, record->key) && (!record->app || known(verifying, DICTIONARY_WORD, record->app));
    for (size_t i = 0; whole && i < sizeof ids / sizeof *ids; i++)
        whole = known_ref(verifying, ids[i]);
    return whole;
}

static bool media_is_whole(struct verifying *verifying, const struct media_record *record)
{
    return known(verifying, DICTIONARY_SESSION, record->session) && known(verifying, DICTIONARY_SOURCE, record->source) &&
           known_key(verifying, record->key) && known(verifying, DICTIONARY_WORD, record->media) && known_ref(verifying, record->place) &&
           known_ref(verifying, record->dn);
}

/* Every session record names texts that are there; freed records name no session. */
static void verify_block(void *owner, enum session_class class, uint32_t block, struct bytes records)
{
    struct verifying *verifying = owner;
    size_t size = class == SESSION_LOGIN ? sizeof(struct login_record) : sizeof(struct media_record), broken = records.len % size;
    for (size_t at = 0; at + size <= records.len; at += size) {
        struct login_record login = {0};
        struct media_record media = {0};
        memcpy(class == SESSION_LOGIN ? (void *)&login : (void *)&media, records.data + at, size);
        if (!login.session && !media.session)
            continue;
        verifying->sessions++;
        broken += class == SESSION_LOGIN ? !login_is_whole(verifying, &login) : !media_is_whole(verifying, &media);
    }
    if (broken) {
        char text[120];
        snprintf(text, sizeof text, "table session: block %u of %s rows has records that cannot be read", block,
                 class == SESSION_LOGIN ? "login" : "media");
        say(verifying, text);
        verifying->damaged = true;
    }
}

static int verify(struct db *db)
{
    struct verifying verifying = {.arena = arena_create()};
    struct chain_result chains;
    struct tally_result tally;
    enum err err = db_begin_read(db, &verifying.txn);
    if (!err) {
        verify_facts(&verifying);
        session_block_each(verifying.txn, verify_block, &verifying);
        tally_check(verifying.txn, say, &verifying, &tally);
        chain_check(verifying.txn, say, &verifying, &chains);
        err = db_error(verifying.txn);
        db_abort(verifying.txn);
    }
    arena_destroy(verifying.arena);
    if (err)
        return err_exit_code(err);
    printf("%" PRIu64 " facts in rows, %" PRIu64 " login and media rows, %" PRIu64 " slot records of %" PRIu64 " counters, %" PRIu64
           " closes of %" PRIu64 " books: %s\n",
           verifying.facts, verifying.sessions, tally.slots, tally.counters, chains.closes, chains.books,
           verifying.faults ? "not in order" : "in order");
    return err_exit_code(verifying.damaged || tally.damaged ? ERR_DAMAGED : verifying.faults ? ERR_INPUT : ERR_OK);
}

int cli_verify(int argc, char **argv)
{
    const char *file = NULL, *store = NULL;
    const struct cli_option options[] = {CLI_OPTION_SETTINGS(&file), CLI_OPTION_STORE(&store), {NULL}};
    int first = 0, code = cli_options_read(argc, argv, options, &first);
    if (code >= 0)
        return code;
    if (first < argc)
        return cli_wrong_usage(argv[0], "\"%s\", expected options alone", argv[first]);
    struct arena *arena = arena_create();
    const struct settings *settings;
    struct db *db = NULL;
    enum err err = cli_settings_read(file, arena, &settings);
    if (!err)
        err = db_create(&(struct db_options){.dir = store ? store : settings->store.dir, .read_only = true}, &db);
    code = err ? err_exit_code(err) : verify(db);
    db_destroy(db);
    arena_destroy(arena);
    return code;
}
