#include "adapters/gvp/map.h"

#include "base/limits.h"

enum { RAW_BYTES_MAX = 4000, SHOWN_BYTES_MAX = 200 };

static const char *shown(struct bytes text, struct arena *arena)
{
    size_t len = text.len;
    if (len > SHOWN_BYTES_MAX) {
        len = SHOWN_BYTES_MAX;
        while (len && (text.data[len] & 0xc0) == 0x80)
            len--;
    }
    return len ? arena_text(arena, bytes_of(text.data, len)) : "";
}

/* The element with what it says, for the eyes. */
static void write_raw(const struct xml *element, struct buffer *out)
{
    buffer_printf(out, "<%.*s", (int)element->name.len, (const char *)element->name.data);
    for (size_t i = 0; i < element->attribute_count; i++)
        buffer_printf(out, " %.*s=\"%.*s\"", (int)element->attributes[i].name.len, (const char *)element->attributes[i].name.data,
                      (int)element->attributes[i].value.len, (const char *)element->attributes[i].value.data);
    buffer_append_char(out, '>');
    buffer_append_bytes(out, element->text);
    for (const struct xml *child = element->children; child && out->len < RAW_BYTES_MAX; child = child->next)
        write_raw(child, out);
}

static void refuse(const struct gvp_context *context, const struct gvp_record *record, const struct xml *element, const char *why,
                   struct arena *arena, struct gvp_row *row)
{
    struct buffer raw = {0};
    write_raw(element, &raw);
    struct bytes text = buffer_bytes(&raw);
    while (text.len > RAW_BYTES_MAX || (text.len && !bytes_are_utf8(text)))
        text.len--;
    row->raw = arena_copy(arena, text);
    buffer_free(&raw);
    row->place = arena_printf(arena, "%s record, %s %s, %s %s", gvp_leg_name(context->leg), context->map->names[GVP_COMPONENT],
                              shown(gvp_record_field(record, GVP_COMPONENT), arena), context->map->names[GVP_SESSION],
                              shown(gvp_record_field(record, GVP_SESSION), arena));
    row->why = why;
}

static bool read_time(const struct gvp_context *context, const struct gvp_record *record, enum gvp_name field, struct arena *arena, instant *at,
                      const char **why)
{
    struct bytes text = gvp_record_field(record, field);
    if (instant_parse(text, at))
        return true;
    *why = arena_printf(arena, "%s: \"%s\", expected a time as 2026-11-23T09:10:11.120Z", context->map->names[field], shown(text, arena));
    return false;
}

/* NULL, or why the record cannot be taken. */
static const char *fill(const struct gvp_context *context, const struct gvp_record *record, struct arena *arena, struct fact *fact)
{
    struct bytes component = gvp_record_field(record, GVP_COMPONENT), session = gvp_record_field(record, GVP_SESSION);
    struct bytes call = gvp_record_field(record, GVP_CALL), tenant = gvp_record_field(record, GVP_TENANT), app = gvp_record_field(record, GVP_APP);
    const char *const *names = context->map->names;
    const char *why = NULL;
    if (!bytes_present(component) || !bytes_present(session))
        return arena_printf(arena, "%s is missing", names[bytes_present(component) ? GVP_SESSION : GVP_COMPONENT]);
    if (component.len + session.len + 1 > FACT_KEY_BYTES_MAX)
        return arena_printf(arena, "%s and %s have %zu bytes together, expected at most %d", names[GVP_COMPONENT], names[GVP_SESSION],
                            component.len + session.len, FACT_KEY_BYTES_MAX - 1);
    if (!bytes_present(call) && context->leg == GVP_RM && context->legs_joined)
        return arena_printf(arena, "%s is missing: without it this leg cannot be joined to the call's media leg", names[GVP_CALL] ? names[GVP_CALL] : "the call's id");
    int64_t number = 0;
    if (bytes_present(tenant) && !gvp_number(tenant, &number))
        return arena_printf(arena, "%s: \"%s\", expected a number (DBID)", names[GVP_TENANT], shown(tenant, arena));
    fact->source = context->source;
    fact->key = bytes_from_text(arena_printf(arena, "%.*s/%.*s", (int)component.len, (const char *)component.data, (int)session.len, (const char *)session.data));
    fact->port.tenant = number ? number : ID_NONE;
    fact->port.call = bytes_present(call) ? arena_copy(arena, call) : fact->key;
    fact->port.app = bytes_present(app) ? arena_copy(arena, app) : BYTES_NONE;
    fact->port.uses = record->uses;
    if (!read_time(context, record, GVP_BEGIN, arena, &fact->port.begin, &why))
        return why;
    fact->version = record->uses;
    if (bytes_present(gvp_record_field(record, GVP_END))) {
        if (!read_time(context, record, GVP_END, arena, &fact->port.end, &why))
            return why;
        fact->version = ((int64_t)1 << 62) + fact->port.end * 32 + record->uses;
    }
    return fact_check(fact, arena, &why) ? why : NULL;
}

struct gvp_row gvp_map_record(const struct gvp_context *context, const struct xml *element, struct arena *arena)
{
    struct gvp_row row = {.fact = fact_blank(FACT_PORT)};
    struct gvp_record record = gvp_record_read(context->map, element);
    if (record.uses == 0) {
        row.left_out = true;
        return row;
    }
    const char *why = fill(context, &record, arena, &row.fact);
    if (why)
        refuse(context, &record, element, why, arena, &row);
    return row;
}

uint64_t gvp_row_hash(const struct gvp_row *row)
{
    if (row->why)
        return hash_mix(bytes_hash(row->raw) ^ bytes_hash(bytes_from_text(row->why)));
    const struct port *port = &row->fact.port;
    uint64_t hash = bytes_hash(row->fact.key);
    const uint64_t parts[] = {(uint64_t)row->fact.version, (uint64_t)port->tenant, bytes_hash(port->call), bytes_hash(port->app), port->uses,
                              (uint64_t)port->begin, (uint64_t)port->end};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = hash_mix(hash ^ parts[i]);
    return hash;
}
