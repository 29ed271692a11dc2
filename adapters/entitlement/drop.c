#include "adapters/entitlement/drop.h"

#include "adapters/entitlement/cursor.h"
#include "adapters/entitlement/folder.h"
#include "base/log.h"
#include "proto/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct drop {
    struct drop_options options;
    struct folder *folder;
    struct cursor *cursor;
    struct arena *arena, *file_arena; /* of a look; of one file */
    bool declared, recovered;
};

/* One file under way. */
struct taking {
    const char *name;
    struct bytes content;
    struct reading reading;
    struct accepted accepted; /* what the cursor will say of it */
    const struct accepted *before; /* what it says of the subject now */
    bool again;               /* the same as before: nothing is stated */
};

enum err drop_create(const struct drop_options *options, struct drop **out)
{
    struct drop *drop = memory_alloc_zero(1, sizeof *drop);
    const char *why;
    drop->options = *options;
    drop->cursor = memory_alloc_zero(1, sizeof *drop->cursor);
    drop->arena = arena_create();
    drop->file_arena = arena_create();
    drop->folder = folder_create(options->settings->dir, options->part);
    drop->declared = bytes_present(options->cursor);
    *out = drop;
    if (cursor_read(options->cursor, drop->arena, drop->cursor, &why) == ERR_OK)
        return ERR_OK;
    log_error(options->part, "the source's cursor cannot be read: %s", why);
    drop_destroy(drop);
    *out = NULL;
    return ERR_INPUT;
}

void drop_destroy(struct drop *drop)
{
    if (!drop)
        return;
    folder_destroy(drop->folder);
    arena_destroy(drop->arena);
    arena_destroy(drop->file_arena);
    free(drop->cursor);
    free(drop);
}

static enum err send_cursor(struct drop *drop)
{
    struct buffer text = {0};
    cursor_write(drop->cursor, &text);
    enum err err = drop->options.sink.cursor(drop->options.sink.owner, buffer_bytes(&text));
    buffer_free(&text);
    return err;
}

/* First of all: who speaks. */
static enum err declare(struct drop *drop)
{
    struct fact fact = fact_blank(FACT_SOURCE);
    if (drop->declared)
        return ERR_OK;
    fact.source = fact.key = bytes_from_text(drop->options.settings->name);
    fact.version = 1;
    fact.source_entry.kind = SOURCE_ENTITLEMENT;
    enum err err = drop->options.sink.fact(drop->options.sink.owner, &fact);
    if (err == ERR_OK)
        err = send_cursor(drop);
    drop->declared = err == ERR_OK;
    return err;
}

/* --- receipts ------------------------------------------------------------------------------------ */

static void write_remarks(const struct taking *taking, bool faults, const char *name, struct buffer *out)
{
    for (size_t i = 0; i < taking->reading.remark_count; i++) {
        const struct remark *remark = &taking->reading.remarks[i];
        if (remark->fault != faults)
            continue;
        if (remark->line)
            buffer_printf(out, "%s:%d: %s\n", name, remark->line, remark->text);
        else
            buffer_printf(out, "%s: %s\n", name, remark->text);
    }
}

static void write_receipt(const struct taking *taking, instant now, bool accepted, const char *name, struct buffer *out)
{
    const struct reading *reading = &taking->reading;
    char at[INSTANT_TEXT_SIZE];
    buffer_printf(out, "%s: %s\n", accepted ? "accepted" : "refused", name);
    buffer_printf(out, "at: %s\n", instant_format(now, at));
    buffer_printf(out, "what: %s\n", reading->what ? reading->what : "nobody knows");
    buffer_printf(out, "bytes: %zu\nsha256: %s\n", taking->content.len, taking->accepted.content);
    if (!accepted) {
        buffer_printf(out, "\n%zu fault%s, nothing of the file was taken:\n", reading->fault_count, reading->fault_count == 1 ? "" : "s");
        write_remarks(taking, true, name, out);
        if (reading->fault_count > READING_FAULTS_MAX)
            buffer_printf(out, "… and %zu more\n", reading->fault_count - READING_FAULTS_MAX);
        return;
    }
    if (taking->again) {
        buffer_printf(out, "again: the same as accepted at %s; nothing was stated\n", instant_format(taking->before->version / 1000, at));
        return;
    }
    buffer_printf(out, RECEIPT_VERSION "%" PRId64 "\n", reading->version);
    buffer_printf(out, "facts: %zu\n", reading->fact_count);
    if (reading->unmapped)
        buffer_printf(out, "unmapped: %zu, see below\n", reading->unmapped);
    if (reading->strays)
        buffer_printf(out, "in no catalog: %zu, see below\n", reading->strays);
    buffer_append_char(out, '\n');
    write_remarks(taking, false, name, out);
}

