#include "ingest/file_job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

static const char side_heading[] = "line,row,field,code\n";

static int broken(const struct file_job *job, struct error *err)
{
    return error_set(err, ERR_UNAVAILABLE, "%s: %s", job->side_path, strerror(errno));
}

static int load(struct file_job *job, int64_t size, int64_t ingested_at, struct error *err)
{
    char text[CHECKPOINT_SIZE];
    struct str kept;
    struct error why;
    int r = file_read(job->checkpoint_path, text, sizeof text, &kept, &why);
    if (r == ERR_UNAVAILABLE)
        return error_set(err, r, "%s", why.text);
    bool usable =
        r == 0 && checkpoint_parse(kept, &job->acknowledged) && job->acknowledged.size == size;
    if (!usable) {
        if (r != FILE_ABSENT)
            log_warn("checkpoint_unusable", "next=\"the file is read from its beginning\"");
        job->acknowledged =
            (struct checkpoint){.size = size, .line = 1, .ingested_at = ingested_at};
        job->unsaved = true;
    }
    job->read = job->acknowledged;
    return 0;
}

int file_job_init(struct file_job *ret, const char *checkpoint_path, const char *side_path,
                  int64_t size, int64_t ingested_at, size_t mark_capacity, struct error *err)
{
    *ret = (struct file_job){.side = -1, .mark_capacity = mark_capacity};
    snprintf(ret->checkpoint_path, sizeof ret->checkpoint_path, "%s", checkpoint_path);
    snprintf(ret->side_path, sizeof ret->side_path, "%s", side_path);
    ret->marks = calloc(mark_capacity, sizeof *ret->marks);
    if (!ret->marks)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = load(ret, size, ingested_at, err);
    /* Refusals behind the checkpoint will be found again. */
    if (r == 0 && truncate(ret->side_path, ret->read.side_size) != 0 && errno != ENOENT)
        r = broken(ret, err);
    return r == 0 ? file_job_save(ret, err) : r;
}

void file_job_deinit(struct file_job *job)
{
    if (job->side >= 0)
        close(job->side);
    free(job->marks);
    *job = (struct file_job){.side = -1};
}

static int append(struct file_job *job, const char *text, size_t len, struct error *err)
{
    if (write(job->side, text, len) != (ssize_t)len)
        return broken(job, err);
    job->read.side_size += (int64_t)len;
    return 0;
}

int file_job_refused(struct file_job *job, int64_t line, size_t row, const struct refusal *refusal,
                     struct error *err)
{
    char text[REFUSAL_FIELD_SIZE + 96];
    int r = 0;
    if (job->side < 0) {
        job->side =
            open(job->side_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (job->side < 0)
            return broken(job, err);
        if (job->read.side_size == 0)
            r = append(job, side_heading, sizeof side_heading - 1, err);
    }
    int len = snprintf(text, sizeof text, "%" PRId64 ",%zu,%s,%s\n", line, row, refusal->field,
                       refusal_name(refusal->code));
    job->read.refused++;
    return r == 0 ? append(job, text, (size_t)len, err) : r;
}

void file_job_passed(struct file_job *job, int64_t end, int64_t next_line, int64_t rows)
{
    job->read.offset = end;
    job->read.line = next_line;
    job->read.rows += rows;
    size_t at = (job->mark_first + job->mark_count++) % job->mark_capacity;
    job->marks[at] = (struct file_mark){end, job->read};
}

bool file_job_full(const struct file_job *job)
{
    return job->mark_count == job->mark_capacity;
}

void file_job_acknowledged(struct file_job *job, int64_t position)
{
    while (job->mark_count > 0 && job->marks[job->mark_first].end <= position) {
        job->acknowledged = job->marks[job->mark_first].at;
        job->mark_first = (job->mark_first + 1) % job->mark_capacity;
        job->mark_count--;
        job->unsaved = true;
    }
}

bool file_job_settled(const struct file_job *job)
{
    return job->mark_count == 0;
}

int file_job_save(struct file_job *job, struct error *err)
{
    char text[CHECKPOINT_SIZE];
    if (!job->unsaved)
        return 0;
    if (job->side >= 0 && fdatasync(job->side) != 0)
        return broken(job, err);
    int r =
        file_replace(job->checkpoint_path, checkpoint_format(&job->acknowledged, text), 0640, err);
    job->unsaved = job->unsaved && r < 0;
    return r;
}
