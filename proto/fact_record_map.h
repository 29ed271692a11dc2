/*
 * proto/fact_record_map.h - the members of facts tied to the fields of facts.proto.
 *
 * A mapping ties the rows of member.c to the fields by their names, once, at the first use; a member
 * without a field, a field without a member and a type that does not fit are bugs, which the first
 * test finds.  Thread: any; the mappings are constant.
 */
#ifndef PROTO_FACT_RECORD_MAP_H
#define PROTO_FACT_RECORD_MAP_H

#include "proto/member.h"

#include <facts.pb-c.h>

enum { MAPPED_MEMBERS_MAX = 16 };

struct mapping {
    const struct record *record;
    const ProtobufCMessageDescriptor *message;
    const ProtobufCFieldDescriptor *fields[MAPPED_MEMBERS_MAX]; /* [member] */
    const struct mapping *nested[MAPPED_MEMBERS_MAX];           /* of MEMBER_RECORDS: of one element */
};

const struct mapping *fact_mapping(enum fact_kind kind);

#endif
