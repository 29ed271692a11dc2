#include "store/retention.h"

#include "store/records.h"
#include "store/roster.h"
#include "store/slot.h"

#include <stdio.h>
#include <stdlib.h>

const char *retention_name(enum retention_kind kind)
{
    static const char *const names[] = {
#define X(kind, name, text) name,
        RETENTION_MAP(X)
#undef X
    };
    return names[kind];
}

const char *retention_text(enum retention_kind kind)
{
    static const char *const texts[] = {
#define X(kind, name, text) text,
        RETENTION_MAP(X)
#undef X
    };
    return texts[kind];
}

/* --- cuts, and how far they are done ---------------------------------------------------------------- */

static instant cut(struct db_txn *txn, enum retention_kind kind, const char *what)
{
    struct arena *arena = arena_create();
    struct bytes text;
    instant at = INSTANT_EVER;
    if (meta_get(txn, arena_printf(arena, "%s_%s", retention_name(kind), what), arena, &text) && !instant_parse(text, &at))
        at = INSTANT_EVER;
    arena_destroy(arena);
    return at;
}

static void put_cut(struct db_txn *txn, enum retention_kind kind, const char *what, instant at)
{
    char name[64], text[INSTANT_TEXT_SIZE];
    snprintf(name, sizeof name, "%s_%s", retention_name(kind), what);
    meta_put(txn, name, bytes_from_text(instant_format(at, text)));
}

instant retention_from(struct db_txn *txn, enum retention_kind kind)
{
    return cut(txn, kind, "from");
}

enum retention_kind retention_of_scope(enum scope_kind kind)
{
    return kind == SCOPE_SYSTEM || kind == SCOPE_TENANT ? RETENTION_SLOTS : RETENTION_GROUP_SLOTS;
}

void retention_move(struct db_txn *txn, enum retention_kind kind, instant from)
{
    if (from > retention_from(txn, kind))
        put_cut(txn, kind, "from", from);
}

/* --- records by (number, scope) -------------------------------------------------------------------- */

/* A walk over records whose key begins with a number and a scope, of some kinds of scope, below an end. */
struct walk {
    struct db_txn *txn;
    enum db_table table;
    uint32_t number, end; /* next to look at, and the first that stays */
    enum scope_kind first, last;
    uint64_t most, *deleted;
};

static void numbered_key(struct key *key, uint32_t number, enum scope_kind kind)
{
    key_clear(key);
    key_add_u32(key, number);
    key_add_u8(key, (uint8_t)kind);
}

/* What becomes of a record before it goes. */
typedef void (*leave_fn)(const struct walk *walk, struct bytes key, struct bytes value);

/* True: none is left below the end. */
static bool walk_slice(struct walk *walk, leave_fn leave)
{
    struct db_cursor *cursor = db_cursor_open(walk->txn, walk->table, BYTES_NONE);
    struct key at, gone;
    struct bytes key, value;
    bool done = false;
    uint64_t steps = 0;
    numbered_key(&at, walk->number, walk->first);
    db_cursor_seek(cursor, key_bytes(&at));
    while (!(done = !db_cursor_next(cursor, &key, &value)) && steps++ < walk->most) {
        struct bytes rest = key;
        uint32_t number;
        uint8_t kind;
        if (!key_take_u32(&rest, &number) || !key_take_u8(&rest, &kind) || (done = number >= walk->end))
            break;
        walk->number = number;
        if (kind < walk->first || kind > walk->last) {
            numbered_key(&at, kind < walk->first ? number : number + 1, walk->first);
            db_cursor_seek(cursor, key_bytes(&at));
            continue;
        }
        gone.len = key.len;
        memcpy(gone.data, key.data, key.len);
        if (leave)
            leave(walk, key_bytes(&gone), value);
        db_delete(walk->txn, walk->table, key_bytes(&gone));
        ++*walk->deleted;
        db_cursor_seek(cursor, key_bytes(&gone)); /* what stood behind it */
    }
    db_cursor_close(cursor);
    return done;
}

