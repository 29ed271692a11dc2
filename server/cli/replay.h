/*
 * server/cli/replay.h - the two ways of `seatmeter replay`: into a store (replay.c) and into Kafka's topics (replay_brokers.c).
 *
 * Thread: main.
 */
#ifndef SERVER_CLI_REPLAY_H
#define SERVER_CLI_REPLAY_H

#include "adapters/replay/replay.h"
#include "server/settings.h"

/* Hands the facts of all files (- is stdin; NULL ends them) to sink.  ERR_USAGE: a file cannot be read, said; ERR_IO;
 * ERR_CANCELLED: the sink said so. */
MUST_CHECK enum err replay_files(char **files, const struct adapter_sink *sink, struct replay_counts *counts);

/* Produces to the topics behind brokers and returns when all is acknowledged.  ERR_AWAY, ERR_NOT_FOUND (a topic),
 * ERR_SETTINGS: said; ERR_CANCELLED: interrupted. */
MUST_CHECK enum err replay_to_brokers(const struct settings *settings, const char *brokers, char **files, struct arena *arena,
                                      struct replay_counts *counts);

#endif
