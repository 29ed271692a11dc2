#include "store/alert.h"

#include "base/json.h"
#include "store/key.h"

static struct key alert_key(struct bytes kind, struct bytes subject)
{
    struct key key = {.len = 0};
    key_add_text(&key, kind);
    key_add_text(&key, subject);
    return key;
}

static struct bytes text_of(const struct json *json, const char *name)
{
    const struct json *member = json ? json_member(json, name) : NULL;
    return member && member->kind == JSON_KIND_TEXT ? member->text : BYTES_NONE;
}

bool alert_get(struct db_txn *txn, struct bytes kind, struct bytes subject, struct arena *arena, struct bytes *json)
{
    struct key key = alert_key(kind, subject);
    struct bytes found;
    if (!db_get(txn, TABLE_ALERT, key_bytes(&key), &found))
        return false;
    *json = arena_copy(arena, found);
    return true;
}

/* Since when it holds, as the store knows it; false: it does not. */
static bool holds_since(struct db_txn *txn, struct bytes kind, struct bytes subject, struct arena *arena, instant *since)
{
    struct bytes text;
    const char *why;
    if (!alert_get(txn, kind, subject, arena, &text))
        return false;
    const struct json *json = json_read(text, arena, &why);
    return !bytes_present(text_of(json, "ended")) && bytes_present(text_of(json, "since")) && instant_parse(text_of(json, "since"), since);
}

bool alert_holds(struct db_txn *txn, struct bytes kind, struct bytes subject)
{
    struct arena *arena = arena_create();
    instant since;
    bool holds = holds_since(txn, kind, subject, arena, &since);
    arena_destroy(arena);
    return holds;
}

static void write_text(struct json_writer *writer, const char *name, struct bytes text)
{
    json_write_name(writer, name);
    json_write_text(writer, text);
}

static void write_instant(struct json_writer *writer, const char *name, instant at)
{
    json_write_name(writer, name);
    json_write_instant(writer, at);
}

void alert_put(struct db_txn *txn, const struct alert *alert)
{
    struct buffer out = {0};
    struct json_writer writer = {.out = &out};
    struct arena *arena = arena_create();
    struct key key = alert_key(alert->kind, alert->subject);
    instant since = alert->at;
    bool holds = holds_since(txn, alert->kind, alert->subject, arena, &since);
    if (holds || !alert->ended) { /* what does not hold cannot end */
        json_write_open_object(&writer);
        write_text(&writer, "alert", alert->kind);
        write_text(&writer, "subject", alert->subject);
        write_instant(&writer, "since", since);
        write_instant(&writer, "at", alert->at);
        json_write_name(&writer, "ended");
        if (alert->ended)
            json_write_instant(&writer, alert->at);
        else
            json_write_null(&writer);
        write_text(&writer, "text", alert->text);
        json_write_name(&writer, "detail");
        if (bytes_present(alert->detail))
            json_write_raw(&writer, alert->detail);
        else
            json_write_null(&writer);
        json_write_close_object(&writer);
        db_put(txn, TABLE_ALERT, key_bytes(&key), buffer_bytes(&out));
    }
    buffer_free(&out);
    arena_destroy(arena);
}
