#include "proto/member.h"

#include "base/check.h"
#include "base/limits.h"

#include <stdlib.h>

enum { PARTITIONS_MAX = 100000, CAP_HOURS_MAX = 8760, SUSTAINED_MINUTES_MAX = 1440 };

#define NAME(text) .name = text, .name_len = sizeof(text) - 1
#define REQUIRED .required = true
#define INTEGER(name, at, least, most) NAME(name), .type = MEMBER_INTEGER, .offset = at, .min = least, .max = most
#define ID(name, at) INTEGER(name, at, 0, INT64_MAX)
#define TEXT(name, at, most) NAME(name), .type = MEMBER_TEXT, .offset = at, .max = most
#define LABEL(name, at, most) NAME(name), .type = MEMBER_LABEL, .offset = at, .max = most
#define BEGIN(name, at) NAME(name), .type = MEMBER_BEGIN, .offset = at
#define END(name, at) NAME(name), .type = MEMBER_END, .offset = at
#define DATE(name, at) NAME(name), .type = MEMBER_DATE, .offset = at
#define FLAG(name, at) NAME(name), .type = MEMBER_FLAG, .offset = at
#define WORD(name, at, list) NAME(name), .type = MEMBER_WORD, .offset = at, .words = &(list)
#define TEXTS(name, at, count_at) NAME(name), .type = MEMBER_TEXTS, .offset = at, .count_offset = count_at, .min = 1, .max = NAME_BYTES_MAX
#define NOT_BEFORE(name, at) .from = name, .from_offset = at
#define F(field) offsetof(struct fact, field)
#define L(field) offsetof(struct entitlement_line, field)
#define B(field) offsetof(struct bundle, field)
/* Who changed a rule or decided, and why (contract.md §1). */
#define BY {TEXT("by", F(by), NAME_BYTES_MAX)}
#define REASON {TEXT("reason", F(reason), TEXT_BYTES_MAX)}
#define REQUEST_ID {TEXT("request_id", F(request_id), NAME_BYTES_MAX)}
#define DELETED {NAME("deleted"), .type = MEMBER_MARK, .offset = F(rule_deleted)}

static const struct member login_session_members[] = {
    {TEXT("app", F(login_session.app), NAME_BYTES_MAX)},
    {BEGIN("begin", F(login_session.begin)), REQUIRED},
    {ID("dn", F(login_session.dn))},
    {END("end", F(login_session.end)), NOT_BEFORE("begin", F(login_session.begin))},
    {WORD("end_by", F(login_session.end_by), words_end_by)},
    {ID("login", F(login_session.login))},
    {ID("person", F(login_session.person))},
    {ID("place", F(login_session.place))},
    {TEXT("session", F(login_session.session), SESSION_ID_BYTES_MAX), .min = 1, REQUIRED},
    {ID("switch", F(login_session.switch_id))},
    {ID("tenant", F(login_session.tenant))},
};

static const struct member session_media_members[] = {
    {BEGIN("begin", F(session_media.begin)), REQUIRED},
    {ID("dn", F(session_media.dn))},
    {END("end", F(session_media.end)), NOT_BEFORE("begin", F(session_media.begin))},
    {TEXT("media", F(session_media.media), NAME_BYTES_MAX), .min = 1, REQUIRED},
    {ID("place", F(session_media.place))},
    {TEXT("session", F(session_media.session), SESSION_ID_BYTES_MAX), .min = 1, REQUIRED},
};

static const struct member object_members[] = {
    {FLAG("agent", F(object.agent))},
    {FLAG("deleted", F(object.deleted))},
    {FLAG("enabled", F(object.enabled))},
    {FLAG("has_backup", F(object.has_backup))},
    {ID("id", F(object.id)), REQUIRED},
    {TEXT("name", F(object.name), NAME_BYTES_MAX)},
    {ID("switch", F(object.switch_id))},
    {WORD("switch_type", F(object.switch_type), words_switch_type)},
    {ID("tenant", F(object.tenant))},
    {WORD("type", F(object.type), words_object_type), REQUIRED},
    {BEGIN("valid_from", F(object.valid_from))},
    {FLAG("wfm", F(object.wfm))},
};

