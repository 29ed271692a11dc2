/*
 * tests/support/thread/arena.c - lets Criterion 2.4 run under the thread sanitizer; linked only in that build.
 *
 * Criterion maps an arena that its processes share at 0x200000000000 + (rand_r() & 0x3fffff) * 2^24, and gives up
 * after ten tries.  The sanitizer has the programs' memory at 0x550000000000 to 0x568000000000, 0x7b0000000000 and
 * above, and refuses nearly all of those places.  This rand_r() takes the library's place and names only good ones.
 */
#include <stdlib.h>

int rand_r(unsigned *seed)
{
    enum { FIRST_GOOD = (0x560000000000 - 0x200000000000) >> 24, GOOD_COUNT = 0x8000 };
    *seed = *seed * 1103515245u + 12345u;
    return FIRST_GOOD + (int)(*seed >> 8) % GOOD_COUNT;
}
