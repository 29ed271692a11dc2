/*
 * adapters/pace.h - an adapter's own pace: waits that stop() ends at once, and back-off with jitter.
 *
 * Thread: pace_wait() the adapter's; pace_stop() and pace_is_stopped() any.
 */
#ifndef ADAPTERS_PACE_H
#define ADAPTERS_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopped;
};

void pace_init(struct pace *pace);
void pace_free(struct pace *pace);
void pace_stop(struct pace *pace);
bool pace_is_stopped(struct pace *pace);
/* Waits; false as soon as pace_stop() was called. */
bool pace_wait(struct pace *pace, int64_t ms);

/* Back-off: 0.25 s, doubling to 30 s, each between half and the whole of it, so that many do not come at once. */
enum { BACKOFF_FIRST_MS = 250, BACKOFF_LAST_MS = 30000 };
struct backoff {
    int64_t next_ms; /* 0: nothing failed yet */
    uint64_t dice;
};
/* How long to wait after one more failure, in ms. */
int64_t backoff_fail(struct backoff *backoff);
void backoff_clear(struct backoff *backoff);

#endif
