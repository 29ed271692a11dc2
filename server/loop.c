#include "server/loop.h"

#include "base/check.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_async_t stop; /* so that loop_stop() may come from any thread */
};

/* The handle comes first in each, so that one close callback frees them all. */
struct loop_timer {
    uv_timer_t uv;
    loop_fn fn;
    void *owner;
};

struct loop_watch {
    uv_poll_t uv;
    loop_fn fn;
    void *owner;
};

struct loop_wake {
    uv_async_t uv;
    loop_fn fn;
    void *owner;
};

struct loop_signal {
    uv_signal_t uv;
    loop_fn fn;
    void *owner;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_stop(uv_async_t *async)
{
    uv_stop(async->loop);
}

struct loop *loop_create(void)
{
    struct loop *loop = memory_alloc_zero(1, sizeof *loop);
    check(uv_loop_init(&loop->uv) == 0);
    check(uv_async_init(&loop->uv, &loop->stop, on_stop) == 0);
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->stop, NULL);
    /* Runs the close callbacks of this and of every handle destroyed before. */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT))
        ;
    check(uv_loop_close(&loop->uv) == 0);
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_turn(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_stop(struct loop *loop)
{
    uv_async_send(&loop->stop);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = (struct loop_timer *)uv;
    timer->fn(timer->owner);
}

struct loop_timer *loop_timer_create(struct loop *loop, loop_fn fn, void *owner)
{
    struct loop_timer *timer = memory_alloc_zero(1, sizeof *timer);
    timer->fn = fn;
    timer->owner = owner;
    check(uv_timer_init(&loop->uv, &timer->uv) == 0);
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t ms, uint64_t repeat_ms)
{
    uv_update_time(timer->uv.loop); /* a long callback must not make it fire early */
    check(uv_timer_start(&timer->uv, on_timer, ms, repeat_ms) == 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, on_closed);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *watch = (struct loop_watch *)uv;
    (void)status; /* an error is told to fn by its own read */
    (void)events;
    watch->fn(watch->owner);
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd, loop_fn fn, void *owner)
{
    struct loop_watch *watch = memory_alloc_zero(1, sizeof *watch);
    watch->fn = fn;
    watch->owner = owner;
    check(uv_poll_init(&loop->uv, &watch->uv, fd) == 0);
    check(uv_poll_start(&watch->uv, UV_READABLE, on_poll) == 0);
    return watch;
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->uv, on_closed);
}

static void on_wake(uv_async_t *uv)
{
    struct loop_wake *wake = (struct loop_wake *)uv;
    wake->fn(wake->owner);
}

struct loop_wake *loop_wake_create(struct loop *loop, loop_fn fn, void *owner)
{
    struct loop_wake *wake = memory_alloc_zero(1, sizeof *wake);
    wake->fn = fn;
    wake->owner = owner;
    check(uv_async_init(&loop->uv, &wake->uv, on_wake) == 0);
    return wake;
}

void loop_wake(struct loop_wake *wake)
{
    uv_async_send(&wake->uv);
}

void loop_wake_destroy(struct loop_wake *wake)
{
    if (wake)
        uv_close((uv_handle_t *)&wake->uv, on_closed);
}

static void on_signal(uv_signal_t *uv, int number)
{
    struct loop_signal *signal = (struct loop_signal *)uv;
    (void)number;
    signal->fn(signal->owner);
}

static void mask_ends(int how)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    check(pthread_sigmask(how, &ends, NULL) == 0);
}

void loop_signals_hold(void)
{
    mask_ends(SIG_BLOCK);
}

void loop_signals_release(void)
{
    mask_ends(SIG_UNBLOCK);
}

struct loop_signal *loop_signal_create(struct loop *loop, int number, loop_fn fn, void *owner)
{
    struct loop_signal *signal = memory_alloc_zero(1, sizeof *signal);
    signal->fn = fn;
    signal->owner = owner;
    check(uv_signal_init(&loop->uv, &signal->uv) == 0);
    check(uv_signal_start(&signal->uv, on_signal, number) == 0);
    return signal;
}

void loop_signal_destroy(struct loop_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, on_closed);
}
