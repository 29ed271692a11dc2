/*
 * base/log.h - one failure, one line, on stderr.
 *
 * A line is: time, level, the part that speaks, the sentence with its values.  Data never goes here
 * (it goes to stdout), nor do passwords.  Something that lasts is said once and again when it
 * changes: log_once() keeps the last text per key and stays quiet while it is the same.
 * Thread: any.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_set_level(enum log_level level);
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *part,
                                                    const char *format, ...);
/* Says it unless the last text under key was the same; true when it was said. */
__attribute__((format(printf, 4, 5))) bool log_once(enum log_level level, const char *part,
                                                    const char *key, const char *format, ...);
/* Forgets key, so that the next log_once() speaks; true when something was known under it. */
bool log_clear(const char *part, const char *key);

#define log_debug(part, ...) log_line(LOG_DEBUG, part, __VA_ARGS__)
#define log_info(part, ...) log_line(LOG_INFO, part, __VA_ARGS__)
#define log_warning(part, ...) log_line(LOG_WARNING, part, __VA_ARGS__)
#define log_error(part, ...) log_line(LOG_ERROR, part, __VA_ARGS__)

#endif
