/* The HTTP server over real sockets, client and server in one thread: the client never blocks, the test pumps. */
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

static void handle(void *arg, struct http_exchange *exchange)
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

static void start(struct fixture *f, unsigned connections_max, unsigned idle_timeout_s)
{
    struct http_limits limits = {BODY_MAX, connections_max, idle_timeout_s};
    struct error err = {""};
    *f = (struct fixture){0};
    if (http_server_new("127.0.0.1:0", &limits, handle, f, &f->server, &err) != 0)
        fail_msg("%s", err.text);
}

static int connect_client(struct fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(f->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_bytes(int fd, const char *text, size_t size)
{
    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* One turn of the loop a service has: waits as the server asks, at most 10 ms. */
static void turn(struct fixture *f)
{
    int timeout_ms = http_server_timeout_ms(f->server);
    struct pollfd ready = {.fd = http_server_fd(f->server), .events = POLLIN};
    poll(&ready, 1, timeout_ms < 0 || timeout_ms > 10 ? 10 : timeout_ms);
    http_server_run(f->server);
}

/* Pumps until the client has read `wanted` answers' status lines or the end of the stream; returns how many. */
static int pump(struct fixture *f, int fd, int wanted, char *out, size_t size)
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
static void pump_until(struct fixture *f, const size_t *counter, size_t wanted)
{
    struct mono begun = mono_now();
    while (*counter < wanted && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        turn(f);
    assert_int_equal(*counter, wanted);
}

static void ask(struct fixture *f, const char *request, const char *status)
{
    char answer[8192];
    int fd = connect_client(f);
    send_text(fd, request);
    pump(f, fd, 1, answer, sizeof answer);
    if (strncmp(answer, status, strlen(status)) != 0)
        fail_msg("wanted \"%s\", got \"%s\"", status, answer);
    close(fd);
}

static void the_handler_sees_the_request(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 10, 5);
    ask(&f, "POST /a/b?q=x%20y HTTP/1.1\r\nHost: t\r\nx-test: Z\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200");
    assert_string_equal(f.last, "POST /a/b q=x y h=Z n=5");
    assert_string_equal(f.body, "hello");
    ask(&f, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", "HTTP/1.1 200");
    assert_string_equal(f.last, "GET / q= h= n=0");
    http_server_free(f.server);
}

static void a_body_may_come_in_pieces_or_chunks(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    static const char request[] =
        "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    start(&f, 10, 5);
    int fd = connect_client(&f);
    for (size_t i = 0; i < sizeof request - 1; i++) {
        assert_int_equal(f.calls, 0);
        send_bytes(fd, request + i, 1);
        turn(&f);
    }
    assert_int_equal(pump(&f, fd, 1, answer, sizeof answer), 1);
    assert_string_equal(f.body, "abcdefg");
    close(fd);
    http_server_free(f.server);
}

static void the_largest_body_passes_and_one_more_byte_does_not(void **state)
{
    (void)state;
    struct fixture f;
    static char request[BODY_MAX + 256];
    static char answer[BODY_MAX + 1024];
    start(&f, 10, 5);
    int head = snprintf(request, sizeof request,
                        "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", BODY_MAX);
    memset(request + head, 'a', BODY_MAX);
    int fd = connect_client(&f);
    send_bytes(fd, request, (size_t)head + BODY_MAX);
    assert_int_equal(pump(&f, fd, 1, answer, sizeof answer), 1);
    assert_int_equal(strlen(f.body), BODY_MAX);
    close(fd);

    /* Announced: refused without a byte of body having been sent. */
    snprintf(request, sizeof request, "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n",
             BODY_MAX + 1);
    ask(&f, request, "HTTP/1.1 413");
    assert_int_equal(f.calls, 1);
    http_server_free(f.server);
}

static void chunks_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    static char request[BODY_MAX + 256];
    static char answer[1024];
    start(&f, 10, 5);
    int len = snprintf(request, sizeof request,
                       "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
                       BODY_MAX + 1);
    memset(request + len, 'a', BODY_MAX + 1);
    len += BODY_MAX + 1;
    len += snprintf(request + len, sizeof request - (size_t)len, "\r\n0\r\n\r\n");
    int fd = connect_client(&f);
    send_bytes(fd, request, (size_t)len);
    pump(&f, fd, 1, answer, sizeof answer);
    assert_memory_equal(answer, "HTTP/1.1 413", 12);
    assert_int_equal(f.calls, 0);
    close(fd);

    /* Endless chunks are cut off: the stream ends although the sender would go on. */
    fd = connect_client(&f);
    len = snprintf(request, sizeof request,
                   "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n",
                   1 << 20);
    send_bytes(fd, request, (size_t)len);
    struct mono begun = mono_now();
    memset(request, 'a', BODY_MAX);
    while (mono_diff_ms(begun, mono_now()) < DEADLINE_MS &&
           (send(fd, request, BODY_MAX, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 || errno == EAGAIN))
        turn(&f);
    assert_true(errno == EPIPE || errno == ECONNRESET);
    assert_int_equal(f.calls, 0);
    close(fd);
    http_server_free(f.server);
}

static void all_bodies_together_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    static char request[BODY_MAX + 256];
    char answer[1024];
    int fds[HTTP_BODIES_AT_ONCE + 1];
    start(&f, 100, 5);
    int head = snprintf(request, sizeof request,
                        "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", BODY_MAX);
    memset(request + head, 'a', BODY_MAX);
    f.late = true;
    for (size_t i = 0; i < HTTP_BODIES_AT_ONCE; i++) {
        fds[i] = connect_client(&f);
        send_bytes(fds[i], request, (size_t)head + BODY_MAX);
    }
    pump_until(&f, &f.calls, HTTP_BODIES_AT_ONCE);
    fds[HTTP_BODIES_AT_ONCE] = connect_client(&f);
    send_bytes(fds[HTTP_BODIES_AT_ONCE], request, (size_t)head + BODY_MAX);
    assert_int_equal(pump(&f, fds[HTTP_BODIES_AT_ONCE], 1, answer, sizeof answer), 1);
    assert_memory_equal(answer, "HTTP/1.1 503", 12);
    assert_non_null(strstr(answer, "Retry-After: 1"));
    /* One answered makes room for one. */
    http_answer(f.kept[0], 200, "text/plain", STR("ok"), 0);
    int fd = connect_client(&f);
    send_bytes(fd, request, (size_t)head + BODY_MAX);
    pump_until(&f, &f.calls, HTTP_BODIES_AT_ONCE + 1);
    for (size_t i = 1; i < f.kept_count; i++)
        http_answer(f.kept[i], 200, "text/plain", STR("ok"), 0);
    http_server_free(f.server);
    for (size_t i = 0; i <= HTTP_BODIES_AT_ONCE; i++)
        close(fds[i]);
    close(fd);
}

static void answers_may_come_late_and_in_any_order(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    int fds[3];
    start(&f, 10, 5);
    f.late = true;
    for (size_t i = 0; i < 3; i++) {
        fds[i] = connect_client(&f);
        send_text(fds[i], "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        pump_until(&f, &f.calls, i + 1);
    }
    for (int i = 2; i >= 0; i--) {
        char text[2] = {(char)('a' + i), 0};
        http_answer(f.kept[i], 207, "text/plain", str_of(text), 7);
        assert_int_equal(pump(&f, fds[i], 1, answer, sizeof answer), 1);
        assert_memory_equal(answer, "HTTP/1.1 207", 12);
        assert_non_null(strstr(answer, "Retry-After: 7"));
        assert_string_equal(strstr(answer, "\r\n\r\n") + 4, text);
        close(fds[i]);
    }
    http_server_free(f.server);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct fixture f;
    char answer[2048];
    static const char two[] = "POST /1 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\none"
                              "POST /2 HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\ntwo";
    start(&f, 10, 5);
    f.late = true;
    int fd = connect_client(&f);
    send_text(fd, two);
    pump_until(&f, &f.calls, 1);
    http_answer(f.kept[0], 200, "text/plain", STR("FIRST"), 0);
    pump_until(&f, &f.calls, 2);
    assert_string_equal(f.body, "two");
    http_answer(f.kept[1], 200, "text/plain", STR("SECOND"), 0);
    assert_int_equal(pump(&f, fd, 2, answer, sizeof answer), 2);
    assert_true(strstr(answer, "FIRST") < strstr(answer, "SECOND"));
    close(fd);
    http_server_free(f.server);
}

static void a_client_that_leaves_is_no_matter(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 10, 5);
    f.late = true;
    for (size_t i = 0; i < 20; i++) {
        int fd = connect_client(&f);
        send_text(fd, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi");
        pump_until(&f, &f.calls, i + 1);
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        turn(&f);
        assert_memory_equal(http_body(f.kept[i]).data, "hi", 2);
        http_answer(f.kept[i], 200, "text/plain", STR("nobody listens"), 0);
        turn(&f);
    }
    /* One that leaves in the middle of its body never reaches the handler. */
    int fd = connect_client(&f);
    send_text(fd, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nhi");
    turn(&f);
    close(fd);
    turn(&f);
    assert_int_equal(f.calls, 20);
    f.late = false;
    ask(&f, "GET / HTTP/1.1\r\nHost: t\r\n\r\n", "HTTP/1.1 200");
    http_server_free(f.server);
}

static void closing_answers_the_unanswered(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    int fds[3];
    start(&f, 10, 5);
    f.late = true;
    for (size_t i = 0; i < 3; i++) {
        fds[i] = connect_client(&f);
        send_text(fds[i], "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    pump_until(&f, &f.calls, 3);
    f.server = http_server_free(f.server);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pump(&f, fds[i], 1, answer, sizeof answer), 1);
        assert_memory_equal(answer, "HTTP/1.1 503", 12);
        assert_non_null(strstr(answer, "Retry-After"));
        close(fds[i]);
    }
    assert_null(http_server_free(NULL));
}

static void more_connections_than_allowed_wait(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    start(&f, 2, 5);
    f.late = true;
    int a = connect_client(&f);
    int b = connect_client(&f);
    int c = connect_client(&f);
    send_text(a, "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    send_text(b, "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    send_text(c, "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    pump_until(&f, &f.calls, 2);
    for (int i = 0; i < 5; i++)
        turn(&f);
    assert_int_equal(f.calls, 2);
    http_answer(f.kept[0], 200, "text/plain", STR("ok"), 0);
    pump_until(&f, &f.calls, 3);
    http_answer(f.kept[1], 200, "text/plain", STR("ok"), 0);
    http_answer(f.kept[2], 200, "text/plain", STR("ok"), 0);
    assert_int_equal(pump(&f, c, 1, answer, sizeof answer), 1);
    close(a);
    close(b);
    close(c);
    http_server_free(f.server);
}

static void a_silent_connection_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    start(&f, 10, 1);
    int fd = connect_client(&f);
    send_text(fd, "GET / HT");
    assert_int_equal(pump(&f, fd, 1, answer, sizeof answer), 0);
    char byte;
    assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) == 0);
    close(fd);
    http_server_free(f.server);
}

static void bad_requests_do_not_reach_the_handler(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 10, 5);
    static char huge[100 * 1024];
    int head = snprintf(huge, sizeof huge, "GET / HTTP/1.1\r\nHost: t\r\nX-Test: ");
    memset(huge + head, 'a', sizeof huge - (size_t)head - 5);
    memcpy(huge + sizeof huge - 5, "\r\n\r\n", 5);
    ask(&f, huge, "HTTP/1.1 4");
    ask(&f, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: many\r\n\r\n", "HTTP/1.1 4");
    assert_int_equal(f.calls, 0);
    http_server_free(f.server);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "8080",          ":8080",         "localhost:80",
                                      "1.2.3.4:", "1.2.3.4:x",     "1.2.3.4:65536", "::1:80",
                                      "[::1]80",  "127.0.0.1 :80", "127.0.0.1:-1",  "[]:80"};
    struct http_limits limits = {BODY_MAX, 10, 5};
    struct http_server *server = NULL;
    struct error err = {""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (http_server_new(bad[i], &limits, handle, NULL, &server, &err) != ERR_INPUT)
            fail_msg("\"%s\" was taken", bad[i]);
    }
    struct fixture f;
    char taken[32];
    start(&f, 10, 5);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", (unsigned)http_server_port(f.server));
    assert_int_equal(http_server_new(taken, &limits, handle, NULL, &server, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, taken));
    http_server_free(f.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_handler_sees_the_request),
        cmocka_unit_test(a_body_may_come_in_pieces_or_chunks),
        cmocka_unit_test(the_largest_body_passes_and_one_more_byte_does_not),
        cmocka_unit_test(chunks_beyond_the_limit_are_refused),
        cmocka_unit_test(all_bodies_together_are_bounded),
        cmocka_unit_test(answers_may_come_late_and_in_any_order),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_client_that_leaves_is_no_matter),
        cmocka_unit_test(closing_answers_the_unanswered),
        cmocka_unit_test(more_connections_than_allowed_wait),
        cmocka_unit_test(a_silent_connection_is_closed),
        cmocka_unit_test(bad_requests_do_not_reach_the_handler),
        cmocka_unit_test(addresses_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
