/*
 * Who came (store/hour.h): a seat's spans as whole slots; where a slot in use follows one that was not, there is
 * an entry, with the slots since the one in use before.
 *
 * For a period that starts with slot a, the seats of its first slot are
 *     the level at a's entry + the entries of a + what stands under ENTRY_HERE,
 * where ENTRY_HERE has, for each seat: 1 if it is in use in a, less 1 if it was just before a, less 1 if it
 * enters in a.  So it has who comes back within a slot or two (+1), and who left exactly on the border (−1).
 */
#include "server/engine/hourly.h"

#include "base/check.h"

#include <stdlib.h>

struct stay { /* a part of one scope in whole slots, none before the horizon */
    uint32_t from, to; /* [from, to); empty: over before the horizon */
    instant begin, end;
    const uint64_t *words;
};

struct visit {
    struct engine *engine;
    enum seat_family family;
    const struct seen *seen;
    uint32_t scope;
    struct stay *stays;
    size_t count, word_count;
    uint64_t *in, *before, *just, *entering, *lanes; /* of word_count words */
};

static void add_event(struct visit *visit, uint32_t slot, uint32_t gap, const uint64_t *words, int32_t count)
{
    struct engine *engine = visit->engine;
    struct entry_events *entries = &engine->hourly->entries;
    uint32_t mask = masks_number(&engine->masks, words);
    if (mask == 0)
        return;
    if (visit->family == SEAT_PERSON)
        mask = masks_person(&engine->masks, mask);
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity ? entries->capacity * 2 : 256;
        entries->list = memory_resize(entries->list, entries->capacity * sizeof *entries->list);
    }
    entries->list[entries->count++] = (struct entry_event){visit->scope, slot, gap, mask, count};
}

static void add_words(const struct visit *visit, uint64_t *to, const uint64_t *words)
{
    for (size_t w = 0; w < visit->word_count; w++)
        to[w] |= words[w];
}

static bool meets(const struct visit *visit, const uint64_t *a, const uint64_t *b)
{
    for (size_t w = 0; w < visit->word_count; w++)
        if (a[w] & b[w])
            return true;
    return false;
}

/* The latest slot before `slot` in which any of the lanes was in use; false: never. */
static bool last_use(const struct visit *visit, uint32_t slot, const uint64_t *lanes, uint32_t *last)
{
    bool any = false;
    for (size_t i = 0; i < visit->count; i++) {
        const struct stay *stay = &visit->stays[i];
        if (stay->from < stay->to && stay->to < slot && meets(visit, stay->words, lanes) && (!any || stay->to - 1 > *last)) {
            *last = stay->to - 1;
            any = true;
        }
    }
    for (uint32_t i = 0; visit->seen && i < visit->seen->count; i++) {
        const struct seen_part *part = &visit->seen->parts[i];
        if (part->scope == visit->scope && meets(visit, masks_words(&visit->engine->masks, part->mask), lanes) && (!any || part->slot > *last)) {
            *last = part->slot;
            any = true;
        }
    }
    return any;
}

/* The lanes that were in use last in that slot. */
static void lanes_used_last(const struct visit *visit, uint32_t last, uint64_t *lanes)
{
    memset(lanes, 0, visit->word_count * sizeof *lanes);
    for (size_t i = 0; i < visit->count; i++)
        if (visit->stays[i].from < visit->stays[i].to && visit->stays[i].to - 1 == last)
            add_words(visit, lanes, visit->stays[i].words);
    for (uint32_t i = 0; visit->seen && i < visit->seen->count; i++)
        if (visit->seen->parts[i].scope == visit->scope && visit->seen->parts[i].slot == last)
            add_words(visit, lanes, masks_words(&visit->engine->masks, visit->seen->parts[i].mask));
}

/* Lanes differ in when they were in use last: the latest first, each with those that share it. */
static void add_entries(struct visit *visit, uint32_t slot)
{
    uint32_t last = 0;
    uint64_t *left = visit->entering;
    while (last_use(visit, slot, left, &last)) {
        lanes_used_last(visit, last, visit->lanes);
        for (size_t w = 0; w < visit->word_count; w++) {
            visit->lanes[w] &= left[w];
            left[w] &= ~visit->lanes[w];
        }
        add_event(visit, slot, slot - last, visit->lanes, 1);
    }
    add_event(visit, slot, ENTRY_NEVER, left, 1);
}

