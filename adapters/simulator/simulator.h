/*
 * adapters/simulator/simulator.h - the door: a contact centre at work, in the ICON tables of a real PostgreSQL.
 *
 * A run fills the past (whole days, and today up to now), writes its truth if asked to, then goes on live: the script's
 * clock starts where the fill ended and moves at speed times real time, until it is stopped or reaches until.  At its end everything that
 * happened is in the database, promised, and the truth is written again.
 * A run into a database that was filled before goes on with the site and the script of then.
 * With a Reporting Server the run does not end by itself: after its end the calls stand still, and it answers until stopped.
 *
 * With a twin it acts the two ICONs of an HA pair, each with a database of its own: its own ids, numbers, lateness and
 * lost connections (watch.h).  The truth is then what both of them together saw (pair.h).
 *
 * simulator_run() blocks.  simulator_stop() ends it within a second; it may be called by a signal handler.
 */
#ifndef ADAPTERS_SIMULATOR_SIMULATOR_H
#define ADAPTERS_SIMULATOR_SIMULATOR_H

#include "adapters/simulator/database.h"
#include "adapters/simulator/delivery.h"
#include "adapters/simulator/reporter.h"

struct simulator_options {
    struct database_options database;
    const char *twin_dsn;           /* the second ICON's database; NULL: there is one ICON */
    const char *config_dsn;         /* where the site is kept as a Configuration Database; NULL: nowhere */
    const char *sold_dir;           /* a drop folder for what the site was sold (sold.h); NULL: none */
    int drops;                      /* connections that each ICON loses a day; -1: 3 with a twin, else none */
    bool create;                    /* make the tables if there are none */
    struct site_options site;
    bool site_given;                /* asked for: a database that was filled for another site is refused */
    int days;                       /* whole days before today's midnight */
    bool live;
    double speed;
    instant now, until;             /* INSTANT_NONE: the wall clock; INSTANT_NEVER: no end */
    struct delivery_options delivery;
    const char *truth_file;         /* NULL: none */
    /* Whoever speaks HTTP for the Reporting Server; open NULL: none is acted.  Opened before the fill, closed at the end. */
    struct {
        void *owner;
        enum err (*open)(void *owner, struct reporter *reporter);
        void (*close)(void *owner);
    } reporter;
};

/* ERR_OK, also when stopped while live; ERR_CANCELLED when stopped in the fill; ERR_USAGE, ERR_AWAY, ERR_IO, … logged. */
MUST_CHECK enum err simulator_run(const struct simulator_options *options);
/* Thread: any; signal handlers, too. */
void simulator_stop(void);

#endif
