/* adapters/icon/tail_publish.c - rows of a poll to the sink, each version once. */
#include "adapters/icon/tail_state.h"

static enum err hand_over(struct tail *tail, const struct icon_record *record, const struct icon_facts *facts)
{
    const struct adapter_sink *sink = &tail->options.sink;
    tail->changed = true;
    if (facts->why) {
        struct buffer raw = {0};
        icon_record_write(record, tail->options.clear_names, &raw);
        enum err err = sink->refused(sink->owner, icon_map_place(record, tail->arena), facts->why, buffer_bytes(&raw));
        buffer_free(&raw);
        return err;
    }
    for (size_t i = 0; i < facts->count; i++) {
        enum err err = sink->fact(sink->owner, &facts->facts[i]);
        if (err)
            return err;
    }
    return ERR_OK;
}

static struct icon_context context_of(const struct tail *tail, const struct icon_record *record)
{
    const struct table *table = &tail->tables[record->table];
    int64_t id = icon_record_integer(record, FIELD_ID, -1);
    return (struct icon_context){
        .map = tail->options.map,
        .source = bytes_from_text(tail->options.name),
        .clear_names = tail->options.clear_names,
        .first_seq = table->first_done ? table->first[STREAM_INSERT] : ICON_NUMBER_MAX,
        .first_useq = table->first_done ? table->first[STREAM_UPDATE] : ICON_NUMBER_MAX,
        .wfm = record->table == ICON_PERSON ? tail_annex_flag(tail, OPTION_WFM, id) : FLAG_UNKNOWN,
        .has_backup = record->table == ICON_SWITCH ? tail_annex_flag(tail, OPTION_HAS_BACKUP, id) : FLAG_UNKNOWN,
        .disconnects = tail->disconnects,
        .disconnect_count = tail->disconnect_count,
    };
}

/* Keeps which sessions last, for reconciling. */
static void note_open(struct tail *tail, const struct icon_record *record)
{
    struct table *table = &tail->tables[record->table];
    int64_t id = icon_record_integer(record, FIELD_ID, -1);
    if ((record->table != ICON_LOGIN_SESSION && record->table != ICON_SESSION_ENDPOINT) || id < 0)
        return;
    if (icon_record_value(record, FIELD_TERMINATED).known)
        map_remove(&table->open, (uint64_t)id);
    else
        map_put(&table->open, (uint64_t)id, tail->generation);
}

/* The newest event up to where we are sure, for the watermark of an ICON whose G_SYNC_CONTROL stands.  A time that lies
 * in the future is some clock's mistake. */
static void note_newest(struct tail *tail, const struct page *page, const struct icon_record *record, instant wall)
{
    const struct stream *stream = &tail->tables[page->table].streams[page->stream];
    bool insert = page->stream == STREAM_INSERT;
    int64_t number = insert ? icon_record_seq(record) : icon_record_useq(record);
    if (page->purpose != PAGE_PASS || (page->table != ICON_LOGIN_SESSION && page->table != ICON_SESSION_ENDPOINT) ||
        number > stream->confirm_to)
        return;
    instant at = icon_record_integer(record, insert ? FIELD_CREATED : FIELD_TERMINATED, INSTANT_NONE);
    if (at <= wall && at > tail->pass_newest)
        tail->pass_newest = at;
}

static bool has_ended(const struct icon_record *record)
{
    return icon_record_value(record, FIELD_TERMINATED).known || icon_record_value(record, FIELD_DELETED).known;
}

static bool is_news(struct tail *tail, const struct page *page, const struct icon_record *record)
{
    struct table *table = &tail->tables[page->table];
    int64_t id = icon_record_integer(record, FIELD_ID, -1), version = icon_record_version(record);
    /* Reconciling asks whether we hold a row as open; if so, and it is, nothing is new. */
    if (page->purpose == PAGE_RECONCILE) {
        bool held = id >= 0 && map_get(&table->open, (uint64_t)id) != 0;
        return held == icon_record_value(record, FIELD_TERMINATED).known;
    }
    if (page->purpose == PAGE_REREAD)
        return tail->reread.all || !known_has(&table->known, id, version, has_ended(record));
    return version < 0 || !seen_has(&table->seen, id, version);
}

/* Whether this process would know the row if it had been published: an earlier one may have done so. */
static bool would_know(const struct tail *tail, const struct page *page, const struct icon_record *record)
{
    if (page->purpose == PAGE_REREAD)
        return !tail->reread.all && tail->known_since <= tail->reread.from;
    return tail->known_since == INSTANT_EVER || tail->compared || icon_record_integer(record, FIELD_CREATED, INSTANT_NONE) >= tail->known_since;
}

/* Late: behind the confirmed marks, where nobody looks by numbers any more. */
static void note_late(struct tail *tail, const struct page *page, const struct icon_record *record)
{
    const struct table *table = &tail->tables[page->table];
    bool again = page->purpose == PAGE_REREAD;
    if (again)
        tail->reread.news++;
    if ((!again && page->purpose != PAGE_RECONCILE) || !would_know(tail, page, record) ||
        icon_record_seq(record) > table->streams[STREAM_INSERT].confirmed || icon_record_useq(record) > table->streams[STREAM_UPDATE].confirmed)
        return;
    tail->late++;
    if (again)
        tail->reread.late++;
}

