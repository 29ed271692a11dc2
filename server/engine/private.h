/*
 * server/engine/private.h - the inside of the engine, for its own files: session.c (rows → session),
 * device.c (who supersedes whom), subject.c (sessions → seats → edges), engine.c and restore.c.
 */
#ifndef SERVER_ENGINE_PRIVATE_H
#define SERVER_ENGINE_PRIVATE_H

#include "server/engine/counter.h"
#include "server/engine/enabled.h"
#include "server/engine/engine.h"
#include "server/engine/era.h"
#include "server/engine/explain.h"
#include "server/engine/history.h"
#include "server/engine/predicate.h"
#include "server/engine/rows.h"
#include "server/engine/rules.h"
#include "server/engine/statement.h"
#include "server/engine/watermark.h"

struct piece {
    instant from, to;
    uint32_t mask;
};

/* Two chains of seat keys (domain.md §2): place → DN → login → person → session, and person first. */
enum seat_family { SEAT_DEFAULT, SEAT_PERSON, SEAT_FAMILIES };

/* A span in which a session counts in a scope besides the system and its tenant: a group its person or
 * its place belongs to (domain.md §4). */
struct presence {
    instant from, to;
    uint32_t scope, unused;
};

/* A span in which some subject uses items in one scope. */
struct part {
    struct piece piece;
    uint32_t scope;
};

struct part_list {
    struct part *parts; /* in the scratch arena */
    size_t count, capacity;
};

/* A configured object as the enabled counts have it, from before it changed until they have the change. */
struct configured {
    struct part *parts; /* owned */
    size_t count;
};

/* There are millions: what few of them have stands beside (pieces, twins), and what many share has a number. */
struct session {
    instant begin, end;
    instant device_begin; /* by which devices are ordered; begin follows when the seat is installed */
    uint32_t login_rows, media_rows; /* heads of the row lists */
    uint32_t port;                   /* a port's statement, 0: a session */
    uint32_t seat[SEAT_FAMILIES], seat_before[SEAT_FAMILIES], seat_after[SEAT_FAMILIES];
    uint32_t device, device_before, device_after;
    uint32_t tenant; /* scope number */
    uint32_t groups; /* listed: number of a list of struct presence, 0: none; else all its scopes as a set of counter.h */
    uint32_t use;    /* cut: number of a list of pieces; else the mask of its one piece */
    uint8_t reason;  /* enum end_reason */
    bool listed : 1, cut : 1;
    bool ended : 1;                         /* a true end is known */
    bool used : 1, dirty : 1, awaited : 1; /* awaited: in the heap by device_begin */
};
static_assert(sizeof(struct session) == 88, "a session takes 88 bytes");

/* What twin.c keeps of a session while there are twins. */
struct twin {
    instant begin;
    uint32_t key, before, after; /* those alike, in order */
    uint32_t leader; /* the session it is counted with; 0: it stands for itself */
    uint32_t member; /* of a leader and its members: the next one */
    uint16_t source;
};

/* Everything a session's rows say, folded (domain.md §7.4). */
struct view {
    bool present; /* has a login row */
    instant begin, true_end;
    ref tenant, person, login, place, dn, switch_id;
    uint32_t app;
    uint32_t *media; /* class WORD; in the engine's scratch arena */
    size_t media_count;
};

struct device {
    uint32_t first, last; /* sessions in order of begin */
};

struct hourly;

struct heap_entry {
    instant capped_at;
    uint32_t session;
};

struct source_state {
    struct watermarks watermarks;
    instant watermark; /* what they come to; INSTANT_NONE */
    bool sends; /* sessions, media or ports */
};

enum { KEPT_MEDIA = 6 };

struct attributes_key {
    ref tenant, person, login, place, dn, switch_id;
    uint32_t app;
    uint32_t media[KEPT_MEDIA]; /* ascending */
    uint32_t first_era, last_era; /* what rules say is the same for all that lie in these */
};

/* What follows from a session's attributes alone, when nothing that they name ever changed. */
struct resolution {
    struct attributes_key key;
    uint32_t seats[SEAT_FAMILIES]; /* 0: the session's own number has to be put in */
    uint32_t device, tenant, presence, scopes, mask;
};
struct resolutions {
    struct resolution_place {
        uint32_t tag, number; /* of the key's hash; 0: free */
    } *places;
    struct resolution *all; /* [number - 1] */
    uint32_t place_count, count, capacity;
};

