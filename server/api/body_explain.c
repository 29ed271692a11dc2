/* Who was in a level, and why a peak is what it is: the seats page by page, persons and logins as pseudonyms. */
#include "server/api/body.h"

#include "server/privacy.h"
#include "server/query/explain.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ORDER_BYTES_MAX = 200 }; /* of a text in a cursor: an address has a limit */


struct telling {
    const struct explain_answer *answer;
    const struct pseudonyms *pseudonyms;
    struct arena *arena;
    struct json_writer *writer;
};

/* A seat as it is shown: ids of persons and logins never leave here, not in an order and not in a cursor. */
struct shown_seat {
    enum seat_kind kind;
    int64_t id;        /* of places and DNs, else 0 */
    struct bytes text; /* else */
    struct bytes order; /* the text, a long one by its digest */
    const struct explain_seat *seat;
};

static struct bytes pseudonym(const struct telling *telling, const char *kind, int64_t id)
{
    char text[PSEUDONYM_TEXT_SIZE];
    return arena_copy(telling->arena, bytes_from_text(pseudonym_text(telling->pseudonyms, kind, id, text)));
}

static struct shown_seat show_key(const struct telling *telling, const struct seat_key *key)
{
    struct shown_seat shown = {.kind = key->kind, .text = key->text};
    if (key->kind == SEAT_BY_PLACE || key->kind == SEAT_BY_DN)
        shown.id = key->id;
    else if ((key->kind == SEAT_BY_PERSON || key->kind == SEAT_BY_LOGIN) && key->id != ID_NONE) /* else a roster's: it has the pseudonym */
        shown.text = pseudonym(telling, seat_kind_name(key->kind), key->id);
    else if (key->kind == SEAT_BY_PORT)
        shown.text = bytes_from_text(arena_printf(telling->arena, "%.*s/%.*s", (int)key->source.len, (const char *)key->source.data,
                                                  (int)key->text.len, (const char *)key->text.data));
    shown.order = shown.text;
    if (shown.text.len > ORDER_BYTES_MAX) {
        char digest[SHA256_TEXT_SIZE];
        shown.order = arena_copy(telling->arena, bytes_from_text(sha256_text(shown.text, digest)));
    }
    return shown;
}

static int compare_shown(const void *a, const void *b)
{
    const struct shown_seat *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return bytes_compare(x->order, y->order);
}

static struct bytes cursor_of(const struct shown_seat *shown, struct arena *arena)
{
    struct key key = {.len = 0};
    key_add_u8(&key, (uint8_t)shown->kind);
    key_add_u64(&key, (uint64_t)shown->id);
    key_add_text(&key, shown->order);
    return body_hex(key_bytes(&key), arena);
}

static bool read_cursor(struct bytes text, struct arena *arena, struct shown_seat *after)
{
    struct bytes rest = body_unhex(text, arena);
    uint8_t kind;
    uint64_t id;
    *after = (struct shown_seat){0};
    if (!bytes_present(rest) || !key_take_u8(&rest, &kind) || !key_take_u64(&rest, &id) || !key_take_text(&rest, &after->order) || rest.len)
        return false;
    after->kind = kind;
    after->id = (int64_t)id;
    return true;
}

/* --- writing ------------------------------------------------------------------------------------- */

static void write_text(struct json_writer *writer, const char *name, struct bytes text)
{
    json_write_name(writer, name);
    if (bytes_present(text))
        json_write_text(writer, text);
    else
        json_write_null(writer);
}

static void write_id(struct json_writer *writer, const char *name, int64_t id)
{
    json_write_name(writer, name);
    if (id == ID_NONE)
        json_write_null(writer);
    else
        json_write_integer(writer, id);
}

static void write_instant(struct json_writer *writer, const char *name, instant at)
{
    json_write_name(writer, name);
    json_write_instant(writer, at);
}

static void write_texts(struct json_writer *writer, const char *name, const struct bytes *texts, size_t count)
{
    json_write_name(writer, name);
    json_write_open_list(writer);
    for (size_t i = 0; i < count; i++)
        json_write_text(writer, texts[i]);
    json_write_close_list(writer);
}

static void write_key(const struct telling *telling, const struct shown_seat *shown)
{
    write_text(telling->writer, "kind", bytes_from_text(seat_kind_name(shown->kind)));
    if (shown->kind == SEAT_BY_PLACE || shown->kind == SEAT_BY_DN)
        write_id(telling->writer, "key", shown->id);
    else
        write_text(telling->writer, "key", shown->text);
}