/* The first faults as one sentence, for the log and for dead letters. */
static const char *first_faults(const struct taking *taking, struct arena *arena)
{
    const struct reading *reading = &taking->reading;
    for (size_t i = 0; i < reading->remark_count; i++) {
        const struct remark *remark = &reading->remarks[i];
        if (!remark->fault)
            continue;
        const char *line = remark->line ? arena_printf(arena, "line %d: ", remark->line) : "";
        const char *more = reading->fault_count > 1 ? arena_printf(arena, " (and %zu more, see the receipt)", reading->fault_count - 1) : "";
        return arena_printf(arena, "%s%s%s", line, remark->text, more);
    }
    return "no reason";
}

/* --- one file ------------------------------------------------------------------------------------ */

/* Reads the content into facts with this version.  ERR_INPUT: it has faults; ERR_SETTINGS and *why: the map cannot be read. */
static enum err read_content(struct drop *drop, struct taking *taking, int64_t version, const char **why)
{
    struct arena *arena = drop->file_arena;
    const struct accepted *license = cursor_find(drop->cursor, BYTES_LITERAL("license"));
    struct bytes map_text;
    taking->reading = (struct reading){.arena = arena, .items = drop->options.items,
                                        .source = bytes_from_text(drop->options.settings->name), .version = version};
    if (entitlement_map_load(drop->options.settings->map, arena, &taking->reading.map, &map_text, why))
        return ERR_SETTINGS;
    taking->accepted = (struct accepted){.version = version};
    sha256_text(taking->content, taking->accepted.content);
    sha256_text(map_text, taking->accepted.map);
    /* The same licence file with another map amends what it said, another one begins when it comes. */
    bool same = license && strcmp(license->content, taking->accepted.content) == 0;
    taking->reading.license = same ? license->license : (struct license_since){version, license == NULL};
    enum err err = reading_take(&taking->reading, taking->content);
    if (err)
        return err;
    taking->before = cursor_find(drop->cursor, taking->reading.subject);
    taking->again = taking->before && strcmp(taking->before->content, taking->accepted.content) == 0 &&
                    strcmp(taking->before->map, taking->accepted.map) == 0;
    snprintf(taking->accepted.subject, sizeof taking->accepted.subject, "%s", arena_text(arena, taking->reading.subject));
    if (bytes_equal_text(taking->reading.subject, "license"))
        taking->accepted.license = taking->reading.license;
    return ERR_OK;
}

static enum err state(struct drop *drop, const struct taking *taking)
{
    const struct adapter_sink *sink = &drop->options.sink;
    for (size_t i = 0; i < taking->reading.fact_count; i++) {
        enum err err = sink->fact(sink->owner, &taking->reading.facts[i]);
        if (err)
            return err;
    }
    cursor_accept(drop->cursor, &taking->accepted);
    return send_cursor(drop);
}

static enum err finish(struct drop *drop, const struct taking *taking, bool accepted, const char *to)
{
    const char *part = drop->options.part;
    if (!accepted) {
        const char *why = first_faults(taking, drop->file_arena);
        log_warning(part, "%s refused, now %s: %s", taking->name, to, why);
        enum err err = drop->options.sink.refused(drop->options.sink.owner, arena_printf(drop->file_arena, "file %s", taking->name), why, taking->content);
        return err ? err : send_cursor(drop);
    }
    if (taking->again) {
        log_info(part, "%s accepted before, now %s: nothing to state", taking->name, to);
        return ERR_OK;
    }
    log_info(part, "%s accepted, now %s: %s, %zu facts", taking->name, to, taking->reading.what, taking->reading.fact_count);
    if (taking->reading.unmapped)
        log_warning(part, "%s: %zu names are in no map, see its receipt in %s", taking->name, taking->reading.unmapped, to);
    if (taking->reading.strays)
        log_warning(part, "%s: codes of no item of the catalog, %zu times, see its receipt in %s", taking->name, taking->reading.strays, to);
    return state(drop, taking);
}

