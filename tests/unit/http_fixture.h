/* The HTTP server over real sockets, client and server in one thread: the client never blocks, the test pumps. */
#ifndef HOSO_TESTS_HTTP_FIXTURE_H
#define HOSO_TESTS_HTTP_FIXTURE_H

#include "base/clock.h"
#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BODY_MAX = 4096, DEADLINE_MS = 5000, KEPT_MAX = 64 };

struct fixture {
    struct http_server *server;
    bool late; /* keep exchanges instead of answering */
    struct http_exchange *kept[KEPT_MAX];
    size_t kept_count;
    size_t calls;
    char last[256]; /* method path query header body-length, as the handler saw them */
    char body[BODY_MAX + 1];
};

static inline void handle(void *arg, struct http_exchange *exchange)
{
    struct fixture *f = arg;
    struct str body = http_body(exchange);
    f->calls++;
    snprintf(f->last, sizeof f->last, "%.*s %.*s q=%.*s h=%.*s n=%zu",
             STR_ARG(http_method(exchange)), STR_ARG(http_path(exchange)),
             STR_ARG(http_query(exchange, "q")), STR_ARG(http_header(exchange, "X-Test")),
             body.len);
    if (body.len)
        memcpy(f->body, body.data, body.len);
    f->body[body.len] = '\0';
    if (f->late)
        f->kept[f->kept_count++] = exchange;
    else
        http_answer(exchange, 200, "text/plain", body.len ? body : STR("empty"), 0);
}

static inline void start(struct fixture *f, unsigned connections_max, unsigned idle_timeout_s)
{
    struct http_limits limits = {BODY_MAX, connections_max, idle_timeout_s, idle_timeout_s};
    struct error err = {""};
    *f = (struct fixture){0};
    if (http_server_new("127.0.0.1:0", &limits, handle, f, &f->server, &err) != 0)
        fail_msg("%s", err.text);
}

static inline int connect_client(struct fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(f->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void send_bytes(int fd, const char *text, size_t size)
{
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

static inline void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* One turn of the loop a service has: waits as the server asks, at most 10 ms. */
static inline void turn(struct fixture *f)
{
    int timeout_ms = http_server_timeout_ms(f->server);
    struct pollfd ready = {.fd = http_server_fd(f->server), .events = POLLIN};
    poll(&ready, 1, timeout_ms < 0 || timeout_ms > 10 ? 10 : timeout_ms);
    http_server_run(f->server);
}

/* Pumps until the client has read `wanted` answers' status lines or the end of the stream; returns how many. */
static inline int pump(struct fixture *f, int fd, int wanted, char *out, size_t size)
{
    struct mono begun = mono_now();
    size_t len = 0;
    int seen = 0;
    out[0] = '\0';
    while (seen < wanted && mono_diff_ms(begun, mono_now()) < DEADLINE_MS) {
        if (f->server)
            turn(f);
        ssize_t n = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        len += n > 0 ? (size_t)n : 0;
        out[len] = '\0';
        seen = 0;
        for (const char *at = out; (at = strstr(at, "HTTP/1.1 ")); at++) {
            const char *end = strstr(at, "\r\n\r\n");
            const char *announced = strstr(at, "Content-Length: ");
            if (end && announced && announced < end &&
                (size_t)(out + len - end - 4) >= strtoul(announced + 16, NULL, 10))
                seen++;
        }
    }
    return seen;
}

/* Pumps until *counter reaches wanted. */
static inline void pump_until(struct fixture *f, const size_t *counter, size_t wanted)
{
    struct mono begun = mono_now();
    while (*counter < wanted && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        turn(f);
    assert_int_equal(*counter, wanted);
}

static inline void ask(struct fixture *f, const char *request, const char *status)
{
    char answer[8192];
    int fd = connect_client(f);
    send_text(fd, request);
    pump(f, fd, 1, answer, sizeof answer);
    if (strncmp(answer, status, strlen(status)) != 0)
        fail_msg("wanted \"%s\", got \"%s\"", status, answer);
    close(fd);
}

#endif
