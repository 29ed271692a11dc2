#include "server/ingest/kafka_tell.h"

#include "base/log.h"

#include <stdlib.h>

enum { LAST_MS = 500 };

struct kafka_tell {
    struct loop *loop;
    const struct kafka_settings *settings;
    struct kafka_producer *producer;
    struct loop_watch *watch;
};

/* Once a kind, and again when it goes wrong after it went well. */
static void delivered(void *owner, const struct kafka_delivery *delivery)
{
    const char *what = delivery->opaque;
    (void)owner;
    if (delivery->err != ERR_OK)
        log_once(LOG_WARNING, "kafka", what, "the topics could not be told of %s: %s", what, delivery->why);
    else
        log_clear("kafka", what);
}

static void on_producer(void *owner)
{
    kafka_producer_poll(((struct kafka_tell *)owner)->producer, 0);
}

static enum err begin(struct kafka_tell *tell)
{
    enum err err = kafka_producer_create(&(struct kafka_producer_options){tell->settings, delivered, tell}, &tell->producer);
    if (err == ERR_OK)
        tell->watch = loop_watch_create(tell->loop, kafka_producer_fd(tell->producer), on_producer, tell);
    return err;
}

static void end(struct kafka_tell *tell)
{
    loop_watch_destroy(tell->watch);
    kafka_producer_destroy(tell->producer);
    tell->watch = NULL;
    tell->producer = NULL;
}

enum err kafka_tell_create(struct loop *loop, const struct kafka_settings *settings, struct kafka_tell **out)
{
    struct kafka_tell *tell = memory_alloc_zero(1, sizeof *tell);
    *tell = (struct kafka_tell){.loop = loop, .settings = settings};
    enum err err = begin(tell);
    if (err != ERR_OK) {
        kafka_tell_destroy(tell);
        tell = NULL;
    }
    *out = tell;
    return err;
}

void kafka_tell_destroy(struct kafka_tell *tell)
{
    if (!tell)
        return;
    if (tell->producer && kafka_producer_flush(tell->producer, LAST_MS) != ERR_OK)
        log_debug("kafka", "the topics were not told of all");
    end(tell);
    free(tell);
}

void kafka_tell(struct kafka_tell *tell, const char *what, const char *topic, int32_t partition, struct bytes key, struct bytes value)
{
    const char *why;
    if (tell->producer && kafka_producer_lost(tell->producer, &why))
        end(tell);
    if (!tell->producer && begin(tell) != ERR_OK)
        return;
    enum err err = kafka_produce(tell->producer, topic, partition, key, value, (void *)(uintptr_t)what);
    if (err != ERR_OK)
        log_once(LOG_WARNING, "kafka", what, "the topics could not be told of %s (%s)", what, err_text(err));
}
