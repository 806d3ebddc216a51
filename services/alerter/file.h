/* Small files, whole. */
#ifndef HOSO_ALERTER_FILE_H
#define HOSO_ALERTER_FILE_H

#include "base/error.h"
#include "base/str.h"

/* The file's text, ended by NUL; malloc'd. ERR_INPUT: it cannot be read, or is larger than 1 MiB. */
int file_read(const char *path, char **ret, struct error *err);

/* The new content takes the old one's place at once, and on the disk before this returns; mode 0600. ERR_FAILED. */
int file_replace(const char *path, struct str content, struct error *err);

#endif
