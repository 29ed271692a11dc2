/*
 * proto/usage.h - a usage row as people and programs get it (contract.md §5), as JSON, CSV or table.
 *
 * A member that is null in JSON is -1 here (INSTANT_NONE for instants, absent for texts).
 */
#ifndef PROTO_USAGE_H
#define PROTO_USAGE_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/json.h"

enum scope_kind { SCOPE_SYSTEM, SCOPE_TENANT, SCOPE_AGENT_GROUP, SCOPE_PLACE_GROUP, SCOPE_KIND_COUNT };
enum profile { PROFILE_EXACT, PROFILE_LRM, PROFILE_PERSON, PROFILE_SUSTAINED, PROFILE_COUNT };
enum granularity { GRANULARITY_10M, GRANULARITY_HOUR, GRANULARITY_DAY, GRANULARITY_WEEK, GRANULARITY_MONTH, GRANULARITY_COUNT };
enum row_status { STATUS_OPEN, STATUS_PROVISIONAL, STATUS_CLOSED, STATUS_FINAL, STATUS_COUNT };

struct usage_row {
    enum scope_kind scope;
    int64_t id;
    struct bytes name; /* absent: null */
    struct bytes item;
    enum profile profile;
    enum granularity granularity;
    struct bytes zone;
    instant start, end;
    int64_t peak;
    instant peak_at;
    int64_t enabled;
    instant enabled_at;
    int64_t named;
    int64_t seat_ms; /* written as seat_seconds */
    int64_t entitled, burst, over, over_burst;
    int64_t coverage_ppm; /* written as coverage 0 … 1 */
    enum row_status status;
    int64_t revision;
};

/* Names of the enumerators as in contract.md; *_from_name gives *_COUNT when there is none. */
const char *scope_kind_name(enum scope_kind scope);
enum scope_kind scope_kind_from_name(struct bytes name);
const char *profile_name(enum profile profile);
enum profile profile_from_name(struct bytes name);
const char *granularity_name(enum granularity granularity);
enum granularity granularity_from_name(struct bytes name);
const char *row_status_name(enum row_status status);
/* monday … sunday; 0 Monday … 6 Sunday, -1: none. */
const char *weekday_name(int weekday);
int weekday_from_name(struct bytes name);

void usage_write_json(const struct usage_row *row, struct json_writer *writer);
/* The column names, then rows; RFC 4180, CRLF, null is empty. */
void usage_write_csv_head(struct buffer *out);
void usage_write_csv(const struct usage_row *row, struct buffer *out);

#endif
