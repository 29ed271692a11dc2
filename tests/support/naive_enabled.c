/* How many configured objects could use an item (domain.md §7.14): at each instant at which that may change, all are counted anew. */
#include "tests/support/naive_parts.h"

struct enabled_memo {
    struct enabled_memo *next;
    enum scope_kind kind;
    int64_t id;
    struct enabled_where where;
    struct naive_line line;
};

struct instants {
    instant *list;
    size_t count;
};

static void instants_add(struct instants *instants, instant at)
{
    size_t place = 0;
    while (place < instants->count && instants->list[place] < at)
        place++;
    if (at == INSTANT_NEVER || (place < instants->count && instants->list[place] == at))
        return;
    memmove(instants->list + place + 1, instants->list + place, (instants->count - place) * sizeof *instants->list);
    instants->list[place] = at;
    instants->count++;
}

static bool could_use(const struct enabled_where *where, const struct object *object)
{
    if (where->agent != FLAG_UNKNOWN && object->agent != where->agent)
        return false;
    if (where->wfm != FLAG_UNKNOWN && object->wfm != where->wfm)
        return false;
    return !where->switch_types || (object->switch_type != SWITCH_UNKNOWN && (where->switch_types >> object->switch_type & 1));
}

static bool is_member(const struct naive *naive, const struct object *object, enum object_type member_type, int64_t group, instant at)
{
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct membership *row = &naive->rows[i]->membership;
        if (naive->rows[i]->kind == FACT_MEMBERSHIP && row->member_type == member_type && row->member == object->id && row->group == group &&
            row->from <= at && at < row->to)
            return true;
    }
    return false;
}

/* The object that a row of its history names, as it was at the instant. */
static bool counts_at(const struct naive *naive, const struct enabled_memo *asked, enum object_type type, int64_t id, instant at)
{
    const struct object *object = config_object(naive, type, id, at);
    if (!object || object->enabled != FLAG_YES || object->deleted == FLAG_YES)
        return false;
    switch (asked->kind) {
    case SCOPE_PLACE_GROUP:
        return is_member(naive, object, OBJECT_PLACE, asked->id, at); /* whatever the predicate says of persons */
    case SCOPE_AGENT_GROUP:
        return could_use(&asked->where, object) && is_member(naive, object, OBJECT_PERSON, asked->id, at);
    case SCOPE_TENANT: {
        int64_t tenant = type == OBJECT_TENANT ? object->id : object->tenant == ID_NONE ? 0 : object->tenant;
        return could_use(&asked->where, object) && tenant == asked->id;
    }
    default:
        return could_use(&asked->where, object);
    }
}

static void count_enabled(struct naive *naive, struct enabled_memo *asked)
{
    enum object_type type = asked->kind == SCOPE_PLACE_GROUP ? OBJECT_PLACE : asked->where.object;
    bool group = asked->kind == SCOPE_AGENT_GROUP || asked->kind == SCOPE_PLACE_GROUP;
    struct instants instants = {arena_alloc(naive->arena, (2 * naive->row_count + 1) * sizeof *instants.list), 0};
    int64_t *ids = arena_alloc(naive->arena, (naive->row_count + 1) * sizeof *ids), level = 0;
    size_t count = 0;
    asked->line = (struct naive_line){.profile = PROFILE_EXACT};
    if (group && asked->where.object != OBJECT_PERSON)
        return;
    for (size_t i = 0; i < naive->row_count; i++) {
        const struct fact *row = naive->rows[i];
        if (row->kind == FACT_MEMBERSHIP && row->membership.group == asked->id && group) {
            instants_add(&instants, row->membership.from);
            instants_add(&instants, row->membership.to);
        }
        if (row->kind != FACT_OBJECT || row->object.type != type)
            continue;
        instants_add(&instants, row->object.valid_from);
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known |= ids[k] == row->object.id;
        if (!known)
            ids[count++] = row->object.id;
    }
    asked->line.steps = arena_alloc(naive->arena, (instants.count + 1) * sizeof *asked->line.steps);
    for (size_t i = 0; i < instants.count; i++) {
        int64_t now = 0;
        for (size_t k = 0; k < count; k++)
            now += counts_at(naive, asked, type, ids[k], instants.list[i]);
        if (now != level)
            asked->line.steps[asked->line.count++] = (struct naive_step){instants.list[i], now};
        level = now;
    }
}

static bool same_where(const struct enabled_where *a, const struct enabled_where *b)
{
    return a->object == b->object && a->agent == b->agent && a->wfm == b->wfm && a->switch_types == b->switch_types;
}

/* Those that a predicate asks for: many items ask for the same. */
static struct naive_line line_of(struct naive *naive, enum scope_kind kind, int64_t id, const struct enabled_where *where)
{
    struct enabled_memo *memo = naive->enabled_memos;
    while (memo && !(memo->kind == kind && memo->id == id && same_where(&memo->where, where)))
        memo = memo->next;
    if (!memo) {
        memo = arena_alloc(naive->arena, sizeof *memo);
        *memo = (struct enabled_memo){naive->enabled_memos, kind, id, *where, {0}};
        count_enabled(naive, memo);
        naive->enabled_memos = memo;
    }
    return memo->line;
}

static void add_step(struct naive_line *line, instant at, int64_t level)
{
    int64_t before = line->count ? line->steps[line->count - 1].level : 0;
    if (level != before)
        line->steps[line->count++] = (struct naive_step){at, level};
}

/* In each phase what its catalog asks for. */
struct naive_line naive_enabled_line(struct naive *naive, enum scope_kind kind, int64_t id, size_t item)
{
    struct naive_line line = {.profile = PROFILE_EXACT};
    line.steps = arena_alloc(naive->arena, (naive->phase_count * (2 * naive->row_count + 2) + 1) * sizeof *line.steps);
    for (size_t i = 0; i < naive->phase_count; i++) {
        const struct naive_phase *phase = &naive->phases[i];
        const struct catalog_item *asked = naive_item_in(phase->catalog, naive->items->items[item].code);
        if (!asked || !asked->measure_enabled) {
            add_step(&line, phase->from, 0);
            continue;
        }
        struct naive_line whole = line_of(naive, kind, id, &asked->enabled_where);
        add_step(&line, phase->from, naive_level(&whole, phase->from));
        for (size_t k = 0; k < whole.count; k++)
            if (whole.steps[k].at > phase->from && whole.steps[k].at < phase->to)
                add_step(&line, whole.steps[k].at, whole.steps[k].level);
    }
    return line;
}

int64_t naive_enabled(struct naive *naive, enum scope_kind kind, int64_t id, size_t item, instant start, instant end)
{
    if (!naive_has_enabled(naive, item, start, end))
        return -1;
    struct naive_line line = naive_enabled_line(naive, kind, id, item);
    return naive_usage(&line, start, end).peak;
}
