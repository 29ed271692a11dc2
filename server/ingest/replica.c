#include "server/ingest/replica.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OWN_MAX = 256, OTHERS_MAX = 512 }; /* remembered; a mark is a minute, and who lags by hours compares at later ones */

#define KEY_PREFIX "instance/"

struct standing {
    char mark[FACT_MARK_ID_BYTES_MAX + 1], instance[INSTANCE_BYTES_MAX];
    struct digest digest;
    bool compared;
};

struct replica {
    struct ingest *ingest;
    char instance[INSTANCE_BYTES_MAX];
    struct standing own[OWN_MAX], others[OTHERS_MAX]; /* rings */
    size_t own_count, other_count;
    struct replica_counts counts;
};

void replica_name(const char *dir, char name[INSTANCE_BYTES_MAX])
{
    char host[64] = "", path[PATH_MAX], digest[SHA256_TEXT_SIZE];
    if (gethostname(host, sizeof host - 1) != 0 || !*host)
        snprintf(host, sizeof host, "host");
    if (!realpath(dir, path))
        snprintf(path, sizeof path, "%s", dir);
    sha256_text(bytes_from_text(path), digest);
    snprintf(name, INSTANCE_BYTES_MAX, "%.63s-%.8s", host, digest);
}

struct replica *replica_create(struct ingest *ingest, const char *instance)
{
    struct replica *replica = memory_alloc_zero(1, sizeof *replica);
    replica->ingest = ingest;
    snprintf(replica->instance, sizeof replica->instance, "%s", instance);
    return replica;
}

void replica_destroy(struct replica *replica)
{
    free(replica);
}

const char *replica_instance(const struct replica *replica)
{
    return replica->instance;
}

struct replica_counts replica_counts(const struct replica *replica)
{
    return replica->counts;
}

/* --- comparing ----------------------------------------------------------------------------------- */

/* The tables that differ, by name alone, and with how many records they have; empty: none. */
static void differing(const struct digest *ours, const struct digest *theirs, struct buffer *names, struct buffer *counts)
{
    for (int i = 0; i < DIGEST_TABLES; i++) {
        if (ours->tables[i].sum == theirs->tables[i].sum && ours->tables[i].records == theirs->tables[i].records)
            continue;
        const char *comma = names->len ? ", " : "", *name = digest_table_name((enum digest_table)i);
        buffer_printf(names, "%s%s", comma, name);
        buffer_printf(counts, "%s%s (%llu records here, %llu there)", comma, name, (unsigned long long)ours->tables[i].records,
                      (unsigned long long)theirs->tables[i].records);
    }
}

static void write_detail(const struct standing *other, struct buffer *detail)
{
    struct json_writer writer = {.out = detail};
    json_write_open_object(&writer);
    json_write_name(&writer, "mark");
    json_write_text_c(&writer, other->mark);
    json_write_name(&writer, "instance");
    json_write_text_c(&writer, other->instance);
    json_write_close_object(&writer);
}

static void say(struct replica *replica, const struct standing *other, bool equal, struct bytes text)
{
    struct buffer detail = {0};
    write_detail(other, &detail);
    ingest_alert(replica->ingest, &(struct alert){.kind = BYTES_LITERAL(ALERT_REPLICA_DIFFERS), .subject = bytes_from_text(other->instance),
                                                  .text = text, .detail = buffer_bytes(&detail), .at = clock_wall(), .ended = equal});
    buffer_free(&detail);
}

static void compare(struct replica *replica, const struct standing *own, struct standing *other)
{
    struct buffer names = {0}, counts = {0}, text = {0};
    char key[INSTANCE_BYTES_MAX + 20];
    other->compared = true;
    if (own->digest.horizon != other->digest.horizon) {
        replica->counts.uncompared++;
        return;
    }
    differing(&own->digest, &other->digest, &names, &counts);
    snprintf(key, sizeof key, "replica %s", other->instance);
    if (names.len == 0) {
        replica->counts.equal++;
        buffer_printf(&text, "instance %s holds the same again, at mark %s", other->instance, other->mark);
        if (log_clear("replica", key))
            log_info("replica", "%s", buffer_text(&text));
    } else {
        replica->counts.differ++;
        buffer_printf(&text, "replica differs: at mark %s instance %s holds other records than this one: %s. One of the two counted other facts: "
                             "compare their gaps, dead letters and rules; the wrong one starts again with an empty store",
                      other->mark, other->instance, buffer_text(&counts));
        log_once(LOG_ERROR, "replica", key, "replica differs: instance %s holds other records than this one at the same mark, in %s; more in /api/v1/alerts",
                 other->instance, buffer_text(&names));
    }
    say(replica, other, names.len == 0, buffer_bytes(&text));
    buffer_free(&names);
    buffer_free(&counts);
    buffer_free(&text);
}

