/*
 * proto/member.h - the members of every kind of fact, as one table.
 *
 * A row says a member's name in JSON, its type, whether it must be known, and where in struct fact it
 * lies.  The reader, the canonical writer, fact_blank() and fact_check() are walks over this table, so
 * a member that is born or retired is a row (README.md).  Rows stand in the order of their names,
 * which is the canonical order (RFC 8785: names are ASCII).  Only proto/ and its tests include this.
 *
 * Thread: any; the tables are constant.
 */
#ifndef PROTO_MEMBER_H
#define PROTO_MEMBER_H

#include "proto/fact.h"
#include "proto/words.h"

/* type, C type of the field, what stands for "unknown" */
enum member_type {
    MEMBER_INTEGER, /* int64_t, -1: ID_NONE, QUANTITY_UNLIMITED */
    MEMBER_BEGIN,   /* instant, INSTANT_NONE, which is INSTANT_EVER */
    MEMBER_END,     /* instant, INSTANT_NEVER */
    MEMBER_DATE,    /* int32_t, DATE_NONE */
    MEMBER_FLAG,    /* enum flag, FLAG_UNKNOWN */
    MEMBER_MARK,    /* bool, false, which is not written */
    MEMBER_WORD,    /* an enum, 0 */
    MEMBER_USES,    /* unsigned, 0; in JSON a list of words, bit 1 << (word's place - 1) */
    MEMBER_TEXT,    /* struct bytes, absent */
    MEMBER_LABEL,   /* the same; in JSON an integer is taken too, as its digits: ids that are text here */
    MEMBER_TEXTS,   /* struct bytes * and a count; NULL */
    MEMBER_RECORDS, /* a struct * and a count; NULL */
};

enum text_form { FORM_ANY, FORM_ZONE, FORM_BOOK, FORM_SHA256 };

struct member {
    const char *name;
    size_t name_len;
    enum member_type type;
    bool required;
    size_t offset;       /* in struct fact, or in the record */
    int64_t min, max;    /* of an integer; of a text its bytes */
    enum text_form form; /* of a text */
    const struct words *words;
    size_t count_offset; /* size_t, of a list */
    size_t given_offset; /* bool, of a list that says so apart; 0: none */
    const struct record *record;
    const char *from;    /* the member that this one must not lie before; NULL: none */
    size_t from_offset;
};

struct record {
    const struct member *members;
    size_t count;
    size_t size; /* of one, in a list */
};

/* The body of kind, with by, reason, request_id and deleted where it may have them. */
const struct record *fact_record(enum fact_kind kind);

/* True when the member is known in base (a struct fact or a record of a list). */
bool member_known(const struct member *member, const void *base);

/* What a message says was expected: "an id of 0 … 2^63-1"; in arena or static. */
const char *member_expected(const struct member *member, struct arena *arena);

/* Makes every member of a record unknown; base was zeroed. */
void fact_blank_record(const struct record *record, void *base);

/* Reads a canonical body whose members are plain into the blank fact, without building what it says as a tree: a store
 * opens a million of them.  False: it is another one, and the fact may be half filled in.  Texts are copied into arena. */
bool fact_json_take_body(struct bytes body, struct arena *arena, struct fact *fact);

bool text_has_form(struct bytes text, enum text_form form);

#endif
