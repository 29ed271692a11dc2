/*
 * tests/support/scratch.h - where a test puts its folders and files.
 *
 * Under TMPDIR, which tests/run makes for each program and takes away whatever became of the program; started by hand,
 * in memory where there is a place for it (a flush waits for the disk otherwise, hundreds of times a seed).
 * Whoever makes one removes it; what a process that died left behind goes with TMPDIR.
 */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

enum { SCRATCH_PATH_SIZE = 160 };

const char *scratch_parent(void);
/* A new folder in parent, NULL: in scratch_parent(); its path, which stands in path. */
const char *scratch_folder(const char *parent, char path[SCRATCH_PATH_SIZE]);
/* A new file that holds text; its path. */
const char *scratch_file(const char *text, char path[SCRATCH_PATH_SIZE]);
/* Removes a file, or a folder and what is in it; nothing there: nothing to do. */
void scratch_remove(const char *path);

#endif
