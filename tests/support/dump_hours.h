/* tests/support/dump_hours.h - named, sustained and seen as lines, in no order, for dump.c. */
#ifndef TESTS_SUPPORT_DUMP_HOURS_H
#define TESTS_SUPPORT_DUMP_HOURS_H

#include "store/records.h"

void dump_hours(struct db_txn *txn, struct buffer *out);

#endif
