/*
 * server/loop.h - the one door to libuv: a loop, its timers, watched descriptors, wakes, signals.
 *
 * The server has two loops, ingest and serve, each on a thread of its own; they share nothing but the
 * store and a wake each way (design.md §1).  A handle belongs to its loop's thread; only loop_wake()
 * and loop_stop() may be called from elsewhere.  A handle ends in its close callback, and its memory
 * with it, so destroying one inside its own callback is fine.
 *
 * Owner: who created it; handles are destroyed before their loop.
 */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_wake;
struct loop_signal;

typedef void (*loop_fn)(void *owner);

struct loop *loop_create(void);
void loop_destroy(struct loop *loop);
/* Works until loop_stop(). */
void loop_run(struct loop *loop);
/* One turn without waiting: for tests. */
void loop_turn(struct loop *loop);
/* Thread: any. */
void loop_stop(struct loop *loop);

/* A timer that rests until it is started. */
struct loop_timer *loop_timer_create(struct loop *loop, loop_fn fn, void *owner);
/* Calls fn after ms, then every repeat_ms unless 0; started again, it begins anew. */
void loop_timer_start(struct loop_timer *timer, uint64_t ms, uint64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer);

/* Calls fn while fd can be read; fd stays the caller's and must outlive the watch. */
struct loop_watch *loop_watch_create(struct loop *loop, int fd, loop_fn fn, void *owner);
void loop_watch_destroy(struct loop_watch *watch);

/* Calls fn on the loop's thread soon after loop_wake(); several wakes may become one call. */
struct loop_wake *loop_wake_create(struct loop *loop, loop_fn fn, void *owner);
/* Thread: any. */
void loop_wake(struct loop_wake *wake);
void loop_wake_destroy(struct loop_wake *wake);

/* Calls fn when the process gets signal number. */
/* SIGINT and SIGTERM wait until loop_signals_release(); threads that are made meanwhile never get them.  Thread: main. */
void loop_signals_hold(void);
void loop_signals_release(void);
struct loop_signal *loop_signal_create(struct loop *loop, int number, loop_fn fn, void *owner);
void loop_signal_destroy(struct loop_signal *signal);

#endif
