#include "adapters/entitlement/license.h"

#include <stdio.h>
#include <strings.h>

enum { WORDS_MAX = 6 };

static const struct keyword {
    const char *name;
    enum { LINE_READ_OVER, LINE_NOTED, LINE_FEATURE, LINE_INCREMENT } use;
    size_t least;         /* words that must follow */
    const char *expected; /* as a message says it */
} keywords[] = {
    {"SERVER", LINE_READ_OVER, 2, "SERVER host hostid [port]"},
    {"VENDOR", LINE_READ_OVER, 1, "VENDOR name [path]"},
    {"DAEMON", LINE_READ_OVER, 1, "DAEMON name [path]"},
    {"USE_SERVER", LINE_READ_OVER, 0, "USE_SERVER"},
    {"FEATURE", LINE_FEATURE, 5, "FEATURE name vendor version expiry count"},
    {"INCREMENT", LINE_INCREMENT, 5, "INCREMENT name vendor version expiry count"},
    {"PACKAGE", LINE_NOTED, 2, "PACKAGE name vendor"},
    {"UPGRADE", LINE_NOTED, 2, "UPGRADE name vendor"},
};

static const struct keyword *keyword_find(struct bytes word)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i].name) == word.len && strncasecmp(keywords[i].name, (const char *)word.data, word.len) == 0)
            return &keywords[i];
    return NULL;
}

bool license_is_keyword(struct bytes word)
{
    return keyword_find(word);
}

/* --- lines and words ----------------------------------------------------------------------------- */

struct scan {
    struct bytes rest;
    int next_line, line;
    struct buffer text; /* the line that was put together */
    bool cut;           /* the file ended behind a backslash */
};

static struct bytes physical_line(struct scan *scan)
{
    const uint8_t *end = memchr(scan->rest.data, '\n', scan->rest.len);
    size_t len = end ? (size_t)(end - scan->rest.data) : scan->rest.len;
    struct bytes line = bytes_of(scan->rest.data, len);
    scan->rest = bytes_of(scan->rest.data + len + (end != NULL), scan->rest.len - len - (end != NULL));
    scan->next_line++;
    while (line.len && (line.data[line.len - 1] == '\r' || line.data[line.len - 1] == ' ' || line.data[line.len - 1] == '\t'))
        line.len--;
    return line;
}

static bool is_comment(struct bytes line)
{
    size_t at = 0;
    while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
        at++;
    return at == line.len || line.data[at] == '#';
}

/* False at the end.  The line without its continuations is in text. */
static bool next_line(struct scan *scan)
{
    buffer_clear(&scan->text);
    while (scan->rest.len) {
        struct bytes line = physical_line(scan);
        if (is_comment(line))
            continue;
        scan->line = scan->next_line - 1;
        while (line.len && line.data[line.len - 1] == '\\') {
            buffer_append(&scan->text, line.data, line.len - 1);
            buffer_append_char(&scan->text, ' ');
            scan->cut = scan->rest.len == 0;
            line = scan->cut ? BYTES_NONE : physical_line(scan);
        }
        buffer_append_bytes(&scan->text, line);
        return true;
    }
    return false;
}

/* Takes the next word off the front; false: none left.  *open: it has a quote that nobody closes. */
static bool next_word(struct bytes *rest, struct bytes *word, bool *open)
{
    size_t at = 0, begin;
    bool quoted = false;
    while (at < rest->len && rest->data[at] <= ' ')
        at++;
    for (begin = at; at < rest->len && (quoted || rest->data[at] > ' '); at++)
        quoted = quoted != (rest->data[at] == '"');
    *word = bytes_of(rest->data + begin, at - begin);
    *rest = bytes_of(rest->data + at, rest->len - at);
    *open = *open || quoted;
    return word->len > 0;
}

/* --- one FEATURE or INCREMENT -------------------------------------------------------------------- */

static int month_of(const uint8_t *text)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12; i++)
        if (strncasecmp(months + 3 * i, (const char *)text, 3) == 0)
            return i + 1;
    return 0;
}

static bool read_number(struct bytes text, int64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *value > READING_QUANTITY_MAX)
            return false;
        *value = *value * 10 + (text.data[i] - '0');
    }
    return text.len > 0 && *value <= READING_QUANTITY_MAX;
}

/* dd-mmm-yyyy; a year of 0 means for ever. */
static bool read_date(struct bytes text, int32_t *date)
{
    int64_t day, year;
    const uint8_t *dash = memchr(text.data, '-', text.len);
    size_t len = dash ? (size_t)(dash - text.data) : text.len;
    *date = DATE_NONE;
    if (len < 1 || len > 2 || text.len < len + 6 || text.data[len + 4] != '-' || !read_number(bytes_of(text.data, len), &day) ||
        !read_number(bytes_of(text.data + len + 5, text.len - len - 5), &year))
        return false;
    int month = month_of(text.data + len + 1);
    if (year == 0 || (year > 2199 && year <= 9999)) /* the second: beyond all that is counted */
        return month && day >= 1 && day <= 31;
    char written[DATE_TEXT_SIZE + 16];
    if (year < 1970 || year > 2199)
        return false;
    snprintf(written, sizeof written, "%04d-%02d-%02d", (int)year, month, (int)day);
    return date_parse(bytes_from_text(written), date);
}

