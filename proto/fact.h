/*
 * proto/fact.h - a fact, checked: the newest version of one row of one source (design.md §2).
 *
 * Everything that reads facts (JSON lines, Kafka records, adapters) fills this struct and calls
 * fact_check(); what passes is lawful and refused by nobody later.  Refusal depends on the fact alone.
 * A fact borrows: its texts and lists live in the arena of whoever read it, until that is reset.
 *
 * Words: an id is a source's integer, 0 … 2^63-1, ID_NONE unknown; an instant is base/instant.h's;
 * a flag is FLAG_UNKNOWN, FLAG_NO or FLAG_YES: an absent member is unknown, never false.
 */
#ifndef PROTO_FACT_H
#define PROTO_FACT_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/memory.h"

#define ID_NONE ((int64_t)-1)
#define DATE_NONE INT32_MIN         /* no date: no bound, or "ever" */
#define QUANTITY_UNLIMITED ((int64_t)-1)

enum flag { FLAG_UNKNOWN, FLAG_NO, FLAG_YES };

/* kind, name in JSON, struct of the body, member of the union */
#define FACT_KIND_MAP(X)                                                                           \
    X(LOGIN_SESSION, "login_session", login_session)                                               \
    X(SESSION_MEDIA, "session_media", session_media)                                               \
    X(OBJECT, "object", object)                                                                    \
    X(MEMBERSHIP, "membership", membership)                                                        \
    X(CAMPAIGN, "campaign", campaign)                                                              \
    X(PORT, "port", port)                                                                          \
    X(COVERAGE, "coverage", coverage)                                                              \
    X(WATERMARK, "watermark", watermark)                                                           \
    X(SOURCE, "source", source_entry)                                                              \
    X(ENTITLEMENT, "entitlement", entitlement)                                                     \
    X(PROVISIONED, "provisioned", provisioned)                                                     \
    X(BUNDLE_SET, "bundle_set", bundle_set)                                                        \
    X(TENANT_SETTING, "tenant_setting", tenant_setting)                                            \
    X(RULESET, "ruleset", ruleset)                                                                 \
    X(DECISION, "decision", decision)

enum fact_kind {
#define X(kind, name, member) FACT_##kind,
    FACT_KIND_MAP(X)
#undef X
    FACT_KIND_COUNT
};

enum end_by { END_BY_UNKNOWN, END_BY_LOGOUT, END_BY_DISCONNECT };

#define OBJECT_TYPE_MAP(X)                                                                         \
    X(TENANT, "tenant")                                                                            \
    X(PERSON, "person")                                                                            \
    X(PLACE, "place")                                                                              \
    X(DN, "dn")                                                                                    \
    X(SWITCH, "switch")                                                                            \
    X(LOGIN, "login")                                                                              \
    X(AGENT_GROUP, "agent-group")                                                                  \
    X(PLACE_GROUP, "place-group")                                                                  \
    X(MAILBOX, "mailbox")                                                                          \
    X(IVR_PORT, "ivr-port")

enum object_type {
    OBJECT_NONE,
#define X(type, name) OBJECT_##type,
    OBJECT_TYPE_MAP(X)
#undef X
    OBJECT_TYPE_COUNT
};

enum switch_type { SWITCH_UNKNOWN, SWITCH_TDM, SWITCH_SIP, SWITCH_NETWORK };
enum site_type { SITE_UNKNOWN, SITE_MULTI, SITE_SINGLE };
enum license_type { LICENSE_UNKNOWN, LICENSE_CONCURRENT, LICENSE_ENABLED };
enum source_kind { SOURCE_NONE, SOURCE_ICON, SOURCE_CONFIG, SOURCE_GVP, SOURCE_ENTITLEMENT, SOURCE_API };
enum decision_what { DECISION_NONE, DECISION_CLOSE, DECISION_RETIRE, DECISION_ADOPT, DECISION_DELETIONS, DECISION_ACCEPT };

/* Bits of port.uses. */
enum port_use { PORT_GVP = 1, PORT_ASR = 2, PORT_TTS = 4, PORT_PARKING = 8, PORT_RECORDING = 16 };

struct login_session {
    struct bytes session;
    int64_t tenant, person, login, place, dn, switch_id;
    struct bytes app;
    instant begin, end; /* end: INSTANT_NEVER while logged in */
    enum end_by end_by;
};

struct session_media {
    struct bytes session;
    struct bytes media;
    int64_t dn, place;
    instant begin, end;
};

struct object {
    enum object_type type;
    int64_t id;
    instant valid_from; /* INSTANT_EVER: since ever */
    enum flag deleted, enabled;
    struct bytes name;
    int64_t tenant;
    enum flag agent, wfm;
    int64_t switch_id;
    enum switch_type switch_type;
    enum flag has_backup;
};

struct membership {
    int64_t group;
    enum object_type member_type; /* OBJECT_PERSON or OBJECT_PLACE */
    int64_t member;
    instant from, to; /* INSTANT_EVER, INSTANT_NEVER: no bound */
};

