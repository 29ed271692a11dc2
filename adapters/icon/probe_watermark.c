/*
 * adapters/icon/probe_watermark.c - does what the watermark rests on hold here?  (watermark.h)
 *
 * There are connections in G_DSS_*, and for each provider that is connected now G_SYNC_CONTROL has a row that moves.  Whether the
 * rows keep what these promise: probe_order.c.
 */
#include "adapters/icon/probe_private.h"

enum { PROVIDERS_MAX = 256 };

struct sight {
    struct probe *probe;
    struct icon_connection connections[PROVIDERS_MAX];
    size_t connection_count, closed_count;
    struct icon_sync syncs[PROVIDERS_MAX];
    size_t sync_count;
    int64_t head;     /* newest insert number of a login session */
    instant promised; /* the least of the connected providers' */
};

static void take_connection(void *owner, const struct odbc_value *values)
{
    struct sight *sight = owner;
    if (values[3].known) {
        sight->closed_count++;
        return;
    }
    if (sight->connection_count < PROVIDERS_MAX && values[2].known)
        sight->connections[sight->connection_count++] = (struct icon_connection){
            values[0].known ? values[0].integer : -1, values[1].known ? values[1].integer : -1, values[2].integer, INSTANT_NEVER};
}

static void take_sync(void *owner, const struct odbc_value *values)
{
    struct sight *sight = owner;
    int class = values[0].known ? icon_code_find(sight->probe->options->map, CODE_PROVIDER_TAG, values[0].integer) : 0;
    if (sight->sync_count < PROVIDERS_MAX && class && (sight->probe->options->map->watermark >> class & 1) && values[1].known && values[2].known)
        sight->syncs[sight->sync_count++] = (struct icon_sync){values[1].integer, values[2].integer * 1000};
}

static void take_head(void *owner, const struct odbc_value *values)
{
    ((struct sight *)owner)->head = values[0].known ? values[0].integer : 0;
}

/* False when it could not be asked. */
static bool look(struct sight *sight)
{
    static const enum odbc_type connection[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_TIME, ODBC_TIME}, integers[] = {ODBC_INTEGER, ODBC_INTEGER, ODBC_INTEGER};
    struct probe *probe = sight->probe;
    const char *primary = probe_column(probe, ICON_CONNECTION_GLS, FIELD_PROVIDER_PRIMARY), *provider = probe_column(probe, ICON_CONNECTION_GLS, FIELD_PROVIDER);
    sight->connection_count = sight->closed_count = sight->sync_count = 0;
    if (!probe->good[ICON_CONNECTION_GLS] || !probe->good[ICON_LOGIN_SESSION])
        return false;
    struct odbc_query query = {
        .sql = arena_printf(probe->arena, "SELECT %s, %s, %s, %s FROM %s", provider, primary ? primary : provider,
                            probe_column(probe, ICON_CONNECTION_GLS, FIELD_BEGIN), probe_column(probe, ICON_CONNECTION_GLS, FIELD_END),
                            probe_table(probe, ICON_CONNECTION_GLS)),
        .types = connection, .column_count = 4, .row = take_connection, .owner = sight};
    bool good = probe_query(probe, &query);
    if (probe->good[ICON_SYNC]) {
        query = (struct odbc_query){
            .sql = arena_printf(probe->arena, "SELECT %s, %s, %s FROM %s", probe_column(probe, ICON_SYNC, FIELD_TAG),
                                probe_column(probe, ICON_SYNC, FIELD_PROVIDER), probe_column(probe, ICON_SYNC, FIELD_SECONDS), probe_table(probe, ICON_SYNC)),
            .types = integers, .column_count = 3, .row = take_sync, .owner = sight};
        good = probe_query(probe, &query) && good;
    }
    query = (struct odbc_query){.sql = arena_printf(probe->arena, "SELECT MAX(%s) FROM %s", probe_column(probe, ICON_LOGIN_SESSION, FIELD_SEQ),
                                                    probe_table(probe, ICON_LOGIN_SESSION)),
                                .types = integers, .column_count = 1, .row = take_head, .owner = sight};
    return probe_query(probe, &query) && good;
}

/* Each connected provider, and what G_SYNC_CONTROL says of it. */
static void say_connections(struct sight *sight)
{
    struct probe *probe = sight->probe;
    char begin[INSTANT_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    probe_say(probe, "watermark: %zu open connections in %s, %zu that ended", sight->connection_count, probe_table(probe, ICON_CONNECTION_GLS),
              sight->closed_count);
    if (!sight->connection_count)
        probe_mark(probe, sight->closed_count == 0, "no open connection: %s", sight->closed_count ? "the watermark stands where the last one ended" :
                   "nothing says what ICON sees, so the watermark stands and no day closes before its deadline");
    sight->promised = INSTANT_NEVER;
    for (size_t i = 0; i < sight->connection_count; i++) {
        const struct icon_connection *connection = &sight->connections[i];
        instant best = INSTANT_NONE;
        for (size_t j = 0; j < sight->sync_count; j++)
            if ((sight->syncs[j].provider == connection->provider || sight->syncs[j].provider == connection->provider_primary) &&
                sight->syncs[j].at > best)
                best = sight->syncs[j].at;
        if (best < connection->begin / 1000 * 1000)
            probe_mark(probe, false, "provider %lld, connected since %s: %s; the newest rows up to the confirmed marks must do instead",
                       (long long)connection->provider, instant_format(connection->begin, begin),
                       best == INSTANT_NONE ? "no row in G_SYNC_CONTROL" : "its row in G_SYNC_CONTROL is older than that");
        else
            probe_say(probe, "    provider %lld, connected since %s, all events stored up to %s", (long long)connection->provider,
                      instant_format(connection->begin, begin), instant_format(best, at));
        if (best != INSTANT_NONE && best < sight->promised)
            sight->promised = best;
    }
}

void probe_watermark(struct probe *probe)
{
    struct sight before = {.probe = probe}, after = {.probe = probe};
    if (probe->err || !look(&before))
        return;
    say_connections(&before);
    struct probe_order order = {.head = before.head, .promised = before.promised, .newest = INSTANT_NONE};
    probe_order_first(probe, &order);
    fflush(probe->options->out); /* what is known so far, while somebody waits */
    probe->options->rest(probe->options->owner);
    if (!probe->err && look(&after)) {
        size_t moved = 0;
        for (size_t i = 0; i < after.sync_count; i++)
            for (size_t j = 0; j < before.sync_count; j++)
                moved += after.syncs[i].provider == before.syncs[j].provider && after.syncs[i].at > before.syncs[j].at;
        probe_say(probe, "    while we looked, %zu of %zu rows of G_SYNC_CONTROL moved", moved, after.sync_count);
        probe_order_again(probe, &order);
    }
    map_free(&order.met);
}
