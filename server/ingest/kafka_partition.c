#include "server/ingest/kafka_partition.h"

const char *partition_verdict_text(enum partition_verdict verdict)
{
    static const char *const texts[] = {
#define X(verdict, text) text,
        PARTITION_VERDICT_MAP(X)
#undef X
    };
    return texts[verdict];
}

/* The first row that fits decides. */
enum partition_verdict partition_take_up(const struct partition_position *position, bool known, struct survey_bounds bounds)
{
    if (!known)
        return PARTITION_FROM_START;
    if (bounds.high < position->next)
        return PARTITION_SHORTER;
    if (bounds.low > position->next)
        return PARTITION_GAP;
    if (position->anchor_offset < 0)
        return PARTITION_GO_ON;
    return bounds.low > position->anchor_offset ? PARTITION_ANCHOR_GONE : PARTITION_CHECK;
}

int64_t partition_start(const struct kafka_partition *partition)
{
    return partition->checking ? partition->at.anchor_offset : partition->at.next;
}

uint64_t partition_record_hash(const struct kafka_record *record)
{
    uint64_t key = bytes_present(record->key) ? bytes_hash(record->key) : 1;
    uint64_t value = bytes_present(record->value) ? bytes_hash(record->value) : 2;
    return hash_mix(hash_mix(key) + value);
}

/* Compaction may have taken the anchor away: then the first record that comes lies behind it, and all is well. */
bool partition_compare(struct kafka_partition *partition, const struct kafka_record *record, bool *skip)
{
    partition->checking = false;
    *skip = record->offset < partition->at.next;
    if (record->offset != partition->at.anchor_offset)
        return record->offset > partition->at.anchor_offset;
    return record->timestamp_ms == partition->at.anchor_at && partition_record_hash(record) == partition->at.anchor_hash;
}