/* A plain name as it is, any other in quotes. */
static const char *name_shown(const char *name, struct arena *arena)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+";
    return strspn(name, plain) == strlen(name) ? arena_printf(arena, "%s", name) : text_shown(bytes_from_text(name), arena);
}

/* ERR_OK: taken, or for later. */
static enum err take(struct drop *drop, const struct folder_file *file, instant now, const char **why)
{
    struct arena *arena = drop->file_arena;
    const char *part = drop->options.part, *to;
    struct taking taking = {.name = name_shown(file->name, arena)};
    enum err err = folder_read(drop->folder, file, READING_BYTES_MAX, arena, &taking.content, why);
    if (err == ERR_BUSY) {
        log_once(LOG_INFO, part, file->name, "%s is still being written: later", taking.name);
        return ERR_OK;
    }
    if (err == ERR_IO)
        return ERR_AWAY;
    int64_t version = now * 1000 > drop->cursor->version ? now * 1000 : drop->cursor->version + 1;
    if (err == ERR_INPUT) {
        taking.reading = (struct reading){.arena = arena};
        reading_fault(&taking.reading, 0, "%s", *why);
    } else if ((err = read_content(drop, &taking, version, why)) == ERR_SETTINGS) {
        log_once(LOG_ERROR, part, "map", "files wait, since the map cannot be read: %s", *why);
        return ERR_OK;
    }
    log_clear(part, "map");
    struct buffer receipt = {0};
    write_receipt(&taking, now, err == ERR_OK, taking.name, &receipt);
    enum err moved = folder_move(drop->folder, file, err == ERR_OK, buffer_bytes(&receipt), arena, &to, why);
    buffer_free(&receipt);
    if (moved)
        return moved == ERR_BUSY ? ERR_OK : ERR_AWAY;
    log_clear(part, file->name);
    return finish(drop, &taking, err == ERR_OK, to);
}

/* --- a look -------------------------------------------------------------------------------------- */

/* What lies in accepted/ and is not in the cursor was handed over and not committed, or the store is a new one. */
static enum err recover(struct drop *drop, const char **why)
{
    struct folder_accepted *list;
    size_t count;
    const char *part = drop->options.part;
    enum err err = folder_accepted_above(drop->folder, drop->cursor->version, drop->arena, &list, &count, why);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        struct taking taking = {.name = list[i].name};
        arena_reset(drop->file_arena);
        err = folder_read_accepted(drop->folder, list[i].name, READING_BYTES_MAX, drop->file_arena, &taking.content, why);
        if (err == ERR_OK)
            err = read_content(drop, &taking, list[i].version, why);
        if (err == ERR_IO || err == ERR_SETTINGS) {
            *why = arena_printf(drop->arena, "accepted/%s, which is to be stated again: %s", list[i].name, *why);
            return ERR_AWAY;
        }
        if (err == ERR_INPUT)
            log_error(part, "accepted/%s is stated again, but can no longer be taken: %s", list[i].name, first_faults(&taking, drop->file_arena));
        else
            log_info(part, "accepted/%s is stated again: the store does not have it", list[i].name);
        err = err == ERR_INPUT ? ERR_OK : state(drop, &taking);
    }
    drop->recovered = err == ERR_OK;
    return err;
}

static enum err look(struct drop *drop, instant now, const char **why)
{
    const struct folder_file *files;
    size_t count = 0;
    enum err err = declare(drop);
    if (err == ERR_OK && !drop->recovered)
        err = recover(drop, why);
    if (err == ERR_OK)
        err = folder_look(drop->folder, drop->arena, &files, &count, why);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        arena_reset(drop->file_arena);
        if (files[i].steady)
            err = take(drop, &files[i], now, why);
        if (err == ERR_AWAY)
            *why = arena_printf(drop->arena, "%s: %s", files[i].name, *why);
    }
    return err;
}

enum err drop_look(struct drop *drop, instant now, const char **why)
{
    arena_reset(drop->arena);
    enum err err = folder_open(drop->folder, drop->arena, why);
    if (err == ERR_OK)
        err = look(drop, now, why);
    folder_close(drop->folder);
    /* A large file's memory is not kept for the small ones to come. */
    arena_destroy(drop->file_arena);
    drop->file_arena = arena_create();
    return err;
}
