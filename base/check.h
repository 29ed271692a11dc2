/*
 * base/check.h - a bug ends the process, in release too.
 *
 * check() states what must hold; when it does not, one line names the place and the process aborts,
 * since a wrong number is worse than none.  unreachable code says check_fail("…").
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

_Noreturn void check_failed(const char *file, int line, const char *what);

#define check(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
#define check_fail(what) check_failed(__FILE__, __LINE__, what)

#endif
