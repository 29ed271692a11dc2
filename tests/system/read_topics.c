/*
 * system.read_topics BROKERS TOPIC… - reads topics from their first record to where they end now, and prints each fact as
 * a line: topic, partition, offset, index in the record, key of the record, the fact as JSON; between tabs.
 * system.read_topics --before FILE BROKERS TOPIC… - only what lies before the positions in FILE (topic, partition and offset, a line
 * each; a partition that is not in it: nothing), and of it the facts' JSON alone.
 * system.read_topics - FILE - reads JSON lines and prints them in the same form of JSON, for comparing.
 *
 * Exit 1: something could not be read, or is no fact (said on stderr).
 */
#include "base/kafka.h"
#include "proto/fact_json.h"
#include "proto/fact_record.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { POSITIONS_MAX = 1000, TAKE = 512, WAIT_MS = 20000 };

static int faults;
static FILE *before; /* --before */

static void print_line(const struct fact *fact)
{
    struct buffer line = {0};
    fact_json_write(fact, &line);
    printf("%s\n", buffer_text(&line));
    buffer_free(&line);
}

static void print_record(const struct kafka_record *record, struct arena *arena)
{
    struct fact_record_reader reader;
    struct fact_item item;
    const char *why;
    if (fact_record_open(record->value, arena, &reader, &why) != ERR_OK) {
        fprintf(stderr, "%s %d %" PRId64 ": %s\n", record->topic, record->partition, record->offset, why);
        faults++;
        return;
    }
    while (fact_record_next(&reader, arena, &item) != FACT_ITEM_END) {
        if (item.kind == FACT_ITEM_REFUSED) {
            fprintf(stderr, "%s %d %" PRId64 " %zu: %s\n", record->topic, record->partition, record->offset, item.index, item.why);
            faults++;
            continue;
        }
        if (before) {
            if (item.kind != FACT_ITEM_MARK)
                print_line(&item.fact);
            continue;
        }
        printf("%s\t%d\t%" PRId64 "\t%zu\t%.*s\t", record->topic, record->partition, record->offset, item.index, (int)record->key.len,
               record->key.len ? (const char *)record->key.data : "");
        if (item.kind == FACT_ITEM_MARK)
            printf("mark %.*s\n", (int)item.mark.id.len, (const char *)item.mark.id.data);
        else
            print_line(&item.fact);
    }
}

static bool read_all(const struct kafka_settings *settings, const struct kafka_position *positions, const int64_t *ends, size_t count)
{
    struct kafka_consumer *consumer;
    struct kafka_record records[TAKE];
    struct arena *arena = arena_create();
    size_t left = count;
    if (kafka_consumer_create(settings, &consumer) != ERR_OK || kafka_consumer_assign(consumer, positions, count) != ERR_OK)
        return false;
    while (left) {
        size_t taken = kafka_consumer_take(consumer, records, TAKE);
        struct pollfd entry = {.fd = kafka_consumer_fd(consumer), .events = POLLIN};
        if (taken == 0 && poll(&entry, 1, WAIT_MS) != 1) {
            fprintf(stderr, "nothing more came: %s\n", kafka_consumer_trouble(consumer).text);
            return false;
        }
        for (size_t i = 0; i < taken; i++) {
            if (records[i].kind != KAFKA_RECORD) {
                fprintf(stderr, "%s\n", records[i].why);
                return false;
            }
            if (records[i].offset < ends[records[i].slot])
                print_record(&records[i], arena);
            left -= records[i].offset + 1 == ends[records[i].slot];
        }
        arena_reset(arena);
    }
    kafka_consumer_destroy(consumer);
    arena_destroy(arena);
    return true;
}

static int64_t limit_of(const char *topic, int32_t partition, int64_t end)
{
    char name[256];
    int number;
    int64_t offset, limit = before ? 0 : end;
    if (before)
        rewind(before);
    while (before && fscanf(before, "%255s %d %" SCNd64, name, &number, &offset) == 3)
        if (strcmp(name, topic) == 0 && number == partition && offset < end)
            limit = offset;
        else if (strcmp(name, topic) == 0 && number == partition)
            limit = end;
    return limit;
}

static int read_topics(char **words)
{
    const struct kafka_settings settings = {.brokers = words[0]};
    struct kafka_position positions[POSITIONS_MAX];
    int64_t ends[POSITIONS_MAX];
    size_t count = 0;
    struct kafka_admin *admin;
    if (kafka_admin_create(&settings, WAIT_MS, &admin) != ERR_OK)
        return 1;
    for (char **topic = words + 1; *topic; topic++) {
        int32_t partitions;
        enum err err = kafka_admin_partitions(admin, *topic, &partitions);
        for (int32_t i = 0; err == ERR_OK && i < partitions && count < POSITIONS_MAX; i++) {
            positions[count] = (struct kafka_position){.topic = *topic, .partition = i};
            err = kafka_admin_watermarks(admin, *topic, i, &positions[count].offset, &ends[count]);
            ends[count] = limit_of(*topic, i, ends[count]);
            count += ends[count] > positions[count].offset;
        }
        if (err != ERR_OK) {
            fprintf(stderr, "%s: %s\n", *topic, kafka_admin_why(admin));
            return 1;
        }
    }
    kafka_admin_destroy(admin);
    return !read_all(&settings, positions, ends, count) || faults;
}

static int read_lines(const char *name)
{
    FILE *file = fopen(name, "r");
    char *line = NULL;
    size_t size = 0;
    struct arena *arena = arena_create();
    for (ssize_t len; file && (len = getline(&line, &size, file)) > 0; arena_reset(arena)) {
        struct fact fact;
        const char *why;
        if (fact_json_read(bytes_of(line, (size_t)len - (line[len - 1] == '\n')), arena, &fact, &why) == ERR_OK)
            print_line(&fact);
        else
            faults++;
    }
    free(line);
    arena_destroy(arena);
    return !file || faults;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "--before") == 0) {
        before = argc < 5 ? NULL : fopen(argv[2], "r");
        return before ? read_topics(argv + 3) : 2;
    }
    return argv[1][0] == '-' ? read_lines(argv[2]) : read_topics(argv + 1);
}
