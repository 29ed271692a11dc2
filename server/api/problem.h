/*
 * server/api/problem.h - every failure as application/problem+json (RFC 9457), with a detail that a
 * person can act on.  Thread: the serve loop's.
 */
#ifndef SERVER_API_PROBLEM_H
#define SERVER_API_PROBLEM_H

#include "base/err.h"
#include "server/api/http.h"

/* Makes answer a problem; what it held is gone. */
__attribute__((format(printf, 3, 4))) void problem(struct http_answer *answer, int status, const char *format, ...);
/* For a failure of the store or the query: 400 with why, 404 with why, else 500 or 503. */
void problem_from_err(struct http_answer *answer, enum err err, const char *why);

#endif
