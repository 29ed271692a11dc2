#include "server/engine/statement.h"

#include "base/check.h"
#include "base/memory.h"
#include "proto/fact_json.h"

#include <stdlib.h>

struct statement *statement_at(const struct statements *statements, uint32_t number)
{
    check(number >= 1 && number <= statements->index.count);
    return &statements->all[number - 1];
}

static struct bytes own(struct bytes bytes)
{
    uint8_t *copy = memory_alloc(bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = 0;
    return bytes_of(copy, bytes.len);
}

static void disown(struct bytes *bytes)
{
    free((void *)(uintptr_t)bytes->data);
    *bytes = BYTES_NONE;
}

/* kind, source, key, partition as one text; neither source nor key holds a NUL. */
static struct bytes identity(struct statements *statements, enum fact_kind kind, struct bytes source, struct bytes key, uint32_t partition)
{
    struct buffer *text = &statements->scratch;
    buffer_clear(text);
    buffer_append_char(text, (char)(kind + 1));
    buffer_append_bytes(text, source);
    buffer_append_char(text, 0);
    buffer_append_bytes(text, key);
    if (partition != FACT_PARTITION_NONE) {
        buffer_append_char(text, 0);
        buffer_append_bytes(text, bytes_of((const uint8_t *)&partition, sizeof partition));
    }
    return buffer_bytes(text);
}

static void take_fields(struct statement *statement, const struct fact *fact)
{
    statement->rule_deleted = fact->rule_deleted;
    switch (fact->kind) {
    case FACT_OBJECT:
        statement->object = fact->object;
        statement->object.name = BYTES_NONE;
        break;
    case FACT_MEMBERSHIP:
        statement->membership = fact->membership;
        break;
    case FACT_CAMPAIGN:
        statement->campaign = fact->campaign;
        break;
    case FACT_PORT:
        statement->port = fact->port;
        statement->port.call = statement->port.app = BYTES_NONE;
        break;
    case FACT_WATERMARK:
        statement->watermark = fact->watermark;
        break;
    case FACT_SOURCE:
        statement->source_entry = fact->source_entry;
        statement->source_entry.group = BYTES_NONE;
        break;
    default:
        break;
    }
}

enum fact_outcome statements_apply(struct statements *statements, struct names *names, const struct fact *fact,
                                   uint32_t *number, struct statement *old)
{
    struct bytes text = identity(statements, fact->kind, fact->source, fact->key, fact->partition);
    *number = dictionary_find(&statements->index, text);
    struct statement *statement = *number ? statement_at(statements, *number) : NULL;
    if (statement && fact->version < statement->version)
        return FACT_STALE;
    struct buffer body = {0};
    fact_json_write_body(fact, &body);
    if (statement && fact->version == statement->version) {
        int order = bytes_compare(buffer_bytes(&body), statement->body);
        if (order <= 0) {
            buffer_free(&body);
            return order == 0 ? FACT_DUPLICATE : FACT_CONTRADICTED;
        }
    }
    *old = statement ? *statement : (struct statement){0};
    if (!statement) {
        *number = dictionary_number(&statements->index, text);
        if (statements->index.capacity > statements->capacity) {
            statements->capacity = statements->index.capacity;
            statements->all = memory_resize(statements->all, statements->capacity * sizeof *statements->all);
        }
        statement = statement_at(statements, *number);
        *statement = (struct statement){.kind = fact->kind, .live = true, .key = own(fact->key), .partition = fact->partition};
        statement->source = names_number(names, DICTIONARY_SOURCE, fact->source);
    } else {
        disown(&statement->body);
        old->body = BYTES_NONE;
    }
    statement->version = fact->version;
    statement->body = own(buffer_bytes(&body));
    take_fields(statement, fact);
    if (!statement->dirty)
        number_list_add(&statements->dirty, *number);
    statement->dirty = true;
    buffer_free(&body);
    return FACT_APPLIED;
}

struct fact statement_fact(const struct statement *statement, const struct names *names, struct arena *arena)
{
    const char *why = NULL;
    struct fact fact = fact_blank(statement->kind);
    fact.source = names_text(names, DICTIONARY_SOURCE, statement->source);
    fact.key = statement->key;
    fact.version = statement->version;
    check(fact_json_read_body(statement->body, arena, &fact, &why) == ERR_OK);
    fact.partition = statement->partition; /* of no body: after it was read */
    return fact;
}

void statements_remove(struct statements *statements, struct names *names, uint32_t number)
{
    struct statement *statement = statement_at(statements, number);
    struct bytes source = names_text(names, DICTIONARY_SOURCE, statement->source);
    check(dictionary_find(&statements->index, identity(statements, statement->kind, source, statement->key, statement->partition)) == number);
    dictionary_remove(&statements->index, number);
    disown(&statement->key);
    disown(&statement->body);
    *statement = (struct statement){0};
}

void statements_free(struct statements *statements)
{
    for (uint32_t i = 0; i < statements->index.count; i++)
        if (statements->all[i].live) {
            disown(&statements->all[i].key);
            disown(&statements->all[i].body);
        }
    free(statements->all);
    dictionary_free(&statements->index);
    number_list_free(&statements->dirty);
    buffer_free(&statements->scratch);
}

bool statement_precedes(const struct names *names, const struct statement *a, const struct statement *b)
{
    struct bytes a_source = names_text(names, DICTIONARY_SOURCE, a->source);
    struct bytes b_source = names_text(names, DICTIONARY_SOURCE, b->source);
    bool a_api = bytes_equal_text(a_source, "api"), b_api = bytes_equal_text(b_source, "api");
    if (a_api != b_api)
        return a_api;
    int order = bytes_compare(a_source, b_source);
    return order ? order < 0 : bytes_compare(a->key, b->key) < 0;
}
