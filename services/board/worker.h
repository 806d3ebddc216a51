/*
 * The second thread: what would make the serving thread wait. Password checks, connecting to PostgreSQL, and once a second the
 * other services' health and metrics.
 */
#ifndef HOSO_BOARD_WORKER_H
#define HOSO_BOARD_WORKER_H

#include "base/config.h"
#include "base/password.h"
#include "board/pipeline.h"
#include "pg/pg.h"

enum { JOBS_MAX = 32 };

enum job_kind { JOB_VERIFY, JOB_CONNECT };
struct job {
    enum job_kind kind;
    void *context; /* the asker's */
    /* JOB_VERIFY */
    char password[PASSWORD_MAX + 1];
    size_t password_len;
    char hash[PASSWORD_HASH_SIZE];
    bool right;
    /* JOB_CONNECT */
    struct pg *pg; /* NULL = failed with result and err */
    int result;
    struct error err;
    struct job *next;
};

/* What the other services said last; -1 = unknown. */
struct service_report {
    bool up[SERVICES];
    int64_t lag_records;
    int64_t event_age_s;
    int64_t held;
};

struct worker;
/* config must outlive it: the services' addresses and [postgres] conninfo. ERR_FAILED, ERR_NOMEM. */
int worker_new(const struct config *config, struct worker **ret, struct error *err);
/* Waits for the thread to end: a connecting job may take ten seconds. Unfinished jobs are dropped. */
struct worker *worker_free(struct worker *worker);

/* Readable when jobs have been finished or a report has come. */
int worker_fd(const struct worker *worker);
/* Hands a job over (heap, zeroed before use); false = JOBS_MAX wait already, the job stays the caller's. */
bool worker_submit(struct worker *worker, struct job *job);
/* The next finished job, the caller's to free with job_free; NULL = none. */
struct job *worker_take(struct worker *worker);
/* The newest report; false = none since the last call. */
bool worker_report(struct worker *worker, struct service_report *ret);
/* Wipes the password. A connection in it is closed. */
void job_free(struct job *job);

#endif
