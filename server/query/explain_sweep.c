/* The peak over uses: their ends, seat by seat united, netted by millisecond and swept (domain.md §7.7). */
#include "server/query/explain.h"

#include <stdlib.h>

struct end {
    instant at;
    int sign;
};

struct ends {
    struct end *list; /* malloc'ed */
    size_t count, capacity;
};

static void add_end(struct ends *ends, instant at, int sign)
{
    if (ends->count == ends->capacity) {
        ends->capacity = ends->capacity ? ends->capacity * 2 : 1024;
        ends->list = memory_resize(ends->list, ends->capacity * sizeof *ends->list);
    }
    ends->list[ends->count++] = (struct end){at, sign};
}

static int compare_ends(const void *a, const void *b)
{
    const struct end *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static bool left_out(const struct use *use, unsigned without)
{
    return (without & WITHOUT_CAPPED && use->reason == END_CAPPED) ||
           (without & WITHOUT_SUPERSEDED && use->reason == END_SUPERSEDED);
}

size_t uses_of_seat(const struct use *uses, size_t count, size_t start)
{
    size_t end = start;
    while (end < count && uses[end].seat == uses[start].seat)
        end++;
    return end;
}

bool uses_shared(const struct use *uses, size_t count, unsigned without, instant at)
{
    uint32_t person = 0;
    for (size_t i = 0; i < count; i++) {
        if (uses[i].from > at || uses[i].to <= at || left_out(&uses[i], without) || !uses[i].person)
            continue;
        if (person && person != uses[i].person)
            return true;
        person = uses[i].person;
    }
    return false;
}

bool uses_hold(const struct use *uses, size_t count, unsigned without, instant at)
{
    bool held = false;
    for (size_t i = 0; i < count && !held; i++)
        held = uses[i].from <= at && at < uses[i].to && !left_out(&uses[i], without);
    return held && !(without & WITHOUT_SHARED && uses_shared(uses, count, without, at));
}

/* The uses of one seat that are under way, kept while a sweep goes over its instants. */
struct under_way {
    const struct use **list;
    size_t count;
};

static void drop_ended(struct under_way *under_way, instant at)
{
    size_t kept = 0;
    for (size_t i = 0; i < under_way->count; i++)
        if (under_way->list[i]->to > at)
            under_way->list[kept++] = under_way->list[i];
    under_way->count = kept;
}

static bool has_two_persons(const struct under_way *under_way)
{
    uint32_t person = 0;
    for (size_t i = 0; i < under_way->count; i++) {
        uint32_t other = under_way->list[i]->person;
        if (person && other && other != person)
            return true;
        person = other ? other : person;
    }
    return false;
}

static instant next_instant(const struct under_way *under_way, const struct use *uses, size_t count, size_t next, unsigned without)
{
    instant at = INSTANT_NEVER;
    for (size_t i = 0; i < under_way->count; i++)
        at = under_way->list[i]->to < at ? under_way->list[i]->to : at;
    for (; next < count && left_out(&uses[next], without); next++)
        ;
    return next < count && uses[next].from < at ? uses[next].from : at;
}

/* The ends of one seat's spans in use, all time: uses come by from. */
static void seat_ends(const struct use *uses, size_t count, unsigned without, struct ends *ends)
{
    struct under_way under_way = {.list = memory_alloc(count * sizeof(struct use *))};
    size_t next = 0;
    bool before = false;
    for (;;) {
        instant at = next_instant(&under_way, uses, count, next, without);
        if (at == INSTANT_NEVER)
            break;
        drop_ended(&under_way, at);
        for (; next < count && (uses[next].from <= at || left_out(&uses[next], without)); next++)
            if (!left_out(&uses[next], without))
                under_way.list[under_way.count++] = &uses[next];
        bool after = under_way.count > 0 && !(without & WITHOUT_SHARED && has_two_persons(&under_way));
        if (after != before)
            add_end(ends, at, after ? 1 : -1);
        before = after;
    }
    free(under_way.list);
}

static struct ends all_ends(const struct use *uses, size_t count, unsigned without)
{
    struct ends ends = {0};
    for (size_t start = 0, end; start < count; start = end) {
        end = uses_of_seat(uses, count, start);
        if (end - start > 1) {
            seat_ends(&uses[start], end - start, without, &ends);
        } else if (!left_out(&uses[start], without)) {
            add_end(&ends, uses[start].from, 1);
            if (uses[start].to != INSTANT_NEVER)
                add_end(&ends, uses[start].to, -1);
        }
    }
    if (ends.count)
        qsort(ends.list, ends.count, sizeof *ends.list, compare_ends);
    return ends;
}

struct sweep uses_sweep(const struct use *uses, size_t count, unsigned without, instant start, instant end)
{
    struct ends ends = all_ends(uses, count, without);
    int64_t level = 0;
    size_t i = 0;
    for (; i < ends.count && ends.list[i].at < start; i++)
        level += ends.list[i].sign;
    int64_t entered = level;
    for (; i < ends.count && ends.list[i].at == start; i++)
        level += ends.list[i].sign;
    struct sweep sweep = {.peak = level, .peak_at = start, .rose = level > entered, .held_until = INSTANT_NEVER};
    while (i < ends.count && ends.list[i].at < end) {
        instant at = ends.list[i].at;
        int64_t before = level;
        for (; i < ends.count && ends.list[i].at == at; i++)
            level += ends.list[i].sign;
        if (level > before && level >= sweep.peak)
            sweep = (struct sweep){level, at, true, INSTANT_NEVER};
        else if (level < before && before == sweep.peak && sweep.held_until == INSTANT_NEVER)
            sweep.held_until = at;
    }
    free(ends.list);
    if (sweep.peak == 0)
        sweep = (struct sweep){.peak_at = INSTANT_NONE, .held_until = INSTANT_NEVER};
    return sweep;
}
