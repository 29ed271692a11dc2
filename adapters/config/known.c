#include "adapters/config/known.h"

#include "base/check.h"
#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>

enum { GONE = 1, UNREAD = 2 };

/* What an object says beside its name; compared byte by byte, so without gaps. */
struct content {
    int64_t tenant, switch_id;
    uint8_t enabled, agent, wfm, has_backup, switch_type, gap[3];
};
_Static_assert(sizeof(struct content) == 24, "no gaps");

struct thing {
    int64_t id, member; /* member: of a membership, whose id is the group's */
    uint8_t class;
    bool stands;        /* not deleted, still a member */
    struct content content;
    char *name;         /* NULL: not told */
    instant from;       /* of the newest statement */
    instant ended;      /* of a membership that is over; INSTANT_EVER: never was */
    int64_t version;
    uint32_t picture;   /* the last one that showed it */
    uint32_t pending;   /* number in pending, 0: none */
    uint32_t next;      /* of the same group, 0: the last */
};

struct pending {
    uint32_t thing;
    int what; /* 0: as in content; GONE, UNREAD */
    struct content content;
    const char *name;
};

struct known {
    struct dictionary keys;
    struct thing *things; /* [number - 1] */
    uint32_t capacity;
    struct map members;   /* (class, group) → number of the first member */
    uint32_t picture;
    bool change;          /* the picture is of a few things */
    bool kept[KNOWN_CLASS_COUNT];
    struct pending *pending; /* [number - 1] */
    uint32_t pending_count, pending_capacity;
    struct arena *arena;  /* the picture's */
};

const char *known_class_name(int class)
{
    static const char *const names[KNOWN_CLASS_COUNT] = {
        [OBJECT_TENANT] = "tenants", [OBJECT_PERSON] = "persons", [OBJECT_PLACE] = "places", [OBJECT_DN] = "DNs",
        [OBJECT_SWITCH] = "switches", [OBJECT_LOGIN] = "logins", [OBJECT_AGENT_GROUP] = "agent groups",
        [OBJECT_PLACE_GROUP] = "place groups", [OBJECT_MAILBOX] = "mailboxes", [OBJECT_IVR_PORT] = "IVR ports",
        [KNOWN_AGENT_MEMBERS] = "memberships of persons", [KNOWN_PLACE_MEMBERS] = "memberships of places",
    };
    return names[class];
}

/* Parents before children. */
static const uint8_t order[] = {OBJECT_TENANT, OBJECT_SWITCH, OBJECT_DN, OBJECT_PLACE, OBJECT_LOGIN, OBJECT_PERSON, OBJECT_AGENT_GROUP,
                                OBJECT_PLACE_GROUP, OBJECT_MAILBOX, OBJECT_IVR_PORT, KNOWN_AGENT_MEMBERS, KNOWN_PLACE_MEMBERS};
enum { ORDER_COUNT = sizeof order };

struct known *known_create(void)
{
    struct known *known = memory_alloc_zero(1, sizeof *known);
    known->arena = arena_create();
    return known;
}

void known_destroy(struct known *known)
{
    if (!known)
        return;
    for (uint32_t i = 0; i < known->keys.count; i++)
        free(known->things[i].name);
    dictionary_free(&known->keys);
    map_free(&known->members);
    free(known->things);
    free(known->pending);
    arena_destroy(known->arena);
    free(known);
}

/* --- things -------------------------------------------------------------------------------------- */

struct thing_key {
    uint8_t bytes[17];
};

static struct thing_key key_of(int class, int64_t id, int64_t member)
{
    struct thing_key key;
    key.bytes[0] = (uint8_t)class;
    memcpy(key.bytes + 1, &id, sizeof id);
    memcpy(key.bytes + 9, &member, sizeof member);
    return key;
}

static struct thing *thing_find(const struct known *known, int class, int64_t id, int64_t member)
{
    struct thing_key key = key_of(class, id, member);
    uint32_t number = dictionary_find(&known->keys, bytes_of(key.bytes, sizeof key.bytes));
    return number ? &known->things[number - 1] : NULL;
}

static uint64_t group_key(int class, int64_t group)
{
    return hash_mix((uint64_t)group) ^ (uint64_t)class;
}

