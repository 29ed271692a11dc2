/* Rules with their history: who bought what since when, and which of it is in force. */
#include "server/api/body.h"

#include "proto/fact_json.h"
#include "server/engine/catalog.h"
#include "server/query/rule.h"

static void write_name_and_text(struct json_writer *writer, const char *name, struct bytes text)
{
    json_write_name(writer, name);
    if (bytes_present(text))
        json_write_text(writer, text);
    else
        json_write_null(writer);
}

/* Today by the calendar asked last: finding a date costs more than all the rest of a rule. */
struct today {
    const struct rules *rules;
    instant at;
    const struct calendar *calendar;
    int32_t date;
};

/* A rule as the fact that it is, with what becomes of it today; a decision has no state. */
static void write_rule(struct today *today, const struct rule *rule, struct json_writer *writer)
{
    struct buffer body = {0};
    const struct calendar *calendar = rules_calendar_of(today->rules, rule);
    if (calendar != today->calendar)
        today->date = calendar_date(calendar, today->at);
    today->calendar = calendar;
    fact_json_write_body(&rule->fact, &body);
    json_write_open_object(writer);
    write_name_and_text(writer, "key", rule->fact.key);
    write_name_and_text(writer, "source", rule->fact.source);
    json_write_name(writer, "version");
    json_write_integer(writer, rule->fact.version);
    if (rule->fact.kind != FACT_DECISION) {
        json_write_name(writer, "state");
        json_write_text_c(writer, rule_state_name(rules_state(today->rules, rule, today->date)));
    }
    json_write_name(writer, "body");
    json_write_raw(writer, buffer_bytes(&body));
    json_write_close_object(writer);
    buffer_free(&body);
}

/* A cursor is the (key, source) of the last rule of its page. */
static struct bytes cursor_of(const struct rule *rule, struct arena *arena)
{
    struct key key = {.len = 0};
    key_add_text(&key, rule->fact.key);
    key_add_text(&key, rule->fact.source);
    return body_hex(key_bytes(&key), arena);
}

static bool read_cursor(struct bytes text, struct arena *arena, struct bytes *key, struct bytes *source)
{
    struct bytes rest = body_unhex(text, arena);
    return bytes_present(rest) && key_take_text(&rest, key) && key_take_text(&rest, source) && rest.len == 0;
}

static bool lies_behind(const struct rule *rule, struct bytes key, struct bytes source)
{
    int order = bytes_compare(rule->fact.key, key);
    return order > 0 || (order == 0 && bytes_compare(rule->fact.source, source) > 0);
}

/* Which rules hold is told at the clock of the last flush; before the first one nothing has come yet. */
static instant clock_of(struct query *query)
{
    return query_clock(query) == INSTANT_NONE ? 0 : query_clock(query);
}

enum err body_rules(struct query *query, const char *name, enum fact_kind kind, struct body_page *page, struct arena *arena, struct buffer *out,
                    const char **why)
{
    struct json_writer writer = {.out = out};
    const struct rules *rules = query_rules(query);
    struct today today = {.rules = rules, .at = clock_of(query)};
    const struct rule *list, *last = NULL;
    struct bytes key = BYTES_NONE, source = BYTES_NONE;
    size_t count = rules_of_kind(rules, kind, &list), written = 0;
    page->next = BYTES_NONE;
    if (bytes_present(page->cursor) && !read_cursor(page->cursor, arena, &key, &source)) {
        *why = "cursor: it is none that this server gave; start again without one.";
        return ERR_INPUT;
    }
    json_write_open_object(&writer);
    json_write_name(&writer, name);
    json_write_open_list(&writer);
    for (size_t i = 0; i < count; i++) {
        if (bytes_present(page->cursor) && !lies_behind(&list[i], key, source))
            continue;
        if (written++ == page->limit) {
            page->next = cursor_of(last, arena);
            break;
        }
        write_rule(&today, &list[i], &writer);
        last = &list[i];
    }
    json_write_close_list(&writer);
    write_name_and_text(&writer, "next", page->next);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
    return query_failure(query);
}

/* A tenant's settings, the oldest key first. */
static void write_settings(struct today *today, int64_t tenant, struct json_writer *writer)
{
    const struct rule *list;
    size_t count = rules_of_kind(today->rules, FACT_TENANT_SETTING, &list);
    json_write_open_list(writer);
    for (size_t i = 0; i < count; i++)
        if (list[i].fact.tenant_setting.tenant == tenant)
            write_rule(today, &list[i], writer);
    json_write_close_list(writer);
}

void body_tenants(struct query *query, struct arena *arena, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    const struct query_scope *scopes;
    const struct rules *rules = query_rules(query);
    size_t count = query_scopes(query, SCOPE_TENANT, arena, &scopes);
    struct today today = {.rules = rules, .at = clock_of(query)};
    json_write_open_object(&writer);
    json_write_name(&writer, "tenants");
    json_write_open_list(&writer);
    for (size_t i = 0; i < count; i++) {
        const struct calendar *calendar = rules_calendar(rules, &scopes[i]);
        json_write_open_object(&writer);
        json_write_name(&writer, "id");
        json_write_integer(&writer, scopes[i].scope.id);
        write_name_and_text(&writer, "name", scopes[i].name);
        write_name_and_text(&writer, "zone", zone_name(calendar_zone(calendar, calendar_date(calendar, today.at))));
        json_write_name(&writer, "settings");
        write_settings(&today, scopes[i].scope.id, &writer);
        json_write_close_object(&writer);
    }
    json_write_close_list(&writer);
    write_name_and_text(&writer, "next", BYTES_NONE);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
}

/* Every item there is, the text of the catalog in force, and the rule sets with their history. */
void body_catalog(struct query *query, struct arena *arena, struct buffer *out)
{
    struct json_writer writer = {.out = out};
    const struct query_item *items;
    size_t count = query_items(query, arena, &items);
    struct today today = {.rules = query_rules(query), .at = clock_of(query)};
    const struct rule *list;
    size_t rule_count = rules_of_kind(today.rules, FACT_RULESET, &list);
    json_write_open_object(&writer);
    json_write_name(&writer, "items");
    json_write_open_list(&writer);
    for (size_t i = 0; i < count; i++) {
        json_write_open_object(&writer);
        write_name_and_text(&writer, "code", items[i].code);
        write_name_and_text(&writer, "name", items[i].name);
        json_write_name(&writer, "measures");
        json_write_open_list(&writer);
        if (items[i].enabled)
            json_write_text_c(&writer, "enabled");
        if (items[i].concurrent)
            json_write_text_c(&writer, "concurrent");
        json_write_close_list(&writer);
        write_name_and_text(&writer, "counts", bytes_from_text(!items[i].concurrent ? "objects" : items[i].is_port ? "ports" : "sessions"));
        json_write_close_object(&writer);
    }
    json_write_close_list(&writer);
    write_name_and_text(&writer, "text", query_catalog(query, today.at)->text);
    json_write_name(&writer, "rulesets");
    json_write_open_list(&writer);
    for (size_t i = 0; i < rule_count; i++)
        write_rule(&today, &list[i], &writer);
    json_write_close_list(&writer);
    json_write_close_object(&writer);
    buffer_append_char(out, '\n');
}
