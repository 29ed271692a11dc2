/* What a dropped file is and states; each fault with its line, and nothing of a faulty file. */
#include "tests/unit/adapters/entitlement/read.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define HEAD "<lrm_entitlement customer_id='1' issue_date='2026-01-01'>\n"
#define LINE "<line item='email' quantity='5'/>"
#define SET "<lrm_bundle_set id='7' issue_date='2026-01-01'>\n"
#define ITEMS "<include_items><sellable_item item='email'/></include_items>"
#define CSV "tenant,item,effective,quantity\n"

static struct arena *arena;

static void begin(void)
{
    arena = arena_create();
}

static void end(void)
{
    arena_destroy(arena);
}

TestSuite(reading, .init = begin, .fini = end);

static void expect_facts(const struct reading *reading, const char *facts)
{
    cr_expect_eq(reading->fault_count, 0, "%s", remarks_shown(reading, true, arena));
    cr_expect_str_eq(facts_shown(reading, arena), facts);
}

Test(reading, the_example_of_an_entitlement)
{
    struct reading reading = read_example("entitlement.xml", NULL, arena);
    expect_facts(&reading, "{\"source\":\"sold\",\"kind\":\"entitlement\",\"key\":\"4711/VIE-1/2026-10-20\",\"version\":1795510800123456,\"body\":{\"customer\":\"Example Communications\","
                 "\"customer_id\":\"4711\",\"issued\":\"2026-10-20\",\"lines\":[{\"burst\":50,\"item\":\"inbound-voice\",\"license\":\"concurrent\",\"order\":\"SO-100200\",\"quantity\":500},"
                 "{\"item\":\"cim-ms\",\"license\":\"concurrent\",\"order\":\"SO-100200\",\"quantity\":600},{\"item\":\"sip-voicemail\",\"license\":\"enabled\",\"order\":\"SO-100201\",\"quantity\":200},"
                 "{\"item\":\"gvp-ports\",\"order\":\"SO-100202\"}],\"site\":\"VIE-1\",\"site_type\":\"multi\",\"valid_from\":\"2026-11-01\",\"valid_to\":\"2027-10-31\"}}\n");
    cr_expect_eq(reading.unmapped, 1);
    cr_expect(strstr(remarks_shown(&reading, false, arena), "21: UNMAPPED: number \"EX-0099\", description \"Example Training Seats\""));
    cr_expect(bytes_equal_text(reading.subject, "entitlement 4711/VIE-1/2026-10-20"));
}

Test(reading, the_examples_of_counts_and_bundles)
{
    struct reading counts = read_example("provisioned.csv", NULL, arena), bundles = read_example("bundles.xml", NULL, arena);
    cr_expect_eq(counts.fact_count, 4);
    cr_expect(strstr(facts_shown(&counts, arena), "\"key\":\"101/web-media/2027-01-01\",\"version\":1795510800123456,\"body\":{\"effective\":\"2027-01-01\",\"item\":\"web-media\",\"quantity\":60,\"tenant\":101}}"));
    cr_expect(strstr(facts_shown(&counts, arena), "\"body\":{\"effective\":\"2026-11-01\",\"item\":\"inbound-voice\",\"tenant\":102}}"), "unlimited");
    expect_facts(&bundles, "{\"source\":\"sold\",\"kind\":\"bundle_set\",\"key\":\"7\",\"version\":1795510800123456,\"body\":{\"bundles\":[{\"exclude\":[\"email\",\"web-media\",\"social\"],\"id\":10001,"
                 "\"include\":[\"inbound-voice\"],\"name\":\"Basic\"},{\"exclude\":[\"social\"],\"id\":10002,\"include\":[\"email\",\"web-media\"],\"name\":\"Advanced\"},{\"id\":10003,\"include\":[\"social\"],"
                 "\"name\":\"Premium\"}],\"description\":\"Three ways to buy an agent's seat\",\"id\":\"7\",\"issued\":\"2026-10-20\",\"name\":\"Autumn offer\",\"valid_from\":\"2026-11-01\",\"valid_to\":\"2027-10-31\"}}\n");
}

