/* adapters/simulator/batch.c - the rows of events, collected, numbered and run. */
#include "adapters/simulator/watch.h"
#include "adapters/simulator/writer_private.h"

#include "base/check.h"

enum { NUMBERS_PER_BLOCK = 50 };

void batch_clear(struct batch *batch)
{
    for (int table = 0; table < SIM_TABLE_COUNT; table++) {
        row_list_clear(&batch->inserts[table]);
        row_list_clear(&batch->updates[table]);
    }
    batch->rows = 0;
}

void batch_free(struct batch *batch)
{
    for (int table = 0; table < SIM_TABLE_COUNT; table++) {
        row_list_free(&batch->inserts[table]);
        row_list_free(&batch->updates[table]);
    }
}

static int64_t take(struct writer *writer, enum sim_lane lane, enum sim_class class)
{
    int64_t number = number_take(&writer->options.counters[class], &writer->blocks[lane][class], NUMBERS_PER_BLOCK);
    if (lane == LANE_MAIN)
        number_written(&writer->options.counters[class], number);
    else
        writer->side_newest[class] = number;
    return number;
}

void writer_number(struct writer *writer, enum sim_lane lane, const struct sim_event *event)
{
    struct script *script = writer->options.script;
    if (event->kind == EVENT_LOAD || event->kind == EVENT_UNLOAD) {
        struct sim_campaign *campaign = &script->campaigns[event->index];
        *(event->kind == EVENT_LOAD ? &campaign->seq : &campaign->useq) = take(writer, lane, CLASS_GOS);
        return;
    }
    if (event->kind == EVENT_DROP || event->kind == EVENT_BACK)
        return; /* connections have no numbers */
    if (event->kind == EVENT_MEDIA) {
        script->media[event->index].seq = take(writer, lane, CLASS_GLS);
        return;
    }
    struct sim_session *session = &script->sessions[event->index];
    bool login = event->kind == EVENT_LOGIN;
    *(login ? &session->seq : &session->useq) = take(writer, lane, CLASS_GLS);
    for (int i = 0; i < session->media_count; i++) {
        struct sim_media_row *row = &script->media[session->first_media + (size_t)i];
        if (!login && row->begin != INSTANT_NEVER)
            row->useq = take(writer, lane, CLASS_GLS);
        else if (login && row->begin == session->begin)
            row->seq = take(writer, lane, CLASS_GLS);
    }
}

void writer_drop_side(struct writer *writer)
{
    for (int class = 0; class < CLASS_COUNT; class++) {
        number_written(&writer->options.counters[class], writer->side_newest[class]);
        block_drop(&writer->blocks[LANE_SIDE][class]);
    }
}

/* The media rows that were there before the event (a logout's), or come with it (a login's). */
static void add_session(struct writer *writer, struct batch *batch, const struct sim_event *event, instant as_of, instant written,
                        instant inserted_since)
{
    const struct script *script = writer->options.script;
    const struct sim_session *session = &script->sessions[event->index];
    bool login = event->kind == EVENT_LOGIN;
    if (login)
        row_add_login(&batch->inserts[TABLE_LOGIN], script, session, as_of, written);
    else if (session->begin <= inserted_since)
        row_add_login(&batch->updates[TABLE_LOGIN], script, session, as_of, written);
    for (int i = 0; i < session->media_count; i++) {
        const struct sim_media_row *row = &script->media[session->first_media + (size_t)i];
        if (login && row->begin == session->begin)
            row_add_endpoint(&batch->inserts[TABLE_ENDPOINT], script, row, as_of, written);
        else if (!login && row->begin <= inserted_since && row->begin != INSTANT_NEVER)
            row_add_endpoint(&batch->updates[TABLE_ENDPOINT], script, row, as_of, written);
    }
}

void writer_add(struct writer *writer, enum sim_lane lane, const struct sim_event *event, instant as_of, instant written,
                instant inserted_since)
{
    const struct script *script = writer->options.script;
    struct batch *batch = &writer->batches[lane];
    switch (event->kind) {
    case EVENT_LOGIN:
    case EVENT_LOGOUT:
        add_session(writer, batch, event, as_of, written, inserted_since);
        writer->running += event->kind == EVENT_LOGIN ? 1 : (size_t)-1;
        break;
    case EVENT_MEDIA:
        row_add_endpoint(&batch->inserts[TABLE_ENDPOINT], script, &script->media[event->index], as_of, written);
        break;
    case EVENT_LOAD:
        row_add_campaign(&batch->inserts[TABLE_CAMPAIGN], script, &script->campaigns[event->index], as_of, written);
        break;
    case EVENT_UNLOAD:
        if (script->campaigns[event->index].from <= inserted_since)
            row_add_campaign(&batch->updates[TABLE_CAMPAIGN], script, &script->campaigns[event->index], as_of, written);
        break;
    case EVENT_DROP:
        row_add_connections(&batch->updates[TABLE_CONNECTION], script, &script->outages[event->index], false);
        break;
    case EVENT_BACK:
        row_add_connections(&batch->inserts[TABLE_CONNECTION], script, &script->outages[event->index], true);
        break;
    }
    batch->rows = 0;
    for (int table = 0; table < SIM_TABLE_COUNT; table++)
        batch->rows += batch->inserts[table].count + batch->updates[table].count;
}

