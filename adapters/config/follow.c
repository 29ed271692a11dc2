#include "adapters/config/follow.h"

#include "adapters/config/follow_private.h"
#include "base/check.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASSES_ALL ((1u << KNOWN_CLASS_COUNT) - 1)

struct follow *follow_create(const struct follow_options *options, struct bytes cursor)
{
    struct follow *follow = memory_alloc_zero(1, sizeof *follow);
    const char *why = NULL;
    follow->options = *options;
    follow->known = known_create();
    follow->until = INSTANT_NONE;
    follow->place.sequence = -1;
    follow->arena = arena_create();
    follow->blind = !bytes_present(cursor) || cursor.len == 0;
    if (!follow->blind && !follow_cursor_read(follow, cursor, follow->arena, &why)) {
        log_error(options->part, "the cursor cannot be read (%s): what was said before is known from the facts themselves", why);
        follow->place = (struct follow_place){.sequence = -1};
        follow->blind = true;
        follow->held = (struct held){0};
    }
    return follow;
}

void follow_destroy(struct follow *follow)
{
    if (!follow)
        return;
    known_destroy(follow->known);
    arena_destroy(follow->arena);
    free(follow->approved);
    free(follow);
}

struct known *follow_known(struct follow *follow)
{
    return follow->known;
}

bool follow_is_loaded(const struct follow *follow)
{
    return follow->taken;
}

instant follow_until(const struct follow *follow)
{
    return follow->until;
}

struct follow_place *follow_place(struct follow *follow)
{
    return &follow->place;
}

bool follow_is_held(const struct follow *follow)
{
    return follow->held.version != 0;
}

/* Acceptance time in µs, strictly growing (the sources' rule for versions of files and snapshots). */
static int64_t next_version(struct follow *follow)
{
    int64_t now = clock_wall() * 1000;
    follow->version = now > follow->version ? now : follow->version + 1;
    return follow->version;
}

/* --- what was said before ------------------------------------------------------------------------ */

static enum err take_decision(void *owner, const struct fact *fact)
{
    struct follow *follow = owner;
    if (fact->kind != FACT_DECISION || fact->decision.what != DECISION_DELETIONS || fact->decision.snapshot == ID_NONE ||
        !bytes_equal_text(fact->decision.of, follow->options.name))
        return ERR_OK;
    for (size_t i = 0; i < follow->approved_count; i++)
        if (follow->approved[i] == fact->decision.snapshot)
            return ERR_OK;
    follow->approved = memory_resize(follow->approved, (follow->approved_count + 1) * sizeof *follow->approved);
    follow->approved[follow->approved_count++] = fact->decision.snapshot;
    return ERR_OK;
}

static enum err take_past(void *owner, const struct fact *fact)
{
    struct follow *follow = owner;
    if (fact->kind == FACT_DECISION)
        return take_decision(owner, fact);
    if (!bytes_equal_text(fact->source, follow->options.name))
        return ERR_OK;
    /* Watermarks' versions are their instants. */
    if (fact->kind != FACT_WATERMARK && fact->version > follow->version)
        follow->version = fact->version;
    if (fact->kind == FACT_WATERMARK) {
        /* It goes out behind the first picture in which everything could be read. */
        follow->loaded = CLASSES_ALL;
        follow->taken = true;
        if (follow->until == INSTANT_NONE || fact->watermark.until > follow->until)
            follow->until = fact->watermark.until;
    } else if (fact->kind == FACT_SOURCE && (!follow->declared || fact->version > follow->declared_version)) {
        follow->declared = true;
        follow->declared_version = fact->version;
        follow->declared_group = bytes_present(fact->source_entry.group) ? arena_copy(follow->arena, fact->source_entry.group) : BYTES_NONE;
        follow->said.version = fact->source_entry.held_snapshot == ID_NONE ? 0 : fact->source_entry.held_snapshot;
        follow->said.count = follow->said.version ? fact->source_entry.held : 0;
    }
    known_recall(follow->known, fact);
    return ERR_OK;
}

/* Who speaks, and what waits for a decision: said when it changed. */
static enum err declare(struct follow *follow)
{
    const struct held *held = &follow->held;
    if (follow->declared && follow->said.version == held->version && follow->said.count == held->count &&
        bytes_equal(follow->declared_group, follow->options.group))
        return ERR_OK;
    struct fact fact = fact_blank(FACT_SOURCE);
    fact.source = fact.key = bytes_from_text(follow->options.name);
    fact.version = next_version(follow);
    fact.source_entry.kind = SOURCE_CONFIG;
    fact.source_entry.group = follow->options.group;
    if (held->version) {
        fact.source_entry.held = held->count;
        fact.source_entry.held_snapshot = held->version;
        fact.source_entry.held_note = bytes_from_text(held->note);
    }
    enum err err = follow->options.sink.fact(follow->options.sink.owner, &fact);
    if (err)
        return err;
    follow->declared = true;
    follow->declared_version = fact.version;
    follow->declared_group = follow->options.group;
    follow->said = *held;
    return ERR_OK;
}

