/* Positions in topics, and what was gone from them.
 *
 * position: (0 u8, topic, partition u32) → next, high, anchor offset, anchor time, anchor hash, records, facts, each 8 bytes
 * big-endian.  No source's name is empty, so these and the cursors do not meet.
 * gap: (0 u8, topic, partition u32, from offset u64) → JSON. */
#include "base/json.h"
#include "store/records.h"

static struct key partition_key(struct bytes topic, int32_t partition)
{
    struct key key = {.len = 0};
    key_add_u8(&key, 0);
    key_add_text(&key, topic);
    key_add_u32(&key, (uint32_t)partition);
    return key;
}

void partition_position_put(struct db_txn *txn, const struct partition_position *position)
{
    struct key key = partition_key(position->topic, position->partition), value = {.len = 0};
    key_add_u64(&value, (uint64_t)position->next);
    key_add_u64(&value, (uint64_t)position->high);
    key_add_u64(&value, (uint64_t)position->anchor_offset);
    key_add_u64(&value, (uint64_t)position->anchor_at);
    key_add_u64(&value, position->anchor_hash);
    key_add_u64(&value, position->records);
    key_add_u64(&value, position->facts);
    db_put(txn, TABLE_POSITION, key_bytes(&key), key_bytes(&value));
}

static bool unpack(struct bytes key, struct bytes value, struct partition_position *position)
{
    uint8_t zero;
    uint32_t partition;
    uint64_t next, high, offset, at;
    *position = (struct partition_position){.next = 0};
    if (!key_take_u8(&key, &zero) || zero != 0 || !key_take_text(&key, &position->topic) || !key_take_u32(&key, &partition) ||
        !key_take_u64(&value, &next) || !key_take_u64(&value, &high) || !key_take_u64(&value, &offset) || !key_take_u64(&value, &at) ||
        !key_take_u64(&value, &position->anchor_hash) || !key_take_u64(&value, &position->records) || !key_take_u64(&value, &position->facts))
        return false;
    position->partition = (int32_t)partition;
    position->next = (int64_t)next;
    position->high = (int64_t)high;
    position->anchor_offset = (int64_t)offset;
    position->anchor_at = (instant)at;
    return true;
}

bool partition_position_get(struct db_txn *txn, struct bytes topic, int32_t partition, struct partition_position *position)
{
    struct key key = partition_key(topic, partition);
    struct bytes value;
    bool found = db_get(txn, TABLE_POSITION, key_bytes(&key), &value) && unpack(key_bytes(&key), value, position);
    position->topic = topic;
    position->partition = partition;
    return found;
}

void partition_position_each(struct db_txn *txn, partition_position_fn fn, void *owner)
{
    struct partition_position position;
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_POSITION, bytes_of((const uint8_t *)"", 1));
    while (db_cursor_next(cursor, &key, &value))
        if (unpack(key, value, &position))
            fn(owner, &position);
    db_cursor_close(cursor);
}

struct partition_lag partition_lag_of(const struct partition_position *position, instant clock)
{
    struct partition_lag lag = {.records = position->high < 0 ? -1 : position->high > position->next ? position->high - position->next : 0};
    lag.facts = lag.records <= 0 || position->records == 0
                    ? lag.records
                    : (int64_t)(((uint64_t)lag.records * position->facts + position->records - 1) / position->records);
    lag.ms = lag.records == 0 ? 0 : lag.records < 0 || position->anchor_offset < 0 || clock == INSTANT_NONE ? -1 : clock > position->anchor_at ? clock - position->anchor_at : 0;
    return lag;
}

void partition_gap_put(struct db_txn *txn, const struct partition_gap *gap)
{
    struct buffer json = {0};
    struct json_writer writer = {.out = &json};
    struct key key = partition_key(gap->topic, gap->partition);
    key_add_u64(&key, (uint64_t)gap->from_offset);
    json_write_open_object(&writer);
    json_write_name(&writer, "topic");
    json_write_text(&writer, gap->topic);
    json_write_name(&writer, "partition");
    json_write_integer(&writer, gap->partition);
    json_write_name(&writer, "from_offset");
    json_write_integer(&writer, gap->from_offset);
    json_write_name(&writer, "to_offset");
    json_write_integer(&writer, gap->to_offset);
    json_write_name(&writer, "from");
    json_write_instant(&writer, gap->from);
    json_write_name(&writer, "to");
    json_write_instant(&writer, gap->to);
    json_write_name(&writer, "at");
    json_write_instant(&writer, gap->at);
    json_write_close_object(&writer);
    db_put(txn, TABLE_GAP, key_bytes(&key), buffer_bytes(&json));
    buffer_free(&json);
}
