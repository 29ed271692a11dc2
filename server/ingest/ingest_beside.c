/* What goes into the next flush beside the engine's changes: kept until then (waiting.h). */
#include "server/ingest/ingest.h"
#include "server/ingest/waiting.h"

void ingest_cursor(struct ingest *ingest, struct bytes source, struct bytes cursor)
{
    waiting_cursor(ingest_waiting(ingest), source, cursor);
}

void ingest_position(struct ingest *ingest, const struct partition_position *position)
{
    waiting_position(ingest_waiting(ingest), position);
}

void ingest_gap(struct ingest *ingest, const struct partition_gap *gap)
{
    waiting_gap(ingest_waiting(ingest), gap);
}

void ingest_close(struct ingest *ingest, const struct close_record *record, bool ours)
{
    waiting_close(ingest_waiting(ingest), record, ours);
}

void ingest_told_usage(struct ingest *ingest, struct close_key key)
{
    waiting_told(ingest_waiting(ingest), key);
}

void ingest_alert(struct ingest *ingest, const struct alert *alert)
{
    waiting_alert(ingest_waiting(ingest), alert);
}
