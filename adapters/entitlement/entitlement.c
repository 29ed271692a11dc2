/* adapters/entitlement/entitlement.c - the source kind "entitlement": settings and pace around a drop folder. */
#include "adapters/entitlement/drop.h"
#include "adapters/entitlement/settings.h"
#include "adapters/pace.h"
#include "base/log.h"

#include <stdlib.h>

struct adapter {
    struct arena *arena;
    struct entitlement_settings settings;
    const char *part;
    struct drop *drop;
    struct pace pace;
    struct backoff backoff;
};

static enum err entitlement_create(const struct adapter_options *options, struct adapter **out)
{
    struct adapter *adapter = memory_alloc_zero(1, sizeof *adapter);
    adapter->arena = arena_create();
    pace_init(&adapter->pace);
    enum err err = entitlement_settings_read(options, adapter->arena, &adapter->settings);
    if (err == ERR_OK) {
        adapter->part = arena_printf(adapter->arena, "entitlement %s", adapter->settings.name);
        err = drop_create(&(struct drop_options){&adapter->settings, adapter->part, options->items, options->sink, options->cursor}, &adapter->drop);
    }
    if (err) {
        adapter_entitlement.destroy(adapter);
        return err;
    }
    *out = adapter;
    return ERR_OK;
}

static void entitlement_destroy(struct adapter *adapter)
{
    if (!adapter)
        return;
    drop_destroy(adapter->drop);
    pace_free(&adapter->pace);
    arena_destroy(adapter->arena);
    free(adapter);
}

static void entitlement_run(struct adapter *adapter)
{
    log_info(adapter->part, "looks into %s every %lld s", adapter->settings.dir, (long long)adapter->settings.poll_seconds);
    while (!pace_is_stopped(&adapter->pace)) {
        const char *why = "";
        enum err err = drop_look(adapter->drop, clock_wall(), &why);
        if (err == ERR_CANCELLED)
            return;
        if (err) {
            log_once(LOG_ERROR, adapter->part, "away", "%s; tried again", why);
            pace_wait(&adapter->pace, backoff_fail(&adapter->backoff));
            continue;
        }
        if (log_clear(adapter->part, "away"))
            log_info(adapter->part, "%s can be read and written again", adapter->settings.dir);
        backoff_clear(&adapter->backoff);
        pace_wait(&adapter->pace, adapter->settings.poll_seconds * 1000);
    }
}

static void entitlement_stop(struct adapter *adapter)
{
    pace_stop(&adapter->pace);
}

const struct adapter_kind adapter_entitlement = {
    .name = "entitlement",
    .names_items = true,
    .create = entitlement_create,
    .run = entitlement_run,
    .stop = entitlement_stop,
    .destroy = entitlement_destroy,
};
