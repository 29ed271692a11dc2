#include "tests/support/told_store.h"

#include "proto/fact_json.h"

#include <criterion/criterion.h>

void told_store_open(struct told_store *told)
{
    *told = (struct told_store){.arena = arena_create()};
    way_store_create(&told->store, NULL, NULL, 24);
}

void told_store_close(struct told_store *told)
{
    query_close(told->query);
    way_store_destroy(&told->store);
    arena_destroy(told->arena);
}

instant told_at(const char *text)
{
    instant at = INSTANT_NONE;
    cr_assert(instant_parse(bytes_from_text(text), &at), "%s is no instant", text);
    return at;
}

enum fact_outcome told_line(struct told_store *told, const char *line)
{
    struct arena *own = arena_create();
    struct fact fact;
    const char *why = "";
    cr_assert_eq(fact_json_read(bytes_from_text(line), own, &fact, &why), ERR_OK, "%s: %s", line, why);
    enum fact_outcome outcome = ingest_fact(told->store.ingest, &fact);
    arena_destroy(own);
    return outcome;
}

enum fact_outcome told_fact(struct told_store *told, const char *source, const char *kind, const char *key, const char *body)
{
    return told_line(told, arena_printf(told->arena, "{\"source\":\"%s\",\"kind\":\"%s\",\"key\":\"%s\",\"version\":1,\"body\":%s}", source, kind, key, body));
}

void told_look(struct told_store *told, const char *wall)
{
    query_close(told->query);
    way_store_flush_at(&told->store, told_at(wall));
    cr_assert_eq(query_open(told->store.db, &told->query), ERR_OK);
}
