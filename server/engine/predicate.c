#include "server/engine/predicate.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

struct word_list {
    uint32_t *words;
    size_t count;
    bool given;
};

struct predicate {
    const struct where *where;
    bool concurrent;
    struct word_list media, media_not, app, app_not;
};

void masks_create(struct masks *masks, size_t item_count)
{
    *masks = (struct masks){.word_count = 2 * item_count / 64 + 1, .item_count = item_count};
    masks->scratch = memory_alloc_zero(masks->word_count, sizeof *masks->scratch);
}

void masks_free(struct masks *masks)
{
    dictionary_free(&masks->index);
    map_free(&masks->unions);
    free(masks->scratch);
    free(masks->person);
    free(masks->both);
}

static void set_bit(uint64_t *words, size_t bit)
{
    words[bit / 64] |= 1ull << bit % 64;
}

void masks_grow(struct masks *masks, size_t item_count)
{
    struct masks grown = {.unions = masks->unions, .person = masks->person, .both = masks->both, .person_capacity = masks->person_capacity};
    grown.item_count = item_count;
    grown.word_count = 2 * item_count / 64 + 1;
    grown.scratch = memory_alloc_zero(grown.word_count, sizeof *grown.scratch);
    for (uint32_t mask = 1; mask <= masks->index.count; mask++) {
        const uint64_t *words = masks_words(masks, mask);
        memset(grown.scratch, 0, grown.word_count * 8);
        for (size_t bit = 0; bit < 2 * masks->item_count; bit++)
            if (words[bit / 64] >> bit % 64 & 1)
                set_bit(grown.scratch, bit < masks->item_count ? bit : bit - masks->item_count + item_count);
        check(masks_number(&grown, grown.scratch) == mask);
    }
    dictionary_free(&masks->index);
    free(masks->scratch);
    *masks = grown;
}

uint32_t masks_person(struct masks *masks, uint32_t mask)
{
    if (mask == 0)
        return 0;
    if (mask > masks->person_capacity) {
        uint32_t capacity = masks->person_capacity ? masks->person_capacity * 2 : 64;
        while (capacity < mask)
            capacity *= 2;
        masks->person = memory_resize(masks->person, capacity * sizeof *masks->person);
        masks->both = memory_resize(masks->both, capacity * sizeof *masks->both);
        memset(masks->person + masks->person_capacity, 0, (capacity - masks->person_capacity) * sizeof *masks->person);
        memset(masks->both + masks->person_capacity, 0, (capacity - masks->person_capacity) * sizeof *masks->both);
        masks->person_capacity = capacity;
    }
    if (masks->person[mask - 1] == 0) {
        const uint64_t *words = masks_words(masks, mask);
        memset(masks->scratch, 0, masks->word_count * 8);
        for (size_t item = 0; item < masks->item_count; item++)
            if (words[item / 64] >> item % 64 & 1)
                masks->scratch[(item + masks->item_count) / 64] |= 1ull << (item + masks->item_count) % 64;
        masks->person[mask - 1] = masks_number(masks, masks->scratch);
    }
    return masks->person[mask - 1];
}

uint32_t masks_both(struct masks *masks, uint32_t mask)
{
    if (mask && mask <= masks->person_capacity && masks->both[mask - 1])
        return masks->both[mask - 1];
    uint32_t both = masks_union(masks, mask, masks_person(masks, mask));
    if (mask)
        masks->both[mask - 1] = both;
    return both;
}

uint32_t masks_union(struct masks *masks, uint32_t a, uint32_t b)
{
    uint64_t pair = (uint64_t)a << 32 | b;
    if (a == 0 || b == 0 || a == b)
        return a ? a : b;
    uint32_t both = map_get(&masks->unions, pair);
    if (both == 0) {
        const uint64_t *x = masks_words(masks, a), *y = masks_words(masks, b);
        for (size_t w = 0; w < masks->word_count; w++)
            masks->scratch[w] = x[w] | y[w];
        both = masks_number(masks, masks->scratch);
        map_put(&masks->unions, pair, both);
    }
    return both;
}

uint32_t masks_number(struct masks *masks, const uint64_t *words)
{
    uint64_t any = 0;
    for (size_t i = 0; i < masks->word_count; i++)
        any |= words[i];
    return any ? dictionary_number(&masks->index, bytes_of(words, masks->word_count * 8)) : 0;
}

