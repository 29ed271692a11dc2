#include "store/dictionary.h"

static const char letters[DICTIONARY_CLASS_COUNT] = {
#define X(name, letter, text) letter,
    DICTIONARY_MAP(X)
#undef X
};

static struct key key_of(enum dictionary_class class, uint32_t number)
{
    struct key key = {.len = 0};
    key_add_u8(&key, (uint8_t)letters[class]);
    key_add_u32(&key, number);
    return key;
}

void dictionary_put(struct db_txn *txn, enum dictionary_class class, uint32_t number, struct bytes text)
{
    struct key key = key_of(class, number);
    db_put(txn, TABLE_DICTIONARY, key_bytes(&key), text);
}

void dictionary_delete(struct db_txn *txn, enum dictionary_class class, uint32_t number)
{
    struct key key = key_of(class, number);
    db_delete(txn, TABLE_DICTIONARY, key_bytes(&key));
}

bool dictionary_get(struct db_txn *txn, enum dictionary_class class, uint32_t number, struct bytes *text)
{
    struct key key = key_of(class, number);
    return db_get(txn, TABLE_DICTIONARY, key_bytes(&key), text);
}

void dictionary_each(struct db_txn *txn, enum dictionary_class class, dictionary_fn fn, void *owner)
{
    struct bytes key, value;
    uint8_t letter = (uint8_t)letters[class];
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DICTIONARY, bytes_of(&letter, 1));
    while (db_cursor_next(cursor, &key, &value)) {
        uint32_t number = 0;
        struct bytes rest = bytes_of(key.data + 1, key.len - 1);
        if (key_take_u32(&rest, &number))
            fn(owner, number, value);
    }
    db_cursor_close(cursor);
}
