/*
 * The folder of a file source. Writers put a file elsewhere on the same disk (or under a name that is passed over) and rename it
 * into the folder when it is whole; a file that is created in place is not taken, because nobody can tell when it is finished.
 *
 *   FOLDER/NAME         waits, in the order of names
 *   FOLDER/work/        being read, with NAME.checkpoint and NAME.refused.csv
 *   FOLDER/done/        all of it persisted; NAME.refused.csv beside it where lines were refused
 *   FOLDER/failed/      no line of it could be read; NAME.reason says why
 *
 * Names are letters, digits, and . _ - (they come into the log: no personal data in them), and end in .json .ndjson .jsonl or .csv.
 * Passed over: names that begin with a dot or end in .part .tmp .filepart ~, folders, links.
 */
#ifndef HOSO_INGEST_FILE_FOLDER_H
#define HOSO_INGEST_FILE_FOLDER_H

#include <limits.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "ingest/file_reader.h"

#define FILE_NAME_SIZE 201
/* A file that was there when we started is taken when nobody has written to it for so long. */
#define FILE_SETTLED_MS 5000

struct file_folder;

/* Makes work, done and failed where they are missing, and watches. ERR_INPUT: not a folder, or not ours to write; the text has the path. */
int file_folder_open(const char *path, struct file_folder **ret, struct error *err);
struct file_folder *file_folder_close(struct file_folder *folder); /* NULL is fine */

/* Readable when something has happened in the folder. */
int file_folder_fd(const struct file_folder *folder);
/* Takes note of it. true: it is worth to look for a file. */
bool file_folder_heard(struct file_folder *folder);

enum { FOLDER_EMPTY = 0, FOLDER_FILE = 1, FOLDER_LATER = 2 };
/*
 * The next file: one that lies in work already (after a crash), else the first by name that is ready, moved into work. FOLDER_FILE
 * with its name (FILE_NAME_SIZE bytes) and framing. FOLDER_LATER: there are files, not ready yet. What can never be read is moved to
 * failed. ERR_UNAVAILABLE (the disk).
 */
int file_folder_next(struct file_folder *folder, char *name, enum file_framing *ret_framing,
                     struct error *err);

/* FOLDER/work/NAME, with a suffix; out has PATH_MAX bytes. Returns out. */
char *file_folder_path(const struct file_folder *folder, const char *name, const char *suffix,
                       char *out);
/*
 * Moves the file of work, and its side file, to done (reason NULL) or to failed, and forgets its checkpoint. A name that is taken there
 * gets a number. A crash in between is mended by doing it again.
 */
int file_folder_finish(struct file_folder *folder, const char *name, const char *reason,
                       struct error *err);

#endif