const uint64_t *masks_words(const struct masks *masks, uint32_t mask)
{
    return mask ? (const uint64_t *)(const void *)dictionary_text(&masks->index, mask).data : NULL;
}

static struct word_list compile_list(const struct text_list *list, struct names *names)
{
    struct word_list words = {.count = list->count, .given = list->given};
    words.words = memory_alloc_zero(list->count + 1, sizeof *words.words);
    for (size_t i = 0; i < list->count; i++)
        words.words[i] = names_number(names, DICTIONARY_WORD, list->texts[i]);
    return words;
}

void predicates_compile(struct predicates *predicates, const struct catalog *catalog, struct names *names)
{
    *predicates = (struct predicates){.count = catalog->count};
    predicates->items = memory_alloc_zero(catalog->count + 1, sizeof *predicates->items);
    predicates->lanes = memory_alloc_zero(catalog->count + 1, sizeof *predicates->lanes);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct where *where = &catalog->items[i].where;
        predicates->items[i] = (struct predicate){
            .where = where,
            .concurrent = catalog->items[i].measure_concurrent && where->kind != SUBJECT_NONE,
            .media = compile_list(&where->media, names),
            .media_not = compile_list(&where->media_not, names),
            .app = compile_list(&where->app, names),
            .app_not = compile_list(&where->app_not, names),
        };
        predicates->asks_site |= where->site_type != SITE_UNKNOWN;
        predicates->asks_campaign |= where->campaign_loaded != FLAG_UNKNOWN;
    }
}

void predicates_free(struct predicates *predicates)
{
    for (size_t i = 0; i < predicates->count; i++) {
        free(predicates->items[i].media.words);
        free(predicates->items[i].media_not.words);
        free(predicates->items[i].app.words);
        free(predicates->items[i].app_not.words);
    }
    free(predicates->items);
    free(predicates->lanes);
    *predicates = (struct predicates){0};
}

static bool in_list(const struct word_list *list, uint32_t word)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->words[i] == word)
            return true;
    return false;
}

/* True when some medium of the session is in the list, or with not: when some is not in it. */
static bool some_medium(const struct word_list *list, const struct attributes *a, bool not)
{
    for (size_t i = 0; i < a->media_count; i++)
        if (in_list(list, a->media[i]) != not)
            return true;
    return false;
}

static bool tenant_has(const struct text_list *list, const struct tenant_items *items)
{
    if (!items)
        return true;
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < items->item_count; j++)
            if (bytes_equal(list->texts[i], items->items[j]))
                return true;
    return false;
}

static bool flag_holds(enum flag asked, enum flag known)
{
    return asked == FLAG_UNKNOWN || asked == known;
}

/* domain.md §7.2: a predicate on something unknown does not match, app_not does match an unknown application. */
static bool holds(const struct predicate *p, const struct attributes *a)
{
    const struct where *w = p->where;
    return p->concurrent && w->kind == a->kind && (!p->media.given || some_medium(&p->media, a, false)) &&
           (!p->media_not.given || some_medium(&p->media_not, a, true)) &&
           (!p->app.given || (a->app && in_list(&p->app, a->app))) &&
           (!p->app_not.given || !a->app || !in_list(&p->app_not, a->app)) &&
           (w->voice == FLAG_UNKNOWN || (w->voice == FLAG_YES) == a->voice) && flag_holds(w->has_backup, a->has_backup) &&
           flag_holds(w->agent, a->agent) && flag_holds(w->wfm, a->wfm) &&
           (w->campaign_loaded == FLAG_UNKNOWN || (w->campaign_loaded == FLAG_YES) == a->campaign_loaded) &&
           (w->switch_types == 0 || (a->switch_type != SWITCH_UNKNOWN && (w->switch_types & 1u << a->switch_type))) &&
           (w->site_type == SITE_UNKNOWN || w->site_type == a->site_type) && (w->uses == 0 || (w->uses & a->uses)) &&
           (!w->tenant_has.given || tenant_has(&w->tenant_has, a->tenant_items));
}

uint32_t predicates_mask(const struct predicates *predicates, const struct attributes *attributes, struct masks *masks)
{
    memset(masks->scratch, 0, masks->word_count * 8);
    for (size_t i = 0; i < predicates->count; i++)
        if (holds(&predicates->items[i], attributes))
            set_bit(masks->scratch, predicates->lanes[i]);
    return masks_number(masks, masks->scratch);
}
