#include "http_fixture.h"

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

static void a_late_answer_leaves_at_once(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 10, 60);
    f.late = true;
    int fd = connect_client(&f);
    send_text(fd, "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    pump_until(&f, &f.calls, 1);
    turn(&f);
    http_answer(f.kept[0], 200, "text/plain", STR("ok"), 0);
    /* A loop that sleeps as long as it is told to must not sleep now. */
    char byte;
    while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0) {
        struct pollfd ready = {.fd = http_server_fd(f.server), .events = POLLIN};
        int timeout_ms = http_server_timeout_ms(f.server);
        if (timeout_ms != 0 && poll(&ready, 1, 0) == 0)
            fail_msg("would sleep %d ms", timeout_ms);
        http_server_run(f.server);
    }
    close(fd);
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

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "8080",          ":8080",         "localhost:80",
                                      "1.2.3.4:", "1.2.3.4:x",     "1.2.3.4:65536", "::1:80",
                                      "[::1]80",  "127.0.0.1 :80", "127.0.0.1:-1",  "[]:80"};
    struct http_limits limits = {BODY_MAX, 10, 5, 5};
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
        cmocka_unit_test(answers_may_come_late_and_in_any_order),
        cmocka_unit_test(a_late_answer_leaves_at_once),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_client_that_leaves_is_no_matter),
        cmocka_unit_test(closing_answers_the_unanswered),
        cmocka_unit_test(addresses_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