enum err writer_run(struct writer *writer, enum sim_lane lane)
{
    struct batch *batch = &writer->batches[lane];
    enum err err = ERR_OK;
    for (int table = 0; table < SIM_TABLE_COUNT && !err; table++) {
        if (batch->inserts[table].count)
            err = database_run(writer->options.database, lane, sim_insert_statement((enum sim_table)table), row_list_text(&batch->inserts[table]));
        if (!err && batch->updates[table].count)
            err = database_run(writer->options.database, lane, sim_update_statement((enum sim_table)table), row_list_text(&batch->updates[table]));
    }
    writer->rows += batch->rows;
    batch_clear(batch);
    return err;
}

static void put_promise(struct row_list *rows, int icon, enum sim_class class, enum sim_provider provider, instant until)
{
    row_open(rows);
    row_put_integer(rows, "domainid", SIM_DOMAIN_ID);
    row_put_integer(rows, "primaryid", SIM_ICON_ID + icon);
    row_put_integer(rows, "providertag", sim_class_tag(class));
    row_put_integer(rows, "clusterid", 0);
    row_put_integer(rows, "providerid", sim_provider_id(provider));
    row_put_integer(rows, "eventtimesec", until / SECOND_MS);
    row_put_integer(rows, "eventtimeusec", until % SECOND_MS * 1000);
    row_close(rows);
}

static enum err write_counters(struct writer *writer, struct row_list *rows)
{
    row_list_clear(rows);
    for (int class = 0; class < CLASS_COUNT; class++) {
        row_open(rows);
        row_put_integer(rows, "domainid", SIM_DOMAIN_ID);
        row_put_integer(rows, "primaryid", SIM_ICON_ID + writer->options.script->icon);
        row_put_integer(rows, "providertag", sim_class_tag((enum sim_class)class));
        row_put_integer(rows, "seqcounter", writer->options.counters[class].reserved);
        row_put_integer(rows, "seqcurrent", writer->recorded[class]);
        row_close(rows);
    }
    return database_run(writer->options.database, LANE_MAIN,
                        "INSERT INTO G_PROV_CONTROL SELECT * FROM json_populate_recordset(NULL::G_PROV_CONTROL, ?::json) "
                        "ON CONFLICT (DOMAINID, PRIMARYID, PROVIDERTAG) DO UPDATE SET SEQCOUNTER = EXCLUDED.SEQCOUNTER, "
                        "SEQCURRENT = EXCLUDED.SEQCURRENT", row_list_text(rows));
}

enum err writer_promise(struct writer *writer, const instant promises[PROVIDER_COUNT], bool record)
{
    const struct script *script = writer->options.script;
    struct row_list rows = {0};
    row_list_clear(&rows);
    instant least = INSTANT_NEVER;
    for (int i = 0; i < PROVIDER_COUNT; i++) {
        enum sim_provider provider = (enum sim_provider)i;
        /* While it is away nothing newer than its end is stored. */
        instant away = watch_away_since(script, provider, promises[i]);
        put_promise(&rows, script->icon, provider == PROVIDER_CONFIG ? CLASS_CFG : CLASS_GLS, provider,
                    away == INSTANT_NONE ? promises[i] : away);
        if (provider == PROVIDER_OUTBOUND)
            put_promise(&rows, script->icon, CLASS_GOS, provider, promises[i]);
        least = promises[i] < least ? promises[i] : least;
    }
    enum err err = database_run(writer->options.database, LANE_MAIN,
                                "INSERT INTO G_SYNC_CONTROL SELECT * FROM json_populate_recordset(NULL::G_SYNC_CONTROL, ?::json) "
                                "ON CONFLICT (DOMAINID, PRIMARYID, PROVIDERTAG, CLUSTERID, PROVIDERID) DO UPDATE SET "
                                "EVENTTIMESEC = EXCLUDED.EVENTTIMESEC, EVENTTIMEUSEC = EXCLUDED.EVENTTIMEUSEC", row_list_text(&rows));
    if (record)
        for (int class = 0; class < CLASS_COUNT; class++)
            writer->recorded[class] = writer->options.counters[class].written;
    if (!err)
        err = write_counters(writer, &rows);
    row_list_free(&rows);
    writer->options.marker.filled = true;
    writer->options.marker.until = least;
    return err ? err : database_write_marker(writer->options.database, &writer->options.marker);
}
