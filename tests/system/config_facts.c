/*
 * tests/system/config_facts.c - what a store says of the configuration, for tests/system/config.sh.
 *
 *   config_facts at STORE TIME…     per TIME a line "at TIME", then each object and membership as it was then, sorted; folded
 *                                   from the facts alone, by a reading of the contract of its own
 *   config_facts forget STORE SOURCE   takes the source's cursor away
 */
#include "proto/fact_json.h"
#include "store/records.h"

#include <stdio.h>
#include <stdlib.h>

struct said {
    struct fact *facts;
    size_t count;
    struct arena *arena;
};

static enum err take(void *owner, const struct fact *fact)
{
    struct said *said = owner;
    if (said->count % 1024 == 0)
        said->facts = memory_resize(said->facts, (said->count + 1024) * sizeof *said->facts);
    said->facts[said->count++] = fact_copy(fact, said->arena);
    return ERR_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool outdone(const struct said *said, const struct fact *fact, instant at)
{
    for (size_t i = 0; i < said->count; i++) {
        const struct fact *other = &said->facts[i];
        if (other != fact && other->kind == FACT_OBJECT && other->object.type == fact->object.type && other->object.id == fact->object.id &&
            other->object.valid_from <= at && other->object.valid_from > fact->object.valid_from)
            return true;
    }
    return false;
}

static const char *shown(int64_t id, struct arena *arena)
{
    return id == ID_NONE ? "-" : arena_printf(arena, "%lld", (long long)id);
}

static void print_at(const struct said *said, instant at, struct arena *arena)
{
    static const char *const flags[] = {"-", "no", "yes"}, *const switches[] = {"-", "tdm", "sip", "network"};
    char text[INSTANT_TEXT_SIZE];
    char **lines = memory_alloc((said->count + 1) * sizeof *lines);
    size_t count = 0;
    for (size_t i = 0; i < said->count; i++) {
        const struct fact *fact = &said->facts[i];
        const struct object *object = &fact->object;
        const struct membership *membership = &fact->membership;
        if (fact->kind == FACT_MEMBERSHIP && membership->from <= at && at < membership->to)
            lines[count++] = arena_printf(arena, "member %lld %s %lld", (long long)membership->group, object_type_name(membership->member_type),
                                          (long long)membership->member);
        if (fact->kind == FACT_OBJECT && object->valid_from <= at && object->deleted != FLAG_YES && !outdone(said, fact, at))
            lines[count++] = arena_printf(arena, "%s %lld %s %s %s %s %s %s", object_type_name(object->type), (long long)object->id,
                                          shown(object->tenant, arena), shown(object->switch_id, arena), flags[object->enabled], flags[object->agent],
                                          flags[object->type == OBJECT_SWITCH ? object->has_backup : object->wfm], switches[object->switch_type]);
    }
    qsort(lines, count, sizeof *lines, by_text);
    printf("at %s\n", instant_format(at, text));
    for (size_t i = 0; i < count; i++)
        printf("%s\n", lines[i]);
    free(lines);
}

static int print_all(struct db *db, int argc, char **argv)
{
    struct said said = {.arena = arena_create()};
    struct arena *arena = arena_create();
    struct db_txn *txn;
    instant at;
    enum err err = db_begin_read(db, &txn);
    if (!err) {
        err = fact_rows_read_kind(txn, FACT_OBJECT, arena, take, &said);
        err = err ? err : fact_rows_read_kind(txn, FACT_MEMBERSHIP, arena, take, &said);
        db_abort(txn);
    }
    for (int i = 0; i < argc && !err; i++) {
        if (instant_parse(bytes_from_text(argv[i]), &at))
            print_at(&said, at, arena);
        else
            err = ERR_USAGE;
    }
    free(said.facts);
    arena_destroy(said.arena);
    arena_destroy(arena);
    return err != ERR_OK;
}

static int forget(struct db *db, const char *source)
{
    struct db_txn *txn;
    struct key key = {.len = 0};
    key_add_text(&key, bytes_from_text(source));
    if (db_begin_write(db, &txn))
        return 1;
    db_delete_chunked(txn, TABLE_POSITION, key_bytes(&key));
    return db_commit(txn) != ERR_OK;
}

int main(int argc, char **argv)
{
    struct db *db;
    bool at = argc > 3 && strcmp(argv[1], "at") == 0, forgets = argc == 4 && strcmp(argv[1], "forget") == 0;
    if ((!at && !forgets) || db_create(&(struct db_options){.dir = argv[2], .read_only = at}, &db)) {
        fprintf(stderr, "usage: config_facts at STORE TIME… | config_facts forget STORE SOURCE\n");
        return 2;
    }
    int code = at ? print_all(db, argc - 3, argv + 3) : forget(db, argv[3]);
    db_destroy(db);
    return code;
}
