/*
 * tests/support/spite_rules.h - random rules, full of spite, with just enough seats under them.
 *
 * Some five weeks around the ends of summer time, three tenants, a few sessions and ports.  Over them lie
 * entitlement files that overlap, with one date of issue or none, files that end before anything happens, lines of
 * one item that add up, unlimited ones, `enabled` licences, bursts said and not said; provisioned counts; zones of
 * tenants and of the system that change forth and back, by a day and more, also on days that follow each other,
 * zones nobody knows; and all of it from several sources, taken back here and there, under keys that are not theirs.
 * The same seed gives the same facts everywhere.
 */
#ifndef TESTS_SUPPORT_SPITE_RULES_H
#define TESTS_SUPPORT_SPITE_RULES_H

#include "tests/support/spite.h"

void spite_rules_make(uint64_t seed, struct arena *arena, struct spite *spite);

/* The catalog they were bought from, as text. */
extern const char spite_rules_catalog[];
/* Zones that are worth asking for, NULL at the end. */
extern const char *const spite_rules_zones[];

#endif
