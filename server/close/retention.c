#include "server/close/retention.h"

#include "base/log.h"
#include "store/records.h"
#include "store/slots.h"

#include <stdlib.h>

enum { SLICE_RECORDS = 500, SAY_EVERY_S = 30, DEAD_EVERY_MS = HOUR_MS, SEAL_LOOK_US = 1000000 };

struct retention {
    struct db *db;
    struct retention_settings settings;
    instant horizon; /* that the cuts were moved to; INSTANT_EVER: not since the start */
    bool left[RETENTION_KIND_COUNT];
    uint64_t deleted[RETENTION_KIND_COUNT]; /* since the cut moved */
    int64_t said_us;
    instant dead_at; /* when dead letters were looked through last */
    bool dead_left;
    struct buffer dead_resume;
    uint64_t dead_deleted;
    int64_t looked_us; /* monotonic: when it was looked for slots to seal */
    uint32_t seal_end; /* slots before it are to be sealed; 0: none */
    uint64_t sealed;   /* since it was looked */
};

/* The same day of an earlier month, or that month's last. */
static int32_t months_before(int32_t date, int months)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    int count = year * 12 + month - 1 - months;
    int32_t first = date_join(count / 12, count % 12 + 1, 1), next = date_join((count + 1) / 12, (count + 1) % 12 + 1, 1);
    return first + day - 1 < next ? first + day - 1 : next - 1;
}

instant retention_cut(const struct retention_settings *settings, enum retention_kind kind, instant horizon)
{
    const int months[RETENTION_KIND_COUNT] = {
        [RETENTION_SLOTS] = settings->slots_months,
        [RETENTION_GROUP_SLOTS] = settings->group_slots_months,
        [RETENTION_CLOSES] = settings->closes_months,
    };
    int32_t date = kind == RETENTION_ROSTERS ? instant_day(horizon) - settings->rosters_days : months_before(instant_day(horizon), months[kind]) - 1;
    return date < 1 ? INSTANT_EVER : (instant)date * DAY_MS;
}

static void say_moved(struct retention *retention, struct db_txn *txn, enum retention_kind kind)
{
    char text[INSTANT_TEXT_SIZE];
    retention->left[kind] = !retention_done(txn, kind);
    if (retention->left[kind])
        log_debug("retention", "%s before %s go", retention_text(kind), instant_format(retention_from(txn, kind), text));
}

static void move_cuts(struct retention *retention, struct db_txn *txn, instant horizon)
{
    retention->said_us = clock_mono_us();
    for (enum retention_kind kind = 0; kind < RETENTION_KIND_COUNT; kind++) {
        instant from = retention_cut(&retention->settings, kind, horizon);
        if (from != INSTANT_EVER)
            retention_move(txn, kind, from);
        say_moved(retention, txn, kind);
    }
}

static void say_progress(struct retention *retention, struct db_txn *txn, enum retention_kind kind, bool done)
{
    char from[INSTANT_TEXT_SIZE], gone[INSTANT_TEXT_SIZE];
    instant_format(retention_from(txn, kind), from);
    if (done && retention->deleted[kind])
        log_info("retention", "%s before %s are gone, %llu records", retention_text(kind), from, (unsigned long long)retention->deleted[kind]);
    else if (!done && clock_mono_us() - retention->said_us > SAY_EVERY_S * 1000000LL && retention_gone(txn, kind) != INSTANT_EVER) {
        retention->said_us = clock_mono_us();
        log_info("retention", "%s before %s go: gone are those before %s, %llu records", retention_text(kind), from,
                 instant_format(retention_gone(txn, kind), gone), (unsigned long long)retention->deleted[kind]);
    }
}

