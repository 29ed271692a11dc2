#include "adapters/config/stream.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

struct stream {
    struct stream_options options;
    struct arena *arena;      /* of a line */
    bool in_snapshot, spoiled; /* spoiled: a line of it is missing or cannot be read, so it is not taken */
    instant snapshot_at;      /* as snapshot-begin says; INSTANT_NONE: it does not */
    instant snapshot_newest;  /* of its lines */
    int64_t snapshot_sequence;
    bool waits;               /* a held snapshot is shown to known, with these lines behind it */
    instant held_at;
    int64_t held_sequence;
    struct buffer waiting;    /* each with its end */
    bool again;               /* lines come again, from an older snapshot on, up to what was said */
    instant newest;           /* of what was said; INSTANT_NONE: nothing yet */
};

struct stream *stream_create(const struct stream_options *options)
{
    struct stream *stream = memory_alloc_zero(1, sizeof *stream);
    stream->options = *options;
    stream->arena = arena_create();
    stream->newest = INSTANT_NONE;
    return stream;
}

void stream_destroy(struct stream *stream)
{
    if (!stream)
        return;
    arena_destroy(stream->arena);
    buffer_free(&stream->waiting);
    free(stream);
}

bool stream_is_settled(const struct stream *stream)
{
    return !stream->in_snapshot && !stream->waits;
}

bool stream_is_full(const struct stream *stream)
{
    return stream->waiting.len > STREAM_HELD_BYTES_MAX;
}

/* The newest instant that was said, in this run or before. */
static instant newest_of(const struct stream *stream)
{
    instant until = follow_until(stream->options.follow);
    return stream->newest == INSTANT_NONE || (until != INSTANT_NONE && until > stream->newest) ? until : stream->newest;
}

static struct follow_place *place_of(const struct stream *stream)
{
    return follow_place(stream->options.follow);
}

static void open_hole(struct stream *stream, const char *place, const char *why)
{
    log_once(LOG_ERROR, stream->options.part, "hole", "%s: %s; changes go on, the watermark stands until the sidecar sends a whole snapshot", place, why);
    place_of(stream)->hole = true;
}

static void close_hole(struct stream *stream)
{
    if (log_clear(stream->options.part, "hole"))
        log_info(stream->options.part, "whole again by a snapshot");
    place_of(stream)->hole = false;
    place_of(stream)->missed = 0;
}

enum err stream_refuse(struct stream *stream, const char *place, const char *why, struct bytes text)
{
    place_of(stream)->missed++;
    /* A snapshot with a line that cannot be read would delete what stands there. */
    stream->spoiled = stream->in_snapshot;
    return stream->options.sink.refused(stream->options.sink.owner, place, why, text);
}

/* --- showing ------------------------------------------------------------------------------------- */

/* An object that an option makes: its id is its owner's and the owner's type, since ids are unique within a type. */
static void show_owned(struct stream *stream, const struct line *line, enum site_option_kind kind, const struct object *owner, bool whole)
{
    struct known *known = follow_known(stream->options.follow);
    struct object object = fact_blank(FACT_OBJECT).object, on;
    object.type = kind == OPTION_MAILBOX ? OBJECT_MAILBOX : OBJECT_IVR_PORT;
    if (owner->id > INT64_MAX / 16 - 1)
        return;
    object.id = owner->id * 16 + (int64_t)owner->type;
    object.enabled = FLAG_YES;
    object.tenant = owner->tenant;
    if (object.tenant == ID_NONE && owner->switch_id != ID_NONE && known_look(known, OBJECT_SWITCH, owner->switch_id, &on))
        object.tenant = on.tenant;
    if (line->options_said >> kind & 1 && line->options_yes >> kind & 1)
        known_found(known, &object);
    else if (line->options_said >> kind & 1 && !whole)
        known_lost(known, (int)object.type, object.id);
}

struct losing {
    struct known *known;
    const struct line *line;
    enum object_type member_type;
    int64_t *lost;
    size_t count, capacity;
};

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void lose_member(void *owner, int64_t member)
{
    struct losing *losing = owner;
    const struct line *line = losing->line;
    if (!line->member_count || !bsearch(&member, line->members, line->member_count, sizeof member, compare_ids))
        known_lost_member(losing->known, line->object.id, losing->member_type, member);
}

static void show_members(struct stream *stream, const struct line *line, bool whole)
{
    struct losing losing = {.known = follow_known(stream->options.follow), .line = line,
                            .member_type = line->object.type == OBJECT_PLACE_GROUP ? OBJECT_PLACE : OBJECT_PERSON};
    for (size_t i = 0; i < line->member_count; i++)
        known_found_member(losing.known, line->object.id, losing.member_type, line->members[i]);
    if (!whole)
        known_each_member(losing.known, line->object.id, losing.member_type, lose_member, &losing);
}