/* --- day nets -------------------------------------------------------------------------------------- */

struct nets {
    struct net_record *list; /* malloc'ed */
    size_t count;
};

static void add_nets(struct nets *nets, struct bytes value)
{
    struct net_record record;
    bool damaged = false;
    while (net_unpack(&value, &record, &damaged)) {
        size_t i = 0;
        while (i < nets->count && (nets->list[i].item != record.item || nets->list[i].profile != record.profile))
            i++;
        if (i == nets->count) {
            nets->list = memory_resize(nets->list, (nets->count + 1) * sizeof *nets->list);
            nets->list[nets->count++] = record;
        } else {
            nets->list[i].net += record.net;
        }
    }
}

static int compare_nets(const void *a, const void *b)
{
    const struct net_record *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->profile > y->profile) - (x->profile < y->profile);
}

/* A day's nets go over to the last day before the cut. */
static void carry_nets(const struct walk *walk, struct bytes key, struct bytes value)
{
    struct nets nets = {0};
    struct buffer packed = {0};
    struct bytes old, rest = key;
    struct key to = {.len = 0};
    uint32_t day;
    if (!key_take_u32(&rest, &day))
        return;
    key_add_u32(&to, walk->end);
    memcpy(to.data + to.len, rest.data, rest.len);
    to.len += rest.len;
    add_nets(&nets, value);
    if (db_get(walk->txn, walk->table, key_bytes(&to), &old))
        add_nets(&nets, old);
    if (nets.count)
        qsort(nets.list, nets.count, sizeof *nets.list, compare_nets);
    for (size_t i = 0; i < nets.count; i++)
        if (nets.list[i].net)
            net_pack(&packed, &nets.list[i]);
    if (packed.len)
        db_put(walk->txn, walk->table, key_bytes(&to), buffer_bytes(&packed));
    else
        db_delete(walk->txn, walk->table, key_bytes(&to));
    buffer_free(&packed);
    free(nets.list);
}

/* --- slots ----------------------------------------------------------------------------------------- */

/* Table by table; open slots before sealed ones, since meanwhile some may be sealed; the nets come last.  How far each is
 * stands by itself. */
static bool slots_slice(struct db_txn *txn, enum retention_kind kind, instant from, uint64_t most, uint64_t *deleted)
{
    static const struct {
        enum db_table table;
        const char *done;
    } tables[] = {{TABLE_NAMED, "named_gone"}, {TABLE_SUSTAINED, "sustained_gone"}, {TABLE_SLOT, "open_gone"}, {TABLE_SEALED, "gone"}};
    bool groups = kind == RETENTION_GROUP_SLOTS;
    struct walk walk = {.txn = txn, .end = slot_of(from), .first = groups ? SCOPE_AGENT_GROUP : SCOPE_SYSTEM,
                        .last = groups ? SCOPE_PLACE_GROUP : SCOPE_TENANT, .most = most, .deleted = deleted};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        instant gone = cut(txn, kind, tables[i].done);
        if (gone == from)
            continue;
        walk.table = tables[i].table;
        walk.number = gone == INSTANT_EVER ? 0 : slot_of(gone);
        bool done = walk_slice(&walk, NULL);
        put_cut(txn, kind, tables[i].done, done ? from : (instant)walk.number * SLOT_MS);
        return false;
    }
    instant summed = cut(txn, kind, "summed");
    walk.table = TABLE_DAY_NET;
    walk.number = summed == INSTANT_EVER ? 0 : (uint32_t)instant_day(summed) - 1;
    walk.end = (uint32_t)instant_day(from) - 1;
    if (!walk_slice(&walk, carry_nets))
        return false;
    put_cut(txn, kind, "summed", from);
    return true;
}

/* --- closes ---------------------------------------------------------------------------------------- */