static const struct member membership_members[] = {
    {BEGIN("from", F(membership.from))},
    {ID("group", F(membership.group)), REQUIRED},
    {ID("member", F(membership.member)), REQUIRED},
    {WORD("member_type", F(membership.member_type), words_member_type), REQUIRED},
    {END("to", F(membership.to)), NOT_BEFORE("from", F(membership.from))},
};

static const struct member campaign_members[] = {
    {ID("campaign", F(campaign.campaign)), REQUIRED},
    {ID("group", F(campaign.group)), REQUIRED},
    {BEGIN("loaded_from", F(campaign.loaded_from)), REQUIRED},
    {END("loaded_to", F(campaign.loaded_to)), NOT_BEFORE("loaded_from", F(campaign.loaded_from))},
};

static const struct member port_members[] = {
    {TEXT("app", F(port.app), NAME_BYTES_MAX)},
    {BEGIN("begin", F(port.begin)), REQUIRED},
    {TEXT("call", F(port.call), NAME_BYTES_MAX), .min = 1},
    {END("end", F(port.end)), NOT_BEFORE("begin", F(port.begin))},
    {ID("tenant", F(port.tenant))},
    {NAME("uses"), .type = MEMBER_USES, .offset = F(port.uses), .words = &words_uses, REQUIRED},
};

static const struct member coverage_members[] = {
    {BEGIN("from", F(coverage.from)), REQUIRED},
    {TEXT("group", F(coverage.group), NAME_BYTES_MAX), .min = 1},
    {TEXT("note", F(coverage.note), TEXT_BYTES_MAX)},
    {END("to", F(coverage.to)), NOT_BEFORE("from", F(coverage.from))},
};

static const struct member watermark_members[] = {
    {INTEGER("partitions", F(watermark.partitions), 1, PARTITIONS_MAX)},
    {BEGIN("until", F(watermark.until)), REQUIRED},
};

static const struct member source_members[] = {
    {BEGIN("from", F(source_entry.from))},
    {TEXT("group", F(source_entry.group), NAME_BYTES_MAX), .min = 1},
    {INTEGER("held", F(source_entry.held), 0, INT64_MAX)},
    {TEXT("held_note", F(source_entry.held_note), TEXT_BYTES_MAX), .min = 1},
    {INTEGER("held_snapshot", F(source_entry.held_snapshot), 0, INT64_MAX)},
    {WORD("kind", F(source_entry.kind), words_source_kind), REQUIRED},
    {INTEGER("late", F(source_entry.late), 0, INT64_MAX)},
};

static const struct member line_members[] = {
    {INTEGER("burst", L(burst), 0, INT64_MAX)},
    {TEXT("item", L(item), NAME_BYTES_MAX), .min = 1},
    {WORD("license", L(license), words_license)},
    {TEXT("order", L(order), NAME_BYTES_MAX)},
    {INTEGER("quantity", L(quantity), 0, INT64_MAX)},
};
static const struct record line_record = {line_members, sizeof line_members / sizeof *line_members,
                                          sizeof(struct entitlement_line)};

static const struct member entitlement_members[] = {
    BY,
    {TEXT("customer", F(entitlement.customer), NAME_BYTES_MAX)},
    {LABEL("customer_id", F(entitlement.customer_id), NAME_BYTES_MAX)},
    DELETED,
    {DATE("issued", F(entitlement.issued))},
    {NAME("lines"), .type = MEMBER_RECORDS, .offset = F(entitlement.lines), .count_offset = F(entitlement.line_count),
     .record = &line_record, REQUIRED},
    REASON,
    REQUEST_ID,
    {LABEL("site", F(entitlement.site), NAME_BYTES_MAX)},
    {WORD("site_type", F(entitlement.site_type), words_site_type)},
    {DATE("valid_from", F(entitlement.valid_from))},
    {DATE("valid_to", F(entitlement.valid_to)), NOT_BEFORE("valid_from", F(entitlement.valid_from))},
};

