/* The page and what it is made of: files of server/web, put into the program at build time. */
#include "server/api/problem.h"
#include "server/api/route.h"

/* file, symbol, type */
#define ASSET_MAP(X)                                                \
    X("seatmeter.css", web_seatmeter_css, "text/css; charset=utf-8") \
    X("app.js", web_app_js, "text/javascript; charset=utf-8")        \
    X("now.js", web_now_js, "text/javascript; charset=utf-8")        \
    X("days.js", web_days_js, "text/javascript; charset=utf-8")      \
    X("explain.js", web_explain_js, "text/javascript; charset=utf-8") \
    X("draw.js", web_draw_js, "text/javascript; charset=utf-8")      \
    X("words.js", web_words_js, "text/javascript; charset=utf-8")    \
    X("feed.js", web_feed_js, "text/javascript; charset=utf-8")      \
    X("mark.svg", web_mark_svg, "image/svg+xml")

#define X(file, symbol, type) extern const unsigned char symbol[]; extern const size_t symbol##_size;
ASSET_MAP(X)
X("index.html", web_index_html, "")
X("openapi.json", web_openapi_json, "")
#undef X

static const struct asset {
    const char *file;
    const unsigned char *bytes;
    const size_t *size;
    const char *type;
} assets[] = {
#define X(file, symbol, type) {file, symbol, &symbol##_size, type},
    ASSET_MAP(X)
#undef X
};

static void give(struct call *call, const unsigned char *bytes, size_t size, const char *type)
{
    call->answer->status = 200;
    call->answer->type = type;
    call->answer->fixed = bytes_of(bytes, size);
    /* Asked again each time: a page must not run with the scripts of the program before. */
    http_answer_header(call->answer, "Cache-Control", "no-cache");
}

void page_index(struct call *call)
{
    give(call, web_index_html, web_index_html_size, "text/html; charset=utf-8");
}

void page_openapi(struct call *call)
{
    give(call, web_openapi_json, web_openapi_json_size, "application/json");
}

void page_asset(struct call *call)
{
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (bytes_equal_text(call->parts[0], assets[i].file)) {
            give(call, assets[i].bytes, *assets[i].size, assets[i].type);
            return;
        }
    problem(call->answer, 404, "There is no such part of the page.");
}
