#include "tests/support/judge.h"

#include "base/check.h"
#include "server/query/query.h"
#include "tests/support/calendar.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SHOWN_MAX = 4, IDS_MAX = 64 };

struct trial {
    struct naive *naive;
    const struct judge_request *request;
    struct buffer *out;
    enum scope_kind scope;
    const struct calendar_period *periods;
    size_t period_count;
    const int64_t *ids;
    size_t id_count, rows, faults;
    bool odd_ids;
    size_t seen[IDS_MAX]; /* groups of rows, by place of id */
    /* the group of rows under way: one (id, item, profile) */
    size_t id, item;
    enum profile profile;
    size_t period; /* the next */
    bool open;
    struct naive_line line, enabled_line;
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
    struct bytes code = naive_items(trial->naive)->items[trial->item].code;
    if (trial->open && trial->period != trial->period_count)
        fault(trial, NULL, "expected rows of id %" PRId64 " item %.*s %s to go on at %s", trial->ids[trial->id], (int)code.len,
              (const char *)code.data, profile_name(trial->profile), instant_format(trial->periods[trial->period].start, text));
    trial->open = false;
}

static bool in_group(const struct trial *trial, const struct usage_row *row)
{
    return trial->open && trial->ids[trial->id] == row_id(row) && trial->profile == row->profile &&
           bytes_equal(naive_items(trial->naive)->items[trial->item].code, row->item);
}

/* Finds id and item of the first row of a group; false when nobody asked for it. */
static bool group_begin(struct trial *trial, const struct usage_row *row)
{
    const struct catalog *catalog = naive_items(trial->naive);
    size_t id = 0, item = 0, before_id = trial->id, before_item = trial->item;
    enum profile before_profile = trial->profile;
    while (trial->ids[id] != row_id(row))
        id++;
    while (item < catalog->count && !bytes_equal(catalog->items[item].code, row->item))
        item++;
    if (item == catalog->count || row->profile >= PROFILE_COUNT || !(trial->request->profiles & 1u << row->profile) || row->scope != trial->scope) {
        fault(trial, row, "expected no such row");
        return false;
    }
    bool first = true;
    for (size_t i = 0; i < trial->id_count; i++)
        first &= trial->seen[i] == 0;
    if (!first && (id < before_id || (id == before_id && (item < before_item || (item == before_item && row->profile <= before_profile)))))
        fault(trial, row, "expected rows in order of id, item, profile, and each once");
    trial->seen[id]++;
    trial->id = id;
    trial->item = item;
    trial->profile = row->profile;
    trial->period = 0;
    trial->open = true;
    trial->line = naive_line(trial->naive, row->scope, row_id(row), item, row->profile == PROFILE_SUSTAINED ? PROFILE_EXACT : row->profile);
    trial->enabled_line = naive_enabled_line(trial->naive, row->scope, row_id(row), item);
    return true;
}

/* An id that no newest row names; the store still knows it from an older version, or from a time when a
 * session's configuration had not come.  Its rows must be zero. */
static bool is_stranger(struct trial *trial, const struct usage_row *row)
{
    for (size_t i = 0; i < trial->id_count; i++)
        if (trial->ids[i] == row_id(row))
            return false;
    if (row->scope == SCOPE_SYSTEM || row->peak > 0 || row->seat_ms > 0 || row->named > 0 || row->enabled > 0)
        fault(trial, row, "expected no such row");
    trial->odd_ids = true;
    return true;
}

static void check_numbers(struct trial *trial, const struct usage_row *row)
{
    struct naive_usage expected = {-1, INSTANT_NONE, -1}, enabled = {-1, INSTANT_NONE, -1};
    bool measured = naive_measured(trial->naive, trial->item, row->start, row->end);
    if (measured)
        expected = naive_usage(&trial->line, row->start, row->end);
    if (measured && row->profile == PROFILE_SUSTAINED) {
        expected.peak = naive_sustained(&trial->line, row->start, row->end, naive_sustained_minutes(trial->naive, row->start));
        expected.peak_at = INSTANT_NONE;
    }
    int64_t named = measured ? naive_named(trial->naive, row->scope, row_id(row), trial->item, row->profile, row->start, row->end) : -1;
    if (row->named != named)
        fault(trial, row, "expected named %" PRId64, named);
    if (row->peak != expected.peak || row->peak_at != expected.peak_at || row->seat_ms != expected.seat_ms) {
        char text[INSTANT_TEXT_SIZE] = "null";
        if (expected.peak_at != INSTANT_NONE)
            instant_format(expected.peak_at, text);
        fault(trial, row, "expected peak %" PRId64 " at %s, seat_ms %" PRId64, expected.peak, text, expected.seat_ms);
    }
    if (naive_has_enabled(trial->naive, trial->item, row->start, row->end))
        enabled = naive_usage(&trial->enabled_line, row->start, row->end);
    if (row->enabled != enabled.peak || row->enabled_at != enabled.peak_at) {
        char text[INSTANT_TEXT_SIZE] = "null";
        if (enabled.peak_at != INSTANT_NONE)
            instant_format(enabled.peak_at, text);
        fault(trial, row, "expected enabled %" PRId64 " at %s", enabled.peak, text);
    }
}

