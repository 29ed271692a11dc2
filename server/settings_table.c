#include "server/settings_table.h"

#include "base/limits.h"
#include "base/zone.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { MONTHS_MAX = 120, PATH_BYTES_MAX = 1000, TOPICS_BYTES_MAX = 200, PARTITIONS_MAX = 1000 };

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const securities[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl", NULL};
static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};

static bool is_loopback(const char *text)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, text, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, text, &six) == 1)
        return memcmp(&six, &in6addr_loopback, sizeof six) == 0;
    return strcmp(text, "localhost") == 0;
}

static bool is_zone(const char *text)
{
    struct zone *zone = zone_open(bytes_from_text(text));
    zone_close(zone);
    return zone != NULL;
}

static bool is_host(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
    return text[0] && strspn(text, allowed) == strlen(text);
}

static bool is_brokers(const char *text)
{
    /* HOST:PORT, several with commas between; an IPv6 address in brackets. */
    for (;;) {
        size_t host = text[0] == '[' ? strcspn(text, "]") + (strchr(text, ']') != NULL) : strcspn(text, ":,[] \t\n");
        if (host < 1 || text[host] != ':')
            return false;
        text += host + 1;
        size_t port = strspn(text, "0123456789");
        if (port < 1 || port > 5 || atoi(text) < 1 || atoi(text) > 65535)
            return false;
        text += port;
        if (!*text)
            return true;
        if (*text++ != ',')
            return false;
    }
}

static bool is_topic(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return text[0] && text[0] != '.' && strspn(text, allowed) == strlen(text) && strlen(text) <= TOPICS_BYTES_MAX;
}

#define S(field) offsetof(struct settings, field)
#define INTEGER(at, least, most) .type = SETTING_INTEGER, .offset = S(at), .min = least, .max = most
#define TEXT(at) .type = SETTING_TEXT, .offset = S(at), .min = 1, .max = PATH_BYTES_MAX
#define MINUTES .unit = "minutes"

