/* Who is behind a line: the spans of each session and port, joined. */
#include "tests/support/naive_parts.h"

#include <stdlib.h>

struct users {
    struct naive *naive;
    struct naive_user *list;
    size_t count, capacity;
};

static int compare_span(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

static void add_user(struct users *users, struct naive_user user)
{
    if (users->count == users->capacity) {
        size_t capacity = users->capacity ? users->capacity * 2 : 32;
        struct naive_user *more = arena_alloc(users->naive->arena, capacity * sizeof *more);
        if (users->count)
            memcpy(more, users->list, users->count * sizeof *more);
        users->list = more;
        users->capacity = capacity;
    }
    users->list[users->count++] = user;
}

static void add_spans(struct users *users, const struct naive_session *session, const struct fact *port, struct spans *spans)
{
    if (spans->count)
        qsort(spans->list, spans->count, sizeof *spans->list, compare_span);
    for (size_t i = 0; i < spans->count;) {
        struct span whole = spans->list[i++];
        for (; i < spans->count && spans->list[i].begin <= whole.end; i++)
            if (spans->list[i].end > whole.end)
                whole.end = spans->list[i].end;
        add_user(users, (struct naive_user){session, port, whole.begin, whole.end});
    }
}

size_t naive_users(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, const struct naive_user **list)
{
    struct users users = {.naive = naive};
    for (size_t i = 0; i < naive->session_count; i++) {
        struct spans scope = naive_session_in_scope(naive, &naive->sessions[i], kind, id);
        struct spans uses = scope.count ? naive_session_item(naive, &naive->sessions[i], item) : (struct spans){0};
        struct spans both = spans_and(naive, &uses, &scope);
        add_spans(&users, &naive->sessions[i], NULL, &both);
    }
    for (size_t i = 0; i < naive->row_count; i++)
        if (naive->rows[i]->kind == FACT_PORT && naive_port_in_scope(&naive->rows[i]->port, kind, id)) {
            struct spans spans = naive_port_item(naive, &naive->rows[i]->port, item);
            add_spans(&users, NULL, naive->rows[i], &spans);
        }
    *list = users.list;
    return users.count;
}