static struct thing *thing_make(struct known *known, int class, int64_t id, int64_t member)
{
    struct thing_key key = key_of(class, id, member);
    uint32_t before = known->keys.count, number = dictionary_number(&known->keys, bytes_of(key.bytes, sizeof key.bytes));
    if (number <= before)
        return &known->things[number - 1];
    if (number > known->capacity) {
        known->capacity = known->capacity ? known->capacity + known->capacity / 2 : 1024;
        known->things = memory_resize(known->things, known->capacity * sizeof *known->things);
    }
    struct thing *thing = &known->things[number - 1];
    *thing = (struct thing){.id = id, .member = member, .class = (uint8_t)class, .from = INSTANT_EVER, .ended = INSTANT_EVER, .version = -1};
    if (class >= KNOWN_AGENT_MEMBERS) {
        thing->next = map_get(&known->members, group_key(class, id));
        map_put(&known->members, group_key(class, id), number);
    }
    return thing;
}

static int class_of_members(enum object_type member_type)
{
    return member_type == OBJECT_PLACE ? KNOWN_PLACE_MEMBERS : KNOWN_AGENT_MEMBERS;
}

static struct content content_of(const struct object *object)
{
    return (struct content){.tenant = object->tenant, .switch_id = object->switch_id, .enabled = (uint8_t)object->enabled,
                            .agent = (uint8_t)object->agent, .wfm = (uint8_t)object->wfm, .has_backup = (uint8_t)object->has_backup,
                            .switch_type = (uint8_t)object->switch_type};
}

static void set_name(struct thing *thing, const char *name)
{
    free(thing->name);
    thing->name = name ? memory_copy_text(name) : NULL;
}

