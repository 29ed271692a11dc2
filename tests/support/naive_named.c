/* Who was there at all in a span (domain.md §7.10), and what was held for long (§2.10): over what lies behind a line. */
#include "tests/support/naive_parts.h"

#include <stdlib.h>

struct stay {
    struct bytes seat;
    instant from, to;
};

struct named_memo {
    struct named_memo *next;
    enum scope_kind kind;
    int64_t id;
    size_t item;
    bool by_person;
    struct stay *stays; /* seat after seat */
    size_t count;
};

/* The seat as a text that no other seat has (domain.md §2.1, §2.2, §2.10, §7.17). */
static struct bytes seat_of(struct naive *naive, const struct naive_user *user, bool by_person)
{
    struct arena *arena = naive->arena;
    const struct naive_session *session = user->session;
    const char *text;
    if (!session && bytes_present(user->port->port.call))
        text = arena_printf(arena, "call %.*s", (int)user->port->port.call.len, (const char *)user->port->port.call.data);
    else if (!session)
        text = arena_printf(arena, "port %.*s %.*s", (int)user->port->source.len, (const char *)user->port->source.data, (int)user->port->key.len,
                            (const char *)user->port->key.data);
    else if (by_person && session->person != ID_NONE)
        text = arena_printf(arena, "person %lld", (long long)session->person);
    else if (session->place != ID_NONE)
        text = arena_printf(arena, "place %lld", (long long)session->place);
    else if (session->dn != ID_NONE)
        text = arena_printf(arena, "dn %lld", (long long)session->dn);
    else if (session->login != ID_NONE)
        text = arena_printf(arena, "login %lld", (long long)session->login);
    else if (session->person != ID_NONE)
        text = arena_printf(arena, "person %lld", (long long)session->person);
    else
        text = arena_printf(arena, "session %.*s", (int)session->id.len, (const char *)session->id.data);
    return bytes_from_text(text);
}

static int compare_stay(const void *left, const void *right)
{
    const struct stay *a = left, *b = right;
    return bytes_compare(a->seat, b->seat);
}

static const struct named_memo *stays_of(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, bool by_person)
{
    struct named_memo *memo = naive->named_memos;
    while (memo && !(memo->kind == kind && memo->id == id && memo->item == item && memo->by_person == by_person))
        memo = memo->next;
    if (memo)
        return memo;
    const struct naive_user *users;
    memo = arena_alloc(naive->arena, sizeof *memo);
    *memo = (struct named_memo){naive->named_memos, kind, id, item, by_person, NULL, naive_users(naive, kind, id, item, &users)};
    memo->stays = arena_alloc(naive->arena, (memo->count + 1) * sizeof *memo->stays);
    for (size_t i = 0; i < memo->count; i++)
        memo->stays[i] = (struct stay){seat_of(naive, &users[i], by_person), users[i].from, users[i].to};
    if (memo->count)
        qsort(memo->stays, memo->count, sizeof *memo->stays, compare_stay);
    naive->named_memos = memo;
    return memo;
}

int64_t naive_named(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, enum profile profile, instant start, instant end)
{
    const struct named_memo *memo = stays_of(naive, kind, id, item, profile == PROFILE_PERSON);
    int64_t named = 0;
    for (size_t i = 0, next; i < memo->count; i = next) {
        bool there = false;
        for (next = i; next < memo->count && bytes_equal(memo->stays[next].seat, memo->stays[i].seat); next++)
            there |= memo->stays[next].from < end && memo->stays[next].to > start && memo->stays[next].from < memo->stays[next].to;
        named += there;
    }
    return named;
}

int64_t naive_sustained(const struct naive_line *line, instant start, instant end, int64_t minutes)
{
    if (end - start < HOUR_MS)
        return -1;
    /* The answer is a level of the line, so each is tried, the highest first wins. */
    int64_t answer = 0;
    for (size_t tried = 0; tried < line->count; tried++) {
        int64_t least = line->steps[tried].level, ms = 0;
        for (size_t i = 0; least > answer && i < line->count; i++) {
            instant from = line->steps[i].at > start ? line->steps[i].at : start, to = i + 1 < line->count ? line->steps[i + 1].at : end;
            to = to < end ? to : end;
            if (line->steps[i].level >= least && from < to)
                ms += to - from;
        }
        if (least > answer && ms >= minutes * MINUTE_MS)
            answer = least;
    }
    return answer;
}