static void look_at_slot(struct visit *visit, uint32_t slot, uint32_t horizon)
{
    size_t bytes = visit->word_count * sizeof *visit->in;
    instant start = (instant)slot * SLOT_MS;
    memset(visit->in, 0, 5 * bytes);
    for (size_t i = 0; i < visit->count; i++) {
        const struct stay *stay = &visit->stays[i];
        if (stay->from <= slot && slot < stay->to)
            add_words(visit, visit->in, stay->words);
        if (stay->from < slot && slot <= stay->to)
            add_words(visit, visit->before, stay->words);
        if (stay->begin < start && start <= stay->end)
            add_words(visit, visit->just, stay->words);
    }
    for (uint32_t i = 0; slot == horizon && visit->seen && i < visit->seen->count; i++)
        if (visit->seen->parts[i].scope == visit->scope && visit->seen->parts[i].slot + 1 == slot)
            add_words(visit, visit->before, masks_words(&visit->engine->masks, visit->seen->parts[i].mask));
    /* Each seat counts 1 at most, so a lane has +1, 0 or −1. */
    uint64_t *more = visit->lanes, *less = visit->just;
    for (size_t w = 0; w < visit->word_count; w++) {
        uint64_t in = visit->in[w], just = visit->just[w], entering = in & ~visit->before[w];
        more[w] = in & ~just & ~entering;
        less[w] = (~in & just) | (in & just & entering);
        visit->entering[w] = entering;
    }
    add_event(visit, slot, ENTRY_HERE, more, 1);
    add_event(visit, slot, ENTRY_HERE, less, -1);
    add_entries(visit, slot);
}

static int compare_slots(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Something can differ from the slot before only where a stay begins or is over. */
static void look_at_scope(struct visit *visit, uint32_t horizon)
{
    const struct hourly *hourly = visit->engine->hourly;
    uint32_t *slots = arena_alloc(visit->engine->scratch, 2 * visit->count * sizeof *slots);
    size_t count = 0;
    for (size_t i = 0; i < visit->count; i++) {
        const uint32_t ends[] = {visit->stays[i].from, visit->stays[i].to};
        for (int e = 0; e < 2; e++)
            if (ends[e] >= hourly->slot && ends[e] < hourly->slot_end)
                slots[count++] = ends[e];
    }
    if (count > 1)
        qsort(slots, count, sizeof *slots, compare_slots);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || slots[i] != slots[i - 1])
            look_at_slot(visit, slots[i], horizon);
}

static struct stay stay_of(const struct engine *engine, const struct piece *piece, uint32_t horizon)
{
    struct stay stay = {.from = slot_of(piece->from), .to = piece->to == INSTANT_NEVER ? UINT32_MAX : slot_of(piece->to - 1) + 1, .begin = piece->from,
                        .end = piece->to, .words = masks_words(&engine->masks, piece->mask)};
    if (stay.from < horizon) /* what began before it stands at it (domain.md §7.20) */
        stay.from = horizon;
    return stay;
}

void named_add_seat(struct engine *engine, uint32_t seat, enum seat_family family, const struct part_list *parts)
{
    uint32_t horizon = engine->counters.horizon == INSTANT_EVER ? 0 : slot_of(engine->counters.horizon);
    struct visit visit = {.engine = engine, .family = family, .seen = seen_of(engine, seat), .word_count = engine->masks.word_count};
    visit.in = arena_alloc(engine->scratch, 5 * visit.word_count * sizeof *visit.in);
    visit.before = visit.in + visit.word_count;
    visit.just = visit.before + visit.word_count;
    visit.entering = visit.just + visit.word_count;
    visit.lanes = visit.entering + visit.word_count;
    visit.stays = arena_alloc(engine->scratch, (parts->count + 1) * sizeof *visit.stays);
    for (size_t i = 0; i < parts->count;) {
        visit.scope = parts->parts[i].scope;
        for (visit.count = 0; i < parts->count && parts->parts[i].scope == visit.scope; i++)
            visit.stays[visit.count++] = stay_of(engine, &parts->parts[i].piece, horizon);
        look_at_scope(&visit, horizon);
    }
}