struct expiring {
    struct db_txn *txn;
    instant from;
    int32_t newest;
    uint64_t most, deleted;
    bool left;
};

static bool expire_close(void *owner, const struct close_head *head)
{
    struct expiring *expiring = owner;
    struct key prefix = {.len = 0};
    if (head->end > expiring->from || head->key.day == expiring->newest)
        return false;
    if (expiring->deleted >= expiring->most) {
        expiring->left = true;
        return false;
    }
    key_add_u64(&prefix, (uint64_t)head->key.book);
    key_add_u32(&prefix, (uint32_t)head->key.day);
    expiring->deleted += db_delete_prefix(expiring->txn, TABLE_CLOSE, key_bytes(&prefix));
    return true;
}

static bool closes_slice(struct db_txn *txn, instant from, uint64_t most, uint64_t *deleted)
{
    struct expiring expiring = {txn, from, 0, most, 0, false};
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_CLOSE, BYTES_NONE);
    struct bytes key, value;
    uint64_t book;
    while (!expiring.left && db_cursor_next(cursor, &key, &value) && key_take_u64(&key, &book)) {
        struct key next = {.len = 0};
        if (close_last_day(txn, (int64_t)book, &expiring.newest))
            close_heads(txn, (int64_t)book, 0, INT32_MAX, expire_close, &expiring);
        key_add_u64(&next, book + 1);
        db_cursor_seek(cursor, key_bytes(&next));
    }
    db_cursor_close(cursor);
    *deleted += expiring.deleted;
    if (!expiring.left)
        put_cut(txn, RETENTION_CLOSES, "gone", from);
    return !expiring.left;
}

bool retention_done(struct db_txn *txn, enum retention_kind kind)
{
    return cut(txn, kind, kind == RETENTION_SLOTS || kind == RETENTION_GROUP_SLOTS ? "summed" : "gone") == retention_from(txn, kind);
}

instant retention_gone(struct db_txn *txn, enum retention_kind kind)
{
    return cut(txn, kind, "gone");
}

bool retention_slice(struct db_txn *txn, enum retention_kind kind, uint64_t most, uint64_t *deleted)
{
    if (retention_done(txn, kind))
        return true;
    instant from = retention_from(txn, kind);
    if (kind == RETENTION_ROSTERS) {
        bool done = roster_expire(txn, instant_day(from), most, deleted);
        if (done)
            put_cut(txn, kind, "gone", from);
        return done;
    }
    return kind == RETENTION_CLOSES ? closes_slice(txn, from, most, deleted) : slots_slice(txn, kind, from, most, deleted);
}

/* --- dead letters ---------------------------------------------------------------------------------- */

bool retention_dead_slice(struct db_txn *txn, instant before, uint64_t most, struct buffer *resume, uint64_t *deleted)
{
    struct db_cursor *cursor = db_cursor_open(txn, TABLE_DEAD, BYTES_NONE);
    struct bytes key, value;
    bool more;
    uint64_t looked = 0;
    if (resume->len)
        db_cursor_seek(cursor, buffer_bytes(resume));
    while ((more = db_cursor_next(cursor, &key, &value)) && looked++ < most) {
        struct key at = {.len = key.len};
        uint64_t kept_at;
        memcpy(at.data, key.data, key.len);
        if (key.len > 2 && key.data[key.len - 1] == 0 && key.data[key.len - 2] == 0 && key_take_u64(&value, &kept_at) && (instant)kept_at < before) {
            db_delete_chunked(txn, TABLE_DEAD, bytes_of(at.data, at.len - 2));
            ++*deleted;
            db_cursor_seek(cursor, key_bytes(&at));
        }
        buffer_clear(resume);
        buffer_append_bytes(resume, key_bytes(&at));
    }
    db_cursor_close(cursor);
    if (!more)
        buffer_clear(resume);
    return !more;
}