static bool same_name(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The newest statement is the one from the latest instant, of several for one instant the one with the largest version. */
void known_recall(struct known *known, const struct fact *fact)
{
    const struct object *object = &fact->object;
    const struct membership *membership = &fact->membership;
    bool is_object = fact->kind == FACT_OBJECT;
    if (!is_object && fact->kind != FACT_MEMBERSHIP)
        return;
    instant from = is_object ? object->valid_from : membership->from;
    struct thing *thing = is_object ? thing_make(known, (int)object->type, object->id, 0)
                                    : thing_make(known, class_of_members(membership->member_type), membership->group, membership->member);
    if (thing->version >= 0 && (from < thing->from || (from == thing->from && fact->version <= thing->version)))
        return;
    thing->from = from;
    thing->version = fact->version;
    thing->stands = is_object ? object->deleted != FLAG_YES : membership->to == INSTANT_NEVER;
    if (!is_object) {
        thing->ended = thing->stands ? INSTANT_EVER : membership->to;
        return;
    }
    thing->content = content_of(object);
    struct arena *arena = arena_create();
    set_name(thing, bytes_present(object->name) ? arena_text(arena, object->name) : NULL);
    arena_destroy(arena);
}

/* --- a picture ----------------------------------------------------------------------------------- */

void known_drop(struct known *known)
{
    for (uint32_t i = 0; i < known->pending_count; i++)
        known->things[known->pending[i].thing].pending = 0;
    known->pending_count = 0;
    arena_reset(known->arena);
}

void known_begin(struct known *known)
{
    known_drop(known);
    memset(known->kept, 0, sizeof known->kept);
    known->picture++;
    known->change = false;
}

void known_begin_change(struct known *known)
{
    known_begin(known);
    known->change = true;
}

void known_keep(struct known *known, int class)
{
    known->kept[class] = true;
}

bool known_is_kept(const struct known *known, int class)
{
    return known->kept[class];
}

static struct pending *pending_of(struct known *known, struct thing *thing)
{
    thing->picture = known->picture;
    if (thing->pending)
        return &known->pending[thing->pending - 1];
    if (known->pending_count == known->pending_capacity) {
        known->pending_capacity = known->pending_capacity ? known->pending_capacity * 2 : 256;
        known->pending = memory_resize(known->pending, known->pending_capacity * sizeof *known->pending);
    }
    known->pending[known->pending_count] = (struct pending){.thing = (uint32_t)(thing - known->things), .what = UNREAD};
    thing->pending = ++known->pending_count;
    return &known->pending[thing->pending - 1];
}

/* Whatever an earlier row of the picture said of it: the last one holds. */
static void pending_take_back(struct known *known, struct thing *thing)
{
    if (thing->pending)
        known->pending[thing->pending - 1].what = UNREAD;
}

void known_found(struct known *known, const struct object *object)
{
    struct thing *thing = thing_make(known, (int)object->type, object->id, 0);
    struct content content = content_of(object);
    const char *name = bytes_present(object->name) ? arena_text(known->arena, object->name) : NULL;
    thing->picture = known->picture;
    if (thing->stands && memcmp(&thing->content, &content, sizeof content) == 0 && same_name(thing->name, name)) {
        pending_take_back(known, thing);
        return;
    }
    struct pending *pending = pending_of(known, thing);
    pending->what = 0;
    pending->content = content;
    pending->name = name;
}

void known_found_member(struct known *known, int64_t group, enum object_type member_type, int64_t member)
{
    struct thing *thing = thing_make(known, class_of_members(member_type), group, member);
    thing->picture = known->picture;
    if (thing->stands)
        pending_take_back(known, thing);
    else
        pending_of(known, thing)->what = 0;
}

void known_found_unread(struct known *known, int class, int64_t id)
{
    struct thing *thing = thing_find(known, class, id, 0);
    if (!thing)
        return;
    thing->picture = known->picture;
    pending_take_back(known, thing);
}

static void lose(struct known *known, struct thing *thing)
{
    if (!thing)
        return;
    if (thing->stands)
        pending_of(known, thing)->what = GONE;
    else
        pending_take_back(known, thing);
}

void known_lost(struct known *known, int class, int64_t id)
{
    lose(known, thing_find(known, class, id, 0));
}

void known_lost_member(struct known *known, int64_t group, enum object_type member_type, int64_t member)
{
    lose(known, thing_find(known, class_of_members(member_type), group, member));
}

bool known_look(const struct known *known, enum object_type type, int64_t id, struct object *object)
{
    const struct thing *thing = thing_find(known, (int)type, id, 0);
    const struct pending *pending = thing && thing->pending ? &known->pending[thing->pending - 1] : NULL;
    bool shown = pending && pending->what == 0;
    if (!thing || (!shown && !thing->stands) || (pending && pending->what == GONE))
        return false;
    const struct content *content = shown ? &pending->content : &thing->content;
    *object = fact_blank(FACT_OBJECT).object;
    object->type = type;
    object->id = id;
    object->tenant = content->tenant;
    object->switch_id = content->switch_id;
    object->enabled = (enum flag)content->enabled;
    object->agent = (enum flag)content->agent;
    object->wfm = (enum flag)content->wfm;
    object->has_backup = (enum flag)content->has_backup;
    object->switch_type = (enum switch_type)content->switch_type;
    object->name = bytes_from_text(shown ? pending->name : thing->name);
    return true;
}

void known_each_member(const struct known *known, int64_t group, enum object_type member_type, known_member_fn fn, void *owner)
{
    int class = class_of_members(member_type);
    for (uint32_t number = map_get(&known->members, group_key(class, group)); number; number = known->things[number - 1].next) {
        const struct thing *thing = &known->things[number - 1];
        if (thing->id == group && thing->class == class && thing->stands)
            fn(owner, thing->member);
    }
}

void known_miss(struct known *known, struct known_losses *losses)
{
    *losses = (struct known_losses){.count = 0};
    check(!known->change);
    for (uint32_t i = 0; i < known->keys.count; i++) {
        struct thing *thing = &known->things[i];
        bool gone = thing->pending && known->pending[thing->pending - 1].what == GONE; /* asked before */
        losses->standing[thing->class] += thing->stands;
        if (!thing->stands || known->kept[thing->class] || (thing->picture == known->picture && !gone))
            continue;
        struct thing_key key = key_of(thing->class, thing->id, thing->member);
        losses->missing[thing->class]++;
        losses->count++;
        losses->digest += hash_mix(bytes_hash(bytes_of(key.bytes, sizeof key.bytes)));
        pending_of(known, thing)->what = GONE;
    }
}

/* --- saying it ----------------------------------------------------------------------------------- */

static struct fact object_fact(const struct thing *thing, const struct pending *pending, instant from, bool gone)
{
    struct fact fact = fact_blank(FACT_OBJECT);
    const struct content *content = gone ? &thing->content : &pending->content;
    fact.object.type = (enum object_type)thing->class;
    fact.object.id = thing->id;
    fact.object.valid_from = from;
    fact.object.deleted = gone ? FLAG_YES : FLAG_NO;
    fact.object.enabled = (enum flag)content->enabled;
    fact.object.tenant = content->tenant;
    fact.object.switch_id = content->switch_id;
    fact.object.agent = (enum flag)content->agent;
    fact.object.wfm = (enum flag)content->wfm;
    fact.object.has_backup = (enum flag)content->has_backup;
    fact.object.switch_type = (enum switch_type)content->switch_type;
    fact.object.name = bytes_from_text(gone ? thing->name : pending->name);
    return fact;
}

static struct fact member_fact(const struct thing *thing, instant from, instant to)
{
    struct fact fact = fact_blank(FACT_MEMBERSHIP);
    fact.membership.group = thing->id;
    fact.membership.member_type = thing->class == KNOWN_PLACE_MEMBERS ? OBJECT_PLACE : OBJECT_PERSON;
    fact.membership.member = thing->member;
    fact.membership.from = from;
    fact.membership.to = to;
    return fact;
}

static enum err say_one(struct known *known, const struct known_saying *saying, const struct pending *pending, struct arena *arena)
{
    struct thing *thing = &known->things[pending->thing];
    bool gone = pending->what == GONE, member = thing->class >= KNOWN_AGENT_MEMBERS, known_before = thing->version >= 0;
    instant at = gone ? saying->gone_at : saying->at, from = at;
    char text[INSTANT_TEXT_SIZE];
    struct fact fact;
    if ((saying->first >> thing->class & 1) && !gone && (!known_before || thing->from == INSTANT_EVER))
        from = INSTANT_EVER;
    else if (known_before && from < thing->from)
        from = thing->from; /* time does not go back */
    if (member && !gone && from != INSTANT_EVER && from < thing->ended)
        from = thing->ended;
    if (member && gone)
        from = thing->from;
    fact = member ? member_fact(thing, from, !gone ? INSTANT_NEVER : from != INSTANT_EVER && at < from ? from : at)
                  : object_fact(thing, pending, from, gone);
    const char *since = from == INSTANT_EVER ? "ever" : instant_format(from, text);
    fact.source = saying->source;
    fact.version = saying->version;
    fact.key = bytes_from_text(member ? arena_printf(arena, "%lld/%s/%lld@%s", (long long)thing->id, object_type_name(fact.membership.member_type),
                                                     (long long)thing->member, since)
                                      : arena_printf(arena, "%s/%lld@%s", object_type_name(fact.object.type), (long long)thing->id, since));
    enum err err = saying->fact(saying->owner, &fact);
    if (err)
        return err;
    thing->from = from;
    thing->version = saying->version;
    thing->stands = !gone;
    if (member)
        thing->ended = gone ? fact.membership.to : INSTANT_EVER;
    if (!gone && !member) {
        thing->content = pending->content;
        set_name(thing, pending->name);
    }
    return ERR_OK;
}

enum err known_say(struct known *known, const struct known_saying *saying)
{
    struct arena *arena = arena_create();
    enum err err = ERR_OK;
    for (int step = 0; step < 2 * ORDER_COUNT && !err; step++) {
        bool gone = step >= ORDER_COUNT;
        int class = order[gone ? 2 * ORDER_COUNT - 1 - step : step];
        for (uint32_t i = 0; i < known->pending_count && !err; i++) {
            const struct pending *pending = &known->pending[i];
            if (known->things[pending->thing].class == class && pending->what == (gone ? GONE : 0)) {
                err = say_one(known, saying, pending, arena);
                arena_reset(arena);
            }
        }
    }
    arena_destroy(arena);
    if (!err)
        known_drop(known);
    return err;
}
