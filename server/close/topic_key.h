/* server/close/topic_key.h - the keys of `seatmeter.closes` (topic.h).  Thread: any. */
#ifndef SERVER_CLOSE_TOPIC_KEY_H
#define SERVER_CLOSE_TOPIC_KEY_H

#include "base/crypto.h"
#include "store/records.h"

struct close_topic_key {
    bool document; /* else a part of its rows, and the three below */
    struct close_key close;
    char sha256[SHA256_TEXT_SIZE];
    uint32_t part, parts;
};

/* NULL, or why it is none; static. */
const char *close_topic_key_read(struct bytes text, struct close_topic_key *key);
/* In place of what text held. */
void close_topic_key_write(const struct close_topic_key *key, struct buffer *text);
/* "system" or a tenant's id. */
bool close_topic_book(struct bytes text, int64_t *book);

#endif