static const struct member provisioned_members[] = {
    BY,
    DELETED,
    {DATE("effective", F(provisioned.effective)), REQUIRED},
    {TEXT("item", F(provisioned.item), NAME_BYTES_MAX), .min = 1, REQUIRED},
    {INTEGER("quantity", F(provisioned.quantity), 0, INT64_MAX)},
    REASON,
    REQUEST_ID,
    {ID("tenant", F(provisioned.tenant)), REQUIRED},
};

static const struct member bundle_members[] = {
    {TEXTS("exclude", B(exclude), B(exclude_count))},
    {ID("id", B(id)), REQUIRED},
    {TEXTS("include", B(include), B(include_count))},
    {TEXT("name", B(name), NAME_BYTES_MAX)},
};
static const struct record bundle_record = {bundle_members, sizeof bundle_members / sizeof *bundle_members,
                                            sizeof(struct bundle)};

static const struct member bundle_set_members[] = {
    {NAME("bundles"), .type = MEMBER_RECORDS, .offset = F(bundle_set.bundles), .count_offset = F(bundle_set.bundle_count),
     .record = &bundle_record, REQUIRED},
    BY,
    DELETED,
    {TEXT("description", F(bundle_set.description), TEXT_BYTES_MAX)},
    {LABEL("id", F(bundle_set.id), NAME_BYTES_MAX)},
    {DATE("issued", F(bundle_set.issued))},
    {TEXT("name", F(bundle_set.name), NAME_BYTES_MAX)},
    REASON,
    REQUEST_ID,
    {DATE("valid_from", F(bundle_set.valid_from))},
    {DATE("valid_to", F(bundle_set.valid_to)), NOT_BEFORE("valid_from", F(bundle_set.valid_from))},
};

static const struct member tenant_setting_members[] = {
    BY,
    DELETED,
    {DATE("effective", F(tenant_setting.effective))},
    {TEXTS("items", F(tenant_setting.items), F(tenant_setting.item_count)), .given_offset = F(tenant_setting.has_items)},
    REASON,
    REQUEST_ID,
    {ID("tenant", F(tenant_setting.tenant)), REQUIRED},
    {TEXT("zone", F(tenant_setting.zone), NAME_BYTES_MAX), .form = FORM_ZONE},
};

static const struct member ruleset_members[] = {
    BY,
    {INTEGER("cap_hours", F(ruleset.cap_hours), 1, CAP_HOURS_MAX)},
    {TEXT("catalog", F(ruleset.catalog), FACT_LINE_BYTES_MAX)},
    DELETED,
    {DATE("effective", F(ruleset.effective))},
    REASON,
    REQUEST_ID,
    {INTEGER("sustained_minutes", F(ruleset.sustained_minutes), 1, SUSTAINED_MINUTES_MAX)},
    {TEXT("zone", F(ruleset.zone), NAME_BYTES_MAX), .form = FORM_ZONE},
};

static const struct member decision_members[] = {
    {BEGIN("at", F(decision.at))},
    {LABEL("book", F(decision.book), NAME_BYTES_MAX), .form = FORM_BOOK},
    {TEXT("by", F(by), NAME_BYTES_MAX), .min = 1, REQUIRED},
    {DATE("day", F(decision.day))},
    {TEXT("of", F(decision.of), SOURCE_BYTES_MAX), .min = 1},
    {TEXT("reason", F(reason), TEXT_BYTES_MAX), .min = 1, REQUIRED},
    REQUEST_ID,
    {TEXT("rows_sha256", F(decision.rows_sha256), NAME_BYTES_MAX), .form = FORM_SHA256},
    {ID("snapshot", F(decision.snapshot))},
    {WORD("what", F(decision.what), words_decision_what), REQUIRED},
};

