/*
 * server/api/stream.h - levels as they change, as server-sent events.
 *
 * Readers of the same scope share one channel: it asks the store once, finds what changed, and writes
 * one event for all of them.  A channel looks after a flush (api_wake), at most four times a second,
 * and once a second in any case, so that ages move and a silent source is noticed; a scope that is dear
 * to ask is asked less often.  A reader that has not taken the last event is passed over and gets the
 * whole state when it has.
 *
 * The id of an event is "start of the server-number"; a reader that comes back with the newest one in
 * Last-Event-ID goes on from there, every other gets the whole state first.
 * Thread: the serve loop's.  Owner: api.c.
 */
#ifndef SERVER_API_STREAM_H
#define SERVER_API_STREAM_H

struct api;
struct stream_hub;

struct stream_hub *stream_hub_create(struct api *api);
/* All readers have gone before. */
void stream_hub_destroy(struct stream_hub *hub);
/* Something may have changed. */
void stream_hub_look(struct stream_hub *hub);

#endif
