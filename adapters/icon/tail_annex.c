/* adapters/icon/tail_annex.c - options of objects: what they are now, and which objects changed by them. */
#include "adapters/icon/tail_state.h"

static uint64_t flag_key(enum site_option_kind option, int64_t object)
{
    return (uint64_t)object * OPTION_COUNT + option;
}

enum flag tail_annex_flag(const struct tail *tail, enum site_option_kind option, int64_t object)
{
    uint32_t at = object < 0 ? 0 : map_get(&tail->annex_index, flag_key(option, object));
    return at ? tail->annex_flags[at - 1].flag : FLAG_UNKNOWN;
}

/* The option that a row sets, OPTION_COUNT: none that is a flag of an object. */
static enum site_option_kind option_of(const struct tail *tail, const struct icon_record *record)
{
    const struct icon_map *map = tail->options.map;
    enum object_type of =
        (enum object_type)icon_code_find(map, CODE_OBJECT_TYPE, icon_record_integer(record, FIELD_OBJECT_TYPE, -1));
    enum site_option_kind option = icon_option_find(map, icon_record_value(record, FIELD_SECTION).text,
                                                    icon_record_value(record, FIELD_KEY).text, of);
    return option == OPTION_WFM || option == OPTION_HAS_BACKUP ? option : OPTION_COUNT;
}

static bool is_deleted(const struct tail *tail, const struct icon_record *record)
{
    struct odbc_value status = icon_record_value(record, FIELD_STATUS);
    int meaning = status.known ? icon_code_find(tail->options.map, CODE_STATUS, status.integer) : 0;
    return meaning ? meaning == CODE_DELETED : icon_record_value(record, FIELD_DELETED).known;
}

/* Keeps a flag; true when it is another one than before. */
static bool keep(struct tail *tail, enum site_option_kind option, int64_t object, int64_t row, enum flag flag)
{
    uint32_t at = map_get(&tail->annex_index, flag_key(option, object));
    if (at) {
        bool news = tail->annex_flags[at - 1].flag != flag;
        tail->annex_flags[at - 1] = (struct annex_flag){row, flag};
        return news;
    }
    if (tail->annex_count == tail->annex_capacity) {
        tail->annex_capacity = tail->annex_capacity ? tail->annex_capacity * 2 : 64;
        tail->annex_flags = memory_resize(tail->annex_flags, tail->annex_capacity * sizeof *tail->annex_flags);
    }
    tail->annex_flags[tail->annex_count] = (struct annex_flag){row, flag};
    map_put(&tail->annex_index, flag_key(option, object), ++tail->annex_count);
    return flag == FLAG_YES;
}

/* True when the object's flag is another one now.  A deleted row ends only the flag that it had set itself: the option
 * may have been written anew by another row meanwhile. */
static bool apply(struct tail *tail, const struct icon_record *record, enum site_option_kind option)
{
    int64_t object = icon_record_integer(record, FIELD_OBJECT, -1), row = icon_record_integer(record, FIELD_ID, -1);
    bool deleted = is_deleted(tail, record);
    bool yes = site_option_is_yes(&tail->options.map->options[option], icon_record_value(record, FIELD_VALUE).text);
    if (object < 0)
        return false;
    uint32_t at = map_get(&tail->annex_index, flag_key(option, object));
    if (deleted && at && tail->annex_flags[at - 1].row != row)
        return false;
    return keep(tail, option, object, row, yes && !deleted ? FLAG_YES : FLAG_NO);
}

/* The annex has no time of a change; the object's own may have moved with it. */
static instant change_time(const struct tail *tail, const struct icon_record *annex, const struct icon_record *object)
{
    instant created = icon_record_integer(annex, FIELD_CREATED, INSTANT_NONE);
    instant changed = icon_record_integer(object, FIELD_CHANGED, INSTANT_NONE);
    if (is_deleted(tail, annex))
        return icon_record_integer(annex, FIELD_DELETED, changed);
    return icon_record_useq(annex) > 0 && changed > created ? changed : created;
}

