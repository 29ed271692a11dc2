#include "server/ingest/embedded.h"

#include "base/check.h"
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct running {
    const struct adapter_kind *kind;
    const char *name;
    struct adapter *adapter;
    struct batch_sink *sink;
    pthread_t thread;
    bool started;
};

struct embedded {
    struct arena *arena;
    struct running *sources;
    size_t count;
};

static void *run(void *owner)
{
    struct running *running = owner;
    char name[16]; /* what top and ps show; the kernel's limit */
    snprintf(name, sizeof name, "adapt %.9s", running->name);
    pthread_setname_np(pthread_self(), name);
    running->kind->run(running->adapter);
    return NULL;
}

static enum err create_one(struct embedded *embedded, const struct settings *settings, const struct source_settings *source,
                           struct db *db, struct batch_queue *queue)
{
    struct running *running = &embedded->sources[embedded->count++];
    struct adapter_options options;
    struct db_txn *txn;
    running->name = source->name;
    running->kind = adapter_kind_find(bytes_from_text(source->kind));
    if (!running->kind) {
        log_error("settings", "%s:%d: source \"%s\": this release has no adapter of kind \"%s\"", settings->file,
                  source->own->line, source->name, source->kind);
        return ERR_SETTINGS;
    }
    enum err err = settings_adapter_options(settings, source, running->kind, embedded->arena, &options);
    if (err == ERR_OK)
        err = db_begin_read(db, &txn);
    if (err != ERR_OK)
        return err;
    position_get(txn, bytes_from_text(source->name), embedded->arena, &options.cursor);
    db_abort(txn);
    running->sink = batch_sink_create(queue, source->name, db, &options.sink);
    return running->kind->create(&options, &running->adapter);
}

enum err embedded_create(const struct settings *settings, struct db *db, struct batch_queue *queue, struct embedded **out)
{
    struct embedded *embedded = memory_alloc_zero(1, sizeof *embedded);
    enum err err = ERR_OK;
    embedded->arena = arena_create();
    embedded->sources = memory_alloc_zero(settings->source_count + 1, sizeof *embedded->sources);
    for (size_t i = 0; i < settings->source_count && err == ERR_OK; i++)
        err = create_one(embedded, settings, &settings->sources[i], db, queue);
    for (size_t i = 0; i < embedded->count && err == ERR_OK; i++) {
        check(pthread_create(&embedded->sources[i].thread, NULL, run, &embedded->sources[i]) == 0);
        embedded->sources[i].started = true;
    }
    if (err != ERR_OK) {
        embedded_destroy(embedded);
        embedded = NULL;
    }
    *out = embedded;
    return err;
}

void embedded_destroy(struct embedded *embedded)
{
    if (!embedded)
        return;
    for (size_t i = 0; i < embedded->count; i++)
        if (embedded->sources[i].started)
            embedded->sources[i].kind->stop(embedded->sources[i].adapter);
    for (size_t i = 0; i < embedded->count; i++) {
        struct running *running = &embedded->sources[i];
        if (running->started)
            pthread_join(running->thread, NULL);
        if (running->adapter)
            running->kind->destroy(running->adapter);
        batch_sink_destroy(running->sink);
    }
    free(embedded->sources);
    arena_destroy(embedded->arena);
    free(embedded);
}
