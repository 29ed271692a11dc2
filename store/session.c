#include "store/session.h"

#include "store/key.h"

void session_block_put(struct db_txn *txn, enum session_class class, uint32_t block, struct bytes records)
{
    struct key key = {.len = 0};
    key_add_u8(&key, (uint8_t)class);
    key_add_u32(&key, block);
    db_put(txn, TABLE_SESSION, key_bytes(&key), records);
}

void session_block_each(struct db_txn *txn, session_block_fn fn, void *owner)
{
    struct bytes key, value;
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_SESSION, BYTES_NONE);
    while (db_cursor_next(cursor, &key, &value)) {
        uint8_t class;
        uint32_t block;
        if (key_take_u8(&key, &class) && key_take_u32(&key, &block) && class < SESSION_CLASS_COUNT)
            fn(owner, class, block, value);
    }
    db_cursor_close(cursor);
}