static bool is_word(struct bytes text, const char *word)
{
    return strlen(word) == text.len && strncasecmp(word, (const char *)text.data, text.len) == 0;
}

static bool is_permanent(struct bytes text)
{
    int64_t zero;
    return is_word(text, "permanent") || (read_number(text, &zero) && zero == 0);
}

static void take_expiry(struct reading *reading, int line, struct bytes text, struct license_line *to)
{
    if (!is_permanent(text) && !read_date(text, &to->expires))
        reading_fault(reading, line, "expiry: %s, expected permanent or a date as 31-dec-2027", reading_shown(reading, text));
}

static void take_count(struct reading *reading, int line, struct bytes text, struct license_line *to)
{
    to->count = QUANTITY_UNLIMITED;
    if (is_word(text, "uncounted"))
        return;
    int64_t count;
    if (!read_number(text, &count))
        reading_fault(reading, line, "count: %s, expected a whole number of at most %d, or uncounted", reading_shown(reading, text), READING_QUANTITY_MAX);
    else if (count > 0) /* 0 is "uncounted" in numbers */
        to->count = count;
}

static void take_start(struct reading *reading, int line, struct bytes word, struct license_line *to)
{
    if (word.len < 6 || memcmp(word.data, "START=", 6) != 0)
        return;
    struct bytes text = bytes_of(word.data + 6, word.len - 6);
    if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
        text = bytes_of(text.data + 1, text.len - 2);
    if (!is_permanent(text) && !read_date(text, &to->starts))
        reading_fault(reading, line, "START: %s, expected a date as 31-dec-2027", reading_shown(reading, text));
}

static void add(struct reading *reading, struct license *license, const struct license_line *line)
{
    if (license->count == LICENSE_LINES_MAX) {
        reading_fault(reading, line->line, "more than %d FEATUREs and INCREMENTs", LICENSE_LINES_MAX);
        return;
    }
    if (license->count == license->capacity) {
        license->capacity = license->capacity ? 2 * license->capacity : 64;
        struct license_line *more = arena_alloc(reading->arena, license->capacity * sizeof *more);
        if (license->count)
            memcpy(more, license->lines, license->count * sizeof *more);
        license->lines = more;
    }
    license->lines[license->count++] = *line;
}

static void take_line(struct reading *reading, const struct scan *scan, struct license *license)
{
    struct bytes rest = buffer_bytes(&scan->text), word, words[WORDS_MAX];
    size_t count = 0;
    bool open = false;
    struct license_line line = {.line = scan->line, .expires = DATE_NONE, .starts = DATE_NONE};
    while (next_word(&rest, &word, &open))
        if (count < WORDS_MAX)
            words[count++] = word;
        else
            take_start(reading, scan->line, word, &line);
    if (count == 0) /* backslashes and nothing between them */
        return;
    const struct keyword *keyword = keyword_find(words[0]);
    if (!keyword) {
        reading_fault(reading, scan->line, "%s, expected SERVER, VENDOR, DAEMON, FEATURE, INCREMENT, PACKAGE, UPGRADE or USE_SERVER",
                      reading_shown(reading, words[0]));
        return;
    }
    if (open)
        reading_fault(reading, scan->line, "a quote that is not closed");
    if (count <= keyword->least) {
        reading_fault(reading, scan->line, "%zu words, expected %s", count, keyword->expected);
        return;
    }
    if (keyword->use == LINE_NOTED)
        reading_note(reading, scan->line, "%s %s: licenses nothing by itself, not counted", keyword->name, reading_shown(reading, words[1]));
    if (keyword->use != LINE_FEATURE && keyword->use != LINE_INCREMENT)
        return;
    line.increment = keyword->use == LINE_INCREMENT;
    line.name = arena_copy(reading->arena, words[1]);
    if (line.name.len > LICENSE_NAME_BYTES_MAX || !bytes_are_utf8(line.name))
        reading_fault(reading, scan->line, "name: %s, expected at most %d bytes of UTF-8", reading_shown(reading, line.name), LICENSE_NAME_BYTES_MAX);
    take_expiry(reading, scan->line, words[4], &line);
    take_count(reading, scan->line, words[5], &line);
    add(reading, license, &line);
}

void license_read(struct reading *reading, struct bytes content, struct license *license)
{
    struct scan scan = {.rest = content, .next_line = 1};
    if (content.len >= 3 && memcmp(content.data, "\xef\xbb\xbf", 3) == 0)
        scan.rest = bytes_of(content.data + 3, content.len - 3);
    while (reading->fault_count < READING_FAULTS_MAX && next_line(&scan))
        take_line(reading, &scan, license);
    if (scan.cut)
        reading_fault(reading, scan.line, "the file ends behind a backslash, expected the rest of the line");
    buffer_free(&scan.text);
}
