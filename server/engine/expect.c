/*
 * What applying facts will read, asked for some facts at a time (engine.h).
 *
 * A fact's session lies behind its id's hash, its rows behind the session: four reads that wait for each other, each of
 * memory that nobody looked at lately.  Side by side they cost little more than one.
 */
#include "server/engine/private.h"

#include "base/check.h"

/* Absent: of no session. */
static struct bytes session_of(const struct fact *fact)
{
    return fact->kind == FACT_LOGIN_SESSION   ? fact->login_session.session
           : fact->kind == FACT_SESSION_MEDIA ? fact->session_media.session
                                              : BYTES_NONE;
}

static uint32_t *next_of(const struct row_pool *pool, uint32_t row)
{
    return &pool->next[row - 1];
}

void engine_expect(const struct engine *engine, const struct fact *facts, size_t count)
{
    const struct dictionary *sessions = &engine->names.dictionaries[DICTIONARY_SESSION];
    uint64_t hashes[ENGINE_TOGETHER];
    uint32_t numbers[ENGINE_TOGETHER] = {0}, rows[ENGINE_TOGETHER] = {0};
    check(count <= ENGINE_TOGETHER);
    for (size_t i = 0; i < count; i++) {
        struct bytes id = session_of(&facts[i]);
        hashes[i] = bytes_present(id) ? bytes_hash(id) : 0;
        dictionary_fetch(sessions, hashes[i], 0);
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = hashes[i] ? dictionary_fetch(sessions, hashes[i], 1) : 0;
        if (numbers[i] > engine->session_capacity)
            numbers[i] = 0;
        if (numbers[i])
            fetch(&engine->sessions[numbers[i] - 1]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!numbers[i])
            continue;
        const struct session *session = &engine->sessions[numbers[i] - 1];
        bool login = facts[i].kind == FACT_LOGIN_SESSION;
        dictionary_fetch(sessions, hashes[i], 2);
        rows[i] = login ? session->login_rows : session->media_rows;
        if (rows[i])
            touch_row(&engine->rows.pools[login ? SESSION_LOGIN : SESSION_MEDIA], rows[i]);
    }
    const struct row_pool *media = &engine->rows.pools[SESSION_MEDIA];
    for (size_t i = 0; i < count; i++)
        if (rows[i] && facts[i].kind == FACT_SESSION_MEDIA && *next_of(media, rows[i]))
            touch_row(media, *next_of(media, rows[i]));
}
