/*
 * tests/fuzz/walk.c - a main() for a fuzz target where there is no libFuzzer: the corpus, then a random walk.
 *
 * A target is a file fuzz_X.c with LLVMFuzzerTestOneInput(); its corpus lies in the folder corpus/X beside it
 * (CORPUS is set by the build).  Each input of the corpus is tried as it is; then ROUNDS (default 20,000) inputs
 * made from these by a few random changes: a bit turned, a piece cut, doubled, swapped in from another input,
 * a number replaced by a hard one.  With clang, -fsanitize=fuzzer takes the place of this file.
 * SEED decides the walk; it is printed, and so is the input at which the target aborted (by the handler).
 */
#include "base/bytes.h"
#include "tests/fuzz/walk.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUTS_MAX = 1000, INPUT_BYTES_MAX = 64 * 1024 };

static struct buffer inputs[INPUTS_MAX];
static size_t input_count;
static uint64_t random_state;
static struct buffer current;

static uint64_t random_below(uint64_t limit)
{
    random_state += 0x9e3779b97f4a7c15u;
    return hash_mix(random_state) % limit;
}

static void corpus_read(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) && input_count < INPUTS_MAX;) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        struct buffer *input = &inputs[input_count++];
        buffer_reserve(input, INPUT_BYTES_MAX);
        input->len = fread(input->data, 1, INPUT_BYTES_MAX, file);
        fclose(file);
    }
    if (dir)
        closedir(dir);
}

static void piece_cut(void)
{
    if (current.len == 0)
        return;
    size_t at = random_below(current.len), len = 1 + random_below(current.len - at);
    memmove(current.data + at, current.data + at + len, current.len - at - len);
    current.len -= len;
}

static void piece_insert(struct bytes from)
{
    static uint8_t piece[INPUT_BYTES_MAX];
    if (from.len == 0 || current.len >= INPUT_BYTES_MAX / 2)
        return;
    size_t at = random_below(current.len + 1), start = random_below(from.len);
    size_t len = 1 + random_below(from.len - start > 64 ? 64 : from.len - start);
    memcpy(piece, from.data + start, len);
    buffer_reserve(&current, len);
    memmove(current.data + at + len, current.data + at, current.len - at);
    memcpy(current.data + at, piece, len);
    current.len += len;
}

static void change_once(void)
{
    static const char *const hard[] = {"0", "-1", "9223372036854775807", "9223372036854775808", "null", "{", "}", "[", "]",
                                       "\"", "\\u0000", "\xff", "1e400", "9999-12-31T23:59:59.999Z", "0.1", "\xc3"};
    switch (random_below(6)) {
    case 0:
        if (current.len)
            current.data[random_below(current.len)] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        piece_cut();
        break;
    case 2:
        piece_insert(buffer_bytes(&current));
        break;
    case 3:
        piece_insert(buffer_bytes(&inputs[random_below(input_count)]));
        break;
    case 4:
        piece_insert(bytes_from_text(hard[random_below(sizeof(hard) / sizeof(*hard))]));
        break;
    default:
        if (current.len)
            current.data[random_below(current.len)] = (uint8_t)random_below(256);
    }
}

/* Only write(): the process is about to end for a reason that is not ours. */
static void input_print(int signal_number)
{
    static const char title[] = "\nthe input was, in hexadecimal: ";
    static const char digits[] = "0123456789abcdef";
    ssize_t written = write(2, title, sizeof(title) - 1);
    for (size_t i = 0; written > 0 && i < current.len; i++) {
        char pair[2] = {digits[current.data[i] >> 4], digits[current.data[i] & 15]};
        written = write(2, pair, 2);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void target_call(void)
{
    /* A block of the exact size, so that the address sanitizer sees a read past its end. */
    uint8_t *exact = malloc(current.len ? current.len : 1);
    if (!exact)
        abort();
    memcpy(exact, current.data, current.len);
    LLVMFuzzerTestOneInput(exact, current.len);
    free(exact);
}

static void current_set(struct bytes bytes)
{
    buffer_clear(&current);
    buffer_append_bytes(&current, bytes);
}

int main(void)
{
    const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
    random_state = seed ? strtoull(seed, NULL, 10) : 1;
    size_t round_count = rounds ? strtoull(rounds, NULL, 10) : 20000;
    printf("SEED=%llu ROUNDS=%zu\n", (unsigned long long)random_state, round_count);
    buffer_reserve(&current, INPUT_BYTES_MAX);
    corpus_read(CORPUS);
    signal(SIGABRT, input_print);
    size_t from_files = input_count;
    if (input_count == 0)
        buffer_reserve(&inputs[input_count++], 1);
    for (size_t i = 0; i < input_count; i++) {
        current_set(buffer_bytes(&inputs[i]));
        target_call();
    }
    for (size_t i = 0; i < round_count; i++) {
        current_set(buffer_bytes(&inputs[random_below(input_count)]));
        for (size_t changes = 1 + random_below(8); changes > 0; changes--)
            change_once();
        target_call();
    }
    printf("%zu inputs of the corpus and %zu made from them: held\n", from_files, round_count);
    for (size_t i = 0; i < input_count; i++)
        buffer_free(&inputs[i]);
    buffer_free(&current);
    return 0;
}
