/* Small files, whole. */
#ifndef HOSO_ALERTER_FILE_H
#define HOSO_ALERTER_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/* The file's text, ended by NUL; malloc'd. ERR_INPUT: it cannot be read, or is larger than 1 MiB. */
int file_read(const char *path, char **ret, struct error *err);

/*
 * The new content takes the old one's place at once, and on the disk before this returns; mode 0600. ERR_FAILED. It is first written
 * whole beside it, to the path that file_fresh names.
 */
int file_replace(const char *path, struct str content, struct error *err);
/* ret has PATH_MAX bytes. false: path too long. */
bool file_fresh(const char *path, char *ret);
/* Finishes a replacement that a crash interrupted, whose fresh file the caller has found to be whole. ERR_FAILED. */
int file_replace_finish(const char *path, struct error *err);

#endif
