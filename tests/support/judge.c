#include "tests/support/judge.h"

#include "base/check.h"
#include "server/query/query.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SHOWN_MAX = 4 };

struct trial {
    struct naive *naive;
    const struct judge_request *request;
    struct buffer *out;
    enum granularity granularity;
    instant step_ms;
    const int64_t *ids;
    size_t id_count, rows, faults;
    bool odd_ids;
    /* the group of rows under way: one (id, item) */
    bool seen[64][256]; /* [place of id][place of item] */
    size_t id, item;
    instant next, first, last; /* the periods that overlap what was asked */
    bool open, concurrent;
    struct naive_line line;
};

static void fault(struct trial *trial, const struct usage_row *row, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fault(struct trial *trial, const struct usage_row *row, const char *format, ...)
{
    if (trial->faults++ >= SHOWN_MAX)
        return;
    if (row) {
        struct json_writer writer = {.out = trial->out};
        buffer_append_text(trial->out, "  row ");
        usage_write_json(row, &writer);
        buffer_append_char(trial->out, '\n');
    }
    va_list args;
    va_start(args, format);
    buffer_append_text(trial->out, "  ");
    buffer_vprintf(trial->out, format, args);
    buffer_append_char(trial->out, '\n');
    va_end(args);
}

/* The system has no id. */
static int64_t row_id(const struct usage_row *row)
{
    return row->scope == SCOPE_SYSTEM && row->id == ID_NONE ? 0 : row->id;
}

static void group_end(struct trial *trial)
{
    char text[INSTANT_TEXT_SIZE];
    if (trial->open && trial->next != trial->last)
        fault(trial, NULL, "expected rows of id %" PRId64 " item %.*s to go on at %s", trial->ids[trial->id],
              (int)trial->request->catalog->items[trial->item].code.len, (const char *)trial->request->catalog->items[trial->item].code.data,
              instant_format(trial->next, text));
    trial->open = false;
}

/* Finds id and item of the first row of a group; false when nobody asked for it. */
static bool group_begin(struct trial *trial, const struct usage_row *row)
{
    const struct catalog *catalog = trial->request->catalog;
    size_t id = 0, item = 0;
    while (id < trial->id_count && trial->ids[id] != row_id(row))
        id++;
    while (item < catalog->count && !bytes_equal(catalog->items[item].code, row->item))
        item++;
    if (item == catalog->count) {
        fault(trial, row, "expected no such row");
        return false;
    }
    if (trial->seen[id][item])
        fault(trial, row, "expected the rows of an item together, and once");
    trial->seen[id][item] = true;
    trial->id = id;
    trial->item = item;
    trial->next = trial->first;
    trial->open = true;
    trial->concurrent = catalog->items[item].measure_concurrent;
    if (trial->concurrent)
        trial->line = naive_line(trial->naive, row->scope, row_id(row), item, PROFILE_EXACT);
    return true;
}

/* A tenant that no newest row names: the store still knows it from an older version, or from a time when a
 * session's configuration had not come.  Its rows must be zero. */
static bool is_stranger(struct trial *trial, const struct usage_row *row)
{
    for (size_t i = 0; i < trial->id_count; i++)
        if (trial->ids[i] == row_id(row))
            return false;
    if (row->scope != SCOPE_TENANT || row->peak > 0 || row->seat_ms > 0)
        fault(trial, row, "expected no such row");
    trial->odd_ids = true;
    return true;
}

static enum err take_row(void *owner, const struct usage_row *row)
{
    struct trial *trial = owner;
    const struct catalog *catalog = trial->request->catalog;
    if (trial->faults > SHOWN_MAX)
        return ERR_CANCELLED; /* enough was seen */
    trial->rows++;
    if (is_stranger(trial, row))
        return ERR_OK;
    if (!trial->open || trial->ids[trial->id] != row_id(row) || !bytes_equal(catalog->items[trial->item].code, row->item)) {
        group_end(trial);
        if (!group_begin(trial, row))
            return ERR_OK;
    }
    if (row->profile != PROFILE_EXACT || row->granularity != trial->granularity || row->start != trial->next ||
        row->end != row->start + trial->step_ms) {
        char text[INSTANT_TEXT_SIZE];
        fault(trial, row, "expected profile exact, the period from %s, %lld ms long", instant_format(trial->next, text),
              (long long)trial->step_ms);
    }
    trial->next = row->end;
    struct naive_usage expected = {-1, INSTANT_NONE, -1};
    if (trial->concurrent)
        expected = naive_usage(&trial->line, row->start, row->end);
    if (row->peak != expected.peak || row->peak_at != expected.peak_at || row->seat_ms != expected.seat_ms) {
        char text[INSTANT_TEXT_SIZE] = "null";
        if (expected.peak_at != INSTANT_NONE)
            instant_format(expected.peak_at, text);
        fault(trial, row, "expected peak %" PRId64 " at %s, seat_ms %" PRId64, expected.peak, text, expected.seat_ms);
    }
    return ERR_OK;
}

/* Every item of an id has rows, or, while odd ids are let pass, none of an id that nobody uses has. */
static void check_groups(struct trial *trial, enum scope_kind scope, size_t id)
{
    const struct catalog *catalog = trial->request->catalog;
    size_t seen = 0, used = scope == SCOPE_SYSTEM;
    for (size_t item = 0; item < catalog->count; item++) {
        seen += trial->seen[id][item];
        used += catalog->items[item].measure_concurrent && naive_line(trial->naive, scope, trial->ids[id], item, PROFILE_EXACT).count > 0;
    }
    if (seen == 0 && used == 0)
        trial->odd_ids = true;
    else if (seen != catalog->count)
        fault(trial, NULL, "%s %" PRId64 " by %s: expected rows of %zu items, found %zu", scope_kind_name(scope), trial->ids[id],
              granularity_name(trial->granularity), catalog->count, seen);
}

static void ask(struct query *query, struct trial *trial, enum scope_kind scope)
{
    static const instant steps[] = {[GRANULARITY_10M] = 10 * MINUTE_MS, [GRANULARITY_HOUR] = HOUR_MS, [GRANULARITY_DAY] = DAY_MS};
    struct arena *arena = arena_create();
    struct usage_request request = {.scope = scope, .id = scope == SCOPE_SYSTEM ? 0 : ID_NONE, .from = trial->request->from,
                                    .to = trial->request->to, .granularity = trial->granularity, .profiles = 1u << PROFILE_EXACT};
    const char *why = "";
    memset(trial->seen, 0, sizeof trial->seen);
    trial->step_ms = steps[trial->granularity];
    trial->first = floor_div(request.from, trial->step_ms) * trial->step_ms;
    trial->last = floor_div(request.to + trial->step_ms - 1, trial->step_ms) * trial->step_ms;
    trial->id_count = naive_scopes(trial->naive, scope, &trial->ids);
    check(trial->id_count < sizeof trial->seen / sizeof *trial->seen && trial->request->catalog->count < sizeof *trial->seen);
    enum err err = query_usage(query, &request, arena, take_row, trial, &why);
    if (trial->faults > SHOWN_MAX)
        trial->open = false;
    else if (err)
        fault(trial, NULL, "query_usage failed: %s: %s", err_name(err), why);
    group_end(trial);
    for (size_t id = 0; id < trial->id_count && !trial->faults; id++)
        check_groups(trial, scope, id);
    arena_destroy(arena);
}

bool judge_store(struct db *db, struct naive *naive, const struct judge_request *request, struct buffer *out, struct judge_counts *counts)
{
    struct trial *trial = memory_alloc_zero(1, sizeof *trial);
    struct query *query;
    trial->naive = naive;
    trial->request = request;
    trial->out = out;
    check(query_open(db, &query) == ERR_OK);
    for (int granularity = GRANULARITY_10M; granularity <= GRANULARITY_DAY; granularity++)
        if (request->granularities & 1u << granularity) {
            trial->granularity = (enum granularity)granularity;
            ask(query, trial, SCOPE_SYSTEM);
            ask(query, trial, SCOPE_TENANT);
        }
    query_close(query);
    bool right = trial->faults == 0;
    if (trial->faults > SHOWN_MAX)
        buffer_append_text(out, "  … and more\n");
    counts->rows += trial->rows;
    counts->odd_ids += trial->odd_ids;
    free(trial);
    return right;
}
