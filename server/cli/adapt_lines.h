/*
 * server/cli/adapt_lines.h - a backfill where there is no Kafka: the facts go to stdout, a JSON line each.
 *
 *     seatmeter adapt icon -c FILE --from D --to D | seatmeter replay --store DIR -
 *
 * Rows that cannot be mapped are logged.  Thread: the command's.
 */
#ifndef SERVER_CLI_ADAPT_LINES_H
#define SERVER_CLI_ADAPT_LINES_H

#include "adapters/adapter.h"
#include "server/settings.h"

/* ERR_OK; ERR_INPUT: rows were refused; ERR_SETTINGS, ERR_IO, ERR_CANCELLED; all logged. */
MUST_CHECK enum err adapt_lines(const struct settings *settings, const struct source_settings *source, const struct adapter_kind *kind,
                                instant from, instant to);

#endif
