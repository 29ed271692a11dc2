/* adapters/icon/probe_private.h - what probe.c (tables), probe_meaning.c (codes), probe_watermark.c and probe_order.c share. */
#ifndef ADAPTERS_ICON_PROBE_PRIVATE_H
#define ADAPTERS_ICON_PROBE_PRIVATE_H

#include "adapters/icon/probe.h"
#include "adapters/icon/watermark.h"
#include "base/map.h"

/* The first fault of the connection sticks; what follows then does nothing. */
struct probe {
    const struct probe_options *options;
    struct arena *arena;
    enum err err;
    struct odbc_fault *fault;
    bool good[ICON_TABLE_COUNT]; /* it and all its columns are there */
    int64_t rows[ICON_TABLE_COUNT];
    size_t faults, hints;
};

__attribute__((format(printf, 2, 3))) void probe_say(struct probe *probe, const char *format, ...);
/* A line with "!": a fault, or a hint. */
__attribute__((format(printf, 3, 4))) void probe_mark(struct probe *probe, bool fault, const char *format, ...);
/* Runs a query; false when it failed, which is said unless the connection is gone. */
bool probe_query(struct probe *probe, const struct odbc_query *query);
static inline const char *probe_column(const struct probe *probe, enum icon_table table, enum icon_field field)
{
    return probe->options->map->tables[table].names[field];
}
static inline const char *probe_table(const struct probe *probe, enum icon_table table)
{
    return probe->options->map->tables[table].table;
}

/* probe_meaning.c */
void probe_codes(struct probe *probe);
void probe_media(struct probe *probe);
void probe_annex(struct probe *probe);
/* probe_watermark.c: what it looks at first is asked again after a rest. */
void probe_watermark(struct probe *probe);

/* probe_order.c: the newest log-ins, twice, with a rest between. */
struct probe_order {
    int64_t head;                /* newest insert number at the first look */
    instant promised;            /* up to when all was stored by then, says G_SYNC_CONTROL; INSTANT_NEVER: nothing */
    instant newest;              /* the latest begin at the first look */
    bool good;                   /* the first look went well */
    struct map met;              /* ids of the first look; the caller's to free */
};
void probe_order_first(struct probe *probe, struct probe_order *order);
void probe_order_again(struct probe *probe, struct probe_order *order);

#endif