/* Attributes and elements, wrapped or not, other names by the map. */
Test(reading, an_entitlement_may_be_written_in_several_ways)
{
    static const char wanted[] = "{\"source\":\"sold\",\"kind\":\"entitlement\",\"key\":\"1//2026-01-01\",\"version\":1795510800123456,\"body\":{\"customer_id\":\"1\",\"issued\":\"2026-01-01\","
                                 "\"lines\":[{\"item\":\"email\",\"license\":\"enabled\",\"quantity\":5}],\"site_type\":\"single\"}}\n";
    static const char *const texts[] = {
        "<lrm_entitlement customer_id='1' issue_date='2026-01-01' site_type='single'><line item_description='genesys  E-MAIL' quantity='5' license_type='Enabled seat'/></lrm_entitlement>",
        "\n<LRM-Entitlement xmlns='urn:x'><Header CustomerId='1'><IssueDate> 2026-01-01 </IssueDate><site-type>Single-Site</site-type></Header>"
        "<line><item_number>email</item_number><quantity>5</quantity><burst_quantity/><license_type>enabled</license_type></line></LRM-Entitlement>",
        "\xef\xbb\xbf<entitlements><header customer_id='1' issue_date='2026-01-01' site_type='single-site'/><lines><line description='Genesys E-Mail 8.1.3' quantity='5' licence_type='enabled'/></lines></entitlements>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct reading reading = read_text(texts[i], NULL, arena);
        expect_facts(&reading, wanted);
    }
    struct reading own = read_text("<Vertrag Kunde='1' issue_date='2026-01-01' site_type='single'><Posten item='email' Menge='5' license_type='enabled'/></Vertrag>",
                                   "xml: {root: Vertrag, customer_id: [Kunde], line: Posten, quantity: Menge}", arena);
    expect_facts(&own, wanted);
    struct reading id = read_text("<lrm_entitlement id='F-9' issue_date='2026-01-01'>" LINE LINE "</lrm_entitlement>", NULL, arena);
    cr_expect(id.fact_count == 1 && bytes_equal_text(id.facts[0].key, "F-9") && id.facts[0].entitlement.line_count == 2);
}

struct fault {
    const char *text, *says;
};

static void expect_faults(const struct fault *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct reading reading = read_text(rows[i].text, NULL, arena);
        const char *shown = remarks_shown(&reading, true, arena);
        cr_expect(reading.fault_count > 0 && reading.fact_count == 0 && strstr(shown, rows[i].says), "%s\n  says   %s\n  wanted %s", rows[i].text, shown, rows[i].says);
    }
    printf("%zu faulty files\n", count);
}

Test(reading, what_nobody_knows)
{
    static const struct fault rows[] = {
        {"", "0: nothing stands in it"},
        {"\n\n  # a comment\n", "0: nothing stands in it"},
        {"hello\n", "1: \"hello\": nobody knows what this is, expected XML"},
        {"tenant;item;effective;quantity\n1;email;2026-01-01;5\n", "nobody knows what this is"},
        {"<a>\n<b></a>", "2: column 6: no XML that can be read: mismatched tag"},
        {"<!DOCTYPE lrm_entitlement SYSTEM 'x'><lrm_entitlement/>", "1: column 37: a document type (<!DOCTYPE)"},
        {"\n<rss/>", "2: the root element is \"rss\", expected lrm_entitlement or lrm_bundle_set"},
    };
    expect_faults(rows, sizeof rows / sizeof *rows);
    struct buffer large = {0};
    buffer_reserve(&large, READING_BYTES_MAX + 1);
    memset(large.data, ' ', READING_BYTES_MAX + 1);
    struct reading reading = read_content(bytes_of(large.data, READING_BYTES_MAX + 1), NULL, true, arena);
    cr_expect_str_eq(remarks_shown(&reading, true, arena), "0: larger than 16777216 bytes, which no such file is\n");
    buffer_free(&large);
}

