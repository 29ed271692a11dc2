/*
 * A session of a roster:
 *
 *   head u8: kind of its seat · reason << 4 · varint flags: 1 person, 2 login, 4 place, 8 dn, 16 application
 *   id text · varint more ids, texts · varint sources, words · varint media, words · signed begin · end + 1 less begin or 0 ·
 *   varint tenant · the pseudonyms' 6 bytes · place · dn · word of the application · of a call: its text
 *
 * A text is a varint and its bytes; a word a number in the table of words in front.
 */
#include "server/query/roster_pack.h"

#include "base/varint.h"

#include <stdlib.h>

enum { HAS_PERSON = 1, HAS_LOGIN = 2, HAS_PLACE = 4, HAS_DN = 8, HAS_APP = 16, PSEUDONYM_BYTES = 6 };

static void put_text(struct buffer *out, struct bytes text)
{
    varint_put(out, text.len);
    buffer_append_bytes(out, text);
}

static uint64_t word_of(struct roster_packing *packing, struct bytes text)
{
    for (size_t i = 0; i < packing->word_count; i++)
        if (bytes_equal(packing->word_list[i], text))
            return i;
    uint8_t *copy = memory_alloc(text.len + 1);
    memcpy(copy, text.data, text.len);
    packing->word_list = memory_resize(packing->word_list, (packing->word_count + 1) * sizeof *packing->word_list);
    packing->word_list[packing->word_count] = bytes_of(copy, text.len);
    put_text(&packing->words, text);
    return packing->word_count++;
}

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

/* The twelve digits of a pseudonym as six bytes. */
static void put_pseudonym(struct roster_packing *packing, struct buffer *out, const char *kind, int64_t id)
{
    char text[PSEUDONYM_TEXT_SIZE];
    pseudonym_text(packing->pseudonyms, kind, id, text);
    for (int i = 0; i < PSEUDONYM_BYTES; i++)
        buffer_append_char(out, (char)(digit(text[2 + 2 * i]) << 4 | digit(text[3 + 2 * i])));
}

static void put_words(struct roster_packing *packing, const struct bytes *words, size_t count)
{
    varint_put(&packing->sessions, count);
    for (size_t i = 0; i < count; i++)
        varint_put(&packing->sessions, word_of(packing, words[i]));
}

uint32_t roster_pack_session(struct roster_packing *packing, const struct told_session *told)
{
    struct buffer *out = &packing->sessions;
    unsigned flags = (told->person != ID_NONE ? HAS_PERSON : 0) | (told->login != ID_NONE ? HAS_LOGIN : 0) | (told->place != ID_NONE ? HAS_PLACE : 0) |
                     (told->dn != ID_NONE ? HAS_DN : 0) | (bytes_present(told->app) ? HAS_APP : 0);
    buffer_append_char(out, (char)((unsigned)told->seat.kind | (unsigned)told->reason << 4));
    varint_put(out, flags);
    put_text(out, told->id);
    varint_put(out, told->id_count - 1);
    for (size_t i = 0; i < told->id_count; i++)
        if (!bytes_equal(told->ids[i], told->id))
            put_text(out, told->ids[i]);
    put_words(packing, told->sources, told->source_count);
    put_words(packing, told->media, told->media_count);
    varint_put_signed(out, told->begin - packing->start);
    varint_put(out, told->end == INSTANT_NEVER ? 0 : (uint64_t)(told->end - told->begin) + 1);
    varint_put(out, (uint64_t)told->tenant);
    if (flags & HAS_PERSON)
        put_pseudonym(packing, out, "person", told->person);
    if (flags & HAS_LOGIN)
        put_pseudonym(packing, out, "login", told->login);
    if (flags & HAS_PLACE)
        varint_put(out, (uint64_t)told->place);
    if (flags & HAS_DN)
        varint_put(out, (uint64_t)told->dn);
    if (flags & HAS_APP)
        varint_put(out, word_of(packing, told->app));
    if (told->seat.kind == SEAT_BY_CALL)
        put_text(out, told->seat.text);
    return packing->count++;
}

void roster_pack_key(struct roster_packing *packing, struct buffer *out, const struct seat_key *key)
{
    buffer_append_char(out, (char)key->kind);
    if (key->kind == SEAT_BY_PLACE || key->kind == SEAT_BY_DN)
        varint_put(out, (uint64_t)key->id);
    else if (key->kind == SEAT_BY_PERSON || key->kind == SEAT_BY_LOGIN)
        put_pseudonym(packing, out, seat_kind_name(key->kind), key->id);
    else
        put_text(out, key->text);
    if (key->kind == SEAT_BY_PORT)
        varint_put(out, word_of(packing, key->source));
}

struct bytes roster_pack_end(struct roster_packing *packing, struct arena *arena)
{
    struct buffer whole = {0};
    varint_put(&whole, packing->word_count);
    buffer_append_bytes(&whole, buffer_bytes(&packing->words));
    varint_put(&whole, packing->count);
    buffer_append_bytes(&whole, buffer_bytes(&packing->sessions));
    struct bytes packed = arena_copy(arena, buffer_bytes(&whole));
    for (size_t i = 0; i < packing->word_count; i++)
        free((void *)(uintptr_t)packing->word_list[i].data);
    free(packing->word_list);
    buffer_free(&packing->words);
    buffer_free(&packing->sessions);
    buffer_free(&whole);
    return packed;
}

/* --- reading -------------------------------------------------------------------------------------- */

static bool take_text(struct bytes *rest, struct bytes *text)
{
    uint64_t len;
    if (!varint_take(rest, &len) || len > rest->len)
        return false;
    *text = bytes_of(rest->data, (size_t)len);
    *rest = bytes_of(rest->data + len, rest->len - (size_t)len);
    return true;
}