static void write_session(const struct telling *telling, const struct told_session *told)
{
    struct json_writer *writer = telling->writer;
    json_write_open_object(writer);
    write_text(writer, "id", told->id);
    write_texts(writer, "ids", told->ids, told->id_count);
    write_texts(writer, "sources", told->sources, told->source_count);
    write_instant(writer, "begin", told->begin);
    write_instant(writer, "end", told->end);
    write_text(writer, "ended", bytes_from_text(end_reason_name(told->reason)));
    write_text(writer, "person", told->person == ID_NONE ? told->person_name : pseudonym(telling, "person", told->person));
    write_text(writer, "login", told->login == ID_NONE ? told->login_name : pseudonym(telling, "login", told->login));
    write_id(writer, "place", told->place);
    write_id(writer, "dn", told->dn);
    write_id(writer, "tenant", told->tenant);
    write_texts(writer, "media", told->media, told->media_count);
    write_text(writer, "app", told->app);
    json_write_close_object(writer);
}

static void write_seat(const struct telling *telling, const struct shown_seat *shown)
{
    struct json_writer *writer = telling->writer;
    json_write_open_object(writer);
    write_key(telling, shown);
    json_write_name(writer, "shared");
    json_write_bool(writer, shown->seat->shared);
    json_write_name(writer, "sessions");
    json_write_open_list(writer);
    for (size_t i = 0; i < shown->seat->session_count; i++)
        write_session(telling, &shown->seat->sessions[i]);
    json_write_close_list(writer);
    json_write_close_object(writer);
}

/* The seats of one page, in order of kind and key. */
static void write_seats(const struct telling *telling, const struct shown_seat *after, struct body_page *page)
{
    const struct explain_answer *answer = telling->answer;
    struct shown_seat *shown = arena_alloc(telling->arena, (answer->seat_count + 1) * sizeof *shown);
    size_t written = 0;
    for (size_t i = 0; i < answer->seat_count; i++) {
        shown[i] = show_key(telling, &answer->seats[i].key);
        shown[i].seat = &answer->seats[i];
    }
    if (answer->seat_count)
        qsort(shown, answer->seat_count, sizeof *shown, compare_shown);
    json_write_name(telling->writer, "seats");
    json_write_open_list(telling->writer);
    for (size_t i = 0; i < answer->seat_count && !bytes_present(page->next); i++) {
        if (after && compare_shown(&shown[i], after) <= 0)
            continue;
        write_seat(telling, &shown[i]);
        if (++written == page->limit && i + 1 < answer->seat_count)
            page->next = cursor_of(&shown[i], telling->arena);
    }
    json_write_close_list(telling->writer);
}

/* --- why ----------------------------------------------------------------------------------------- */

static const char *const step_names[EXPLAIN_STEPS] = {"capped", "superseded", "shared"};

/* "17; 15 without 2 capped seats", and what makes no difference is said once. */
static void write_sentence(const struct telling *telling)
{
    const struct explain_answer *answer = telling->answer;
    struct buffer text = {0};
    buffer_printf(&text, "%" PRId64, answer->peak);
    bool any = false;
    for (int i = 0; i < EXPLAIN_STEPS; i++) {
        const struct explain_step *step = &answer->steps[i];
        if (!step->seat_count)
            continue;
        buffer_printf(&text, "; %" PRId64 " without %s%zu %s seat%s", step->peak, any ? "also " : "", step->seat_count, step_names[i],
                      step->seat_count == 1 ? "" : "s");
        any = true;
    }
    if (!any && answer->peak)
        buffer_append_text(&text, "; no seat of it was capped, superseded or shared by two persons");
    write_text(telling->writer, "sentence", buffer_bytes(&text));
    buffer_free(&text);
}

