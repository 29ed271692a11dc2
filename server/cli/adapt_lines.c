/* server/cli/adapt_lines.c - a backfill without Kafka: facts as JSON lines on stdout, for `seatmeter replay`. */
#include "server/cli/adapt_lines.h"

#include "base/log.h"
#include "proto/fact_json.h"

#include <stdio.h>

struct lines {
    const char *source;
    struct buffer line;
    uint64_t facts, refused;
};

static enum err take_fact(void *owner, const struct fact *fact)
{
    struct lines *lines = owner;
    buffer_clear(&lines->line);
    fact_json_write(fact, &lines->line);
    buffer_append_char(&lines->line, '\n');
    lines->facts++;
    return fwrite(lines->line.data, 1, lines->line.len, stdout) == lines->line.len ? ERR_OK : ERR_CANCELLED;
}

static enum err take_refused(void *owner, const char *place, const char *why, struct bytes raw)
{
    struct lines *lines = owner;
    (void)raw;
    lines->refused++;
    log_warning("adapt", "%s: %s: %s", lines->source, place, why);
    return ERR_OK;
}

static enum err take_cursor(void *owner, struct bytes cursor)
{
    (void)owner;
    (void)cursor;
    return ERR_OK;
}

enum err adapt_lines(const struct settings *settings, const struct source_settings *source, const struct adapter_kind *kind, instant from, instant to)
{
    struct lines lines = {.source = source->name};
    struct adapter *adapter;
    enum err err = kind->create(&(struct adapter_options){.name = source->name, .settings = source->own, .file = settings->file,
                                                          .sink = {&lines, take_fact, take_refused, take_cursor}}, &adapter);
    if (err)
        return err;
    err = kind->backfill(adapter, from, to);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        log_error("adapt", "stdout cannot be written");
        err = ERR_IO;
    }
    kind->destroy(adapter);
    buffer_free(&lines.line);
    log_info("adapt", "%s: %llu facts, %llu rows refused", source->name, (unsigned long long)lines.facts, (unsigned long long)lines.refused);
    return err ? err : lines.refused ? ERR_INPUT : ERR_OK;
}