Test(reading, faults_of_an_entitlement)
{
    static const struct fault rows[] = {
        {HEAD "</lrm_entitlement>", "1: no line is mapped to an item"},
        {HEAD "<line item_number='99' quantity='5'/></lrm_entitlement>", "1: no line is mapped to an item"},
        {"<lrm_entitlement customer_id='1'>\n" LINE "</lrm_entitlement>", "1: issue_date: missing"},
        {"<lrm_entitlement issue_date='2026-01-01'>\n" LINE "</lrm_entitlement>", "1: customer_id: missing"},
        {"<lrm_entitlement customer_id='1' issue_date='01.02.2026'>\n" LINE "</lrm_entitlement>", "1: issue_date: \"01.02.2026\", expected a date"},
        {"<lrm_entitlement customer_id='1' issue_date='2026-02-30'>\n" LINE "</lrm_entitlement>", "1: issue_date: \"2026-02-30\", expected a date"},
        {"<lrm_entitlement customer_id='1' colour='red' issue_date='2026-01-01'>\n" LINE "</lrm_entitlement>", "1: \"colour\" is not known here, expected one of id, customer_name"},
        {HEAD "<header>\n<valid_from>2026-02-01</valid_from>\n<valid_to>2026-01-01</valid_to></header>" LINE "</lrm_entitlement>", "4: valid_to: \"2026-01-01\" lies before valid_from (\"2026-02-01\")"},
        {HEAD "<header>\n<site_type>both</site_type></header>" LINE "</lrm_entitlement>", "3: site_type: \"both\", expected multi-site or single-site"},
        {HEAD "<header>\n<customer_id>2</customer_id></header>" LINE "</lrm_entitlement>", "3: customer_id: \"2\", but it stands already in line 1"},
        {HEAD "<header>\n<site_id><b/></site_id></header>" LINE "</lrm_entitlement>", "3: \"site_id\": expected text alone in it"},
        {HEAD "<header>words</header>" LINE "</lrm_entitlement>", "2: \"header\": text \"words\" in it"},
        {HEAD "<note/>" LINE "</lrm_entitlement>", "2: \"note\" is not known here, expected header, lines or line"},
        {HEAD "<lines>\n<row/></lines></lrm_entitlement>", "3: \"row\" is not known here, expected line"},
        {HEAD "<line item='email'/></lrm_entitlement>", "2: quantity: missing"},
        {HEAD "<line item='email' quantity='ten'/></lrm_entitlement>", "2: quantity: \"ten\", expected a whole number of 0 to 1000000000, or unlimited"},
        {HEAD "<line item='email' quantity='-1'/></lrm_entitlement>", "2: quantity: \"-1\""},
        {HEAD "<line item='email' quantity='1,000'/></lrm_entitlement>", "2: quantity: \"1,000\""},
        {HEAD "<line item='email' quantity='1000000001'/></lrm_entitlement>", "2: quantity: \"1000000001\""},
        {HEAD "<line item='email' quantity='99999999999999999999'/></lrm_entitlement>", "2: quantity: "},
        {HEAD "<line item='email' quantity='5'\n burst_quantity='unlimited'/></lrm_entitlement>", "2: burst_quantity: unlimited"},
        {HEAD "<line item='email' quantity='5' license_type='named'/></lrm_entitlement>", "2: license_type: \"named\", expected concurrent or enabled"},
        {HEAD "<line quantity='5'/></lrm_entitlement>", "2: a line without item_number, item_description and item"},
        {HEAD "<line item='e mail' quantity='5'/></lrm_entitlement>", "2: item: \"e mail\", expected a name in the map (items:) or an item's code"},
        {HEAD "<line item='email' quantity='5' price='3'/></lrm_entitlement>", "2: \"price\" is not known here, expected one of order_number"},
    };
    expect_faults(rows, sizeof rows / sizeof *rows);
}

Test(reading, every_fault_is_told_up_to_a_hundred)
{
    struct buffer text = {0};
    buffer_append_text(&text, HEAD);
    for (int i = 0; i < 50; i++)
        buffer_append_text(&text, "<line item='email' quantity='x' license_type='y'/>\n");
    buffer_append_text(&text, "</lrm_entitlement>");
    struct reading reading = read_content(buffer_bytes(&text), NULL, true, arena);
    cr_expect(reading.fault_count >= READING_FAULTS_MAX && reading.remark_count <= READING_FAULTS_MAX + 1);
    cr_expect(strstr(remarks_shown(&reading, true, arena), "2: quantity: ") && strstr(remarks_shown(&reading, true, arena), "49: license_type: "));
    buffer_free(&text);
}