static enum err derive(struct tail *tail, const struct icon_record *annex, enum site_option_kind option,
                       struct odbc_fault *fault)
{
    enum icon_table table = option == OPTION_WFM ? ICON_PERSON : ICON_SWITCH;
    struct page *page;
    if (!tail_table_is_good(tail, table) || !tail->tables[table].first_done)
        return ERR_OK;
    enum err err = tail_read_row(tail, table, icon_record_integer(annex, FIELD_OBJECT, -1), PAGE_LENT, &page, fault);
    if (err || page->count == 0)
        return err;
    struct derived *derived = arena_alloc(tail->arena, sizeof *derived);
    /* An annex that is loaded after its objects (it could not be read before) holds as long as they do. */
    instant at = tail->tables[ICON_ANNEX].first_done ? change_time(tail, annex, &page->records[0]) : INSTANT_NONE;
    *derived = (struct derived){page->records[0], at, icon_record_version(annex), tail->derived};
    tail->derived = derived;
    return ERR_OK;
}

enum err tail_annex_apply(struct tail *tail, const struct page *page, struct odbc_fault *fault)
{
    struct table *annex = &tail->tables[ICON_ANNEX];
    for (size_t i = 0; i < page->count; i++) {
        const struct icon_record *record = &page->records[i];
        enum site_option_kind option = option_of(tail, record);
        if (option == OPTION_COUNT ||
            seen_has(&annex->seen, icon_record_integer(record, FIELD_ID, -1), icon_record_version(record)))
            continue;
        int64_t number = page->stream == STREAM_INSERT ? icon_record_seq(record) : icon_record_useq(record);
        bool news = apply(tail, record, option);
        /* What an earlier run saw it has stated; stating it again could rewrite history with what is there now. */
        if (!news || number <= annex->streams[page->stream].started)
            continue;
        enum err err = derive(tail, record, option, fault);
        if (err) {
            /* The poll failed; its rows come again and must be news again. */
            tail->annex_loaded = false;
            return err;
        }
    }
    return ERR_OK;
}

/* A row that changed while nobody looked was something else before: whatever it says is news. */
static void load(struct tail *tail, const struct icon_record *record)
{
    enum site_option_kind option = option_of(tail, record);
    int64_t object = icon_record_integer(record, FIELD_OBJECT, -1);
    if (option == OPTION_COUNT || object < 0)
        return;
    if (icon_record_useq(record) <= stream_eager(&tail->tables[ICON_ANNEX].streams[STREAM_UPDATE]))
        apply(tail, record, option);
    else
        keep(tail, option, object, icon_record_integer(record, FIELD_ID, -1), FLAG_UNKNOWN);
}

/* After a start: what the options are, stated or not, up to where we had read. */
enum err tail_annex_load(struct tail *tail, struct odbc_fault *fault)
{
    struct table *annex = &tail->tables[ICON_ANNEX];
    struct position from = {0, -1};
    if (tail->annex_loaded || !tail_table_is_good(tail, ICON_ANNEX))
        return ERR_OK;
    map_free(&tail->annex_index);
    tail->annex_index = (struct map){0};
    tail->annex_count = 0;
    int64_t to = stream_eager(&annex->streams[STREAM_INSERT]);
    for (bool full = to >= 0; full;) {
        struct page *page;
        enum err err = tail_read_page(tail, ICON_ANNEX, STREAM_INSERT, PAGE_LENT, from, to, &page, fault);
        if (err)
            return err;
        for (size_t i = 0; i < page->count; i++)
            load(tail, &page->records[i]);
        full = page->full;
        if (page->count) {
            const struct icon_record *last = &page->records[page->count - 1];
            from = (struct position){icon_record_seq(last), icon_record_integer(last, FIELD_ID, -1)};
        }
        odbc_end(tail->options.odbc);
        tail_pages_drop(tail);
        arena_reset(tail->arena);
    }
    tail->annex_loaded = true;
    return ERR_OK;
}