static void write_makers(const struct telling *telling)
{
    const struct explain_answer *answer = telling->answer;
    struct json_writer *writer = telling->writer;
    json_write_name(writer, "made_by_count");
    json_write_integer(writer, (int64_t)answer->maker_count);
    json_write_name(writer, "made_by");
    json_write_open_list(writer);
    for (size_t i = 0; i < answer->maker_count && i < BODY_NAMED_MAX; i++) {
        const struct explain_maker *maker = &answer->makers[i];
        struct shown_seat shown = show_key(telling, &maker->session.seat);
        json_write_open_object(writer);
        write_key(telling, &shown);
        write_text(writer, "by", bytes_from_text(maker->begins ? "begin" : "change"));
        json_write_name(writer, "session");
        write_session(telling, &maker->session);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
}

static void write_steps(const struct telling *telling)
{
    struct json_writer *writer = telling->writer;
    json_write_name(writer, "steps");
    json_write_open_list(writer);
    for (int i = 0; i < EXPLAIN_STEPS; i++) {
        const struct explain_step *step = &telling->answer->steps[i];
        json_write_open_object(writer);
        write_text(writer, "without", bytes_from_text(step_names[i]));
        json_write_name(writer, "peak");
        json_write_integer(writer, step->peak);
        write_instant(writer, "peak_at", step->peak_at);
        json_write_name(writer, "alone");
        json_write_integer(writer, step->alone);
        json_write_name(writer, "seat_count");
        json_write_integer(writer, (int64_t)step->seat_count);
        json_write_name(writer, "seats");
        json_write_open_list(writer);
        for (size_t s = 0; s < step->seat_count && s < BODY_NAMED_MAX; s++) {
            struct shown_seat shown = show_key(telling, &step->seats[s]);
            json_write_open_object(writer);
            write_key(telling, &shown);
            json_write_close_object(writer);
        }
        json_write_close_list(writer);
        json_write_close_object(writer);
    }
    json_write_close_list(writer);
}

static void write_why(const struct telling *telling)
{
    const struct explain_answer *answer = telling->answer;
    struct json_writer *writer = telling->writer;
    json_write_name(writer, "why");
    json_write_open_object(writer);
    write_text(writer, "period", bytes_from_text(granularity_name(answer->period)));
    write_text(writer, "zone", answer->zone);
    write_instant(writer, "start", answer->start);
    write_instant(writer, "end", answer->end);
    write_instant(writer, "known_from", answer->known_from);
    json_write_name(writer, "peak");
    json_write_integer(writer, answer->peak);
    write_instant(writer, "peak_at", answer->peak_at);
    write_instant(writer, "held_until", answer->held_until);
    json_write_name(writer, "held_seconds");
    if (answer->peak && answer->held_until != INSTANT_NEVER)
        json_write_fraction(writer, answer->held_until - answer->peak_at, 3);
    else
        json_write_null(writer);
    write_sentence(telling);
    write_makers(telling);
    write_steps(telling);
    json_write_close_object(writer);
}

static void write_persons(const struct telling *telling)
{
    struct json_writer *writer = telling->writer;
    json_write_name(writer, "persons");
    json_write_open_object(writer);
    write_text(writer, "shown_as", BYTES_LITERAL("pseudonyms"));
    json_write_name(writer, "lasting");
    json_write_bool(writer, telling->pseudonyms->lasting);
    write_text(writer, "note",
               telling->pseudonyms->lasting
                   ? BYTES_LITERAL("Pseudonyms: your token may not read names.")
                   : BYTES_LITERAL("Pseudonyms: your token may not read names. Without privacy.key_file they are others each time the program starts."));
    json_write_close_object(writer);
}

static void write_head(const struct telling *telling)
{
    const struct explain_answer *answer = telling->answer;
    struct json_writer *writer = telling->writer;
    bool system = answer->scope.scope.kind == SCOPE_SYSTEM;
    write_text(writer, "scope", bytes_from_text(scope_kind_name(answer->scope.scope.kind)));
    write_id(writer, "id", system ? ID_NONE : answer->scope.scope.id);
    write_text(writer, "name", answer->scope.name);
    write_text(writer, "item", answer->item.code);
    write_text(writer, "item_name", answer->item.name);
    write_text(writer, "profile", bytes_from_text(profile_name(answer->profile)));
    write_instant(writer, "at", answer->at);
    json_write_name(writer, "level");
    json_write_integer(writer, (int64_t)answer->seat_count);
}

enum err body_explain(struct query *query, const struct explain_request *request, const struct pseudonyms *pseudonyms, struct body_page *page,
                      struct arena *arena, struct buffer *out, const char **why)
{
    struct explain_answer answer;
    struct json_writer writer = {.out = out};
    struct telling telling = {&answer, pseudonyms, arena, &writer};
    struct shown_seat after;
    page->next = BYTES_NONE;
    if (bytes_present(page->cursor) && !read_cursor(page->cursor, arena, &after)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    enum err err = query_explain(query, request, arena, &answer, why);
    if (err)
        return err;
    json_write_open_object(&writer);
    write_head(&telling);
    write_seats(&telling, bytes_present(page->cursor) ? &after : NULL, page);
    write_why(&telling);
    write_persons(&telling);
    write_text(&writer, "next", page->next);
    write_instant(&writer, "as_of", answer.as_of);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    return ERR_OK;
}
