/*
 * tests/system/icon_tail.c - runs an adapter with a sink of files, for tests/system/icon-tail.sh and gvp_spite.sh.
 *
 *   icon_tail run SETTINGS OUT CURSOR   the first source of SETTINGS; facts are appended to OUT as JSON lines when
 *                                       their cursor comes, then the cursor is written: as a store would commit them
 *   icon_tail newest OUT                the newest version of each fact, sorted, its version as text; a version with
 *                                       two bodies is printed as a contradiction
 *
 * SIGTERM stops the adapter.  OUT.refused has what was refused, a line each: place, reason, row; OUT.times for each
 * fact when it was handed over (wall clock, ms), kind and key.
 */
#include "adapters/adapter.h"
#include "base/json.h"
#include "base/log.h"
#include "proto/fact_json.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct files {
    FILE *out, *refused, *times;
    const char *cursor;
    struct buffer batch;
};

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct files *files = owner;
    fact_json_write(fact, &files->batch);
    buffer_append_char(&files->batch, '\n');
    fprintf(files->times, "%lld %s %.*s\n", (long long)clock_wall(), fact_kind_name(fact->kind), (int)fact->key.len,
            (const char *)fact->key.data);
    fflush(files->times);
    return ERR_OK;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct files *files = owner;
    fprintf(files->refused, "%s: %s: %.*s\n", place, why, (int)raw.len, (const char *)raw.data);
    fflush(files->refused);
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    struct files *files = owner;
    char made[4096];
    fwrite(files->batch.data, 1, files->batch.len, files->out);
    fflush(files->out);
    buffer_clear(&files->batch);
    snprintf(made, sizeof made, "%s.new", files->cursor);
    FILE *to = fopen(made, "w");
    fwrite(cursor.data, 1, cursor.len, to);
    fclose(to);
    rename(made, files->cursor);
    return ERR_OK;
}

static struct bytes read_file(const char *name, struct arena *arena)
{
    FILE *in = fopen(name, "r");
    struct buffer text = {0};
    char chunk[65536];
    if (!in)
        return BYTES_NONE;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        buffer_append(&text, chunk, n);
    fclose(in);
    struct bytes copy = arena_copy(arena, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static const struct adapter_kind *kind;

static void *work(void *adapter)
{
    kind->run(adapter);
    kill(getpid(), SIGUSR1);
    return NULL;
}

static int run(const char *settings, const char *out, const char *cursor)
{
    struct arena *arena = arena_create();
    const char *why;
    const struct yaml *tree = yaml_read(read_file(settings, arena), arena, &why);
    const struct yaml *sources = yaml_member(tree, "sources");
    char name[4096];
    struct files files = {.out = fopen(out, "a"), .cursor = cursor};
    snprintf(name, sizeof name, "%s.refused", out);
    files.refused = fopen(name, "a");
    snprintf(name, sizeof name, "%s.times", out);
    files.times = fopen(name, "a");

    struct adapter *adapter;
    struct adapter_options options = {
        .name = arena_text(arena, yaml_member(&sources->children[0], "name")->text),
        .settings = &sources->children[0],
        .file = settings,
        .cursor = read_file(cursor, arena),
        .sink = {&files, take_fact, take_refused, take_cursor},
    };
    kind = adapter_kind_find(yaml_member(&sources->children[0], "kind")->text);
    if (!kind || kind->create(&options, &adapter))
        return 2;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, work, adapter);
    int caught;
    sigwait(&signals, &caught);
    int64_t begun_us = clock_mono_us();
    kind->stop(adapter);
    pthread_join(thread, NULL);
    log_info("icon_tail", "stopped in %lld ms", (long long)(clock_mono_us() - begun_us) / 1000);
    kind->destroy(adapter);
    fclose(files.out);
    fclose(files.refused);
    fclose(files.times);
    buffer_free(&files.batch);
    arena_destroy(arena);
    return 0;
}

struct newest {
    char *name, *body;
    int64_t version;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct newest *)a)->name, ((const struct newest *)b)->name);
}

static int newest(const char *out)
{
    struct arena *arena = arena_create(), *line_arena = arena_create();
    struct bytes text = read_file(out, arena);
    struct newest *all = NULL;
    size_t count = 0, at = 0;
    while (at < text.len) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        struct fact fact;
        const char *why;
        struct buffer body = {0};
        arena_reset(line_arena);
        if (fact_json_read(bytes_of(text.data + at, len), line_arena, &fact, &why)) {
            printf("unlawful: %s: %.*s\n", why, (int)len, (const char *)text.data + at);
            return 1;
        }
        fact_json_write_body(&fact, &body);
        if (count % 1024 == 0)
            all = memory_resize(all, (count + 1024) * sizeof *all);
        all[count++] = (struct newest){
            arena_printf(arena, "%s %.*s", fact_kind_name(fact.kind), (int)fact.key.len, (const char *)fact.key.data),
            arena_text(arena, buffer_bytes(&body)), fact.version};
        buffer_free(&body);
        at += len + 1;
    }
    if (count)
        qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count;) {
        size_t best = i, j = i;
        for (; j < count && strcmp(all[j].name, all[i].name) == 0; j++) {
            if (all[j].version == all[best].version && strcmp(all[j].body, all[best].body) != 0)
                printf("contradiction: %s %lld %s %s\n", all[j].name, (long long)all[j].version, all[j].body, all[best].body);
            if (all[j].version > all[best].version)
                best = j;
        }
        printf("%s %lld %s\n", all[best].name, (long long)all[best].version, all[best].body);
        i = j;
    }
    free(all);
    arena_destroy(arena);
    arena_destroy(line_arena);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "run") == 0)
        return run(argv[2], argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "newest") == 0)
        return newest(argv[2]);
    fprintf(stderr, "usage: icon_tail run SETTINGS OUT CURSOR | icon_tail newest OUT\n");
    return 2;
}
