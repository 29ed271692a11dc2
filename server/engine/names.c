#include "server/engine/names.h"

#include "base/check.h"
#include "base/memory.h"
#include "proto/fact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define REF_BIG 0x80000000u
#define KEY_TEXT (1ull << 63)

void number_list_add(struct number_list *list, uint32_t number)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->numbers = memory_resize(list->numbers, list->capacity * sizeof *list->numbers);
    }
    list->numbers[list->count++] = number;
}

void number_list_free(struct number_list *list)
{
    free(list->numbers);
    *list = (struct number_list){0};
}

uint32_t names_number(struct names *names, enum dictionary_class class, struct bytes text)
{
    struct dictionary *dictionary = &names->dictionaries[class];
    bool repeats = class == DICTIONARY_SOURCE || class == DICTIONARY_WORD; /* their numbers are never taken back */
    for (int i = 0; repeats && i < NAMES_RECENT; i++) {
        uint32_t recent = names->recent[class][i];
        if (recent && bytes_equal(dictionary_text(dictionary, recent), text))
            return recent;
    }
    bool fresh;
    uint32_t number = dictionary_enter(dictionary, text, &fresh);
    if (fresh)
        number_list_add(&names->changed[class], number);
    if (repeats)
        names->recent[class][names->recent_at[class]++ % NAMES_RECENT] = number;
    return number;
}

struct bytes names_text(const struct names *names, enum dictionary_class class, uint32_t number)
{
    return dictionary_text(&names->dictionaries[class], number);
}

void names_remove(struct names *names, enum dictionary_class class, uint32_t number)
{
    dictionary_remove(&names->dictionaries[class], number);
    number_list_add(&names->changed[class], number);
}

void names_free(struct names *names)
{
    for (int i = 0; i < DICTIONARY_CLASS_COUNT; i++) {
        dictionary_free(&names->dictionaries[i]);
        number_list_free(&names->changed[i]);
    }
}

ref names_ref(struct names *names, int64_t id)
{
    char text[24];
    if (id == ID_NONE)
        return 0;
    if (id < (int64_t)REF_BIG - 1)
        return (ref)(id + 1);
    int len = snprintf(text, sizeof text, "%" PRId64, id);
    return REF_BIG | names_number(names, DICTIONARY_BIG_ID, bytes_of(text, (size_t)len));
}

int64_t names_id(const struct names *names, ref id)
{
    if (id == 0)
        return ID_NONE;
    if (!(id & REF_BIG))
        return (int64_t)id - 1;
    return strtoll((const char *)names_text(names, DICTIONARY_BIG_ID, id & ~REF_BIG).data, NULL, 10);
}

/* Plain decimal: no sign, no leading zero, below 2^62. */
static bool plain_number(struct bytes key, uint64_t *number)
{
    *number = 0;
    if (key.len == 0 || key.len > 18 || (key.data[0] == '0' && key.len > 1))
        return false;
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] < '0' || key.data[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(key.data[i] - '0');
    }
    return true;
}

uint64_t names_row_key(struct names *names, struct bytes key)
{
    uint64_t number;
    return plain_number(key, &number) ? number : KEY_TEXT | names_number(names, DICTIONARY_ROW_KEY, key);
}

struct bytes names_row_key_text(const struct names *names, uint64_t key, char *text)
{
    if (key & KEY_TEXT)
        return names_text(names, DICTIONARY_ROW_KEY, (uint32_t)key);
    return bytes_of(text, (size_t)snprintf(text, 21, "%" PRIu64, key));
}

int names_row_key_compare(const struct names *names, uint64_t a, uint64_t b)
{
    char text_a[21], text_b[21];
    if (a == b)
        return 0;
    if ((a | b) & KEY_TEXT)
        return bytes_compare(names_row_key_text(names, a, text_a), names_row_key_text(names, b, text_b));
    /* Plain numbers below 10^18: with as many digits each, in order of their values; of equal ones the shorter first. */
    uint64_t wide_a = a, wide_b = b, scale_a = 10, scale_b = 10;
    for (; scale_a <= a; scale_a *= 10)
        ;
    for (; scale_b <= b; scale_b *= 10)
        ;
    for (uint64_t scale = scale_a; scale < scale_b; scale *= 10)
        wide_a *= 10;
    for (uint64_t scale = scale_b; scale < scale_a; scale *= 10)
        wide_b *= 10;
    if (wide_a != wide_b)
        return wide_a < wide_b ? -1 : 1;
    return a < b ? -1 : 1;
}
