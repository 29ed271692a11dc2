#include "base/log.h"

#include "base/bytes.h"
#include "base/instant.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int level_now = LOG_INFO;
static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static struct said {
    struct said *next;
    char *key;
    char *text;
} *said_first;

void log_set_level(enum log_level level)
{
    atomic_store(&level_now, (int)level);
}

static void say(enum log_level level, const char *part, const char *text)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    char at[INSTANT_TEXT_SIZE];
    struct buffer line = {0};
    buffer_printf(&line, "%s %-7s %s: %s", instant_format(clock_wall(), at), names[level], part, text);
    /* One write a line, so that threads do not mix; a newline in a value stays visible. */
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] < 0x20)
            line.data[i] = ' ';
    buffer_append_char(&line, '\n');
    ssize_t ignored = write(STDERR_FILENO, line.data, line.len);
    (void)ignored;
    buffer_free(&line);
}

void log_line(enum log_level level, const char *part, const char *format, ...)
{
    if ((int)level < atomic_load(&level_now))
        return;
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    say(level, part, buffer_text(&text));
    buffer_free(&text);
}

static struct said **said_find(const char *part, const char *key)
{
    struct buffer whole = {0};
    buffer_printf(&whole, "%s/%s", part, key);
    struct said **link = &said_first;
    while (*link && strcmp((*link)->key, buffer_text(&whole)) != 0)
        link = &(*link)->next;
    buffer_free(&whole);
    return link;
}

bool log_once(enum log_level level, const char *part, const char *key, const char *format, ...)
{
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);

    pthread_mutex_lock(&said_lock);
    struct said **link = said_find(part, key), *said = *link;
    bool news = !said || strcmp(said->text, buffer_text(&text)) != 0;
    if (!said) {
        struct buffer whole = {0};
        buffer_printf(&whole, "%s/%s", part, key);
        said = memory_alloc_zero(1, sizeof *said);
        said->key = memory_copy_text(buffer_text(&whole));
        *link = said;
        buffer_free(&whole);
    }
    if (news) {
        free(said->text);
        said->text = memory_copy_text(buffer_text(&text));
    }
    pthread_mutex_unlock(&said_lock);

    if (news && (int)level >= atomic_load(&level_now))
        say(level, part, buffer_text(&text));
    buffer_free(&text);
    return news;
}

bool log_clear(const char *part, const char *key)
{
    pthread_mutex_lock(&said_lock);
    struct said **link = said_find(part, key), *said = *link;
    if (said) {
        *link = said->next;
        free(said->key);
        free(said->text);
        free(said);
    }
    pthread_mutex_unlock(&said_lock);
    return said != NULL;
}
