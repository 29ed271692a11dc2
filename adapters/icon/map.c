#include "adapters/icon/map.h"

#include "base/check.h"

const char *icon_map_place(const struct icon_record *record, struct arena *arena)
{
    enum icon_field key = record->columns->position[FIELD_ID] >= 0 ? FIELD_ID : FIELD_CONNECTION;
    return arena_printf(arena, "table %s, %s %lld", record->columns->table, record->columns->names[key],
                        (long long)icon_record_integer(record, key, -1));
}

/* NULL and 0 are both "none" in ICON. */
static int64_t reference(const struct icon_record *record, enum icon_field field)
{
    int64_t id = icon_record_integer(record, field, 0);
    return id == 0 ? ID_NONE : id;
}

static struct bytes text_of(const struct icon_record *record, enum icon_field field)
{
    struct odbc_value value = icon_record_value(record, field);
    return value.known && value.text.len ? value.text : BYTES_NONE;
}

static struct bytes key_of(struct arena *arena, const char *prefix, const struct icon_record *record)
{
    return bytes_from_text(arena_printf(arena, "%s%lld", prefix, (long long)icon_record_integer(record, FIELD_ID, -1)));
}

static bool is_deleted(const struct icon_context *context, const struct icon_record *record)
{
    struct odbc_value status = icon_record_value(record, FIELD_STATUS);
    int meaning = status.known ? icon_code_find(context->map, CODE_STATUS, status.integer) : 0;
    return meaning ? meaning == CODE_DELETED : icon_record_value(record, FIELD_DELETED).known;
}

static bool is_of_first_load(const struct icon_context *context, const struct icon_record *record)
{
    return icon_record_seq(record) <= context->first_seq;
}

/* When the row last changed by its own words, INSTANT_NONE when it does not say. */
static instant changed_at(const struct icon_context *context, const struct icon_record *record)
{
    instant changed = icon_record_integer(record, FIELD_CHANGED, INSTANT_NONE);
    if (is_deleted(context, record))
        return icon_record_integer(record, FIELD_DELETED, changed);
    return changed;
}

instant icon_map_valid_from(const struct icon_context *context, const struct icon_record *record)
{
    instant created = icon_record_integer(record, FIELD_CREATED, INSTANT_NONE), changed = changed_at(context, record);
    bool updated = icon_record_useq(record) > 0;
    if (is_of_first_load(context, record)) {
        if (icon_record_useq(record) <= context->first_useq || changed == INSTANT_NONE)
            return INSTANT_EVER;
        return changed;
    }
    return updated && changed != INSTANT_NONE && changed > created ? changed : created;
}

static enum flag enabled_of(const struct icon_context *context, const struct icon_record *record)
{
    struct odbc_value state = icon_record_value(record, FIELD_STATE);
    int meaning = state.known ? icon_code_find(context->map, CODE_STATE, state.integer) : 0;
    return meaning == CODE_ENABLED ? FLAG_YES : meaning == CODE_DISABLED ? FLAG_NO : FLAG_UNKNOWN;
}

static struct bytes persons_name(const struct icon_record *record, struct arena *arena)
{
    struct bytes first = text_of(record, FIELD_FIRST_NAME), last = text_of(record, FIELD_LAST_NAME);
    if (!first.len && !last.len)
        return text_of(record, FIELD_NAME);
    return bytes_from_text(arena_printf(arena, "%.*s%s%.*s", (int)first.len, first.len ? (const char *)first.data : "",
                                        first.len && last.len ? " " : "", (int)last.len,
                                        last.len ? (const char *)last.data : ""));
}

/* The type of object that a row is, OBJECT_NONE: none that we count. */
static enum object_type type_of(const struct icon_context *context, const struct icon_record *record)
{
    switch (record->table) {
    case ICON_TENANT:   return OBJECT_TENANT;
    case ICON_SWITCH:   return OBJECT_SWITCH;
    case ICON_ENDPOINT: return OBJECT_DN;
    case ICON_PLACE:    return OBJECT_PLACE;
    case ICON_LOGIN:    return OBJECT_LOGIN;
    case ICON_PERSON:   return OBJECT_PERSON;
    case ICON_GROUP:
        return (enum object_type)icon_code_find(context->map, CODE_GROUP_TYPE, icon_record_integer(record, FIELD_TYPE, -1));
    case ICON_ANNEX: {
        int of = icon_code_find(context->map, CODE_OBJECT_TYPE, icon_record_integer(record, FIELD_OBJECT_TYPE, -1));
        enum site_option_kind kind =
            icon_option_find(context->map, text_of(record, FIELD_SECTION), text_of(record, FIELD_KEY), (enum object_type)of);
        return kind == OPTION_MAILBOX ? OBJECT_MAILBOX : kind == OPTION_IVR_PORT ? OBJECT_IVR_PORT : OBJECT_NONE;
    }
    default:
        return OBJECT_NONE;
    }
}

