#include "tests/support/trial.h"

#include "base/check.h"
#include "base/log.h"
#include "tests/support/scratch.h"
#include "tests/support/spite_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct trial_heap trial_heap(struct arena *arena, const struct fact *facts, size_t count)
{
    struct trial_heap heap = {arena_alloc(arena, (count + 1) * sizeof *heap.facts), arena_alloc(arena, (count + 1) * sizeof *heap.places), count};
    for (size_t i = 0; i < count; i++) {
        heap.facts[i] = &facts[i];
        heap.places[i] = i;
    }
    return heap;
}

struct fact *trial_facts(const struct trial_heap *heap, size_t more)
{
    struct fact *facts = memory_alloc((heap->count + more + 1) * sizeof *facts);
    for (size_t i = 0; i < heap->count; i++)
        facts[i] = *heap->facts[i];
    return facts;
}

static void read_all(int fd, struct buffer *out)
{
    char chunk[4096];
    for (ssize_t got; (got = read(fd, chunk, sizeof chunk)) > 0;)
        buffer_append(out, chunk, (size_t)got);
    close(fd);
}

bool trial_try(trial_fn fn, void *owner, const struct trial_heap *heap, struct buffer *why, uint64_t *counts)
{
    int ends[2], status;
    char parent[SCRATCH_PATH_SIZE];
    size_t size = TRIAL_COUNTS * sizeof(uint64_t);
    uint64_t *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    scratch_folder(NULL, parent);
    check(shared != MAP_FAILED && pipe(ends) == 0);
    buffer_clear(why);
    fflush(stdout);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        struct buffer found = {0};
        struct trial_run run = {heap, parent, &found, shared};
        dup2(ends[1], STDERR_FILENO);
        bool right = fn(owner, &run);
        if (!right)
            fprintf(stderr, "%s\n", buffer_text(&found));
        fflush(stderr);
        _exit(right ? 0 : 1);
    }
    close(ends[1]);
    read_all(ends[0], why);
    check(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        buffer_printf(why, "  the process died of signal %d\n", WTERMSIG(status));
    for (int i = 0; counts && i < TRIAL_COUNTS; i++)
        counts[i] += shared[i];
    munmap(shared, size);
    scratch_remove(parent);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void keep_but(const struct trial_heap *whole, struct trial_heap *part, size_t from, size_t to)
{
    part->count = 0;
    for (size_t i = 0; i < whole->count; i++)
        if (i < from || i >= to) {
            part->facts[part->count] = whole->facts[i];
            part->places[part->count++] = whole->places[i];
        }
}

void trial_make_small(trial_fn fn, void *owner, struct trial_heap *heap, struct buffer *why)
{
    struct trial_heap part = {memory_alloc((heap->count + 1) * sizeof *part.facts), memory_alloc((heap->count + 1) * sizeof *part.places), 0};
    struct buffer found = {0};
    for (size_t length = heap->count / 2; length >= 1; length = length > 1 ? (length + 1) / 2 : 0) {
        bool shorter = true;
        while (shorter) {
            shorter = false;
            for (size_t from = 0; from < heap->count; from += length) {
                keep_but(heap, &part, from, from + length);
                if (part.count == heap->count || trial_try(fn, owner, &part, &found, NULL))
                    continue;
                memcpy(heap->facts, part.facts, part.count * sizeof *part.facts);
                memcpy(heap->places, part.places, part.count * sizeof *part.places);
                heap->count = part.count;
                struct buffer spare = *why; /* the finding of the smallest heap that failed */
                *why = found;
                found = spare;
                shorter = true;
                from -= from ? length : 0;
            }
        }
    }
    free(part.facts);
    free(part.places);
    buffer_free(&found);
}

static void print_finding(const struct trial_property *property, uint64_t seed, const struct trial_heap *heap, const struct buffer *why)
{
    struct buffer out = {0};
    printf("%s: SEED=%llu SEEDS=1 fails; the smallest facts that do:\n", property->name, (unsigned long long)seed);
    for (size_t i = 0; i < heap->count; i++) {
        buffer_printf(&out, "%3zu ", i + 1);
        spite_print(heap->facts[i], 1, &out);
    }
    if (property->say)
        property->say(property->owner, heap, &out);
    printf("%s%s\n", out.len ? buffer_text(&out) : "", why->len ? buffer_text((struct buffer *)why) : "");
    buffer_free(&out);
}

static struct trial_heap make(struct trial_spite *of, uint64_t seed, struct arena *arena, void (*fill)(uint64_t seed, struct arena *arena, struct spite *spite))
{
    of->seed = seed;
    fill(seed, arena, &of->spite);
    return trial_heap(arena, of->spite.facts, of->spite.count);
}

struct trial_heap trial_make_spite(void *owner, uint64_t seed, struct arena *arena)
{
    return make(owner, seed, arena, spite_make);
}

struct trial_heap trial_make_rules(void *owner, uint64_t seed, struct arena *arena)
{
    return make(owner, seed, arena, spite_rules_make);
}

unsigned trial_seeds(const struct trial_property *property, uint64_t counts[TRIAL_COUNTS], uint64_t *first, uint64_t *seeds)
{
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    unsigned failed = 0;
    *first = one ? strtoull(one, NULL, 10) : 1;
    *seeds = many ? strtoull(many, NULL, 10) : property->seeds;
    log_set_level(LOG_ERROR);
    for (uint64_t seed = *first; seed < *first + *seeds && failed < 3; seed++) {
        struct arena *arena = arena_create();
        struct trial_heap heap = property->make(property->owner, seed, arena);
        struct buffer why = {0};
        if (!trial_try(property->fn, property->owner, &heap, &why, counts)) {
            failed++;
            trial_make_small(property->fn, property->owner, &heap, &why);
            print_finding(property, seed, &heap, &why);
            if (trial_try(property->fn, property->owner, &heap, &why, NULL))
                printf("%s: SEED=%llu: these facts failed once and not again: something else than facts decides\n", property->name, (unsigned long long)seed);
        }
        buffer_free(&why);
        arena_destroy(arena);
    }
    return failed;
}
