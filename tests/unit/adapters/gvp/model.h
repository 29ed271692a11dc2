/*
 * A Reporting Server in memory, behind the tail's own get(): lists that move while they are read, late records, and everything
 * that may go wrong with an answer.  All chance comes from its dice.
 */
#ifndef TESTS_UNIT_ADAPTERS_GVP_MODEL_H
#define TESTS_UNIT_ADAPTERS_GVP_MODEL_H

#include "adapters/gvp/tail.h"

enum { MODEL_LEGS_MAX = 400 };

struct model_leg {
    enum gvp_leg leg;
    int number;
    unsigned uses;
    instant begin, end;    /* INSTANT_NEVER: it never ends */
    instant told, written; /* when it can be seen in progress, and completed */
    uint64_t order;        /* where it stands in lists that are in no order of time */
};

struct model {
    uint64_t dice;
    instant now;
    struct model_leg legs[MODEL_LEGS_MAX];
    int count;
    int64_t page_most;     /* pages are never longer than this, whatever is asked for */
    bool by_order;         /* lists by order, else by end (begin of calls in progress) */
    bool dated;            /* generation_time is a duration: the header's Date counts */
    int trouble;           /* per mille of the requests that go wrong */
    int64_t step_ms;       /* how far its clock moves in a request, at most */
    int64_t skew_ms;       /* its clock, wrong for the next answers */
    uint64_t requests, troubles;
};

uint64_t model_below(struct model *model, uint64_t limit);
/* As gvp_tail_options.get; owner: the model. */
enum err model_get(void *owner, const char *target, const struct http_client_take *take, struct http_client_answer *answer);

#endif