/* An option's row is an object of its own: there while the row is there and its value means yes. */
static void fill_optional(const struct icon_context *context, const struct icon_record *record, struct object *object)
{
    enum site_option_kind kind = object->type == OBJECT_MAILBOX ? OPTION_MAILBOX : OPTION_IVR_PORT;
    bool yes = site_option_is_yes(&context->map->options[kind], icon_record_value(record, FIELD_VALUE).text);
    object->enabled = yes ? FLAG_YES : FLAG_NO;
    object->tenant = reference(record, FIELD_TENANT);
}

static struct object object_of(const struct icon_context *context, const struct icon_record *record, struct arena *arena)
{
    struct object object = fact_blank(FACT_OBJECT).object;
    object.type = type_of(context, record);
    object.id = icon_record_integer(record, FIELD_ID, ID_NONE);
    object.deleted = is_deleted(context, record) ? FLAG_YES : FLAG_NO;
    object.enabled = enabled_of(context, record);
    object.tenant = reference(record, FIELD_TENANT);
    object.switch_id = reference(record, FIELD_SWITCH);
    int64_t type = icon_record_integer(record, FIELD_TYPE, INT64_MIN);
    switch (object.type) {
    case OBJECT_PERSON: {
        int meaning = icon_code_find(context->map, CODE_PERSON_TYPE, type);
        object.agent = meaning == CODE_AGENT ? FLAG_YES : meaning == CODE_OTHER ? FLAG_NO : FLAG_UNKNOWN;
        object.wfm = context->wfm;
        if (context->clear_names)
            object.name = persons_name(record, arena);
        break;
    }
    case OBJECT_SWITCH:
        object.name = text_of(record, FIELD_NAME);
        object.switch_type = (enum switch_type)icon_code_find(context->map, CODE_SWITCH_TYPE, type);
        object.has_backup = context->has_backup;
        break;
    case OBJECT_MAILBOX:
    case OBJECT_IVR_PORT:
        fill_optional(context, record, &object);
        break;
    case OBJECT_LOGIN: /* a login's code and a DN's number point at people */
    case OBJECT_DN:
        if (context->clear_names)
            object.name = text_of(record, FIELD_NAME);
        break;
    default:
        object.name = text_of(record, FIELD_NAME);
    }
    return object;
}

/* Adds a fact if it is lawful; the first unlawful one refuses the row. */
static void add(struct icon_facts *out, struct fact fact, struct arena *arena)
{
    const char *why = NULL;
    if (out->why)
        return;
    if (fact_check(&fact, arena, &why)) {
        out->why = why;
        return;
    }
    check(out->count < ICON_FACTS_MAX);
    out->facts[out->count++] = fact;
}

static void add_object(struct icon_facts *out, const struct icon_context *context, struct object object, instant from,
                       int64_t version, struct arena *arena)
{
    char text[INSTANT_TEXT_SIZE];
    struct fact fact = fact_blank(FACT_OBJECT);
    fact.source = context->source;
    fact.version = version;
    fact.object = object;
    fact.object.valid_from = from;
    fact.key = bytes_from_text(arena_printf(arena, "%s/%lld@%s", object_type_name(object.type), (long long)object.id,
                                            from == INSTANT_EVER ? "ever" : instant_format(from, text)));
    add(out, fact, arena);
}

void icon_map_object_at(const struct icon_context *context, const struct icon_record *record, instant from, int64_t version,
                        struct arena *arena, struct icon_facts *out)
{
    *out = (struct icon_facts){0};
    add_object(out, context, object_of(context, record, arena), from, version, arena);
}

static void map_object(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                       struct icon_facts *out)
{
    struct object object = object_of(context, record, arena), before = object;
    instant created = icon_record_integer(record, FIELD_CREATED, INSTANT_NONE);
    instant from = icon_map_valid_from(context, record), changed = changed_at(context, record);
    int64_t version = icon_record_version(record);
    bool deleted = object.deleted == FLAG_YES;
    if (object.type == OBJECT_NONE)
        return;
    before.deleted = FLAG_NO;
    if (deleted && changed == INSTANT_NONE) {
        out->why = arena_printf(arena, "%s is deleted, but %s is NULL: expected when",
                                object_type_name(object.type), record->columns->names[FIELD_DELETED]
                                                                   ? record->columns->names[FIELD_DELETED] : "deleted");
        return;
    }
    bool first_load = is_of_first_load(context, record);
    if (!first_load && created == INSTANT_NONE) {
        out->why = arena_printf(arena, "%s is NULL: expected when it was made", record->columns->names[FIELD_CREATED]);
        return;
    }
    if (from == INSTANT_EVER) {
        add_object(out, context, deleted ? before : object, from, version, arena);
        if (deleted)
            add_object(out, context, object, changed, version, arena);
        return;
    }
    /* What it said at first: the insert's own version, which nobody else states. */
    if (!first_load && from != created && context->first_sight)
        add_object(out, context, before, created, icon_record_seq(record), arena);
    add_object(out, context, object, from, version, arena);
}

