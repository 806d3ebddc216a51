#include "http_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_body_passes_and_one_more_byte_does_not),
        cmocka_unit_test(chunks_beyond_the_limit_are_refused),
        cmocka_unit_test(all_bodies_together_are_bounded),
        cmocka_unit_test(more_connections_than_allowed_wait),
        cmocka_unit_test(a_silent_connection_is_closed),
        cmocka_unit_test(bad_requests_do_not_reach_the_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
