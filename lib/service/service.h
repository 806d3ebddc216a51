/*
 * What every service has: options from the command line, signals, the health listener, metrics, the Kafka settings from
 * the configuration. A service's main.c is: service_open, NAME_new, NAME_run, NAME_free, service_close.
 */
#ifndef HOSO_SERVICE_SERVICE_H
#define HOSO_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"
#include "http/server.h"
#include "kafka/kafka.h"

/* A counter or gauge of /metrics. Register before the loop; the value is the service's own memory, read on scrape. */
struct metric {
    const char *name;   /* hoso_… */
    const char *labels; /* "reason=\"x\"" or "" */
    const char *help;
    bool gauge;
    const char *
        histogram; /* NULL, or the histogram's name, of which this is a _bucket, the _sum or the _count */
    int64_t value;
};

struct service {
    const char *program;
    struct config *config;
    struct http_server *http; /* health listener; also the push listener of ingest */
    struct kafka_settings kafka;
    struct metric *metrics;
    size_t metric_count;
    /* Writes one JSON member per thing that is not ready ("kafka": "…") and returns whether ready. */
    bool (*ready)(void *arg, char *reasons, size_t size);
    void *ready_arg;
    http_handler *handler; /* other paths than /livez /readyz /metrics; NULL = 404 */
    void *handler_arg;
};

/*
 * Reads -c FILE, --set section.key=value, --help, --version; loads the configuration; sets up logging, clock offset and
 * signals (SIGTERM, SIGINT: stop; SIGPIPE ignored); opens the listener of config [`section`] listen; writes its port to
 * [`section`] port_file where set. 0, or an exit code already explained on stderr (EXIT_OK after --help: *ret->config is NULL).
 */
int service_open(const char *program, const char *section, int argc, char **argv,
                 struct service *ret);
void service_close(struct service *service);

/* true once a stopping signal has come. Async-safe inside. */
bool service_stopping(void);
/* Waits for the listener, extra descriptors (-1 is skipped) or timeout_ms, then serves HTTP. */
void service_wait(struct service *service, const int *fds, size_t fd_count, int timeout_ms);

/* The same for descriptors that are waited for in other ways too: sets their revents. At most 16. */
struct pollfd;
void service_wait_on(struct service *service, struct pollfd *fds, size_t fd_count, int timeout_ms);
/*
 * Crash points for tests: kills the process with SIGKILL when HOSO_CRASH_AT names this point and its count has come
 * ("aggregator.before_commit:3" = the third pass). One getenv at start; nothing otherwise.
 */
void crash_point(const char *name);

#endif