/* How far the sessions of a seat reach: one that begins behind all others is alone, and so is whatever comes after it. */
struct seat_bounds {
    instant others_end; /* no session but last ends later */
    instant last_end;
    uint32_t last; /* 0: none is known to be alone at the end */
};
#define SCOPES_NONE UINT32_MAX

struct engine {
    const struct catalog *catalog; /* where no rule set says another */
    instant cap_ms;                /* likewise */
    struct names names;
    struct rows rows;
    struct statements statements;
    struct history history;
    struct rules rules;
    struct eras eras;
    bool rules_dirty;
    struct resolutions resolutions;
    struct masks masks;
    struct counters counters;
    uint32_t *item_of_lane; /* number of class ITEM: the lane + 1 */

    struct session *sessions; /* [number - 1]; a session's number is that of its id in class SESSION */
    uint32_t session_capacity;
    struct number_list dirty;
    struct dictionary calls; /* of ports */
    struct dictionary presences; /* lists of struct presence as text */
    struct piece_list {
        struct piece *pieces; /* owned; NULL: the number is free */
        uint32_t count;       /* of a free one: the next free number */
    } *cuts; /* [number - 1] */
    uint32_t cut_count, cut_capacity, cut_free;
    struct map seat_index; /* (kind, ref) → seat */
    uint32_t *seats;       /* [seat - 1] → first session */
    uint8_t *seat_families;
    struct seat_bounds *seat_bounds;
    uint64_t *seat_keys;
    uint32_t seat_count, seat_capacity;
    bool twins_on;                 /* more than one source sends sessions */
    uint32_t login_source;         /* the only one so far; 0: none */
    struct dictionary twin_keys;   /* likenesses as text → number */
    struct device *alikes;         /* [number - 1]: the list of those alike */
    uint32_t alike_capacity;
    struct twin *twins;            /* [session - 1]; none while they are off */
    uint32_t twin_capacity;
    struct map device_dn, device_pair;
    struct device *devices; /* [device - 1] */
    uint32_t device_count, device_capacity;
    struct heap_entry *awaited; /* sessions without a true end, the earliest cap on top */
    size_t awaited_count, awaited_capacity;

    struct source_state *sources; /* [number - 1] of class SOURCE */
    uint32_t source_capacity;
    instant cap_watermark; /* INSTANT_NONE: none */
    bool cap_dirty;
    bool senders_dirty; /* a source sent for the first time */

    struct hourly *hourly; /* hourly.h */

    struct enabled_days enabled;
    struct configured *configured; /* [number - 1], of those in history.dirty */
    uint32_t configured_count, configured_capacity;

    instant newest_begin; /* where the facts are: the floor of the slot logs follows it */
    struct arena *scratch;
    struct buffer text;
    struct edge_list {
        struct edge *edges;
        size_t count, capacity;
    } before, after;
    bool restoring; /* sessions enter their seats without edges; engine_restored() makes them */
};

struct session *session_at(const struct engine *engine, uint32_t number);
/* Makes room for the session. */
void session_reserve(struct engine *engine, uint32_t number);
/* Puts it on the list of those to derive. */
void session_mark(struct engine *engine, uint32_t number);

/* Its scopes as a set of counter.h when they hold at any time, else SCOPES_NONE. */
static inline uint32_t session_scopes(const struct session *session)
{
    return session->listed ? SCOPES_NONE : session->groups;
}

/* twin.c */
/* Makes room for the sessions there are. */
void twins_reserve(struct engine *engine);
/* 0: it stands for itself, or there is none. */
uint32_t twin_leader(const struct engine *engine, uint32_t number);
uint32_t twin_member(const struct engine *engine, uint32_t number);
/* Puts the session among those alike; false when it is counted with its leader, which was marked. */
bool twin_place(struct engine *engine, uint32_t number);
/* Takes a forgotten session out; its cluster is forgotten with it. */
void twin_forget(struct engine *engine, uint32_t number);
/* From the second source that sends sessions on. */
void twin_switch_on(struct engine *engine);

/* A pair of lines; what is asked for may straddle. */
static inline void fetch(const void *memory)
{
    __builtin_prefetch(memory);
    __builtin_prefetch((const char *)memory + 64);
}

