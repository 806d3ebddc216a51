/* Small files that must survive a crash: cursors, checkpoints. Whole or not at all. Thread: any. */
#ifndef HOSO_BASE_FILE_H
#define HOSO_BASE_FILE_H

#include "base/error.h"
#include "base/str.h"

/*
 * Replaces the file by these bytes: a crash at any moment leaves the old file or the new one (written beside it, synced, renamed,
 * the folder synced). mode: permission bits. ERR_UNAVAILABLE with the path and what the system says.
 */
int file_replace(const char *path, struct str bytes, unsigned mode, struct error *err);

enum { FILE_ABSENT = 1 };
/*
 * The whole file, at most `size` bytes, into out. FILE_ABSENT: there is none. ERR_INPUT: it is larger, or no ordinary file.
 * ERR_UNAVAILABLE.
 */
int file_read(const char *path, char *out, size_t size, struct str *ret, struct error *err);

#endif
