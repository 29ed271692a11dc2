/* server/engine/outcome.h - what became of a fact. */
#ifndef SERVER_ENGINE_OUTCOME_H
#define SERVER_ENGINE_OUTCOME_H

enum fact_outcome {
    FACT_APPLIED,      /* newer than what was known, or the winner of a contradiction */
    FACT_DUPLICATE,    /* the same version with the same body */
    FACT_STALE,        /* an older version */
    FACT_CONTRADICTED, /* the same version with another body that loses (domain.md §7.19) */
    FACT_TOO_LATE,     /* over before the store's horizon (domain.md §7.20): kept in dead; counted nowhere */
    FACT_NO_ROOM,      /* of one source more than SOURCES_MAX: kept in dead */
    FACT_REFUSED,      /* a rule set whose catalog cannot be read: kept in dead, the one before stays in force */
    FACT_OUTCOME_COUNT
};

#endif
