#include "adapters/pace.h"

#include "base/bytes.h"
#include "base/instant.h"

#include <time.h>

void pace_init(struct pace *pace)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&pace->lock, NULL);
    pthread_cond_init(&pace->wake, &attr);
    pthread_condattr_destroy(&attr);
    pace->stopped = false;
}

void pace_free(struct pace *pace)
{
    pthread_cond_destroy(&pace->wake);
    pthread_mutex_destroy(&pace->lock);
}

void pace_stop(struct pace *pace)
{
    pthread_mutex_lock(&pace->lock);
    pace->stopped = true;
    pthread_cond_broadcast(&pace->wake);
    pthread_mutex_unlock(&pace->lock);
}

bool pace_is_stopped(struct pace *pace)
{
    pthread_mutex_lock(&pace->lock);
    bool stopped = pace->stopped;
    pthread_mutex_unlock(&pace->lock);
    return stopped;
}

bool pace_wait(struct pace *pace, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (ms > 0 ? ms % 1000 * 1000000 : 0);
    until.tv_sec += (ms > 0 ? ms / 1000 : 0) + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&pace->lock);
    while (!pace->stopped && ms > 0 && pthread_cond_timedwait(&pace->wake, &pace->lock, &until) == 0)
        ;
    bool stopped = pace->stopped;
    pthread_mutex_unlock(&pace->lock);
    return !stopped;
}

int64_t backoff_fail(struct backoff *backoff)
{
    if (backoff->next_ms == 0)
        backoff->next_ms = BACKOFF_FIRST_MS;
    int64_t whole = backoff->next_ms;
    backoff->next_ms = whole * 2 < BACKOFF_LAST_MS ? whole * 2 : BACKOFF_LAST_MS;
    backoff->dice = hash_mix(backoff->dice + (uint64_t)clock_mono_us());
    return whole / 2 + (int64_t)(backoff->dice % (uint64_t)(whole / 2 + 1));
}

void backoff_clear(struct backoff *backoff)
{
    backoff->next_ms = 0;
}