static enum err take_row(void *owner, const struct usage_row *row)
{
    struct trial *trial = owner;
    const char *zone = trial->request->zone ? trial->request->zone : "UTC";
    if (trial->faults > SHOWN_MAX)
        return ERR_CANCELLED; /* enough was seen */
    trial->rows++;
    if (is_stranger(trial, row))
        return ERR_OK;
    if (!in_group(trial, row)) {
        group_end(trial);
        if (!group_begin(trial, row))
            return ERR_OK;
    }
    if (trial->period == trial->period_count) {
        fault(trial, row, "expected no more rows of this item");
        return ERR_OK;
    }
    const struct calendar_period *period = &trial->periods[trial->period++];
    if (row->granularity != trial->request->granularity || row->start != period->start || row->end != period->end ||
        !bytes_equal_text(row->zone, zone)) {
        char start[INSTANT_TEXT_SIZE], end[INSTANT_TEXT_SIZE];
        fault(trial, row, "expected a %s of %s from %s to %s", granularity_name(trial->request->granularity), zone,
              instant_format(period->start, start), instant_format(period->end, end));
        return ERR_OK;
    }
    check_numbers(trial, row);
    return ERR_OK;
}

static bool is_used(struct trial *trial, int64_t id)
{
    const struct catalog *catalog = naive_items(trial->naive);
    for (size_t item = 0; item < catalog->count; item++)
        if (naive_line(trial->naive, trial->scope, id, item, PROFILE_EXACT).count > 0)
            return true;
    return false;
}

/* Every item of an id has rows, or, while odd ids are let pass, none of an id that nobody uses has. */
static void check_groups(struct trial *trial, size_t id)
{
    size_t expected = naive_items(trial->naive)->count * (size_t)__builtin_popcount(trial->request->profiles);
    if (trial->seen[id] == 0 && trial->scope != SCOPE_SYSTEM && !is_used(trial, trial->ids[id]))
        trial->odd_ids = true;
    else if (trial->seen[id] != expected && trial->period_count)
        fault(trial, NULL, "%s %" PRId64 " by %s: expected rows of %zu items and profiles, found %zu", scope_kind_name(trial->scope),
              trial->ids[id], granularity_name(trial->request->granularity), expected, trial->seen[id]);
}

static void ask(struct query *query, struct trial *trial, enum scope_kind scope, struct arena *arena)
{
    const struct judge_request *asked = trial->request;
    struct usage_request request = {.scope = scope, .id = scope == SCOPE_SYSTEM ? 0 : ID_NONE, .from = asked->from, .to = asked->to,
                                    .granularity = asked->granularity, .profiles = asked->profiles, .first_weekday = asked->first_weekday};
    const char *why = "";
    if (asked->zone)
        request.zone = bytes_from_text(asked->zone);
    memset(trial->seen, 0, sizeof trial->seen);
    trial->scope = scope;
    trial->id = trial->item = 0;
    trial->id_count = naive_scopes(trial->naive, scope, &trial->ids);
    check(trial->id_count <= IDS_MAX);
    enum err err = query_usage(query, &request, arena, take_row, trial, &why);
    if (trial->faults > SHOWN_MAX)
        trial->open = false;
    else if (err)
        fault(trial, NULL, "query_usage failed: %s: %s", err_name(err), why);
    group_end(trial);
    for (size_t id = 0; id < trial->id_count && !trial->faults; id++)
        check_groups(trial, id);
}

static void say_request(const struct judge_request *request, struct buffer *out)
{
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    buffer_printf(out, "  (asked for %s of %s from %s to %s", granularity_name(request->granularity), request->zone ? request->zone : "no zone",
                  instant_format(request->from, from), instant_format(request->to, to));
    if (request->granularity == GRANULARITY_WEEK)
        buffer_printf(out, ", weeks from %s on", weekday_name(request->first_weekday));
    buffer_append_text(out, ")\n");
}

bool judge_store(struct db *db, struct naive *naive, const struct judge_request *request, struct buffer *out, struct judge_counts *counts)
{
    struct trial *trial = memory_alloc_zero(1, sizeof *trial);
    struct arena *arena = arena_create();
    struct calendar_period *periods;
    struct query *query;
    trial->naive = naive;
    trial->request = request;
    trial->out = out;
    trial->period_count = calendar_periods(request->zone ? request->zone : "UTC", request->granularity, request->first_weekday, request->from,
                                           request->to, arena, &periods);
    trial->periods = periods;
    check(query_open(db, &query) == ERR_OK);
    for (enum scope_kind scope = SCOPE_SYSTEM; scope < SCOPE_KIND_COUNT; scope++)
        ask(query, trial, scope, arena);
    query_close(query);
    arena_destroy(arena);
    bool right = trial->faults == 0;
    if (trial->faults > SHOWN_MAX)
        buffer_append_text(out, "  … and more\n");
    if (!right)
        say_request(request, out);
    counts->rows += trial->rows;
    counts->odd_ids += trial->odd_ids;
    free(trial);
    return right;
}