static void map_membership(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                           struct icon_facts *out)
{
    bool person = record->table == ICON_GROUP_PERSON;
    struct fact fact = fact_blank(FACT_MEMBERSHIP);
    fact.source = context->source;
    /* Two tables number their rows by themselves. */
    fact.key = key_of(arena, person ? "person/" : "place/", record);
    fact.version = icon_record_version(record);
    fact.membership.group = reference(record, FIELD_GROUP);
    fact.membership.member_type = person ? OBJECT_PERSON : OBJECT_PLACE;
    fact.membership.member = reference(record, FIELD_MEMBER);
    fact.membership.from = is_of_first_load(context, record) ? INSTANT_EVER
                                                             : icon_record_integer(record, FIELD_CREATED, INSTANT_EVER);
    fact.membership.to = icon_record_integer(record, FIELD_DELETED, INSTANT_NEVER);
    if (is_deleted(context, record) && fact.membership.to == INSTANT_NEVER) {
        out->why = arena_printf(arena, "the membership is deleted, but %s is NULL: expected when",
                                record->columns->names[FIELD_DELETED]);
        return;
    }
    add(out, fact, arena);
}

static void map_campaign(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                         struct icon_facts *out)
{
    struct fact fact = fact_blank(FACT_CAMPAIGN);
    fact.source = context->source;
    fact.key = key_of(arena, "", record);
    fact.version = icon_record_version(record);
    fact.campaign.campaign = reference(record, FIELD_CAMPAIGN);
    fact.campaign.group = reference(record, FIELD_GROUP);
    fact.campaign.loaded_from = icon_record_integer(record, FIELD_CREATED, INSTANT_NONE);
    fact.campaign.loaded_to = icon_record_integer(record, FIELD_TERMINATED, INSTANT_NEVER);
    add(out, fact, arena);
}

static bool is_connection(const struct icon_context *context, int64_t id)
{
    for (size_t i = 0; i < context->disconnect_count; i++)
        if (context->disconnects[i].connection == id)
            return true;
    return false;
}

/* A session that ends together with its connection was not logged out: the collector lost sight of it.  GSYS_DOMAIN names
 * the connection; where it names none that we know, any connection's end counts. */
static bool ends_with_connection(const struct icon_context *context, const struct icon_record *record, instant end)
{
    int64_t own = icon_record_integer(record, FIELD_DOMAIN, 0);
    size_t low = 0, high = context->disconnect_count; /* the first that lies behind the end */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (context->disconnects[middle].end <= end)
            low = middle + 1;
        else
            high = middle;
    }
    bool near = false;
    for (; low > 0 && end - context->disconnects[low - 1].end < DISCONNECT_WITHIN_MS; low--) {
        near = true;
        if (context->disconnects[low - 1].connection == own)
            return true;
    }
    return near && !is_connection(context, own);
}

static void map_login(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                      struct icon_facts *out)
{
    struct fact fact = fact_blank(FACT_LOGIN_SESSION);
    struct login_session *login = &fact.login_session;
    fact.source = context->source;
    fact.key = key_of(arena, "", record);
    fact.version = icon_record_version(record);
    login->session = text_of(record, FIELD_SESSION);
    login->person = reference(record, FIELD_PERSON);
    login->login = reference(record, FIELD_LOGIN);
    login->place = reference(record, FIELD_PLACE);
    login->dn = reference(record, FIELD_DN);
    login->app = text_of(record, FIELD_APP);
    login->begin = icon_record_integer(record, FIELD_CREATED, INSTANT_NONE);
    login->end = icon_record_integer(record, FIELD_TERMINATED, INSTANT_NEVER);
    if (login->end != INSTANT_NEVER && ends_with_connection(context, record, login->end))
        login->end_by = END_BY_DISCONNECT;
    add(out, fact, arena);
}