/* --- the hour -------------------------------------------------------------------------------------- */

static int compare_events(const void *a, const void *b)
{
    const struct entry_event *x = a, *y = b;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    if (x->gap != y->gap)
        return x->gap < y->gap ? -1 : 1;
    return x->mask < y->mask ? -1 : x->mask > y->mask;
}

/* Adds up what is alike; leaves no zeros. */
static size_t add_up(struct entry_event *list, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(list, count, sizeof *list, compare_events);
    for (size_t i = 0; i < count;) {
        struct entry_event sum = list[i++];
        for (; i < count && compare_events(&list[i], &sum) == 0; i++)
            sum.count += list[i].count;
        if (sum.count)
            list[kept++] = sum;
    }
    return kept;
}

/* A set as records name it: its items by number, with whose seats they are. */
static uint32_t set_number(struct engine *engine, uint32_t mask)
{
    const uint64_t *words = masks_words(&engine->masks, mask);
    size_t items = engine->masks.item_count;
    struct buffer *text = &engine->text;
    buffer_clear(text);
    for (size_t lane = 0; lane < 2 * items; lane++) {
        size_t item = lane / 2 + lane % 2 * items; /* item by item, so that the text is one however lanes lie */
        if (!(words[item / 64] >> item % 64 & 1))
            continue;
        uint64_t code = (uint64_t)engine->item_of_lane[lane / 2] * 2 + lane % 2;
        for (; code >= 0x80; code >>= 7)
            buffer_append_char(text, (char)(code | 0x80));
        buffer_append_char(text, (char)code);
    }
    return names_number(&engine->names, DICTIONARY_SET, buffer_bytes(text));
}

/* Of the default chain's lanes, which come first. */
static bool is_default(const struct engine *engine, uint32_t mask)
{
    const uint64_t *words = masks_words(&engine->masks, mask);
    size_t lane = 0;
    while (!words[lane / 64])
        lane += 64;
    return lane + (size_t)__builtin_ctzll(words[lane / 64]) < engine->masks.item_count;
}

/* Most people sit at one place only, so both families say the same of many seats: one entry then has both. */
static void join_families(struct engine *engine, struct entry_event *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t person = list[i].mask && is_default(engine, list[i].mask) ? masks_person(&engine->masks, list[i].mask) : 0;
        size_t k = 0;
        while (k < count && list[k].mask != person)
            k++;
        if (!person || k == count || (list[i].count > 0) != (list[k].count > 0))
            continue;
        struct entry_event *fewer = abs(list[i].count) <= abs(list[k].count) ? &list[i] : &list[k], *more = fewer == &list[i] ? &list[k] : &list[i];
        more->count -= fewer->count;
        fewer->mask = masks_union(&engine->masks, list[i].mask, person);
        if (more->count == 0)
            more->mask = 0; /* pack_scope() leaves it out */
    }
}

static void pack_scope(struct engine *engine, struct entry_event *list, size_t count, struct buffer *out)
{
    struct entry before = {0};
    buffer_clear(out);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && list[to].slot == list[from].slot && list[to].gap == list[from].gap; to++)
            ;
        join_families(engine, &list[from], to - from);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].mask == 0)
            continue;
        struct entry entry = {list[i].slot % HOUR_SLOTS, list[i].gap, set_number(engine, list[i].mask), list[i].count};
        entry_pack(out, &entry, &before);
        before = entry;
    }
}

void named_scope(struct engine *engine, struct entry_event *list, size_t count, struct hour_result *result)
{
    struct buffer out = {0};
    count = add_up(list, count);
    if (count) {
        pack_scope(engine, list, count, &out);
        hour_result_add(result, TABLE_NAMED, list[0].scope, buffer_bytes(&out));
    }
    buffer_free(&out);
}
