#include "server/settings.h"

#include "adapters/adapter.h"
#include "base/file.h"
#include "base/log.h"

/* What the settings only name and somebody else understands: the catalog, the sources' own keys. */

enum err settings_catalog(const struct settings *settings, struct arena *arena, struct catalog **catalog)
{
    return catalog_read_file(settings->catalog_file, arena, catalog);
}

enum err catalog_read_file(const char *file, struct arena *arena, struct catalog **catalog)
{
    struct bytes text = catalog_shipped();
    const char *why;
    if (file && file_read(file, arena, &text, &why)) {
        log_error("catalog", "%s: %s", file, why);
        return ERR_SETTINGS;
    }
    enum err err = catalog_read(text, arena, catalog, &why);
    if (err)
        log_error("catalog", "%s: %s", file ? file : "the shipped catalog", why);
    return err ? ERR_SETTINGS : ERR_OK;
}

enum err settings_adapter_options(const struct settings *settings, const struct source_settings *source, const struct adapter_kind *kind,
                                  struct arena *arena, struct adapter_options *options)
{
    struct catalog *catalog;
    *options = (struct adapter_options){.name = source->name, .settings = source->own, .file = settings->file};
    if (!kind->names_items)
        return ERR_OK;
    enum err err = settings_catalog(settings, arena, &catalog);
    if (err)
        return err;
    struct bytes *items = arena_alloc(arena, (catalog->count + 1) * sizeof *items);
    for (size_t i = 0; i < catalog->count; i++)
        items[i] = catalog->items[i].code;
    items[catalog->count] = BYTES_NONE;
    options->items = items;
    return ERR_OK;
}

/* Nobody runs the adapter, so nothing comes here; it may look whether there is a sink. */
static enum err no_fact(void *owner, const struct fact *fact)
{
    (void)owner;
    (void)fact;
    return ERR_CANCELLED;
}

static enum err no_row(void *owner, const char *place, const char *why, struct bytes raw)
{
    (void)owner;
    (void)place;
    (void)why;
    (void)raw;
    return ERR_CANCELLED;
}

static enum err no_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    (void)cursor;
    return ERR_CANCELLED;
}

enum err settings_check_sources(const struct settings *settings)
{
    enum err worst = ERR_OK;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < settings->source_count; i++) {
        const struct source_settings *source = &settings->sources[i];
        const struct adapter_kind *kind = adapter_kind_find(bytes_from_text(source->kind));
        struct adapter_options options;
        struct adapter *adapter = NULL;
        enum err err = ERR_SETTINGS;
        if (!kind)
            log_error("settings", "%s:%d: source \"%s\": this program has no adapter of kind \"%s\"", settings->file, source->own->line,
                      source->name, source->kind);
        else if ((err = settings_adapter_options(settings, source, kind, arena, &options)) == ERR_OK) {
            options.sink = (struct adapter_sink){.fact = no_fact, .refused = no_row, .cursor = no_cursor};
            if ((err = kind->create(&options, &adapter)) == ERR_OK)
                kind->destroy(adapter);
        }
        worst = worst ? worst : err;
    }
    arena_destroy(arena);
    return worst;
}