Test(reading, faults_of_a_bundle_set)
{
    static const struct fault rows[] = {
        {"<lrm_bundle_set issue_date='2026-01-01'>\n<bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "1: id: \"\", expected a text"},
        {"<lrm_bundle_set id='7'>\n<bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "1: issue_date: missing"},
        {"<lrm_bundle_set id='7' issue_date='2026-01-01' valid_from='x'>\n<bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "1: valid_from: \"x\", expected a date"},
        {"<lrm_bundle_set id='7' issue_date='2026-01-01' valid_from='2026-02-01' valid_to='2026-01-01'>\n<bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "1: valid_to lies before"},
        {SET "</lrm_bundle_set>", "1: no bundle, expected at least one"},
        {SET "<bundle id='9999'>" ITEMS "</bundle></lrm_bundle_set>", "2: bundle id: \"9999\", expected a whole number of at least 10000"},
        {SET "<bundle>" ITEMS "</bundle></lrm_bundle_set>", "2: bundle id: \"\""},
        {SET "<bundle id='10000'>" ITEMS "</bundle>\n<bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "3: bundle id: \"10000\" stands here a second time"},
        {SET "<bundle id='10000'><include_items/></bundle></lrm_bundle_set>", "2: bundle \"10000\" includes no item"},
        {SET "<bundle id='10000'>" ITEMS "<exclude_items><sellable_item item='email'/></exclude_items></bundle></lrm_bundle_set>", "2: bundle \"10000\": \"email\" is both included and excluded"},
        {SET "<bundle id='10000'><include_items>\n<sellable_item item='No such thing'/></include_items></bundle></lrm_bundle_set>", "3: item: \"No such thing\", expected a name in the map"},
        {SET "<bundle id='10000'><include_items>\n<sellable_item/></include_items></bundle></lrm_bundle_set>", "3: sellable_item without item"},
        {SET "<bundle id='10000'><include_items>\n<item/></include_items></bundle></lrm_bundle_set>", "3: \"item\" in \"include_items\" is not known"},
        {SET "<bundle id='10000' price='3'>" ITEMS "</bundle></lrm_bundle_set>", "2: attribute \"price\" of \"bundle\" is not known"},
        {SET "<header/><header/><bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "2: a second header"},
        {SET "<header name='a'>\n<name>b</name></header><bundle id='10000'>" ITEMS "</bundle></lrm_bundle_set>", "3: name: \"b\", but it is an attribute already"},
    };
    expect_faults(rows, sizeof rows / sizeof *rows);
}

Test(reading, faults_of_provisioned_counts)
{
    static const struct fault rows[] = {
        {CSV, "0: no row is counted"},
        {"tenant,item,effective\n1,email,2026-01-01\n", "1: column quantity is missing"},
        {"tenant,item,effective,quantity,price\n1,email,2026-01-01,5,3\n", "1: column \"price\" is not known"},
        {"tenant,item,item,effective,quantity\n", "1: column item stands here a second time"},
        {CSV "1,email,2026-01-01\n", "2: 3 fields, expected 4 as in the header"},
        {CSV "\nAcme,email,2026-01-01,5\n", "3: tenant: \"Acme\", expected its id"},
        {CSV "-1,email,2026-01-01,5\n", "2: tenant: \"-1\""},
        {CSV "1,e mail,2026-01-01,5\n", "2: item: \"e mail\""},
        {CSV "1,,2026-01-01,5\n", "2: item: \"\""},
        {CSV "1,email,1.1.2026,5\n", "2: effective: \"1.1.2026\", expected a date"},
        {CSV "1,email,2026-01-01,\n", "2: quantity: \"\""},
        {CSV "1,email,2026-01-01,5.5\n", "2: quantity: \"5.5\""},
        {CSV "1,email,2026-01-01,5\n1,Genesys E-Mail,2026-01-01,6\n", "3: \"1/email/2026-01-01\" stands already in line 2"},
        {CSV "1,\"email,2026-01-01,5\n", "2: a quoted field without its closing quote"},
        {CSV "1,email,2026-01-01,5\n2,em\"ail,2026-01-01,5\n", "3: a quote inside a field"},
    };
    expect_faults(rows, sizeof rows / sizeof *rows);
    struct reading reading = read_text("QUANTITY,Item , tenant,effective\r\n\"5\",\"My own item\",101,2026-01-01\r\nunlimited,elsewhere-1,101,2026-01-01\r\n",
                                       "items: {my OWN item: [email, social], unused: ~}", arena);
    cr_expect_eq(reading.fact_count, 3, "%s", remarks_shown(&reading, true, arena));
    cr_expect(strstr(remarks_shown(&reading, false, arena), "3: \"elsewhere-1\" is in no map: taken as the catalog's own code"));
}
