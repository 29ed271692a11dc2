#include "proto/fact_route.h"

#include "base/check.h"

enum fact_topic fact_topic_of(enum fact_kind kind)
{
    switch (kind) {
    case FACT_LOGIN_SESSION:
    case FACT_SESSION_MEDIA:
    case FACT_PORT:
    case FACT_COVERAGE:
    case FACT_WATERMARK:
        return FACT_TOPIC_FACTS;
    default:
        return FACT_TOPIC_OBJECTS;
    }
}

void fact_object_key(const struct fact *fact, struct buffer *out)
{
    buffer_clear(out);
    buffer_append_bytes(out, fact->source);
    buffer_append_char(out, '/');
    buffer_append_text(out, fact_kind_name(fact->kind));
    buffer_append_char(out, '/');
    buffer_append_bytes(out, fact->key);
}

int32_t fact_partition_of(const struct fact *fact, int32_t count)
{
    uint64_t hash;
    check(count > 0);
    if (fact->kind == FACT_WATERMARK) {
        return 0;
    } else if (fact->kind == FACT_LOGIN_SESSION) {
        hash = bytes_hash(fact->login_session.session);
    } else if (fact->kind == FACT_SESSION_MEDIA) {
        hash = bytes_hash(fact->session_media.session);
    } else {
        struct buffer key = {0};
        fact_object_key(fact, &key);
        hash = bytes_hash(buffer_bytes(&key));
        buffer_free(&key);
    }
    return (int32_t)(hash % (uint64_t)count);
}
