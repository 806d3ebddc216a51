/*
 * One file of a file source on its way: what has been read of it, what of that is acknowledged, the checkpoint and the side file. The
 * side file holds line and row numbers, a field's name and a reason; never what stood there.
 */
#ifndef HOSO_INGEST_FILE_JOB_H
#define HOSO_INGEST_FILE_JOB_H

#include <limits.h>

#include "base/error.h"
#include "domain/checkpoint.h"
#include "ingest/map.h"

/* The end of a record that has been read, and how things stood there. */
struct file_mark {
    int64_t end;
    struct checkpoint at;
};

struct file_job {
    char checkpoint_path[PATH_MAX];
    char side_path[PATH_MAX];
    int side; /* descriptor; -1 = nothing refused yet */
    struct checkpoint read;
    struct checkpoint acknowledged;
    bool unsaved;            /* acknowledged is ahead of the file beside */
    struct file_mark *marks; /* a ring: records read and not yet acknowledged */
    size_t mark_capacity;
    size_t mark_first;
    size_t mark_count;
};

/*
 * Goes on from the checkpoint, or begins: then ingested_at is stamped, and written down before anything is sent. mark_capacity: records
 * in flight at most. ERR_UNAVAILABLE (the disk), ERR_NOMEM. *ret is deinitialised in any case.
 */
int file_job_init(struct file_job *ret, const char *checkpoint_path, const char *side_path,
                  int64_t size, int64_t ingested_at, size_t mark_capacity, struct error *err);
void file_job_deinit(struct file_job *job);

/* A line, or a row of it (from 1), that is refused. ERR_UNAVAILABLE. */
int file_job_refused(struct file_job *job, int64_t line, size_t row, const struct refusal *refusal,
                     struct error *err);
/* A record has been read whole, with so many rows; the next begins at `end`, on line next_line. There is room for its mark. */
void file_job_passed(struct file_job *job, int64_t end, int64_t next_line, int64_t rows);
bool file_job_full(const struct file_job *job);
/* Everything up to this position is acknowledged. */
void file_job_acknowledged(struct file_job *job, int64_t position);
/* Everything that has been read is acknowledged. */
bool file_job_settled(const struct file_job *job);
/* Writes the checkpoint down, the side file before it. ERR_UNAVAILABLE. */
int file_job_save(struct file_job *job, struct error *err);

#endif
