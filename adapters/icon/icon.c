/* adapters/icon/icon.c - the source kind "icon": settings, connection and pace around a tail. */
#include "adapters/icon/probe.h"
#include "adapters/icon/settings.h"
#include "adapters/icon/tail.h"
#include "adapters/pace.h"
#include "base/log.h"

#include <stdlib.h>

enum { BREATH_MS = 10, PROBE_REST_MS = 2000 };

struct adapter {
    struct arena *arena;
    struct icon_settings settings;
    const char *part;
    struct odbc *odbc;
    struct tail *tail;
    struct pace pace;
    struct backoff backoff;
};

static enum err icon_create(const struct adapter_options *options, struct adapter **out)
{
    struct adapter *adapter = memory_alloc_zero(1, sizeof *adapter);
    adapter->arena = arena_create();
    pace_init(&adapter->pace);
    enum err err = icon_settings_read(options, adapter->arena, &adapter->settings);
    if (err) {
        adapter_icon.destroy(adapter);
        return err;
    }
    const struct icon_settings *settings = &adapter->settings;
    adapter->part = arena_printf(adapter->arena, "icon %s", settings->name);
    adapter->odbc = odbc_create(&(struct odbc_options){.dsn = settings->dsn, .user = settings->user, .password_file = settings->password_file,
                                                       .timeout_seconds = (int)settings->statement_timeout_seconds, .alone = true});
    adapter->tail = tail_create(&(struct tail_options){
        .name = settings->name, .part = adapter->part, .group = settings->group, .map = settings->map, .sink = options->sink,
        .odbc = adapter->odbc, .clear_names = settings->clear_names, .page_rows = (int)settings->page_rows,
        .settle_ms = settings->settle_seconds * 1000, .reconcile_ms = settings->reconcile_minutes * MINUTE_MS,
        .reread_days = settings->reread_days, .reread_hour = settings->reread_hour},
        options->cursor);
    *out = adapter;
    return ERR_OK;
}

static void icon_destroy(struct adapter *adapter)
{
    if (!adapter)
        return;
    tail_destroy(adapter->tail);
    odbc_destroy(adapter->odbc);
    pace_free(&adapter->pace);
    arena_destroy(adapter->arena);
    free(adapter);
}

static void away(struct adapter *adapter, const struct odbc_fault *fault)
{
    odbc_disconnect(adapter->odbc);
    log_once(LOG_ERROR, adapter->part, "away", "the database (DSN %s) is away: %s%s%s%s; tried again", adapter->settings.dsn,
             fault->text, fault->state[0] ? " [" : "", fault->state, fault->state[0] ? "]" : "");
    pace_wait(&adapter->pace, backoff_fail(&adapter->backoff));
}

static bool connect_database(struct adapter *adapter, struct odbc_fault *fault)
{
    char name[ODBC_NAME_SIZE];
    if (odbc_connect(adapter->odbc, fault))
        return false;
    if (log_clear(adapter->part, "away"))
        log_info(adapter->part, "the database (DSN %s) is back", adapter->settings.dsn);
    else
        log_info(adapter->part, "connected to DSN %s (%s%s)", adapter->settings.dsn, odbc_name(adapter->odbc, name),
                 odbc_dialect(adapter->odbc)->tried ? "" : ", a system that our tests never met");
    tail_connected(adapter->tail);
    return true;
}

/* At most a quarter of the time is spent asking, so that a database without the indexes we want keeps its breath; half
 * of it while a window is read again. */
static int64_t pause_ms(const struct adapter *adapter, enum tail_next next, int64_t took_us)
{
    if (next == TAIL_NOW)
        return 0;
    if (next == TAIL_SOON)
        return took_us / 1000 + BREATH_MS;
    int64_t rest = adapter->settings.poll_ms - took_us / 1000, shy = took_us * 3 / 1000;
    return rest > shy ? rest : shy;
}

static void icon_run(struct adapter *adapter)
{
    struct odbc_fault fault;
    while (!pace_is_stopped(&adapter->pace)) {
        if (!odbc_is_connected(adapter->odbc) && !connect_database(adapter, &fault)) {
            away(adapter, &fault);
            continue;
        }
        enum tail_next next;
        int64_t begun_us = clock_mono_us();
        enum err err = tail_poll(adapter->tail, &next, &fault);
        if (err == ERR_CANCELLED)
            break;
        if (err) {
            away(adapter, &fault);
            continue;
        }
        backoff_clear(&adapter->backoff);
        pace_wait(&adapter->pace, pause_ms(adapter, next, clock_mono_us() - begun_us));
    }
    odbc_disconnect(adapter->odbc);
}

/* Until it is over; the database may go away meanwhile and come back. */
static enum err icon_backfill(struct adapter *adapter, instant from, instant to)
{
    struct odbc_fault fault;
    bool over = false;
    while (!over && !pace_is_stopped(&adapter->pace)) {
        if (!odbc_is_connected(adapter->odbc) && !connect_database(adapter, &fault)) {
            away(adapter, &fault);
            continue;
        }
        enum err err = tail_backfill(adapter->tail, from, to, &over, &fault);
        if (err == ERR_CANCELLED)
            break;
        if (err)
            away(adapter, &fault);
        else
            backoff_clear(&adapter->backoff);
    }
    odbc_disconnect(adapter->odbc);
    return over ? ERR_OK : ERR_CANCELLED;
}

static void rest(void *owner)
{
    struct adapter *adapter = owner;
    pace_wait(&adapter->pace, PROBE_REST_MS);
}

static enum err icon_probe_all(struct adapter *adapter, FILE *out)
{
    const struct icon_settings *settings = &adapter->settings;
    struct odbc_fault fault;
    enum err err = odbc_connect(adapter->odbc, &fault);
    if (!err)
        err = icon_probe(&(struct probe_options){.name = settings->name, .dsn = settings->dsn, .user = settings->user, .map = settings->map,
                                                 .odbc = adapter->odbc, .settle_ms = settings->settle_seconds * 1000, .out = out, .rest = rest,
                                                 .owner = adapter}, &fault);
    if (err && err != ERR_INPUT)
        log_error(adapter->part, "the database (DSN %s) is away: %s", settings->dsn, fault.text);
    odbc_disconnect(adapter->odbc);
    return err;
}

static void icon_stop(struct adapter *adapter)
{
    pace_stop(&adapter->pace);
    odbc_cancel(adapter->odbc);
}

const struct adapter_kind adapter_icon = {
    .name = "icon",
    .create = icon_create,
    .run = icon_run,
    .backfill = icon_backfill,
    .probe = icon_probe_all,
    .stop = icon_stop,
    .destroy = icon_destroy,
};