static void delete_some(struct retention *retention, struct db_txn *txn)
{
    int64_t until_us = clock_mono_us() + RETENTION_SLICE_MS * 1000;
    for (enum retention_kind kind = 0; kind < RETENTION_KIND_COUNT; kind++) {
        while (retention->left[kind] && clock_mono_us() < until_us && db_error(txn) == ERR_OK)
            retention->left[kind] = !retention_slice(txn, kind, SLICE_RECORDS, &retention->deleted[kind]);
        if (retention->deleted[kind])
            say_progress(retention, txn, kind, !retention->left[kind]);
        if (!retention->left[kind])
            retention->deleted[kind] = 0;
    }
    while (retention->dead_left && clock_mono_us() < until_us && db_error(txn) == ERR_OK)
        retention->dead_left = !retention_dead_slice(txn, retention->dead_at - retention->settings.dead_days * (instant)DAY_MS, SLICE_RECORDS,
                                                     &retention->dead_resume, &retention->dead_deleted);
    if (!retention->dead_left && retention->dead_deleted) {
        log_info("retention", "%llu dead letters older than %d days are gone", (unsigned long long)retention->dead_deleted, retention->settings.dead_days);
        retention->dead_deleted = 0;
    }
}

/* Once a second: the days that the system's book has closed are sealed.  Where some of them is still open in a book of
 * another zone, or a correction comes, the slots it changes are open again and sealed anew. */
static void look_for_open(struct retention *retention)
{
    int64_t now = clock_mono_us();
    struct close_head last;
    struct db_txn *txn;
    uint32_t first;
    if (retention->seal_end || (retention->looked_us && now - retention->looked_us < SEAL_LOOK_US) || db_begin_read(retention->db, &txn) != ERR_OK)
        return;
    retention->looked_us = now;
    if (close_last(txn, 0, &last) && slots_first_open(txn, &first) && first - first % HOUR_SLOTS + HOUR_SLOTS <= slot_of(last.end))
        retention->seal_end = slot_of(last.end);
    db_abort(txn);
}

static void seal_some(struct retention *retention, struct db_txn *txn)
{
    int64_t until_us = clock_mono_us() + RETENTION_SLICE_MS * 1000;
    bool done = false;
    enum err err = ERR_OK;
    while (!done && err == ERR_OK && clock_mono_us() < until_us && db_error(txn) == ERR_OK)
        err = slots_seal(txn, retention->seal_end, SLICE_RECORDS, &retention->sealed, &done);
    if (err != ERR_OK)
        log_once(LOG_ERROR, "retention", "seal", "a slot cannot be read (%s): closed days are not sealed; see seatmeter verify", err_text(err));
    if (!done && err == ERR_OK)
        return;
    if (retention->sealed)
        log_debug("retention", "%llu slots of closed days are sealed", (unsigned long long)retention->sealed);
    retention->seal_end = 0;
    retention->sealed = 0;
}

static bool anything_left(const struct retention *retention)
{
    bool left = retention->dead_left;
    for (enum retention_kind kind = 0; kind < RETENTION_KIND_COUNT; kind++)
        left |= retention->left[kind];
    return left;
}

void retention_poll(struct retention *retention, instant horizon, instant wall)
{
    struct db_txn *txn;
    bool moves = horizon != INSTANT_EVER && horizon != retention->horizon;
    if (wall - retention->dead_at >= DEAD_EVERY_MS && !retention->dead_left) {
        retention->dead_at = wall;
        retention->dead_left = true;
    }
    look_for_open(retention);
    if ((!moves && !anything_left(retention) && !retention->seal_end) || db_begin_write(retention->db, &txn) != ERR_OK)
        return;
    if (moves)
        move_cuts(retention, txn, horizon);
    delete_some(retention, txn);
    if (retention->seal_end)
        seal_some(retention, txn);
    if (db_commit(txn) == ERR_OK)
        retention->horizon = moves ? horizon : retention->horizon;
    else
        retention->horizon = INSTANT_EVER; /* logged; the cuts are moved and looked at again */
}

struct retention *retention_create(struct db *db, const struct retention_settings *settings)
{
    struct retention *retention = memory_alloc_zero(1, sizeof *retention);
    retention->db = db;
    retention->settings = *settings;
    retention->horizon = INSTANT_EVER;
    return retention;
}

void retention_destroy(struct retention *retention)
{
    if (!retention)
        return;
    buffer_free(&retention->dead_resume);
    free(retention);
}
