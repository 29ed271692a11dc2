/*
 * system.kafka_sink BROKERS TOPICS FILE EVERY - hands the facts of JSON lines to an adapter's sink, as source icon-a, with a cursor
 * (the number of the fact) every 100 facts; at every EVERYth fact the producer loses its place while records are on their way.
 * Prints how many facts, losses and producers there were.  Exit 1: something was not taken.
 */
#include "adapters/kafka/sink_private.h"
#include "proto/fact_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { CURSOR_EVERY = 100, LAST_MS = 20000 };

static bool hand_over(struct kafka_sink *sink, struct adapter_sink *face, const char *file, size_t every, size_t *losses)
{
    FILE *lines = fopen(file, "r");
    struct arena *arena = arena_create();
    char *line = NULL, cursor[20];
    size_t size = 0, count = 0;
    bool good = lines != NULL;
    for (ssize_t len; good && (len = getline(&line, &size, lines)) > 0; arena_reset(arena)) {
        struct fact fact;
        const char *why;
        good = fact_json_read(bytes_of((const uint8_t *)line, (size_t)len - (line[len - 1] == '\n')), arena, &fact, &why) == ERR_OK &&
               face->fact(face->owner, &fact) == ERR_OK;
        if (++count % CURSOR_EVERY == 0) {
            snprintf(cursor, sizeof cursor, "%zu", count);
            good = good && face->cursor(face->owner, bytes_from_text(cursor)) == ERR_OK;
        }
        if (count % every == 0 && sink->outbox.producer) {
            kafka_producer_lose(sink->outbox.producer);
            ++*losses;
            good = good && kafka_sink_flush(sink) == ERR_OK; /* by another one, which may be a second away */
        }
    }
    free(line);
    arena_destroy(arena);
    if (lines)
        fclose(lines);
    printf("%zu facts, ", count);
    return good;
}

int main(int argc, char **argv)
{
    struct kafka_sink *sink;
    struct adapter_sink face;
    struct arena *arena = arena_create();
    struct bytes cursor;
    size_t losses = 0;
    if (argc != 5)
        return 2;
    const struct kafka_settings settings = {.brokers = argv[1]};
    const struct kafka_sink_options options = {
        .settings = &settings, .source = "icon-a", .facts = arena_printf(arena, "%s.facts", argv[2]), .objects = arena_printf(arena, "%s.objects", argv[2]),
        .cursors = arena_printf(arena, "%s.cursors", argv[2]), .dead = arena_printf(arena, "%s.dead", argv[2])};
    if (kafka_sink_create(&options, &sink, &face) != ERR_OK || kafka_sink_open(sink, arena, &cursor) != ERR_OK)
        return 1;
    bool good = hand_over(sink, &face, argv[3], strtoull(argv[4], NULL, 10), &losses) && kafka_sink_flush(sink) == ERR_OK;
    kafka_sink_finish(sink, LAST_MS);
    struct kafka_sink_counts counts = kafka_sink_counts(sink);
    printf("%zu losses, %llu producers\n", losses, (unsigned long long)counts.producers);
    kafka_sink_destroy(sink);
    arena_destroy(arena);
    return !good;
}
