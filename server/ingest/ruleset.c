#include "server/ingest/ruleset.h"

#include "base/log.h"
#include "proto/fact_json.h"

struct looking {
    struct buffer body; /* what the settings say */
    int64_t version;    /* of the newest one in the store, -1: none */
    bool same;
};

static enum err look(void *owner, const struct fact *fact)
{
    struct looking *looking = owner;
    struct buffer body = {0};
    if (fact->kind != FACT_RULESET || !bytes_equal_text(fact->source, "api") || fact->version <= looking->version)
        return ERR_OK;
    fact_json_write_body(fact, &body);
    looking->version = fact->version;
    looking->same = bytes_equal(buffer_bytes(&body), buffer_bytes(&looking->body));
    buffer_free(&body);
    return ERR_OK;
}

enum err ruleset_say(struct ingest *ingest, struct db *db, const struct settings *settings, const struct catalog *catalog, instant wall)
{
    struct fact fact = fact_blank(FACT_RULESET);
    struct looking looking = {.version = -1};
    struct arena *arena = arena_create();
    struct db_txn *txn;
    fact.source = BYTES_LITERAL("api");
    fact.key = BYTES_LITERAL("ever");
    fact.ruleset.zone = bytes_from_text(settings->counting.zone);
    fact.ruleset.cap_hours = settings->counting.cap_hours;
    fact.ruleset.sustained_minutes = settings->counting.sustained_minutes;
    fact.ruleset.catalog = catalog->text;
    fact_json_write_body(&fact, &looking.body);
    enum err err = db_begin_read(db, &txn);
    if (err == ERR_OK) {
        err = fact_rows_read(txn, TABLE_RULES, arena, look, &looking);
        db_abort(txn);
    }
    if (err == ERR_OK && !looking.same) {
        /* Acceptance time in µs, strictly growing (icon-facts.md, versions). */
        fact.version = wall * 1000 > looking.version ? wall * 1000 : looking.version + 1;
        ingest_fact(ingest, &fact);
        log_info("rules", "the counting rules of the settings are in force from now on");
    }
    buffer_free(&looking.body);
    arena_destroy(arena);
    return err;
}
