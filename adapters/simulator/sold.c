#include "adapters/simulator/sold.h"

#include "adapters/simulator/dice.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static const char *const part = "simulate";

static const enum sim_item unlimited = SIM_ITEM_GI2, unsold = SIM_ITEM_AGENT_CONNECTOR;
enum { WRITING = 1u << SIM_ITEM_EMAIL | 1u << SIM_ITEM_WEB_MEDIA };

static const struct sold_bundle bundles[] = {
    {1u << SIM_ITEM_INBOUND_VOICE, WRITING | 1u << SIM_ITEM_SOCIAL},
    {WRITING, 1u << SIM_ITEM_SOCIAL},
    {1u << SIM_ITEM_WORKSPACE | 1u << SIM_ITEM_AGENT_DESKTOP, 1u << SIM_ITEM_NETWORK_VOICE},
};

const struct sold_bundle *sold_bundle_of(enum sim_item item)
{
    return &bundles[item - SIM_ITEM_BUNDLE_FIRST];
}

bool sold_find(const struct script *script, int64_t tenant, enum sim_item item, int32_t day, struct sold *sold)
{
    int32_t first = (int32_t)instant_day(script->begin);
    int64_t about = script->site->person_count / (tenant ? 2 * script->site->options.tenants : 2) + 1;
    if (item >= SIM_ITEM_BUNDLE_FIRST || item == unsold || (tenant && day < first))
        return false;
    struct dice dice = dice_for(script->site->options.seed, DICE_SOLD, tenant * SIM_ITEM_COUNT + (int64_t)item, tenant && day > first);
    sold->quantity = item == unlimited ? -1 : dice_below(&dice, about);
    sold->burst = tenant || item == unlimited || dice_chance(&dice, 400) ? -1 : dice_below(&dice, about / 4 + 1);
    return true;
}

static void put_quantity(FILE *file, int64_t quantity)
{
    if (quantity < 0)
        fputs("unlimited", file);
    else
        fprintf(file, "%" PRId64, quantity);
}

static void put_entitlement(FILE *file, const struct script *script)
{
    char date[DATE_TEXT_SIZE];
    fprintf(file, "<lrm_entitlement>\n  <header>\n    <customer_name>Simulated Communications</customer_name>\n    <customer_id>4711</customer_id>\n"
                  "    <site_type>multi-site</site_type>\n    <issue_date>%s</issue_date>\n  </header>\n  <lines>\n",
            date_format((int32_t)instant_day(script->begin) - 30, date));
    for (int item = 0; item < SIM_ITEM_BUNDLE_FIRST; item++) {
        struct sold sold;
        if (!sold_find(script, 0, (enum sim_item)item, 0, &sold))
            continue;
        fprintf(file, "    <line item=\"%s\" quantity=\"", sim_item_code((enum sim_item)item));
        put_quantity(file, sold.quantity);
        if (sold.burst >= 0)
            fprintf(file, "\" burst_quantity=\"%" PRId64, sold.burst);
        fputs("\" license_type=\"concurrent\"/>\n", file);
    }
    fputs("  </lines>\n</lrm_entitlement>\n", file);
}

static void put_provisioned(FILE *file, const struct script *script)
{
    char date[DATE_TEXT_SIZE];
    int32_t first = (int32_t)instant_day(script->begin);
    fputs("tenant,item,effective,quantity\n", file);
    for (int64_t tenant = TENANT_ID_BASE; tenant < TENANT_ID_BASE + script->site->options.tenants; tenant++)
        for (int item = 0; item < SIM_ITEM_BUNDLE_FIRST; item++)
            for (int32_t day = first; day <= first + 1; day++) {
                struct sold sold;
                if (!sold_find(script, tenant, (enum sim_item)item, day, &sold))
                    continue;
                fprintf(file, "%" PRId64 ",%s,%s,", tenant, sim_item_code((enum sim_item)item), date_format(day, date));
                put_quantity(file, sold.quantity);
                fputc('\n', file);
            }
}

static void put_items(FILE *file, const char *name, uint32_t items)
{
    fprintf(file, "    <%s>\n", name);
    for (int item = 0; item < SIM_ITEM_BUNDLE_FIRST; item++)
        if (items & 1u << item)
            fprintf(file, "      <sellable_item item=\"%s\"/>\n", sim_item_code((enum sim_item)item));
    fprintf(file, "    </%s>\n", name);
}

static void put_bundles(FILE *file, const struct script *script)
{
    char date[DATE_TEXT_SIZE];
    fprintf(file, "<lrm_bundle_set id=\"7\" issue_date=\"%s\">\n  <header><name>Simulated offer</name></header>\n",
            date_format((int32_t)instant_day(script->begin) - 30, date));
    for (int item = SIM_ITEM_BUNDLE_FIRST; item < SIM_ITEM_COUNT; item++) {
        const struct sold_bundle *bundle = sold_bundle_of((enum sim_item)item);
        const char *id = strchr(sim_item_code((enum sim_item)item), ':') + 1;
        fprintf(file, "  <bundle id=\"%s\">\n    <header><name>Bundle %s</name></header>\n", id, id);
        put_items(file, "include_items", bundle->includes);
        put_items(file, "exclude_items", bundle->excludes);
        fputs("  </bundle>\n", file);
    }
    fputs("</lrm_bundle_set>\n", file);
}

/* Under a name with a dot first, which a drop folder passes over. */
static enum err write_one(const char *dir, const char *name, void (*put)(FILE *file, const struct script *script), const struct script *script)
{
    struct buffer hidden = {0}, path = {0};
    buffer_printf(&hidden, "%s/.%s", dir, name);
    buffer_printf(&path, "%s/%s", dir, name);
    FILE *file = fopen(buffer_text(&hidden), "we");
    bool good = file != NULL;
    if (file) {
        put(file, script);
        good = fflush(file) == 0 && !ferror(file);
        good = fclose(file) == 0 && good && rename(buffer_text(&hidden), buffer_text(&path)) == 0;
    }
    if (!good)
        log_error(part, "%s: cannot be written: %s", buffer_text(&path), strerror(errno));
    buffer_free(&hidden);
    buffer_free(&path);
    return good ? ERR_OK : ERR_IO;
}

enum err sold_write(const char *dir, const struct script *script)
{
    enum err err = write_one(dir, "entitlement.xml", put_entitlement, script);
    if (!err)
        err = write_one(dir, "provisioned.csv", put_provisioned, script);
    return err ? err : write_one(dir, "bundles.xml", put_bundles, script);
}
