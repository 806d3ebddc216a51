#include "board/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "http/client.h"

enum { REPORT_EVERY_S = 1, SERVICE_TIMEOUT_MS = 500 };

struct worker {
    const struct config *config;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wanted;
    bool stopping;
    struct job *waiting; /* oldest first */
    struct job *finished;
    size_t waiting_count;
    struct service_report report;
    bool reported;
    int fd;
};

void job_free(struct job *job)
{
    if (!job)
        return;
    explicit_bzero(job->password, sizeof job->password);
    pg_free(job->pg);
    free(job);
}

static void append(struct job **list, struct job *job)
{
    while (*list)
        list = &(*list)->next;
    job->next = NULL;
    *list = job;
}

static struct job *pop(struct job **list)
{
    struct job *job = *list;
    if (job)
        *list = job->next;
    return job;
}

static void run_job(const struct worker *worker, struct job *job)
{
    if (job->kind == JOB_VERIFY) {
        struct str password = {job->password, job->password_len};
        job->right = password_verify(password, str_of(job->hash));
        explicit_bzero(job->password, sizeof job->password);
    } else {
        const char *conninfo = config_text(worker->config, "postgres", NULL, "conninfo");
        job->result = pg_connect(conninfo, "hoso-board", &job->pg, &job->err);
    }
}

/* "http://127.0.0.1:8481" of a service; its port file wins over the port of `listen`. */
static void service_url(const struct config *config, const char *section, char *out, size_t size)
{
    const char *listen = config_text(config, section, NULL, "listen");
    const char *colon = strrchr(listen, ':');
    int host_len = colon ? (int)(colon - listen) : (int)strlen(listen);
    char port[16] = "";
    FILE *file = fopen(config_text(config, section, NULL, "port_file"), "re");
    if (!file || !fgets(port, sizeof port, file))
        snprintf(port, sizeof port, "%s", colon ? colon + 1 : "0");
    if (file)
        fclose(file);
    port[strcspn(port, "\n")] = '\0';
    snprintf(out, size, "http://%.*s:%s", host_len, listen, port);
}

static void ask_service(const struct config *config, int service, struct service_report *report)
{
    char url[192];
    struct http_client *client = NULL;
    struct http_reply reply;
    service_url(config, pipeline_services[service], url, sizeof url);
    if (http_client_new(url, (const char *const[]){NULL}, SERVICE_TIMEOUT_MS, &client, NULL) < 0)
        return;
    bool answers = http_client_get(client, "/readyz", &reply, NULL) == 0;
    report->up[service] = answers && reply.status == 200;
    /* One that is not ready has the most to say: how far behind it is, what it holds. */
    if (answers && http_client_get(client, "/metrics", &reply, NULL) == 0) {
        if (strcmp(pipeline_services[service], "aggregator") == 0) {
            report->lag_records = metrics_sum(reply.body, "hoso_consumer_lag_records");
            report->event_age_s = metrics_sum(reply.body, "hoso_event_age_seconds");
        } else if (strcmp(pipeline_services[service], "alerter") == 0) {
            report->held = metrics_sum(reply.body, "hoso_alerter_held");
        }
    }
    http_client_free(client);
}

static void notify(const struct worker *worker)
{
    uint64_t one = 1;
    /* A full eventfd is readable already. */
    ssize_t written = write(worker->fd, &one, sizeof one);
    (void)written;
}

static void report(struct worker *worker)
{
    struct service_report fresh = {.lag_records = -1, .event_age_s = -1, .held = -1};
    for (int i = 0; i < SERVICES; i++)
        ask_service(worker->config, i, &fresh);
    pthread_mutex_lock(&worker->lock);
    worker->report = fresh;
    worker->reported = true;
    pthread_mutex_unlock(&worker->lock);
    notify(worker);
}

/* The next job; NULL when it is time for a report, or to stop. */
static struct job *wait_job(struct worker *worker, const struct timespec *until, bool *ret_stop)
{
    pthread_mutex_lock(&worker->lock);
    while (!worker->stopping && !worker->waiting &&
           pthread_cond_timedwait(&worker->wanted, &worker->lock, until) != ETIMEDOUT) {
    }
    struct job *job = worker->stopping ? NULL : pop(&worker->waiting);
    worker->waiting_count -= job != NULL;
    *ret_stop = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (bool stop = false; !stop;) {
        struct job *job = wait_job(worker, &next, &stop);
        if (job) {
            run_job(worker, job);
            pthread_mutex_lock(&worker->lock);
            append(&worker->finished, job);
            pthread_mutex_unlock(&worker->lock);
            notify(worker);
        } else if (!stop) {
            report(worker);
            clock_gettime(CLOCK_MONOTONIC, &next);
            next.tv_sec += REPORT_EVERY_S;
        }
    }
    return NULL;
}

int worker_new(const struct config *config, struct worker **ret, struct error *err)
{
    struct worker *worker = calloc(1, sizeof *worker);
    pthread_condattr_t attributes;
    if (!worker)
        return error_set(err, ERR_NOMEM, "out of memory");
    worker->config = config;
    worker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&worker->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->wanted, &attributes);
    pthread_condattr_destroy(&attributes);
    worker->started = worker->fd >= 0 && pthread_create(&worker->thread, NULL, work, worker) == 0;
    if (!worker->started) {
        worker_free(worker);
        return error_set(err, ERR_FAILED, "cannot start a thread");
    }
    *ret = worker;
    return 0;
}

struct worker *worker_free(struct worker *worker)
{
    if (!worker)
        return NULL;
    if (worker->started) {
        pthread_mutex_lock(&worker->lock);
        worker->stopping = true;
        pthread_cond_signal(&worker->wanted);
        pthread_mutex_unlock(&worker->lock);
        pthread_join(worker->thread, NULL);
    }
    for (struct job *job; (job = pop(&worker->waiting)) || (job = pop(&worker->finished));)
        job_free(job);
    if (worker->fd >= 0)
        close(worker->fd);
    pthread_cond_destroy(&worker->wanted);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
    return NULL;
}

int worker_fd(const struct worker *worker)
{
    return worker->fd;
}

bool worker_submit(struct worker *worker, struct job *job)
{
    pthread_mutex_lock(&worker->lock);
    bool taken = worker->waiting_count < JOBS_MAX;
    if (taken) {
        append(&worker->waiting, job);
        worker->waiting_count++;
        pthread_cond_signal(&worker->wanted);
    }
    pthread_mutex_unlock(&worker->lock);
    return taken;
}

struct job *worker_take(struct worker *worker)
{
    uint64_t count;
    ssize_t drained = read(worker->fd, &count, sizeof count);
    (void)drained; /* an empty eventfd is fine */
    pthread_mutex_lock(&worker->lock);
    struct job *job = pop(&worker->finished);
    pthread_mutex_unlock(&worker->lock);
    return job;
}

bool worker_report(struct worker *worker, struct service_report *ret)
{
    pthread_mutex_lock(&worker->lock);
    bool fresh = worker->reported;
    worker->reported = false;
    if (fresh)
        *ret = worker->report;
    pthread_mutex_unlock(&worker->lock);
    return fresh;
}
