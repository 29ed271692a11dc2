/* The newest version of each row: (source, kind, key), of a login or media row with its session (design.md §2). */
#include "tests/support/naive_parts.h"

#include "proto/fact_json.h"

#include <stdlib.h>

struct bytes naive_session_id(const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_LOGIN_SESSION: return fact->login_session.session;
    case FACT_SESSION_MEDIA: return fact->session_media.session;
    default: return BYTES_NONE;
    }
}

/* Orders rows by (kind, source, key, session): 0 means the same row. */
static int compare_row(const struct fact *a, const struct fact *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = bytes_compare(a->source, b->source);
    if (!order)
        order = bytes_compare(a->key, b->key);
    return order ? order : bytes_compare(naive_session_id(a), naive_session_id(b));
}

/* The larger version wins, of one version the larger canonical body (domain.md §7.19). */
static int compare_version(const struct fact *a, const struct fact *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    struct buffer left = {0}, right = {0};
    fact_json_write_body(a, &left);
    fact_json_write_body(b, &right);
    int order = bytes_compare(buffer_bytes(&left), buffer_bytes(&right));
    buffer_free(&left);
    buffer_free(&right);
    return order;
}

static int compare(const void *a, const void *b)
{
    const struct fact *left = *(const struct fact *const *)a, *right = *(const struct fact *const *)b;
    int order = compare_row(left, right);
    return order ? order : compare_version(left, right);
}

void naive_rows_keep(struct naive *naive, const struct fact *facts, size_t count)
{
    const struct fact **all = arena_alloc(naive->arena, (count + 1) * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = &facts[i];
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || compare_row(all[i], all[i + 1]) != 0)
            all[naive->row_count++] = all[i];
    naive->rows = all;
}
