/* adapters/icon/tail_control.c - ICON's own counters, its connections, and the newest events it stored. */
#include "adapters/icon/tail_state.h"

#include "base/log.h"

#include <stdlib.h>

static void take_counter(struct tail *tail, const struct icon_record *record)
{
    int64_t tag = icon_record_integer(record, FIELD_TAG, -1), written = icon_record_integer(record, FIELD_WRITTEN, -1);
    int64_t reserved = icon_record_integer(record, FIELD_RESERVED, -1);
    enum icon_class class = (enum icon_class)icon_code_find(tail->options.map, CODE_PROVIDER_TAG, tag);
    if (written < 0)
        return;
    if (tail->written_least < 0 || written < tail->written_least)
        tail->written_least = written;
    if (class == CLASS_NONE)
        return;
    /* Of two collectors that fill one class the slower one decides how far we are sure. */
    if (tail->written[class] < 0 || written < tail->written[class])
        tail->written[class] = written;
    if (reserved > tail->reserved[class])
        tail->reserved[class] = reserved;
}

/* A counter below what we have read already: another database than the one we followed. */
static void check_restored(struct tail *tail)
{
    for (enum icon_table t = 0; t < ICON_TAILED_COUNT; t++) {
        struct table *table = &tail->tables[t];
        int64_t reserved = tail->reserved[icon_table_class(t)], mark = stream_eager(&table->streams[STREAM_INSERT]);
        if (table->stopped || reserved < 0 || mark <= reserved)
            continue;
        table->stopped = true;
        tail->changed = true;
        log_error(tail->options.part, "%s: %s of class %s is %lld, below the %lld that was read already, so this database was "
                  "restored or made anew; this table is read no further, and the watermark stands.  Give the new database "
                  "a source name of its own and retire \"%s\"",
                  tail->options.map->tables[t].table, tail->options.map->tables[ICON_COUNTER].names[FIELD_RESERVED],
                  icon_class_name(icon_table_class(t)), (long long)reserved, (long long)mark, tail->options.name);
    }
}

static enum err read_sync(struct tail *tail, struct odbc_fault *fault)
{
    struct page *page;
    tail->sync_count = 0;
    if (!tail_table_is_good(tail, ICON_SYNC))
        return ERR_OK;
    enum err err = tail_read_whole(tail, ICON_SYNC, &page, fault);
    if (err)
        return err;
    tail->syncs = memory_resize(tail->syncs, (page->count + 1) * sizeof *tail->syncs);
    for (size_t i = 0; i < page->count; i++) {
        const struct icon_record *record = &page->records[i];
        int class = icon_code_find(tail->options.map, CODE_PROVIDER_TAG, icon_record_integer(record, FIELD_TAG, -1));
        int64_t seconds = icon_record_integer(record, FIELD_SECONDS, 0);
        if (class && (tail->options.map->watermark >> class & 1) && seconds > 0 && seconds < INSTANT_MAX / 1000)
            tail->syncs[tail->sync_count++] = (struct icon_sync){
                icon_record_integer(record, FIELD_PROVIDER, -1),
                seconds * 1000 + icon_record_integer(record, FIELD_MICROSECONDS, 0) / 1000};
    }
    return ERR_OK;
}

enum err tail_read_counters(struct tail *tail, struct odbc_fault *fault)
{
    struct page *page;
    enum err err = read_sync(tail, fault);
    if (err)
        return err;
    for (enum icon_class class = 0; class < CLASS_COUNT; class++)
        tail->written[class] = tail->reserved[class] = -1;
    tail->written_least = -1;
    if (!tail_table_is_good(tail, ICON_COUNTER))
        return ERR_OK;
    err = tail_read_whole(tail, ICON_COUNTER, &page, fault);
    if (err)
        return err;
    for (size_t i = 0; i < page->count; i++)
        take_counter(tail, &page->records[i]);
    check_restored(tail);
    /* Wrong or missing tags: the least of all counters is below each of them, so it is safe, if slow. */
    for (enum icon_class class = CLASS_CFG; class < CLASS_COUNT; class++)
        if (tail->written[class] < 0)
            tail->written[class] = tail->written_least;
    if (tail->written_least < 0)
        log_once(LOG_WARNING, tail->options.part, "counter", "%s has no row, so nothing says how far ICON has written: the "
                 "confirmed marks stand, and everything is read again and again", tail->options.map->tables[ICON_COUNTER].table);
    return ERR_OK;
}

