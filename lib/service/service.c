#include "service/service.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/health.h"
#include "service/kafka_settings.h"

enum { OVERRIDES_MAX = 64, WAIT_FDS_MAX = 16 };

static volatile sig_atomic_t stop_requested;
static int stop_fd = -1; /* wakes service_wait; an eventfd, so that the handler may write to it */

static void on_stop_signal(int signal_number)
{
    (void)signal_number;
    int saved = errno;
    uint64_t one = 1;
    stop_requested = 1;
    /* A full eventfd is already readable, so a failed write loses nothing. */
    ssize_t written = write(stop_fd, &one, sizeof one);
    (void)written;
    errno = saved;
}

bool service_stopping(void)
{
    return stop_requested != 0;
}

static int install_signals(struct error *err)
{
    stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (stop_fd < 0)
        return error_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    struct sigaction stop = {.sa_handler = on_stop_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    return 0;
}

struct arguments {
    const char *config_path;
    const char *overrides[OVERRIDES_MAX];
    size_t override_count;
    bool answered; /* --help or --version */
};

static void print_help(const char *program, const char *section)
{
    printf("%s -c /etc/hoso/hoso.conf\n%s -c hoso.conf --set %s.listen=127.0.0.1:0\n\n"
           "  -c, --config FILE        configuration (INI)\n"
           "  -s, --set SECTION.KEY=V  overrides one option; may be repeated\n"
           "  -h, --help    -V, --version\n\n"
           "`hoso config show` lists every option.\n",
           program, program, section);
}

static int parse_arguments(const char *program, const char *section, int argc, char **argv,
                           struct arguments *ret)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"set", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "c:s:hV", options, NULL)) != -1;) {
        switch (c) {
        case 'c': ret->config_path = optarg; break;
        case 's':
            if (ret->override_count == OVERRIDES_MAX) {
                fprintf(stderr, "%s: at most %d --set\n", program, OVERRIDES_MAX);
                return EXIT_USAGE;
            }
            ret->overrides[ret->override_count++] = optarg;
            break;
        case 'h':
            print_help(program, section);
            ret->answered = true;
            return EXIT_OK;
        case 'V':
            printf("%s %s\n", program, HOSO_VERSION);
            ret->answered = true;
            return EXIT_OK;
        default: return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument \"%s\"; see --help\n", program, argv[optind]);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static void set_up_logging(const char *program, const struct config *config)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    const char *level = config_text(config, "log", NULL, "level");
    int chosen = LOG_LEVEL_INFO;
    for (int i = 0; i < 4; i++) {
        if (strcmp(words[i], level) == 0)
            chosen = i;
    }
    log_setup(program, (enum log_level)chosen,
              strcmp(config_text(config, "log", NULL, "format"), "json") == 0);
}

/* librdkafka's syslog levels: 0..3 errors, 4 warnings, the rest detail. */
static void on_kafka_log(void *arg, int level, const char *facility, const char *text)
{
    (void)arg;
    char quoted[512];
    enum log_level mapped = level <= 3   ? LOG_LEVEL_ERROR
                            : level == 4 ? LOG_LEVEL_WARN
                            : level <= 6 ? LOG_LEVEL_INFO
                                         : LOG_LEVEL_DEBUG;
    log_line(mapped, "kafka", "facility=%s text=\"%s\"", facility,
             log_quote(text, quoted, sizeof quoted));
}

static int set_up_kafka(struct service *service, struct error *err)
{
    int result = kafka_settings_load(service->config, service->program, &service->kafka, err);
    service->kafka.on_log = on_kafka_log;
    return result;
}

static int write_port_file(const char *path, uint16_t port, struct error *err)
{
    if (!*path)
        return 0;
    FILE *file = fopen(path, "we");
    if (!file)
        return error_set(err, ERR_INPUT, "port_file %s: %s", path, strerror(errno));
    fprintf(file, "%u\n", (unsigned)port);
    if (fclose(file) != 0)
        return error_set(err, ERR_INPUT, "port_file %s: %s", path, strerror(errno));
    return 0;
}

