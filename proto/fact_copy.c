/* A fact with texts and lists of its own, by the table of members. */
#include "proto/member.h"

static void copy_members(const struct record *record, void *base, struct arena *arena)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct member *member = &record->members[i];
        char *field = (char *)base + member->offset;
        size_t count = 0;
        if (member->type == MEMBER_TEXT || member->type == MEMBER_LABEL) {
            struct bytes *text = (struct bytes *)(void *)field;
            *text = arena_copy(arena, *text);
            continue;
        }
        if (member->type != MEMBER_TEXTS && member->type != MEMBER_RECORDS)
            continue;
        memcpy(&count, (char *)base + member->count_offset, sizeof count);
        size_t size = member->type == MEMBER_TEXTS ? sizeof(struct bytes) : member->record->size;
        void *list, *old;
        memcpy(&old, field, sizeof old);
        if (!old)
            continue;
        list = arena_alloc(arena, count * size + 1);
        memcpy(list, old, count * size);
        memcpy(field, &list, sizeof list);
        for (size_t j = 0; j < count; j++) {
            void *one = (char *)list + j * size;
            if (member->type == MEMBER_RECORDS)
                copy_members(member->record, one, arena);
            else
                *(struct bytes *)one = arena_copy(arena, *(struct bytes *)one);
        }
    }
}

struct fact fact_copy(const struct fact *fact, struct arena *arena)
{
    struct fact copy = *fact;
    copy.source = arena_copy(arena, fact->source);
    copy.key = arena_copy(arena, fact->key);
    copy_members(fact_record(fact->kind), &copy, arena);
    return copy;
}