/* Reads a row's ends: a read that nothing rests on keeps nobody waiting, and was measured to spare more than asking does
 * (a tenth of what applying costs). */
static inline void touch_row(const struct row_pool *pool, uint32_t row)
{
    const volatile uint8_t *record = pool->records + (size_t)(row - 1) * pool->record_bytes;
    (void)record[0];
    (void)record[pool->record_bytes - 1];
    __builtin_prefetch(&pool->next[row - 1]);
}

/* session.c */
/* The session's own login rows in order of (source, key), in the scratch arena; how many. */
size_t session_login_rows(const struct engine *engine, uint32_t number, uint32_t **rows);
void session_view(const struct engine *engine, uint32_t number, struct view *view);
/* The pieces of [begin, end) with their masks, into the scratch arena; how many (at least one). */
size_t session_pieces(struct engine *engine, const struct view *view, instant begin, instant end, uint32_t *tenant, struct piece **pieces);
size_t port_pieces(struct engine *engine, const struct statement *statement, instant begin, instant end, uint32_t *tenant, struct piece **pieces);
/* The seat keys (domain.md §2.1, §2.2, §2.10) as numbers. */
void session_seat_keys(uint32_t number, const struct view *view, uint64_t keys[SEAT_FAMILIES]);
/* Its switch: its own, else its DN's, else its login's; 0: unknown (domain.md §7.1). */
ref session_switch(struct engine *engine, const struct view *view);
/* The groups of the session's person and place, in order, into the scratch arena; how many. */
size_t session_presences(struct engine *engine, const struct view *view, struct presence **list);
/* The groups that the installed session is in, and when; how many.  When it is in all of them for ever they are no list, but
 * scopes.  Both are good until another session is installed. */
size_t session_groups(const struct engine *engine, const struct session *session, const struct presence **list);
size_t session_groups_ever(const struct engine *engine, const struct session *session, const uint32_t **scopes);
/* What the session uses: its pieces, or *one. */
const struct piece *session_uses(const struct engine *engine, const struct session *session, struct piece *one, size_t *count);

/* device.c */
/* The device of a session with this view, made when new; 0: it has none. */
uint32_t device_of(struct engine *engine, const struct view *view);
/* Asks for the memory that device_of() will read. */
void device_fetch(const struct engine *engine, const struct view *view);
void device_enter(struct engine *engine, uint32_t number, uint32_t to);
void device_leave(struct engine *engine, uint32_t number);
/* The strictly later begin of another session on the device; INSTANT_NEVER. */
instant device_superseded_at(const struct engine *engine, uint32_t number);

/* configured.c */
/* Keeps the parts that an object has now; history.before(). */
uint32_t configured_remember(void *owner, enum object_type type, ref id);
/* Every object's: other rules come into force. */
void configured_remember_all(struct engine *engine);
/* Derives the parts of an object again; what differs from those remembered goes to the enabled steps. */
void configured_derive(struct engine *engine, enum object_type type, ref id, uint32_t before);
/* Gives all steps, to empty days. */
void configured_recount(struct engine *engine);
/* Forgets what was remembered. */
void configured_settled(struct engine *engine);
void configured_free(struct engine *engine);

/* hourly.c */
struct hourly *hourly_create(void);
void hourly_destroy(struct hourly *hourly);
/* The uses of the seat differ from an instant on: gaps of what begins later rest on them. */
void hourly_touch(struct engine *engine, uint32_t seat, instant from);
/* Marks the hours that rest on what was touched. */
void hourly_settle(struct engine *engine);
void hourly_stop(struct engine *engine);
void hourly_give(struct engine *engine, const struct engine_sink *sink);
void hourly_flushed(struct engine *engine);
bool hourly_dirty(const struct engine *engine);

/* subject.c */
/* What the seat's sessions use, scope by scope, as far as it meets [from, to]; in the scratch arena. */
struct part_list subject_parts(struct engine *engine, uint32_t seat, enum seat_family family, instant from, instant to);
/* By scope. */
void parts_sort(struct part_list *list);
void part_add(struct engine *engine, struct part_list *list, const struct piece *piece, uint32_t scope);
/* The edges of the union of parts, scope by scope, in [from, to]; sorts the list. */
void parts_edges(struct engine *engine, struct part_list *parts, instant from, instant to, struct edge_list *list);
/* What of a session the counters rest on. */
struct subject {
    uint32_t seats[SEAT_FAMILIES];
    uint32_t tenant, presence, scopes;
    instant begin, end;
    const struct piece *pieces;
    size_t piece_count;
};

