#include "proto/fact_record_private.h"

#include "base/limits.h"

/*
 * The two kinds that are nearly all of the traffic, read and checked in one pass.  Only the regular is taken: any
 * field twice, unknown, of another wire type, out of range or missing gives the fact back to fact_decode_any(), which
 * has the same law by the table and the sentences; a test holds that both agree on random and on spoilt facts.
 */

struct cursor {
    const uint8_t *at, *end;
    uint64_t seen; /* bits of field numbers */
};

static inline bool take_varint(struct cursor *cursor, uint64_t *value)
{
    const uint8_t *at = cursor->at;
    uint64_t result = 0;
    for (unsigned shift = 0; at < cursor->end && shift < 63; shift += 7) {
        uint8_t byte = *at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            cursor->at = at;
            *value = result; /* below 2^63: a negative number has ten bytes */
            return true;
        }
    }
    return false;
}

static inline bool take_bytes(struct cursor *cursor, struct bytes *bytes)
{
    uint64_t len;
    if (!take_varint(cursor, &len) || len > (size_t)(cursor->end - cursor->at))
        return false;
    *bytes = bytes_of(cursor->at, len);
    cursor->at += len;
    return true;
}

static bool text_good(struct bytes text)
{
    uint64_t all = 0, word;
    size_t i = 0;
    bool zero = false;
    for (; i + sizeof word <= text.len; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        all |= word;
        zero |= ((word - 0x0101010101010101u) & ~word & 0x8080808080808080u) != 0;
    }
    for (; i < text.len; i++) {
        all |= text.data[i];
        zero |= text.data[i] == 0;
    }
    return (!(all & 0x8080808080808080u) && !zero) || bytes_are_utf8(text);
}

static inline bool take_text(struct cursor *cursor, struct bytes *text, size_t least, size_t most)
{
    return take_bytes(cursor, text) && text->len >= least && text->len <= most && text_good(*text);
}

static inline bool take_id(struct cursor *cursor, int64_t *id)
{
    uint64_t value;
    bool taken = take_varint(cursor, &value);
    *id = taken ? (int64_t)value : ID_NONE;
    return taken;
}

static inline bool take_instant(struct cursor *cursor, instant *at)
{
    uint64_t value;
    if (!take_varint(cursor, &value) || value >= (uint64_t)INSTANT_MAX)
        return false;
    *at = (instant)value;
    return true;
}

/* The next field's number, of at most 15 and seen for the first time, with the wire type that wire_bytes says of it; 0: none such. */
static inline unsigned take_tag(struct cursor *cursor, uint64_t wire_bytes)
{
    uint8_t tag = *cursor->at++;
    unsigned number = tag >> 3, wire = wire_bytes >> number & 1 ? WIRE_BYTES : WIRE_VARINT;
    if (tag >= 0x80 || (tag & 7) != wire || cursor->seen >> number & 1)
        return 0;
    cursor->seen |= 1ull << number;
    return number;
}

#define BIT(number) (1ull << (number))

static bool take_login_session(struct cursor *cursor, struct login_session *session)
{
    uint64_t word = 0;
    *session = (struct login_session){.tenant = ID_NONE, .person = ID_NONE, .login = ID_NONE, .place = ID_NONE, .dn = ID_NONE, .switch_id = ID_NONE,
                                      .end = INSTANT_NEVER};
    while (cursor->at < cursor->end) {
        bool ok = false;
        switch (take_tag(cursor, BIT(1) | BIT(10))) {
        case 1: ok = take_text(cursor, &session->session, 1, SESSION_ID_BYTES_MAX); break;
        case 2: ok = take_instant(cursor, &session->begin); break;
        case 3: ok = take_instant(cursor, &session->end); break;
        case 4: ok = take_id(cursor, &session->person); break;
        case 5: ok = take_id(cursor, &session->place); break;
        case 6: ok = take_id(cursor, &session->dn); break;
        case 7: ok = take_id(cursor, &session->login); break;
        case 8: ok = take_id(cursor, &session->switch_id); break;
        case 9: ok = take_id(cursor, &session->tenant); break;
        case 10: ok = take_text(cursor, &session->app, 0, NAME_BYTES_MAX); break;
        case 11: ok = take_varint(cursor, &word) && word >= END_BY_LOGOUT && word <= END_BY_DISCONNECT; break;
        default: break;
        }
        if (!ok)
            return false;
    }
    session->end_by = (enum end_by)word;
    return (cursor->seen & (BIT(1) | BIT(2))) == (BIT(1) | BIT(2)) && session->end >= session->begin;
}

static bool take_session_media(struct cursor *cursor, struct session_media *media)
{
    *media = (struct session_media){.dn = ID_NONE, .place = ID_NONE, .end = INSTANT_NEVER};
    while (cursor->at < cursor->end) {
        bool ok = false;
        switch (take_tag(cursor, BIT(1) | BIT(4))) {
        case 1: ok = take_text(cursor, &media->session, 1, SESSION_ID_BYTES_MAX); break;
        case 2: ok = take_instant(cursor, &media->begin); break;
        case 3: ok = take_instant(cursor, &media->end); break;
        case 4: ok = take_text(cursor, &media->media, 1, NAME_BYTES_MAX); break;
        case 5: ok = take_id(cursor, &media->dn); break;
        case 6: ok = take_id(cursor, &media->place); break;
        default: break;
        }
        if (!ok)
            return false;
    }
    return (cursor->seen & (BIT(1) | BIT(2) | BIT(4))) == (BIT(1) | BIT(2) | BIT(4)) && media->end >= media->begin;
}

bool fact_decode_fast(struct bytes bytes, struct fact *fact)
{
    struct cursor cursor = {bytes.data, bytes.data + bytes.len, 0};
    struct bytes body = BYTES_NONE;
    unsigned kind = 0;
    while (cursor.at < cursor.end) {
        bool ok = false;
        unsigned number = take_tag(&cursor, BIT(1) | BIT(2) | BIT(4) | BIT(5));
        switch (number) {
        case 1: ok = take_text(&cursor, &fact->source, 1, SOURCE_BYTES_MAX); break;
        case 2: ok = take_text(&cursor, &fact->key, 1, FACT_KEY_BYTES_MAX); break;
        case 3: ok = take_id(&cursor, &fact->version); break;
        case 4:
        case 5:
            ok = kind == 0 && take_bytes(&cursor, &body);
            kind = number;
            break;
        default: break;
        }
        if (!ok)
            return false;
    }
    if ((cursor.seen & (BIT(1) | BIT(2) | BIT(3))) != (BIT(1) | BIT(2) | BIT(3)) || kind == 0)
        return false;
    fact->kind = (enum fact_kind)(kind - FACT_FIELD_FIRST);
    fact->rule_deleted = false;
    fact->by = fact->reason = fact->request_id = BYTES_NONE;
    struct cursor inner = {body.data, body.data + body.len, 0};
    return fact->kind == FACT_LOGIN_SESSION ? take_login_session(&inner, &fact->login_session) : take_session_media(&inner, &fact->session_media);
}