struct campaign {
    int64_t campaign, group;
    instant loaded_from, loaded_to;
};

struct port {
    int64_t tenant;
    struct bytes call;
    struct bytes app;
    unsigned uses; /* bits of port_use, at least one */
    instant begin, end;
};

struct coverage {
    instant from, to; /* to: INSTANT_NEVER while watching */
    struct bytes group, note;
};

struct watermark {
    instant until;
    int64_t partitions; /* ID_NONE: not said */
};

struct source_entry {
    enum source_kind kind;
    struct bytes group;
    instant from; /* INSTANT_NONE: not said */
    int64_t held, held_snapshot; /* so many deletions wait for a decision about the snapshot of this version; ID_NONE: none */
    struct bytes held_note;      /* of what: "412 of 2000 persons" */
    int64_t late;                /* rows that were found by looking again alone, ever; ID_NONE: not said */
};

struct entitlement_line {
    struct bytes item;
    int64_t quantity; /* QUANTITY_UNLIMITED */
    int64_t burst;    /* ID_NONE: none said */
    enum license_type license;
    struct bytes order;
};

struct entitlement {
    struct bytes customer, customer_id, site;
    enum site_type site_type;
    int32_t issued, valid_from, valid_to; /* dates, DATE_NONE: not said or no bound */
    struct entitlement_line *lines;
    size_t line_count;
};

struct provisioned {
    int64_t tenant;
    struct bytes item;
    int32_t effective;
    int64_t quantity;
};

struct bundle {
    int64_t id;
    struct bytes name;
    struct bytes *include, *exclude;
    size_t include_count, exclude_count;
};

struct bundle_set {
    struct bytes id, name, description;
    int32_t issued, valid_from, valid_to;
    struct bundle *bundles;
    size_t bundle_count;
};

struct tenant_setting {
    int64_t tenant;
    int32_t effective; /* DATE_NONE: ever */
    struct bytes zone;
    struct bytes *items;
    size_t item_count;
    bool has_items; /* an empty list is not an absent one */
};

struct ruleset {
    int32_t effective;
    struct bytes zone;
    int64_t cap_hours, sustained_minutes; /* ID_NONE: not said */
    struct bytes catalog;                 /* its text */
};

struct decision {
    enum decision_what what;
    struct bytes book; /* "system" or a tenant's id as text */
    int32_t day;
    struct bytes of;
    instant at;
    struct bytes rows_sha256;
    int64_t snapshot;
};

/* Where a watermark was read from (design.md §6): what it says holds for that partition alone.  Not a part of
 * what is written; whoever reads a topic sets it. */
enum fact_topic { FACT_TOPIC_FACTS, FACT_TOPIC_OBJECTS, FACT_TOPIC_COUNT };
#define FACT_PARTITION_NONE 0u /* embedded: it holds for the whole source */

static inline uint32_t fact_partition(enum fact_topic topic, uint32_t number)
{
    return ((uint32_t)topic << 24 | number) + 1;
}

static inline enum fact_topic fact_partition_topic(uint32_t partition)
{
    return (enum fact_topic)((partition - 1) >> 24);
}

static inline uint32_t fact_partition_number(uint32_t partition)
{
    return (partition - 1) & 0xffffff;
}

struct fact {
    enum fact_kind kind;
    struct bytes source, key;
    int64_t version;
    uint32_t partition;                 /* of a watermark: fact_partition(), or FACT_PARTITION_NONE */
    bool rule_deleted;                  /* a rule taken back (entitlement … ruleset) */
    struct bytes by, reason, request_id; /* of rules and decisions */
    union {
        struct login_session login_session;
        struct session_media session_media;
        struct object object;
        struct membership membership;
        struct campaign campaign;
        struct port port;
        struct coverage coverage;
        struct watermark watermark;
        struct source_entry source_entry;
        struct entitlement entitlement;
        struct provisioned provisioned;
        struct bundle_set bundle_set;
        struct tenant_setting tenant_setting;
        struct ruleset ruleset;
        struct decision decision;
    };
};

/* A fact of kind with every member unknown. */
struct fact fact_blank(enum fact_kind kind);

/* ERR_OK, or ERR_INPUT and *why: what is wrong with which member, its value, what was expected; in
 * arena.  Checks presence, ranges and end ≥ begin; depends on the fact alone (design.md §2). */
MUST_CHECK enum err fact_check(const struct fact *fact, struct arena *arena, const char **why);

/* A copy whose texts and lists live in arena. */
struct fact fact_copy(const struct fact *fact, struct arena *arena);

const char *fact_kind_name(enum fact_kind kind);
/* FACT_KIND_COUNT when there is none of that name. */
enum fact_kind fact_kind_from_name(struct bytes name);
const char *object_type_name(enum object_type type);
enum object_type object_type_from_name(struct bytes name); /* OBJECT_NONE: none */
const char *source_kind_name(enum source_kind kind);
const char *decision_what_name(enum decision_what what);

/* True for the kinds entitlement, provisioned, bundle_set, tenant_setting, ruleset. */
bool fact_kind_is_rule(enum fact_kind kind);

#endif