static bool take_word(const struct roster_table *table, struct bytes *rest, struct bytes *text)
{
    uint64_t word;
    if (!varint_take(rest, &word) || word >= table->word_count)
        return false;
    *text = table->words[word];
    return true;
}

static bool take_pseudonym(struct bytes *rest, const char *kind, struct arena *arena, struct bytes *text)
{
    char digits[2 * PSEUDONYM_BYTES + 1];
    if (rest->len < PSEUDONYM_BYTES)
        return false;
    hex_text(rest->data, PSEUDONYM_BYTES, digits);
    *text = bytes_from_text(arena_printf(arena, "%c-%s", kind[0], digits));
    *rest = bytes_of(rest->data + PSEUDONYM_BYTES, rest->len - PSEUDONYM_BYTES);
    return true;
}

static bool take_words(const struct roster_table *table, struct bytes *rest, struct bytes **words, size_t *count)
{
    uint64_t number;
    if (!varint_take(rest, &number) || number > rest->len)
        return false;
    *words = arena_alloc(table->arena, ((size_t)number + 1) * sizeof **words);
    for (*count = 0; *count < number; ++*count)
        if (!take_word(table, rest, &(*words)[*count]))
            return false;
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool take_ids(const struct roster_table *table, struct bytes *rest, struct told_session *told)
{
    uint64_t others;
    if (!take_text(rest, &told->id) || !varint_take(rest, &others) || others > rest->len)
        return false;
    told->ids = arena_alloc(table->arena, ((size_t)others + 1) * sizeof *told->ids);
    told->ids[told->id_count++] = told->id;
    for (; others; others--)
        if (!take_text(rest, &told->ids[told->id_count++]))
            return false;
    qsort(told->ids, told->id_count, sizeof *told->ids, compare_texts);
    return true;
}

static bool take_number(struct bytes *rest, int64_t *number)
{
    uint64_t value;
    if (!varint_take(rest, &value))
        return false;
    *number = (int64_t)value;
    return true;
}

static bool seat_of(struct told_session *told, struct bytes *rest)
{
    struct seat_key *key = &told->seat;
    key->id = ID_NONE;
    switch (key->kind) {
    case SEAT_BY_PLACE: key->id = told->place; break;
    case SEAT_BY_DN: key->id = told->dn; break;
    case SEAT_BY_LOGIN: key->text = told->login_name; break;
    case SEAT_BY_PERSON: key->text = told->person_name; break;
    case SEAT_BY_CALL: return take_text(rest, &key->text);
    case SEAT_BY_PORT: key->source = told->source_count ? told->sources[0] : BYTES_LITERAL(""); /* fall through */
    default: key->text = told->id; break;
    }
    return true;
}

static bool take_session(const struct roster_table *table, struct bytes *rest, struct told_session *told)
{
    uint8_t head;
    uint64_t flags, length;
    *told = (struct told_session){.person = ID_NONE, .login = ID_NONE, .place = ID_NONE, .dn = ID_NONE};
    if (!key_take_u8(rest, &head) || !varint_take(rest, &flags) || !take_ids(table, rest, told) ||
        !take_words(table, rest, &told->sources, &told->source_count) || !take_words(table, rest, &told->media, &told->media_count) ||
        !varint_take_signed(rest, &told->begin) || !varint_take(rest, &length) || !take_number(rest, &told->tenant))
        return false;
    told->begin += table->start;
    told->end = length ? told->begin + (instant)(length - 1) : INSTANT_NEVER;
    told->seat.kind = (enum seat_kind)(head & 15);
    told->reason = (enum end_reason)(head >> 4);
    return told->reason <= END_CAPPED && (!(flags & HAS_PERSON) || take_pseudonym(rest, "person", table->arena, &told->person_name)) &&
           (!(flags & HAS_LOGIN) || take_pseudonym(rest, "login", table->arena, &told->login_name)) &&
           (!(flags & HAS_PLACE) || take_number(rest, &told->place)) && (!(flags & HAS_DN) || take_number(rest, &told->dn)) &&
           (!(flags & HAS_APP) || take_word(table, rest, &told->app)) && seat_of(told, rest);
}

bool roster_unpack_sessions(struct bytes packed, instant start, struct arena *arena, struct roster_table *table)
{
    uint64_t words, sessions;
    *table = (struct roster_table){.start = start, .arena = arena};
    if (!varint_take(&packed, &words) || words > packed.len)
        return false;
    table->words = arena_alloc(arena, ((size_t)words + 1) * sizeof *table->words);
    for (; table->word_count < words; table->word_count++)
        if (!take_text(&packed, &table->words[table->word_count]))
            return false;
    if (!varint_take(&packed, &sessions) || sessions > packed.len)
        return false;
    table->sessions = arena_alloc(arena, ((size_t)sessions + 1) * sizeof *table->sessions);
    for (; table->count < sessions; table->count++)
        if (!take_session(table, &packed, &table->sessions[table->count]))
            return false;
    return packed.len == 0;
}

bool roster_take_key(const struct roster_table *table, struct bytes *rest, struct seat_key *key)
{
    uint8_t kind;
    *key = (struct seat_key){.id = ID_NONE};
    if (!key_take_u8(rest, &kind) || kind == SEAT_BY_NONE || kind > SEAT_BY_PORT)
        return false;
    key->kind = (enum seat_kind)kind;
    if (kind == SEAT_BY_PLACE || kind == SEAT_BY_DN)
        return take_number(rest, &key->id);
    if (kind == SEAT_BY_PERSON || kind == SEAT_BY_LOGIN)
        return take_pseudonym(rest, seat_kind_name(key->kind), table->arena, &key->text);
    return take_text(rest, &key->text) && (kind != SEAT_BY_PORT || take_word(table, rest, &key->source));
}