/* Of each provider its newest connection: an older row that was left open says nothing any more. */
static void take_connection(struct tail *tail, const struct icon_connection *connection)
{
    for (size_t i = 0; i < tail->connection_count; i++)
        if (tail->connections[i].provider == connection->provider) {
            if (connection->begin >= tail->connections[i].begin)
                tail->connections[i] = *connection;
            return;
        }
    tail->connections = memory_resize(tail->connections, (tail->connection_count + 1) * sizeof *tail->connections);
    tail->connections[tail->connection_count++] = *connection;
}

static int compare_ends(const void *a, const void *b)
{
    instant left = ((const struct icon_disconnect *)a)->end, right = ((const struct icon_disconnect *)b)->end;
    return (left > right) - (left < right);
}

static void take_connections(struct tail *tail, const struct page *page)
{
    enum icon_class class = icon_table_class(page->table);
    tail->disconnects = memory_resize(tail->disconnects, (tail->disconnect_count + page->count + 1) * sizeof *tail->disconnects);
    for (size_t i = 0; i < page->count; i++) {
        const struct icon_record *record = &page->records[i];
        struct icon_connection connection = {
            icon_record_integer(record, FIELD_PROVIDER, -1), icon_record_integer(record, FIELD_PROVIDER_PRIMARY, -1),
            icon_record_integer(record, FIELD_BEGIN, INSTANT_NONE),
            icon_record_integer(record, FIELD_END, icon_record_integer(record, FIELD_COLLECTOR_END, INSTANT_NEVER))};
        if (connection.begin == INSTANT_NONE)
            continue;
        if (class == CLASS_GLS)
            tail->disconnects[tail->disconnect_count++] =
                (struct icon_disconnect){connection.end, icon_record_integer(record, FIELD_CONNECTION, 0)};
        if (tail->options.map->watermark >> class & 1)
            take_connection(tail, &connection);
    }
}

/* One of several that is gone: the watermark does not wait for it, and coverage is what any of them saw. */
static void say_lost(struct tail *tail)
{
    struct buffer text = {0};
    char end[INSTANT_TEXT_SIZE];
    size_t lost = 0;
    for (size_t i = 0; i < tail->connection_count; i++)
        if (tail->connections[i].end != INSTANT_NEVER) {
            buffer_printf(&text, "%s%lld since %s", lost ? ", " : "", (long long)tail->connections[i].provider, instant_format(tail->connections[i].end, end));
            lost++;
        }
    if (lost && lost < tail->connection_count)
        log_once(LOG_WARNING, tail->options.part, "providers", "ICON is not connected to %zu of %zu providers (%s): what they see is not counted, and does not "
                 "lower the coverage, since others stay", lost, tail->connection_count, buffer_text(&text));
    else if (!lost && log_clear(tail->options.part, "providers"))
        log_info(tail->options.part, "ICON is connected to all of its %zu providers", tail->connection_count);
    buffer_free(&text);
}

enum err tail_read_connections(struct tail *tail, struct odbc_fault *fault)
{
    tail->connection_count = tail->disconnect_count = 0;
    for (enum icon_table table = ICON_CONNECTION_GLS; table <= ICON_CONNECTION_CFG; table++) {
        struct page *page;
        unsigned asked = tail->options.map->watermark | tail->options.map->coverage | 1u << CLASS_GLS;
        if (!tail_table_is_good(tail, table) || !(asked >> icon_table_class(table) & 1))
            continue;
        enum err err = tail_read_whole(tail, table, &page, fault);
        if (err)
            return err;
        take_connections(tail, page);
    }
    if (tail->disconnect_count)
        qsort(tail->disconnects, tail->disconnect_count, sizeof *tail->disconnects, compare_ends);
    if (!tail->connection_count)
        log_once(LOG_WARNING, tail->options.part, "connections", "%s has no row: nothing says what ICON saw, so there is no "
                 "coverage and the watermark stands", tail->options.map->tables[ICON_CONNECTION_GLS].table
                 ? tail->options.map->tables[ICON_CONNECTION_GLS].table : "connection_gls (switched off)");
    else
        log_clear(tail->options.part, "connections");
    say_lost(tail);
    return ERR_OK;
}

instant tail_watermark(const struct tail *tail, instant wall)
{
    return icon_watermark(tail->connections, tail->connection_count, tail->syncs, tail->sync_count, tail->newest, wall);
}
