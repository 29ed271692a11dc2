#include "adapters/gvp/settings.h"

#include "adapters/settings.h"
#include "base/file.h"
#include "base/http_client.h"
#include "base/limits.h"

enum { URL_BYTES_MAX = 1000, PATH_BYTES_MAX = 1000 };

static const struct adapter_key keys[] = {
    ADAPTER_KEY_OWN("kind"),
    ADAPTER_KEY_OWN("name"),
    ADAPTER_KEY_TEXT(struct gvp_settings, url, URL_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct gvp_settings, user, ADAPTER_USER_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct gvp_settings, password_file, PATH_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct gvp_settings, ca_file, PATH_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct gvp_settings, cert_file, PATH_BYTES_MAX),
    ADAPTER_KEY_TEXT(struct gvp_settings, key_file, PATH_BYTES_MAX),
    ADAPTER_KEY_OWN("group"),
    ADAPTER_KEY_OWN("legs"),
    ADAPTER_KEY_OWN("map"),
    ADAPTER_KEY_NUMBER(struct gvp_settings, poll_seconds, 1, 3600, 10),
    ADAPTER_KEY_NUMBER(struct gvp_settings, lag_seconds, 1, 3600, 60),
    ADAPTER_KEY_NUMBER(struct gvp_settings, overlap_minutes, 1, 1440, 30),
    ADAPTER_KEY_NUMBER(struct gvp_settings, window_minutes, 1, 1440, 60),
    ADAPTER_KEY_NUMBER(struct gvp_settings, first_days, 0, 400, 3),
    ADAPTER_KEY_NUMBER(struct gvp_settings, second_pass_hour, 0, 23, 3),
    ADAPTER_KEY_NUMBER(struct gvp_settings, page_size, 1, 20000, 5000),
    ADAPTER_KEY_NUMBER(struct gvp_settings, answer_timeout_seconds, 1, 3600, 60),
};

static void read_url(struct adapter_reading *reading, struct gvp_settings *settings)
{
    adapter_settings_need(reading, "url", "the Reporting Server's address, as http://gvp-rs:8080");
    if (!settings->url)
        return;
    /* A user in an address would be logged with it; so may be the password that stands before an @, which is not said here either. */
    if (!http_client_base_is_lawful(bytes_from_text(settings->url))) {
        const char *expected = "expected an address as https://gvp-rs:8443, without user, query or blank";
        if (strchr(settings->url, '@'))
            adapter_settings_refuse(reading, "url", "url: %s", expected);
        else
            adapter_settings_refuse(reading, "url", "url: \"%s\", %s", settings->url, expected);
        return;
    }
    size_t len = strlen(settings->url);
    while (settings->url[len - 1] == '/')
        len--;
    settings->url = arena_text(reading->arena, bytes_of(settings->url, len));
}

static void read_legs(struct adapter_reading *reading, struct gvp_settings *settings)
{
    const struct yaml *value = yaml_member(reading->options->settings, "legs");
    bool good = !value || (value->kind == YAML_KIND_LIST && value->child_count > 0);
    for (int leg = 0; leg < GVP_LEG_COUNT; leg++)
        settings->legs[leg] = !value;
    for (size_t i = 0; value && good && i < value->child_count; i++) {
        enum gvp_leg leg = value->children[i].kind == YAML_KIND_SCALAR ? gvp_leg_find(value->children[i].text) : GVP_LEG_COUNT;
        good = leg != GVP_LEG_COUNT;
        if (good)
            settings->legs[leg] = true;
    }
    if (!good)
        adapter_settings_refuse(reading, "legs", "legs: expected a list of MCP, RM");
}

static void read_map(struct adapter_reading *reading, struct gvp_settings *settings)
{
    const char *file = adapter_settings_text(reading, "map", TEXT_BYTES_MAX), *why = NULL;
    struct bytes text = BYTES_NONE;
    if (file && file_read(file, reading->arena, &text, &why))
        adapter_settings_refuse(reading, "map", "map: column map %s: %s", file, why);
    else if (gvp_map_read(text, reading->arena, &settings->map, &why))
        adapter_settings_refuse(reading, "map", "map: column map %s, %s", file, why);
}

static void check_together(struct adapter_reading *reading, const struct gvp_settings *settings)
{
    adapter_settings_check_login(reading, settings->user, settings->password_file);
    if (settings->user && strchr(settings->user, ':'))
        adapter_settings_refuse(reading, "user", "user: expected a name without a colon, which Basic authentication cannot say");
    if (!settings->cert_file != !settings->key_file)
        adapter_settings_refuse(reading, NULL, "cert_file and key_file go together");
    bool plain = settings->url && strncmp(settings->url, "http:", 5) == 0;
    if (plain && (settings->ca_file || settings->cert_file))
        adapter_settings_refuse(reading, "url", "url: certificates are set, expected an address with https");
}

enum err gvp_settings_read(const struct adapter_options *options, struct arena *arena, struct gvp_settings *settings)
{
    struct adapter_reading reading = {options, arena, ERR_OK};
    *settings = (struct gvp_settings){.name = options->name};
    adapter_settings_read(&reading, keys, sizeof keys / sizeof *keys, settings);
    settings->group = adapter_settings_group(&reading);
    read_url(&reading, settings);
    read_legs(&reading, settings);
    read_map(&reading, settings);
    check_together(&reading, settings);
    return reading.err;
}