static void show_upsert(struct stream *stream, const struct line *line, bool whole)
{
    struct known *known = follow_known(stream->options.follow);
    struct object before, object;
    bool there = !whole && known_look(known, line->object.type, line->object.id, &before);
    object = line_object(line, there ? &before : NULL);
    known_found(known, &object);
    for (enum site_option_kind kind = OPTION_MAILBOX; kind <= OPTION_IVR_PORT; kind++)
        show_owned(stream, line, kind, &object, whole);
    if (line->said & SAID_MEMBERS)
        show_members(stream, line, whole);
}

/* With an object goes what is its own: its mailbox, its IVR port, its members. */
static void show_delete(struct stream *stream, const struct line *line)
{
    struct known *known = follow_known(stream->options.follow);
    enum object_type type = line->object.type;
    int64_t id = line->object.id, owned = id <= INT64_MAX / 16 - 1 ? id * 16 + (int64_t)type : -1;
    struct line nobody = {.object = line->object};
    known_lost(known, (int)type, id);
    known_lost(known, OBJECT_MAILBOX, owned);
    known_lost(known, OBJECT_IVR_PORT, owned);
    if (type == OBJECT_AGENT_GROUP || type == OBJECT_PLACE_GROUP)
        show_members(stream, &nobody, false);
}

/* --- snapshots ----------------------------------------------------------------------------------- */

static void begin_snapshot(struct stream *stream, const struct line *line)
{
    stream->waits = false;
    buffer_clear(&stream->waiting);
    stream->in_snapshot = true;
    stream->spoiled = false;
    stream->snapshot_at = stream->snapshot_newest = line->at;
    stream->snapshot_sequence = line->sequence;
    known_begin(follow_known(stream->options.follow));
}

static enum err take_snapshot(struct stream *stream, instant at, int64_t sequence)
{
    enum follow_outcome outcome;
    enum err err = follow_picture(stream->options.follow, at, &outcome);
    if (err)
        return err;
    stream->waits = outcome == FOLLOW_HELD;
    if (stream->waits) {
        stream->held_at = at;
        stream->held_sequence = sequence;
        return ERR_OK;
    }
    close_hole(stream);
    stream->newest = at;
    place_of(stream)->sequence = sequence;
    stream->again = false;
    return ERR_OK;
}

/* A line that is missing in a snapshot would delete what it tells of. */
static void count_in_snapshot(struct stream *stream, const struct line *line)
{
    if (line->sequence < 0)
        return;
    stream->spoiled = stream->spoiled || (stream->snapshot_sequence >= 0 && line->sequence != stream->snapshot_sequence + 1);
    stream->snapshot_sequence = line->sequence;
}

static enum err end_snapshot(struct stream *stream, const struct line *line, const char *place, struct bytes text)
{
    instant at = stream->snapshot_at != INSTANT_NONE ? stream->snapshot_at : stream->snapshot_newest != INSTANT_NONE ? stream->snapshot_newest : line->at;
    instant newest = newest_of(stream);
    bool was = stream->in_snapshot;
    count_in_snapshot(stream, line);
    stream->in_snapshot = false;
    if (!was)
        return stream_refuse(stream, place, "a snapshot-end without its snapshot-begin", text);
    if (stream->spoiled) {
        open_hole(stream, place, "a snapshot in which a line is missing, or was refused, is not taken");
        known_drop(follow_known(stream->options.follow));
        return ERR_OK;
    }
    if (at == INSTANT_NONE) {
        known_drop(follow_known(stream->options.follow));
        return stream_refuse(stream, place, "a snapshot without a time, expected at in its snapshot-begin", text);
    }
    if (newest != INSTANT_NONE && at < newest) {
        char shown[INSTANT_TEXT_SIZE];
        log_info(stream->options.part, "%s: a snapshot of %s is older than what is known: passed over", place, instant_format(at, shown));
        known_drop(follow_known(stream->options.follow));
        /* Nothing behind the watermark was taken in this run, so all that comes now behind it counts: no hole is left. */
        if (stream->snapshot_sequence >= 0 && stream->newest == INSTANT_NONE) {
            close_hole(stream);
            stream->again = true;
            place_of(stream)->sequence = stream->snapshot_sequence;
        }
        return ERR_OK;
    }
    return take_snapshot(stream, at, stream->snapshot_sequence);
}

static enum err snapshot_line(struct stream *stream, const struct line *line, const char *place, struct bytes text)
{
    if (line->op == LINE_DELETE)
        return stream_refuse(stream, place, "a delete within a snapshot, expected upserts alone", text);
    if (line->at != INSTANT_NONE && (stream->snapshot_newest == INSTANT_NONE || line->at > stream->snapshot_newest))
        stream->snapshot_newest = line->at;
    count_in_snapshot(stream, line);
    if (line->op == LINE_UPSERT && line->object.type != OBJECT_NONE)
        show_upsert(stream, line, true);
    return ERR_OK;
}