/* Only what a re-reading may ask for is remembered. */
static void note_known(struct tail *tail, const struct icon_record *record, instant wall)
{
    instant since = wall - (tail->options.reread_days + 1) * DAY_MS;
    instant begin = icon_record_integer(record, FIELD_CREATED, INSTANT_NEVER), end = icon_record_integer(record, FIELD_TERMINATED, INSTANT_NONE);
    if (record->table != ICON_ANNEX && icon_record_version(record) >= 0 && tail->options.reread_days > 0 &&
        (icon_table_class(record->table) == CLASS_CFG || begin >= since || end >= since))
        known_note(&tail->tables[record->table].known, icon_record_integer(record, FIELD_ID, -1), icon_record_version(record), has_ended(record), wall);
}

enum err tail_publish_page(struct tail *tail, const struct page *page)
{
    struct table *table = &tail->tables[page->table];
    instant wall = clock_wall();
    for (size_t i = 0; page->purpose != PAGE_LENT && i < page->count; i++) {
        const struct icon_record *record = &page->records[i];
        int64_t id = icon_record_integer(record, FIELD_ID, -1), seq = icon_record_seq(record);
        note_newest(tail, page, record, wall);
        if (is_news(tail, page, record)) {
            struct icon_context context = context_of(tail, record);
            struct icon_facts facts;
            note_late(tail, page, record);
            context.first_sight = page->stream == STREAM_INSERT && seq > table->streams[STREAM_INSERT].started &&
                                  !seen_has(&table->seen, id, seq);
            icon_map_row(&context, record, tail->arena, &facts);
            enum err err = hand_over(tail, record, &facts);
            if (err)
                return err;
            note_known(tail, record, wall);
        }
        note_open(tail, record);
        if (icon_record_version(record) >= 0)
            seen_add(&table->seen, id, icon_record_version(record));
    }
    return ERR_OK;
}

/* An object whose annex changed is a further version of it.  When it changed itself at that very instant, the version
 * must be the larger one, since the key is the same. */
enum err tail_publish_derived(struct tail *tail)
{
    for (struct derived *derived = tail->derived; derived; derived = derived->next) {
        struct icon_context context = context_of(tail, &derived->record);
        struct icon_facts facts;
        int64_t version = derived->version, own = icon_record_version(&derived->record);
        instant begin = icon_map_valid_from(&context, &derived->record), at = derived->at == INSTANT_NONE ? begin : derived->at;
        if (at == begin && version <= own)
            version = own + 1;
        icon_map_object_at(&context, &derived->record, at, version, tail->arena, &facts);
        enum err err = hand_over(tail, &derived->record, &facts);
        if (err)
            return err;
    }
    return ERR_OK;
}

enum err tail_publish_source(struct tail *tail)
{
    struct fact fact = fact_blank(FACT_SOURCE);
    if (tail->declared && bytes_equal(tail->declared_group, tail->options.group) && tail->declared_late == tail->late)
        return ERR_OK;
    fact.source = fact.key = bytes_from_text(tail->options.name);
    fact.version = tail->declared_version + 1;
    fact.source_entry.kind = SOURCE_ICON;
    fact.source_entry.group = tail->options.group;
    if (tail->late)
        fact.source_entry.late = (int64_t)tail->late;
    enum err err = tail->options.sink.fact(tail->options.sink.owner, &fact);
    if (err)
        return err;
    tail->declared = true;
    tail->declared_group = tail->options.group;
    tail->declared_version++;
    tail->declared_late = tail->late;
    tail->changed = true;
    return ERR_OK;
}

static enum err publish_connections(struct tail *tail, const struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct icon_record *record = &page->records[i];
        struct icon_context context = context_of(tail, record);
        struct icon_facts facts;
        icon_map_coverage(&context, record, tail->options.group, tail->arena, &facts);
        /* Rows have two numbers for a name; refused ones are remembered by them, too. */
        int64_t id = icon_record_integer(record, FIELD_COLLECTOR, 0) * ((int64_t)1 << 32) +
                     icon_record_integer(record, FIELD_CONNECTION, 0);
        int64_t version = (facts.count ? facts.facts[0].version : 0) * ICON_TABLE_COUNT + page->table;
        if (seen_has(&tail->coverage, id, version))
            continue;
        enum err err = hand_over(tail, record, &facts);
        if (err)
            return err;
        seen_add(&tail->coverage, id, version);
    }
    return ERR_OK;
}

enum err tail_publish_coverage(struct tail *tail)
{
    for (const struct page *page = tail->pages; page; page = page->next) {
        bool asked = (page->table == ICON_CONNECTION_GLS || page->table == ICON_CONNECTION_CFG) &&
                     (tail->options.map->coverage >> icon_table_class(page->table) & 1);
        enum err err = asked ? publish_connections(tail, page) : ERR_OK;
        if (err)
            return err;
    }
    return ERR_OK;
}

enum err tail_publish_watermark(struct tail *tail, instant until)
{
    struct fact fact = fact_blank(FACT_WATERMARK);
    if (until == INSTANT_NONE || until <= tail->watermark)
        return ERR_OK;
    fact.source = bytes_from_text(tail->options.name);
    fact.key = BYTES_LITERAL("watermark");
    fact.version = until;
    fact.watermark.until = until;
    enum err err = tail->options.sink.fact(tail->options.sink.owner, &fact);
    if (err)
        return err;
    tail->watermark = until;
    tail->changed = true;
    return ERR_OK;
}
