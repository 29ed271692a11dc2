/*
 * server/cli/simulate_reporter.h - HTTP for the simulated GVP Reporting Server, on the loopback, on a thread of its own.
 *
 * Thread: main, but for the handler.  Owner: the command.
 */
#ifndef SERVER_CLI_SIMULATE_REPORTER_H
#define SERVER_CLI_SIMULATE_REPORTER_H

#include "adapters/simulator/simulator.h"

struct simulate_reporter_options {
    int port;
    const char *user, *password_file; /* Basic authentication; NULL: none */
};

struct simulate_reporter;

/* Puts itself into the simulator's options; it listens when the simulator opens it. */
struct simulate_reporter *simulate_reporter_create(const struct simulate_reporter_options *options, struct simulator_options *simulator);
void simulate_reporter_destroy(struct simulate_reporter *reporter);

#endif