static size_t kept(size_t count, size_t max)
{
    return count < max ? count : max;
}

/* --- the record ---------------------------------------------------------------------------------- */

static void write_value(const struct replica *replica, const struct fact_mark *mark, const struct digest *digest, struct buffer *value)
{
    struct json_writer writer = {.out = value};
    char hex[20];
    json_write_open_object(&writer);
    json_write_name(&writer, "mark");
    json_write_text(&writer, mark->id);
    json_write_name(&writer, "at");
    json_write_instant(&writer, mark->at);
    json_write_name(&writer, "instance");
    json_write_text_c(&writer, replica->instance);
    if (digest->horizon != INSTANT_EVER) {
        json_write_name(&writer, "horizon");
        json_write_instant(&writer, digest->horizon);
    }
    json_write_name(&writer, "tables");
    json_write_open_object(&writer);
    for (int i = 0; i < DIGEST_TABLES; i++) {
        json_write_name(&writer, digest_table_name((enum digest_table)i));
        json_write_open_object(&writer);
        json_write_name(&writer, "records");
        json_write_integer(&writer, (int64_t)digest->tables[i].records);
        json_write_name(&writer, "digest");
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)digest->tables[i].sum);
        json_write_text_c(&writer, hex);
        json_write_close_object(&writer);
    }
    json_write_close_object(&writer);
    json_write_close_object(&writer);
}

static bool text_into(const struct json *json, const char *name, char *out, size_t size)
{
    const struct json *member = json_member(json, name);
    if (!member || member->kind != JSON_KIND_TEXT || member->text.len == 0 || member->text.len >= size)
        return false;
    memcpy(out, member->text.data, member->text.len);
    out[member->text.len] = 0;
    return true;
}

static bool read_value(const struct json *json, struct standing *standing)
{
    char horizon[INSTANT_TEXT_SIZE], hex[20];
    const struct json *tables = json_member(json, "tables");
    *standing = (struct standing){.digest = {.horizon = INSTANT_EVER}};
    if (!text_into(json, "mark", standing->mark, sizeof standing->mark) || !text_into(json, "instance", standing->instance, sizeof standing->instance) ||
        !tables || tables->kind != JSON_KIND_OBJECT)
        return false;
    if (text_into(json, "horizon", horizon, sizeof horizon) && !instant_parse(bytes_from_text(horizon), &standing->digest.horizon))
        return false;
    for (int i = 0; i < DIGEST_TABLES; i++) {
        const struct json *table = json_member(tables, digest_table_name((enum digest_table)i));
        const struct json *records = table && table->kind == JSON_KIND_OBJECT ? json_member(table, "records") : NULL;
        if (!records || records->kind != JSON_KIND_INTEGER || !text_into(table, "digest", hex, sizeof hex))
            return false; /* of a program that has other tables: not to be compared */
        standing->digest.tables[i].records = (uint64_t)records->integer;
        standing->digest.tables[i].sum = strtoull(hex, NULL, 16);
    }
    return true;
}

void replica_stands(struct replica *replica, const struct fact_mark *mark, const struct digest *digest, struct buffer *key, struct buffer *value)
{
    struct standing *own = &replica->own[replica->own_count++ % OWN_MAX];
    *own = (struct standing){.digest = *digest};
    snprintf(own->mark, sizeof own->mark, "%.*s", (int)mark->id.len, (const char *)mark->id.data);
    replica->counts.marks++;
    for (size_t i = 0; i < kept(replica->other_count, OTHERS_MAX); i++)
        if (!replica->others[i].compared && strcmp(replica->others[i].mark, own->mark) == 0)
            compare(replica, own, &replica->others[i]);
    buffer_printf(key, KEY_PREFIX "%s", replica->instance);
    write_value(replica, mark, digest, value);
}

void replica_take(struct replica *replica, struct bytes key, struct bytes value)
{
    struct bytes prefix = BYTES_LITERAL(KEY_PREFIX);
    struct arena *arena = arena_create();
    struct standing standing;
    const char *why;
    const struct json *json = NULL;
    if (bytes_present(key) && key.len > prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0 && bytes_present(value))
        json = json_read(value, arena, &why);
    if (json && json->kind == JSON_KIND_OBJECT && read_value(json, &standing) && strcmp(standing.instance, replica->instance) != 0) {
        struct standing *other = &replica->others[replica->other_count++ % OTHERS_MAX];
        *other = standing;
        for (size_t i = 0; i < kept(replica->own_count, OWN_MAX); i++)
            if (strcmp(replica->own[i].mark, other->mark) == 0)
                compare(replica, &replica->own[i], other);
    }
    arena_destroy(arena);
}