/* resolve.c */
/* False: it has more media than are kept.  The end counts by the era that it lies in. */
bool resolution_key(const struct engine *engine, const struct view *view, instant end, struct attributes_key *key);
uint64_t resolution_hash(const struct attributes_key *key);
/* The number of what is known of the key; 0: nothing. */
uint32_t resolution_find(const struct resolutions *kept, const struct attributes_key *key, uint64_t hash);
uint32_t resolution_of(const struct engine *engine, const struct view *view, instant end);
/* True when what is known holds with another end, too. */
bool resolution_holds(const struct engine *engine, uint32_t known, instant end);
/* Ask for the memory that resolution_find() will read: its place, and then, what lies there. */
void resolution_fetch_place(const struct resolutions *kept, uint64_t hash);
void resolution_fetch(const struct resolutions *kept, uint64_t hash);
/* What the session counts as from view->begin to end, by what is known of it (0: nothing); pieces in the scratch arena. */
void session_resolve(struct engine *engine, uint32_t number, const struct view *view, uint32_t known, instant end, struct subject *subject);
/* Ask for the memory that a view will read of which nothing is known: where its names lead (step 0), and what is there. */
void session_resolve_fetch(struct engine *engine, uint32_t number, const struct view *view, int step);
/* Something changed that resolutions rest on. */
void resolutions_clear(struct resolutions *resolutions);
void resolutions_free(struct resolutions *resolutions);

/* seat.c */
/* The number of a seat by its key, made when new. */
uint32_t seat_of(struct engine *engine, uint64_t key);
/* True when only this session can have edges from its begin or the given one on, on both seats. */
bool seats_alone(const struct engine *engine, uint32_t number, const uint32_t seats[SEAT_FAMILIES], instant begin);
/* The session, alone on its seats, ends here now. */
void seats_end(struct engine *engine, uint32_t number, const uint32_t seats[SEAT_FAMILIES], instant end);
void seat_left(struct engine *engine, uint32_t seat, uint32_t number);
/* True: every session of the seat ends before the instant. */
bool seat_over_before(const struct engine *engine, uint32_t seat, instant at);
/* Looks at all of a seat's sessions again. */
void seat_measure(struct engine *engine, uint32_t seat, enum seat_family family);

/* subject.c */
void subject_install(struct engine *engine, uint32_t number, const struct subject *subject);
/* Takes the session off its seats without touching the counters: all its edges lie before the horizon. */
void subject_forget(struct engine *engine, uint32_t number);
void subject_remove(struct engine *engine, uint32_t number);
/* Every edge of every seat in [from, to], in no order between seats; seats that are over before an instant may be left out. */
typedef void (*edge_fn)(struct counters *counters, const struct edge *edge);
void subject_each_edge(struct engine *engine, instant over, instant from, instant to, edge_fn fn);

/* apply.c */
/* Notes what rests on a statement that now says something else than old (old->live false: nothing). */
void engine_follow_statement(struct engine *engine, uint32_t number, const struct fact *fact, const struct statement *old);
/* The source has sent sessions, media or ports; logins: login rows. */
void engine_source_sends(struct engine *engine, uint32_t source, bool logins);

/* derive.c, settle.c */
/* Rebuilding: puts all that are marked on their devices. */
void sessions_enter_devices(struct engine *engine);
/* Derives what is marked, and what that marks. */
void sessions_settle(struct engine *engine);
/* Takes a session with all that belongs to it out of memory. */
void session_forget(struct engine *engine, uint32_t number);

/* await.c */
void await_add(struct engine *engine, uint32_t number);
/* Marks every session whose cap lies at or before the watermark. */
void await_pass(struct engine *engine);
/* Forgets all of it: other caps are in force, and every session is derived again. */
void await_clear(struct engine *engine);

/* engine.c */
/* Takes in what changed in the rules, before anything is asked that rests on them. */
void engine_refresh_rules(struct engine *engine);

#endif