enum err follow_open(struct follow *follow)
{
    const struct adapter_sink *sink = &follow->options.sink;
    enum err err = sink->recall ? sink->recall(sink->owner, take_past, follow) : ERR_OK;
    if (err)
        return err;
    follow->place.hole = follow->place.hole || (follow->blind && follow->taken);
    if (follow->held.version > follow->version)
        follow->version = follow->held.version;
    if (follow->held.version)
        log_warning(follow->options.part, "still held: %s; see below", follow->held.note);
    return follow_commit(follow, INSTANT_NONE);
}

enum err follow_decisions(struct follow *follow, bool *approved)
{
    const struct adapter_sink *sink = &follow->options.sink;
    enum err err = sink->decisions ? sink->decisions(sink->owner, take_decision, follow) : ERR_OK;
    *approved = false;
    for (size_t i = 0; i < follow->approved_count; i++)
        *approved = *approved || (follow->held.version && follow->approved[i] == follow->held.version);
    return err;
}

/* --- pictures ------------------------------------------------------------------------------------ */

/* What is too much to go without a decision, as a note; false: nothing is. */
static bool is_too_much(const struct follow *follow, const struct known_losses *losses, char note[HELD_NOTE_BYTES])
{
    size_t len = 0;
    note[0] = 0;
    for (int class = 0; class < KNOWN_CLASS_COUNT; class++) {
        size_t missing = losses->missing[class], standing = losses->standing[class];
        if ((int64_t)missing <= follow->options.hold_things || missing * 100 <= standing * (size_t)follow->options.hold_percent)
            continue;
        int added = snprintf(note + len, HELD_NOTE_BYTES - len, "%s%zu of %zu %s", len ? ", " : "", missing, standing, known_class_name(class));
        len += added > 0 && len + (size_t)added < HELD_NOTE_BYTES ? (size_t)added : 0;
    }
    return len > 0;
}

static void say_held(struct follow *follow)
{
    log_once(LOG_ERROR, follow->options.part, "held",
             "a snapshot is held: %s are missing in it, %lld things in all.  Nothing of it counts and the watermark stands until they are back, or until "
             "somebody decides that they are gone: seatmeter decide deletions %s --reason TEXT (snapshot %lld)",
             follow->held.note, (long long)follow->held.count, follow->options.name, (long long)follow->held.version);
}

static enum err say_picture(struct follow *follow, instant at, instant gone_at)
{
    return known_say(follow->known, &(struct known_saying){
                                        .source = bytes_from_text(follow->options.name),
                                        .version = next_version(follow),
                                        .at = at,
                                        .gone_at = gone_at,
                                        .first = ~follow->loaded,
                                        .fact = follow->options.sink.fact,
                                        .owner = follow->options.sink.owner,
                                    });
}

enum err follow_picture(struct follow *follow, instant at, enum follow_outcome *outcome)
{
    struct known_losses losses;
    char note[HELD_NOTE_BYTES];
    bool approved = false;
    check(follow->until == INSTANT_NONE || at >= follow->until);
    known_miss(follow->known, &losses);
    bool too_much = is_too_much(follow, &losses, note), same = follow->held.version && follow->held.digest == losses.digest;
    *outcome = FOLLOW_TAKEN;
    if (too_much) {
        if (!same) {
            follow->held = (struct held){.version = next_version(follow), .at = at, .digest = losses.digest, .count = (int64_t)losses.count};
            memcpy(follow->held.note, note, sizeof note);
        }
        enum err err = follow_decisions(follow, &approved);
        if (err)
            return err;
        if (!approved) {
            *outcome = FOLLOW_HELD;
            say_held(follow);
            return ERR_OK;
        }
    }
    instant gone_at = approved ? follow->held.at : at;
    if (follow->until != INSTANT_NONE && gone_at < follow->until)
        gone_at = follow->until;
    enum err err = say_picture(follow, at, gone_at);
    if (err)
        return err;
    log_clear(follow->options.part, "held");
    if (approved)
        log_info(follow->options.part, "%" PRId64 " things are gone, as was decided", follow->held.count);
    else if (follow->held.version)
        log_info(follow->options.part, "what was missing is back, nothing is held any more");
    follow->held = (struct held){0};
    for (int class = 0; class < KNOWN_CLASS_COUNT; class++)
        if (!known_is_kept(follow->known, class))
            follow->loaded |= 1u << class;
    follow->taken = true;
    return ERR_OK;
}

enum err follow_change(struct follow *follow, instant at)
{
    return say_picture(follow, at, at);
}

/* --- the end of a batch -------------------------------------------------------------------------- */

static enum err say_watermark(struct follow *follow, instant until)
{
    struct fact fact = fact_blank(FACT_WATERMARK);
    if (until == INSTANT_NONE || follow_is_held(follow) || (follow->until != INSTANT_NONE && until <= follow->until))
        return ERR_OK;
    fact.source = bytes_from_text(follow->options.name);
    fact.key = BYTES_LITERAL("watermark");
    fact.version = until;
    fact.watermark.until = until;
    enum err err = follow->options.sink.fact(follow->options.sink.owner, &fact);
    if (err)
        return err;
    follow->until = until;
    return ERR_OK;
}

enum err follow_commit(struct follow *follow, instant until)
{
    struct buffer text = {0};
    enum err err = declare(follow);
    if (!err)
        err = say_watermark(follow, until);
    if (err)
        return err;
    follow_cursor_write(follow, &text);
    err = follow->options.sink.cursor(follow->options.sink.owner, buffer_bytes(&text));
    buffer_free(&text);
    return err;
}