/* --- changes ------------------------------------------------------------------------------------- */

/* False: it came before. */
static bool is_news(struct stream *stream, const struct line *line, const char *place)
{
    struct follow_place *at = place_of(stream);
    if (line->sequence < 0)
        return true;
    if (at->sequence >= 0 && line->sequence <= at->sequence)
        return false;
    if (at->sequence >= 0 && line->sequence > at->sequence + 1 + at->missed)
        open_hole(stream, place, arena_printf(stream->arena, "seq %" PRId64 " comes after %" PRId64 ": lines are missing", line->sequence, at->sequence));
    at->sequence = line->sequence;
    at->missed = 0;
    return true;
}

static enum err change_line(struct stream *stream, const struct line *line, const char *place, struct bytes text)
{
    int64_t before = place_of(stream)->sequence;
    instant newest = newest_of(stream), at = line->at;
    if (at == INSTANT_NONE)
        return stream_refuse(stream, place, "at is missing, expected a time as \"2026-11-23T09:10:11.120Z\"", text);
    if (!is_news(stream, line, place))
        return ERR_OK;
    if (newest != INSTANT_NONE && at < newest) {
        if (newest - at > REPEAT_MS) {
            if (before >= 0 && line->sequence > before && !stream->again)
                open_hole(stream, place, "its time lies before what was said already");
            return ERR_OK;
        }
        at = newest;
    }
    stream->again = false;
    stream->newest = at;
    if (line->object.type == OBJECT_NONE)
        return ERR_OK;
    known_begin_change(follow_known(stream->options.follow));
    if (line->op == LINE_DELETE)
        show_delete(stream, line);
    else
        show_upsert(stream, line, false);
    return follow_change(stream->options.follow, at);
}

static enum err alive_line(struct stream *stream, const struct line *line, const char *place, struct bytes text)
{
    instant newest = newest_of(stream);
    if (line->at == INSTANT_NONE)
        return stream_refuse(stream, place, "at is missing, expected a time as \"2026-11-23T09:10:11.120Z\"", text);
    if (!is_news(stream, line, place))
        return ERR_OK;
    if (newest == INSTANT_NONE || line->at > newest)
        stream->newest = line->at;
    return ERR_OK;
}

enum err stream_line(struct stream *stream, struct bytes text, const char *place, instant wall)
{
    struct line line;
    const char *why = NULL;
    arena_reset(stream->arena);
    enum err err = line_read(stream->options.map, stream->options.clear_names, text, wall + STREAM_AHEAD_MS, stream->arena, &line, &why);
    if (err)
        return stream_refuse(stream, place, why, text);
    if (line.op == LINE_BEGIN) {
        begin_snapshot(stream, &line);
        return ERR_OK;
    }
    if (stream->waits) {
        buffer_append_bytes(&stream->waiting, text);
        buffer_append_char(&stream->waiting, '\n');
        return ERR_OK;
    }
    if (line.op == LINE_END)
        return end_snapshot(stream, &line, place, text);
    if (stream->in_snapshot)
        return snapshot_line(stream, &line, place, text);
    if (!follow_is_loaded(stream->options.follow)) {
        log_once(LOG_WARNING, stream->options.part, "first", "%s: passed over, since a whole snapshot must come first (snapshot-begin … snapshot-end)", place);
        return ERR_OK;
    }
    return line.op == LINE_ALIVE ? alive_line(stream, &line, place, text) : change_line(stream, &line, place, text);
}

void stream_break(struct stream *stream)
{
    if (!stream->in_snapshot)
        return;
    log_warning(stream->options.part, "a snapshot was broken off: it is as if it had never begun");
    stream->in_snapshot = false;
    known_drop(follow_known(stream->options.follow));
}

enum err stream_decide(struct stream *stream, instant wall)
{
    if (!stream->waits)
        return ERR_OK;
    enum err err = take_snapshot(stream, stream->held_at, stream->held_sequence);
    if (err || stream->waits)
        return err;
    struct buffer lines = stream->waiting;
    stream->waiting = (struct buffer){0};
    for (size_t at = 0; at < lines.len && !err;) {
        const uint8_t *end = memchr(lines.data + at, '\n', lines.len - at);
        err = stream_line(stream, bytes_of(lines.data + at, (size_t)(end - lines.data) - at), "a line behind a held snapshot", wall);
        at = (size_t)(end - lines.data) + 1;
    }
    buffer_free(&lines);
    return err;
}

enum err stream_commit(struct stream *stream)
{
    return follow_commit(stream->options.follow, place_of(stream)->hole || !stream_is_settled(stream) ? INSTANT_NONE : stream->newest);
}