static void map_endpoint(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                         struct icon_facts *out)
{
    struct fact fact = fact_blank(FACT_SESSION_MEDIA);
    struct session_media *media = &fact.session_media;
    struct bytes name = text_of(record, FIELD_MEDIA);
    struct odbc_value type = icon_record_value(record, FIELD_TYPE);
    fact.source = context->source;
    fact.key = key_of(arena, "", record);
    fact.version = icon_record_version(record);
    if (bytes_present(name))
        media->media = icon_medium_find(context->map, name, arena);
    else if (type.known && icon_code_find(context->map, CODE_ENDPOINT_TYPE, type.integer) != CODE_NO_DN)
        media->media = BYTES_LITERAL("voice");
    else
        return; /* a queue of an Interaction Server session: no medium is stated */
    media->session = text_of(record, FIELD_SESSION);
    media->dn = reference(record, FIELD_DN);
    media->place = reference(record, FIELD_PLACE);
    media->begin = icon_record_integer(record, FIELD_CREATED, INSTANT_NONE);
    media->end = icon_record_integer(record, FIELD_TERMINATED, INSTANT_NEVER);
    add(out, fact, arena);
}

/* A value that could not be read whole must not be used in part. */
static const char *bad_value(const struct icon_record *record, struct arena *arena)
{
    for (size_t i = 0; i < record->columns->count; i++) {
        const struct odbc_value *value = &record->values[i];
        const char *column = record->columns->names[record->columns->order[i]];
        if (value->bad && record->columns->types[i] == ODBC_TEXT)
            return arena_printf(arena, "%s is longer than %d bytes", column, ODBC_TEXT_BYTES_MAX);
        if (value->bad && record->columns->types[i] == ODBC_INTEGER)
            return arena_printf(arena, "%s is no 64-bit integer", column);
        if (value->bad)
            return arena_printf(arena, "%s is no time of the years 1970 to 2199", column);
        if (value->known && record->columns->types[i] == ODBC_TEXT && !bytes_are_utf8(value->text))
            return arena_printf(arena, "%s is no UTF-8", column);
    }
    return NULL;
}

void icon_map_row(const struct icon_context *context, const struct icon_record *record, struct arena *arena,
                  struct icon_facts *out)
{
    *out = (struct icon_facts){.why = bad_value(record, arena)};
    if (!out->why && icon_record_version(record) < 0)
        out->why = arena_printf(arena, "%s %lld and %s %lld are no version, expected a number from 0 to 2^61",
                                record->columns->names[FIELD_SEQ], (long long)icon_record_integer(record, FIELD_SEQ, -1),
                                record->columns->names[FIELD_USEQ], (long long)icon_record_useq(record));
    if (!out->why && icon_record_integer(record, FIELD_ID, -1) < 0)
        out->why = arena_printf(arena, "%s is NULL or below 0", record->columns->names[FIELD_ID]);
    if (out->why)
        return;
    switch (record->table) {
    case ICON_GROUP_PERSON:
    case ICON_GROUP_PLACE:
        map_membership(context, record, arena, out);
        break;
    case ICON_CAMPAIGN:
        map_campaign(context, record, arena, out);
        break;
    case ICON_LOGIN_SESSION:
        map_login(context, record, arena, out);
        break;
    case ICON_SESSION_ENDPOINT:
        map_endpoint(context, record, arena, out);
        break;
    default:
        map_object(context, record, arena, out);
    }
    if (out->why)
        out->count = 0;
}

void icon_map_coverage(const struct icon_context *context, const struct icon_record *record, struct bytes group,
                       struct arena *arena, struct icon_facts *out)
{
    struct fact fact = fact_blank(FACT_COVERAGE);
    int64_t at_switch = icon_record_integer(record, FIELD_SWITCH, 0);
    *out = (struct icon_facts){.why = bad_value(record, arena)};
    /* A collector that ended saw nothing more, whatever became of the connection's row. */
    instant end = icon_record_integer(record, FIELD_END, icon_record_integer(record, FIELD_COLLECTOR_END, INSTANT_NEVER));
    fact.source = context->source;
    fact.key = bytes_from_text(arena_printf(arena, "%s/%lld/%lld", icon_class_name(icon_table_class(record->table)),
                                            (long long)icon_record_integer(record, FIELD_COLLECTOR, 0),
                                            (long long)icon_record_integer(record, FIELD_CONNECTION, 0)));
    fact.version = end == INSTANT_NEVER ? 0 : end; /* the rows have no numbers; an end comes later than none */
    fact.coverage.from = icon_record_integer(record, FIELD_BEGIN, INSTANT_NONE);
    fact.coverage.to = end;
    fact.coverage.group = group;
    fact.coverage.note = bytes_from_text(
        at_switch > 0 ? arena_printf(arena, "switch %lld, by provider %lld", (long long)at_switch,
                                     (long long)icon_record_integer(record, FIELD_PROVIDER, 0))
                      : arena_printf(arena, "provider %lld", (long long)icon_record_integer(record, FIELD_PROVIDER, 0)));
    add(out, fact, arena);
    if (out->why)
        out->count = 0;
}