static int open_listener(struct service *service, const char *section, struct error *err)
{
    const struct config *config = service->config;
    struct http_limits limits = {.body_max_bytes =
                                     (size_t)config_integer(config, "ingest", NULL, "body_max"),
                                 .connections_max = 2000,
                                 .idle_timeout_s = 60,
                                 .request_within_s = 30};
    const char *listen = config_text(config, section, NULL, "listen");
    int result = http_server_new(listen, &limits, health_handle, service, &service->http, err);
    if (!result)
        result = write_port_file(config_text(config, section, NULL, "port_file"),
                                 http_server_port(service->http), err);
    return result;
}

int service_open(const char *program, const char *section, int argc, char **argv,
                 struct service *ret)
{
    struct arguments arguments = {0};
    struct error err = {{0}};
    *ret = (struct service){.program = program};
    int exit_code = parse_arguments(program, section, argc, argv, &arguments);
    if (exit_code || arguments.answered)
        return exit_code;
    int result = config_load(arguments.config_path, arguments.overrides, arguments.override_count,
                             &ret->config, &err);
    if (!result) {
        set_up_logging(program, ret->config);
        clock_set_offset(config_duration_ms(ret->config, "clock", NULL, "offset"));
        result = set_up_kafka(ret, &err);
    }
    if (!result)
        result = install_signals(&err);
    if (!result)
        result = open_listener(ret, section, &err);
    if (!result) {
        log_info("started", "version=%s listen=%s port=%u", HOSO_VERSION,
                 config_text(ret->config, section, NULL, "listen"),
                 (unsigned)http_server_port(ret->http));
        return EXIT_OK;
    }
    fprintf(stderr, "%s: %s\n", program, err.text);
    service_close(ret);
    return result == ERR_UNAVAILABLE ? EXIT_UNAVAILABLE
           : result == ERR_INPUT     ? EXIT_CONFIG
                                     : EXIT_SOFTWARE;
}

void service_close(struct service *service)
{
    service->http = http_server_free(service->http);
    kafka_settings_unload(&service->kafka);
    service->config = config_free(service->config);
    if (stop_fd >= 0)
        close(stop_fd);
    stop_fd = -1;
}

void service_wait(struct service *service, const int *fds, size_t fd_count, int timeout_ms)
{
    struct pollfd polled[WAIT_FDS_MAX];
    if (fd_count > WAIT_FDS_MAX)
        fd_count = WAIT_FDS_MAX;
    for (size_t i = 0; i < fd_count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    service_wait_on(service, polled, fd_count, timeout_ms);
}

void service_wait_on(struct service *service, struct pollfd *fds, size_t fd_count, int timeout_ms)
{
    struct pollfd polled[WAIT_FDS_MAX + 2];
    if (fd_count > WAIT_FDS_MAX)
        fd_count = WAIT_FDS_MAX;
    if (fd_count > 0)
        memcpy(polled, fds, fd_count * sizeof *fds);
    polled[fd_count] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    polled[fd_count + 1] = (struct pollfd){.fd = http_server_fd(service->http), .events = POLLIN};
    int http_timeout_ms = http_server_timeout_ms(service->http);
    if (http_timeout_ms >= 0 && (timeout_ms < 0 || http_timeout_ms < timeout_ms))
        timeout_ms = http_timeout_ms;
    if (!service_stopping())
        poll(polled, fd_count + 2, timeout_ms);
    if (fd_count > 0)
        memcpy(fds, polled, fd_count * sizeof *fds);
    http_server_run(service->http);
}

void crash_point(const char *name)
{
    static const char *wanted;
    static long passes_left;
    static bool known;
    if (!known) {
        known = true;
        wanted = getenv("HOSO_CRASH_AT");
        const char *colon = wanted ? strchr(wanted, ':') : NULL;
        passes_left = colon ? strtol(colon + 1, NULL, 10) : 1;
    }
    if (!wanted)
        return;
    size_t len = strcspn(wanted, ":");
    if (strlen(name) == len && strncmp(name, wanted, len) == 0 && --passes_left == 0)
        raise(SIGKILL);
}
