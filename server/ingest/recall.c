#include "server/ingest/recall.h"

#include "store/records.h"

struct recalling {
    struct arena *arena;
    struct bytes source;
    adapter_take_fn take;
    void *owner;
};

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct recalling *recalling = owner;
    struct bytes of = fact->kind == FACT_DECISION ? fact->decision.of : fact->source;
    enum err err = bytes_equal(of, recalling->source) ? recalling->take(recalling->owner, fact) : ERR_OK;
    arena_reset(recalling->arena);
    return err;
}

static enum err recall(struct db *db, struct bytes source, const enum fact_kind *kinds, size_t count, adapter_take_fn take, void *owner)
{
    struct recalling recalling = {.arena = arena_create(), .source = source, .take = take, .owner = owner};
    struct db_txn *txn;
    enum err err = db_begin_read(db, &txn);
    if (err == ERR_OK) {
        for (size_t i = 0; i < count && err == ERR_OK; i++)
            err = fact_rows_read_kind(txn, kinds[i], recalling.arena, take_fact, &recalling);
        db_abort(txn);
    }
    arena_destroy(recalling.arena);
    return err;
}

enum err recall_past(struct db *db, struct bytes source, adapter_take_fn take, void *owner)
{
    static const enum fact_kind kinds[] = {FACT_SOURCE, FACT_WATERMARK, FACT_OBJECT, FACT_MEMBERSHIP, FACT_DECISION};
    return recall(db, source, kinds, sizeof kinds / sizeof *kinds, take, owner);
}

enum err recall_decisions(struct db *db, struct bytes source, adapter_take_fn take, void *owner)
{
    static const enum fact_kind kinds[] = {FACT_DECISION};
    return recall(db, source, kinds, 1, take, owner);
}