static const struct record records[FACT_KIND_COUNT] = {
#define source_entry_members source_members
#define X(kind, name, member)                                                                       \
    [FACT_##kind] = {member##_members, sizeof member##_members / sizeof *member##_members, sizeof(struct fact)},
    FACT_KIND_MAP(X)
#undef X
};

const struct record *fact_record(enum fact_kind kind)
{
    check((unsigned)kind < FACT_KIND_COUNT);
    return &records[kind];
}

bool member_known(const struct member *member, const void *base)
{
    const char *field = (const char *)base + member->offset;
    int64_t number;
    int32_t word;
    struct bytes text;
    const void *list;
    switch (member->type) {
    case MEMBER_INTEGER:
        memcpy(&number, field, sizeof number);
        return number != ID_NONE;
    case MEMBER_BEGIN:
        memcpy(&number, field, sizeof number);
        return number != INSTANT_NONE;
    case MEMBER_END:
        memcpy(&number, field, sizeof number);
        return number != INSTANT_NEVER;
    case MEMBER_DATE:
        memcpy(&word, field, sizeof word);
        return word != DATE_NONE;
    case MEMBER_FLAG:
    case MEMBER_WORD:
    case MEMBER_USES:
        memcpy(&word, field, sizeof word);
        return word != 0;
    case MEMBER_MARK:
        return *(const bool *)field;
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        memcpy(&text, field, sizeof text);
        return bytes_present(text);
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        if (member->given_offset)
            return *(const bool *)((const char *)base + member->given_offset);
        memcpy(&list, field, sizeof list);
        return list != NULL;
    }
    check_fail("a member's type that is none");
}

const char *member_expected(const struct member *member, struct arena *arena)
{
    switch (member->type) {
    case MEMBER_INTEGER:
        if (member->max == INT64_MAX)
            return "an integer of 0 to 2^63-1";
        return arena_printf(arena, "an integer of %lld to %lld", (long long)member->min, (long long)member->max);
    case MEMBER_BEGIN:
    case MEMBER_END:
        return "e.g. 2026-11-23T09:10:11.120Z (UTC, 1970 to 2199)";
    case MEMBER_DATE:
        return "e.g. 2026-11-23 (1970 to 2199)";
    case MEMBER_FLAG:
    case MEMBER_MARK:
        return "true or false";
    case MEMBER_WORD:
        return words_text(member->words, "one of ", arena);
    case MEMBER_USES:
        return words_text(member->words, "a list of at least one of ", arena);
    case MEMBER_TEXT:
    case MEMBER_LABEL:
        if (member->form == FORM_ZONE)
            return "an IANA zone, e.g. Europe/Vienna";
        if (member->form == FORM_BOOK)
            return "\"system\" or a tenant's id";
        if (member->form == FORM_SHA256)
            return "64 hexadecimal digits in lower case";
        return arena_printf(arena, "text of %lld to %lld bytes", (long long)member->min, (long long)member->max);
    case MEMBER_TEXTS:
        return "a list of texts";
    case MEMBER_RECORDS:
        return "a list of objects";
    }
    check_fail("a member's type that is none");
}

bool text_has_form(struct bytes text, enum text_form form)
{
    /* A zone's name ends up in a file's path: neither absolute nor with dots. */
    static const char zone[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/";
    static const char *const allowed[] = {[FORM_ZONE] = zone, [FORM_BOOK] = "0123456789", [FORM_SHA256] = "0123456789abcdef"};
    int64_t id;
    if (form == FORM_ANY || (form == FORM_BOOK && bytes_equal_text(text, "system")))
        return true;
    if (text.len == 0 || text.data[0] == '/')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!text.data[i] || !strchr(allowed[form], text.data[i]))
            return false;
    if (form == FORM_SHA256)
        return text.len == 64;
    if (form == FORM_ZONE)
        return text.len <= 64;
    /* A tenant's id in its one spelling: no leading zero, no more than 2^63-1. */
    char digits[20];
    if (text.len >= sizeof digits || (text.len > 1 && text.data[0] == '0'))
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = 0;
    id = (int64_t)strtoull(digits, NULL, 10);
    return id >= 0;
}
