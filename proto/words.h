/*
 * proto/words.h - the words of facts, by enumerator, and how a value is shown in a message.
 *
 * A list of words names what an enum of fact.h means in JSON, in settings and in the catalog; names[0]
 * is "unknown" and has no word.  Thread: any; the lists are constant.
 */
#ifndef PROTO_WORDS_H
#define PROTO_WORDS_H

#include "base/bytes.h"
#include "base/memory.h"

struct words {
    const char *const *names; /* [enumerator] */
    int count;                /* with names[0] */
    int first, last;          /* of the enumerators allowed; 0: from 1, to the end */
};

extern const struct words words_end_by, words_object_type, words_member_type, words_switch_type, words_site_type,
    words_license, words_source_kind, words_decision_what, words_uses;

/* The enumerator of a word, 0 when it is none. */
int words_find(const struct words *words, struct bytes name);
bool words_allow(const struct words *words, int value);
/* lead and then the words, with commas: "one of tdm, sip, network"; in arena. */
const char *words_text(const struct words *words, const char *lead, struct arena *arena);
/* The word of an enumerator; "unknown" when it has none; static. */
const char *words_name(const struct words *words, int value);

/* A value for a message: quoted, escaped, cut at some 60 bytes; in arena. */
const char *text_shown(struct bytes text, struct arena *arena);

#endif
