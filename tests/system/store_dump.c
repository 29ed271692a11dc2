/*
 * system.store_dump DIR… - what each store holds, as text (support/dump.h), one record a line; with two stores only the
 * lines that one of them alone has.  Exit 1: they differ, or one cannot be read.
 */
#include "tests/support/dump.h"

#include <stdio.h>

static bool read_store(const char *dir, struct buffer *out)
{
    struct db *db;
    if (db_create(&(struct db_options){.dir = dir, .read_only = true}, &db) != ERR_OK)
        return false;
    dump_store(db, out);
    db_destroy(db);
    return true;
}

int main(int argc, char **argv)
{
    struct buffer a = {0}, b = {0}, differences = {0};
    if (argc < 2 || argc > 3 || !read_store(argv[1], &a) || (argc == 3 && !read_store(argv[2], &b))) {
        fprintf(stderr, "usage: system.store_dump DIR [DIR]\n");
        return 1;
    }
    size_t count = argc == 3 ? dump_compare(buffer_bytes(&a), buffer_bytes(&b), 20, &differences) : 0;
    if (argc == 3)
        printf("%s%zu lines differ\n", differences.len ? buffer_text(&differences) : "", count);
    else
        printf("%s", buffer_text(&a));
    size_t lines = 0;
    for (size_t i = 0; i < a.len; i++)
        lines += a.data[i] == '\n';
    fprintf(stderr, "%zu lines\n", lines);
    buffer_free(&a);
    buffer_free(&b);
    buffer_free(&differences);
    return count > 0;
}