const struct setting settings_table[] = {
    {"store", "dir", TEXT(store.dir), .fallback = "/var/lib/seatmeter",
     .sentence = "Where the store lies: a folder of its own on a local disk or block volume, made when it is missing."},
    {"store", "map_bytes", .type = SETTING_BYTES, .offset = S(store.map_bytes), .min = 1 << 20, .max = 1ll << 44, .unit = "bytes",
     .fallback = "68719476736", .sentence = "Address space kept for the store. The file is sparse and only as large as its content; at 80 % the map grows."},

    {"http", "bind", TEXT(http.bind), .fits = is_loopback, .fallback = "127.0.0.1",
     .expected = "127.0.0.1, ::1 or localhost: this release knows no credentials, so only this machine may ask",
     .sentence = "The address that answers."},
    {"http", "port", INTEGER(http.port, 0, 65535), .fallback = "8080", .sentence = "Its port; 0 takes any free one and says which."},
    {"http", "hosts", .type = SETTING_TEXTS, .offset = S(http.hosts), .count_offset = S(http.host_count), .max = 253, .fits = is_host,
     .expected = "host names without a port, e.g. [seats.example.com]", .fallback = "[]",
     .sentence = "Names beside localhost that a request's Host header may have; any other is answered with 421."},

    {"kafka", "topics", TEXT(kafka.topics), .fits = is_topic, .expected = "1 to 200 letters, digits, dots, hyphens and underscores, no dot first",
     .fallback = "seatmeter", .sentence = "What the names of the topics begin with: seatmeter.facts, seatmeter.objects, …"},
    {"kafka", "brokers", TEXT(kafka.brokers), .fits = is_brokers, .expected = "HOST:PORT, several with commas between, e.g. kafka-1:9092,kafka-2:9092",
     .sentence = "The brokers to begin with. Without them there is no Kafka: the sources run inside the server."},
    {"kafka", "partitions", INTEGER(kafka.partitions, 1, PARTITIONS_MAX), .unit = "partitions", .fallback = "6",
     .sentence = "How many partitions `seatmeter topics create` gives to the topic of facts; the others have one. More may be added later."},
    {"kafka", "replication", INTEGER(kafka.replication, 0, 32), .unit = "copies", .fallback = "0",
     .sentence = "How many brokers keep a copy of each topic that is created; 0: three where there are as many brokers, else one."},
    {"kafka", "mark_seconds", INTEGER(kafka.mark_seconds, 0, 86400), .unit = "seconds", .fallback = "60",
     .sentence = "How often servers on the same topics compare what their stores hold: after so long without a mark one of them writes one; 0: not this one."},
    {"kafka", "security", .type = SETTING_WORD, .offset = S(kafka.security), .words = securities, .fallback = "plaintext",
     .sentence = "How the brokers are spoken to: ssl is TLS, sasl a user and a password."},
    {"kafka", "ca_file", TEXT(kafka.ca_file), .sentence = "The certificates, as PEM, of those who may vouch for a broker. Without it: the system's."},
    {"kafka", "cert_file", TEXT(kafka.cert_file), .sentence = "A certificate of our own, as PEM, where the brokers ask for one (mutual TLS); together with key_file."},
    {"kafka", "key_file", TEXT(kafka.key_file), .sentence = "Its key, as PEM without a passphrase."},
    {"kafka", "mechanism", .type = SETTING_WORD, .offset = S(kafka.mechanism), .words = mechanisms, .fallback = "PLAIN",
     .sentence = "How the password is shown to the broker. SCRAM needs librdkafka 2.6.1 or later; Debian 12 has 2.0.2."},
    {"kafka", "user", TEXT(kafka.user), .sentence = "Who we are, with sasl."},
    {"kafka", "password_file", TEXT(kafka.password_file), .sentence = "A file with the user's password, alone on its first line."},

    {"counting", "zone", .type = SETTING_TEXT, .offset = S(counting.zone), .min = 1, .max = 64, .fits = is_zone, .fallback = "UTC",
     .expected = "an IANA time zone, e.g. Europe/Vienna",
     .sentence = "The system's zone. What changes in counting or in the catalog holds from the first day that is not closed."},
    {"counting", "cap_hours", INTEGER(counting.cap_hours, 1, 8760), .unit = "hours", .fallback = "24",
     .sentence = "A session that never ends is held to be over after this long, until its true end arrives."},
    {"counting", "sustained_minutes", INTEGER(counting.sustained_minutes, 1, 1440), MINUTES, .fallback = "30",
     .sentence = "How long in total a level must be held in a period to count for the profile sustained."},

    {"close", "wait_minutes", INTEGER(close.wait_minutes, 0, 1440), MINUTES, .fallback = "10",
     .sentence = "A day is closed when every source has said that all rows up to the day's end plus this are in."},
    {"close", "deadline_minutes", INTEGER(close.deadline_minutes, 1, 10080), MINUTES, .fallback = "481",
     .sentence = "So long after its end a day is closed as provisional, with its gaps named. Not less than wait_minutes."},
    {"close", "detail_days", INTEGER(close.detail_days, 1, 366), .unit = "days", .fallback = "3",
     .sentence = "Sessions are kept until the day this much later is closed; then their day can no longer change."},
    {"close", "correct_minutes", INTEGER(close.correct_minutes, 1, 10080), MINUTES, .fallback = "360",
     .sentence = "Corrections of closed days are collected this long before they are issued. Not used yet: this release issues none."},

    {"retention", "slots_months", INTEGER(retention.slots_months, 1, MONTHS_MAX), .unit = "months", .fallback = "13",
     .sentence = "How long the 5-minute summaries of the system and its tenants are kept."},
    {"retention", "group_slots_months", INTEGER(retention.group_slots_months, 1, MONTHS_MAX), .unit = "months", .fallback = "3",
     .sentence = "The same for agent groups and place groups."},
    {"retention", "closes_months", INTEGER(retention.closes_months, 1, MONTHS_MAX), .unit = "months", .fallback = "37",
     .sentence = "How long closed days are kept."},
    {"retention", "rosters_days", INTEGER(retention.rosters_days, 1, 3660), .unit = "days", .fallback = "90",
     .sentence = "How long it is kept who was in the peaks of a closed day."},
    {"retention", "dead_days", INTEGER(retention.dead_days, 1, 3660), .unit = "days", .fallback = "90",
     .sentence = "How long refused input is kept."},

    {"privacy", "key_file", TEXT(privacy.key_file), .expected = "a file of 16 bytes or more that nobody else can read",
     .sentence = "The key by which persons get their pseudonyms. Without it they get others each time the program starts."},

    {"alerts", "silent_seconds", INTEGER(alerts.silent_seconds, 1, 86400), .unit = "seconds", .fallback = "900",
     .sentence = "A source that says nothing new for this long is silent: an alert, and what rests on it is unknown then, not zero."},

    {NULL, "catalog", TEXT(catalog_file), .sentence = "A file with the sellable items, as `seatmeter catalog show` prints them. Without it: the shipped catalog."},

    {"log", "level", .type = SETTING_WORD, .offset = S(log_level), .words = log_levels, .fallback = "info",
     .sentence = "From which weight on a line is written to stderr."},
    {NULL, NULL},
};

const char *setting_expected(const struct setting *setting, struct arena *arena)
{
    if (setting->expected)
        return setting->expected;
    if (setting->type == SETTING_INTEGER || setting->type == SETTING_BYTES)
        return arena_printf(arena, "an integer of %lld to %lld", (long long)setting->min, (long long)setting->max);
    if (setting->type == SETTING_TEXT)
        return arena_printf(arena, "text of %lld to %lld bytes", (long long)setting->min, (long long)setting->max);
    const char *text = "one of";
    for (int i = 0; setting->words[i]; i++)
        text = arena_printf(arena, "%s%s %s", text, i ? "," : "", setting->words[i]);
    return text;
}

const char *setting_path(const struct setting *setting, struct arena *arena)
{
    return setting->group ? arena_printf(arena, "%s.%s", setting->group, setting->key) : setting->key;
}

bool setting_opens_group(const struct setting *setting)
{
    return setting->group && (setting == settings_table || !setting[-1].group || strcmp(setting[-1].group, setting->group) != 0);
}
