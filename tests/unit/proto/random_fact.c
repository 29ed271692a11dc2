#include "tests/unit/proto/random_fact.h"

static uint64_t random_state;

void random_seed(uint64_t seed)
{
    random_state = hash_mix(seed);
}

uint64_t random_next(void)
{
    return hash_mix(random_state++);
}

uint64_t random_below(uint64_t limit)
{
    return random_next() % limit;
}

static struct bytes random_text(const struct member *member, struct arena *arena)
{
    static const char *const pieces[] = {"a", "Z", "0", "\"", "\\", "\n", "\x01", "\x7f", " ", "/", "ü", "€", "\U0001F600", "xyzzy"};
    static const char *const zones[] = {"UTC", "Europe/Vienna", "Etc/GMT+5"};
    static const char *const books[] = {"system", "0", "101", "9223372036854775807"};
    if (member->form == FORM_ZONE)
        return bytes_from_text(zones[random_below(3)]);
    if (member->form == FORM_BOOK)
        return bytes_from_text(books[random_below(4)]);
    if (member->form == FORM_SHA256)
        return bytes_from_text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    struct buffer text = {0};
    for (uint64_t i = random_below(8) + (uint64_t)member->min; i; i--)
        buffer_append_text(&text, pieces[random_below(sizeof pieces / sizeof *pieces)]);
    struct bytes copy = arena_copy(arena, buffer_bytes(&text));
    buffer_free(&text);
    return copy;
}

static void random_record(const struct record *record, void *base, struct arena *arena);

static void random_list(const struct member *member, void *base, struct arena *arena)
{
    size_t count = random_below(4), size = member->record ? member->record->size : sizeof(struct bytes);
    char *elements = arena_alloc(arena, count * size);
    for (size_t i = 0; i < count; i++) {
        struct bytes text = BYTES_NONE;
        if (member->record)
            random_record(member->record, elements + i * size, arena);
        else
            memcpy(elements + i * size, (text = random_text(member, arena), &text), size);
    }
    memcpy((char *)base + member->offset, &elements, sizeof elements);
    memcpy((char *)base + member->count_offset, &count, sizeof count);
    if (member->given_offset)
        *(bool *)((char *)base + member->given_offset) = true;
}

static int random_word(const struct words *words)
{
    int word;
    do
        word = (int)random_below((uint64_t)words->count);
    while (!words_allow(words, word));
    return word;
}

static void random_member(const struct member *member, void *base, struct arena *arena)
{
    char *field = (char *)base + member->offset;
    /* What ends lies in the later half of the range, so that spans are lawful. */
    int64_t at = (int64_t)random_below(INSTANT_MAX / 2) + (member->from ? INSTANT_MAX / 2 : 0), integer;
    int32_t word = 0;
    struct bytes text;
    switch (member->type) {
    case MEMBER_INTEGER:
        integer = member->min + (int64_t)random_below(random_below(2) ? 10 : (uint64_t)(member->max - member->min));
        integer = integer > member->max ? member->max : integer;
        memcpy(field, &integer, sizeof integer);
        return;
    case MEMBER_BEGIN:
    case MEMBER_END:
        memcpy(field, &at, sizeof at);
        return;
    case MEMBER_DATE:
        word = instant_day(at);
        break;
    case MEMBER_FLAG:
        word = random_below(2) ? FLAG_NO : FLAG_YES;
        break;
    case MEMBER_MARK:
        *(bool *)field = random_below(2);
        return;
    case MEMBER_WORD:
        word = random_word(member->words);
        break;
    case MEMBER_USES:
        word = (int32_t)(1 + random_below(31));
        break;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        text = random_text(member, arena);
        memcpy(field, &text, sizeof text);
        return;
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        random_list(member, base, arena);
        return;
    }
    memcpy(field, &word, sizeof word);
}

static void random_record(const struct record *record, void *base, struct arena *arena)
{
    fact_blank_record(record, base);
    for (size_t i = 0; i < record->count; i++)
        if (record->members[i].required || random_below(3))
            random_member(&record->members[i], base, arena);
}

bool record_equal(const struct record *record, const void *a, const void *b)
{
    static const size_t sizes[] = {[MEMBER_INTEGER] = 8, [MEMBER_BEGIN] = 8, [MEMBER_END] = 8, [MEMBER_DATE] = 4, [MEMBER_FLAG] = 4,
                                   [MEMBER_MARK] = sizeof(bool), [MEMBER_WORD] = 4, [MEMBER_USES] = 4};
    for (size_t i = 0; i < record->count; i++) {
        const struct member *member = &record->members[i];
        const char *x = (const char *)a + member->offset, *y = (const char *)b + member->offset;
        if (member_known(member, a) != member_known(member, b))
            return false;
        if (member->type == MEMBER_TEXT || member->type == MEMBER_LABEL) {
            struct bytes s, t;
            memcpy(&s, x, sizeof s);
            memcpy(&t, y, sizeof t);
            if (!bytes_equal(s, t))
                return false;
        } else if (member->type == MEMBER_TEXTS || member->type == MEMBER_RECORDS) {
            size_t count = *(const size_t *)((const char *)a + member->count_offset);
            const char *p, *q;
            memcpy(&p, x, sizeof p);
            memcpy(&q, y, sizeof q);
            if (count != *(const size_t *)((const char *)b + member->count_offset))
                return false;
            for (size_t k = 0; k < count; k++)
                if (member->record ? !record_equal(member->record, p + k * member->record->size, q + k * member->record->size)
                                   : !bytes_equal(((const struct bytes *)p)[k], ((const struct bytes *)q)[k]))
                    return false;
        } else if (memcmp(x, y, sizes[member->type]) != 0) {
            return false;
        }
    }
    return true;
}

struct fact random_fact(enum fact_kind kind, struct arena *arena)
{
    static const struct member source = {.min = 1}, key = {.min = 1};
    struct fact fact = fact_blank(kind);
    random_record(fact_record(kind), &fact, arena);
    fact.source = random_text(&source, arena);
    fact.key = random_text(&key, arena);
    fact.version = (int64_t)(random_next() >> random_below(64) >> 1);
    return fact;
}
