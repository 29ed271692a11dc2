/* The cursor comes back as it was written; what is none of ours is refused. */
#include "adapters/gvp/cursor.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(gvp_cursor, comes_back)
{
    struct arena *arena = arena_create();
    const struct gvp_cursor cursors[] = {
        {.since = INSTANT_NONE, .confirmed = INSTANT_NONE, .watermark = INSTANT_NONE, .declared = 1},
        {.since = 1000, .confirmed = 5000, .watermark = 4000, .second_from = 2000, .second_until = 3000, .second_day = 7, .declared = 2, .covered = 2,
         .group = BYTES_LITERAL("pair \"a\"")},
    };
    for (size_t i = 0; i < 2; i++) {
        struct buffer text = {0};
        struct gvp_cursor back;
        const char *why = "";
        gvp_cursor_write(&cursors[i], &text);
        cr_assert_eq(gvp_cursor_read(buffer_bytes(&text), arena, &back, &why), ERR_OK, "%s: %s", buffer_text(&text), why);
        cr_expect(back.since == cursors[i].since && back.confirmed == cursors[i].confirmed && back.watermark == cursors[i].watermark &&
                  back.second_from == cursors[i].second_from && back.second_until == cursors[i].second_until && back.second_day == cursors[i].second_day &&
                  back.declared == cursors[i].declared && back.covered == cursors[i].covered && bytes_equal(back.group, cursors[i].group));
        buffer_free(&text);
    }
    arena_destroy(arena);
}

Test(gvp_cursor, what_is_none_is_refused)
{
    static const char *const wrong[] = {
        "", "[]", "{}", "{\"confirmed\":1}",
        "{\"confirmed\":null,\"covered\":0,\"declared\":0,\"second_day\":0,\"second_from\":0,\"second_until\":0,\"since\":5,\"watermark\":null}",
        "{\"confirmed\":4,\"covered\":0,\"declared\":0,\"second_day\":0,\"second_from\":0,\"second_until\":0,\"since\":5,\"watermark\":null}",
        "{\"confirmed\":6,\"covered\":0,\"declared\":0,\"second_day\":0,\"second_from\":9,\"second_until\":8,\"since\":5,\"watermark\":null}",
        "{\"confirmed\":6,\"covered\":0,\"declared\":0,\"second_day\":-1,\"second_from\":0,\"second_until\":0,\"since\":5,\"watermark\":null}",
        "{\"confirmed\":6,\"covered\":1,\"declared\":0,\"second_day\":0,\"second_from\":0,\"second_until\":0,\"since\":5,\"watermark\":null}",
        "{\"confirmed\":6,\"covered\":0,\"declared\":0,\"second_day\":0,\"second_from\":null,\"second_until\":0,\"since\":5,\"watermark\":null}",
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct gvp_cursor cursor;
        const char *why = NULL;
        cr_expect_eq(gvp_cursor_read(bytes_from_text(wrong[i]), arena, &cursor, &why), ERR_INPUT, "%s", wrong[i]);
        cr_expect(why && *why);
    }
    printf("%zu that are no cursors\n", sizeof wrong / sizeof *wrong);
    arena_destroy(arena);
}
