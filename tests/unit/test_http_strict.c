/* What two programs could read in two ways is refused; who sends a byte now and then is cut off. */
#include "http_fixture.h"

#define POST "POST /x HTTP/1.1\r\nHost: t\r\n"

static void ambiguous_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        const char *answer;
    } cases[] = {
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400"},
        {POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400"},
        {POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
        {POST "X-API-Key: a\r\nx-api-key: b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Authorization: a\r\nAuthorization: a\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400"},
        {POST "X-Client-DN: a\r\nX-Client-DN: b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Host: u\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400"},
        {POST "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 415"},
        {POST "Content-Encoding: br\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 415"},
        {POST "Content-Length: -1\r\n\r\n", "HTTP/1.1 400"},
        {POST "Content-Length: 1a\r\n\r\n", "HTTP/1.1 400"},
        {POST "Content-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 4"},
        {"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400"},
    };
    struct fixture f;
    start(&f, 10, 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ask(&f, cases[i].request, cases[i].answer);
    assert_int_equal(f.calls, 0);
    ask(&f, POST "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200");
    ask(&f, POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "HTTP/1.1 200");
    assert_int_equal(f.calls, 2);
    http_server_free(f.server);
}

/* Nothing that follows an ambiguous request on its connection is taken for a request. */
static void the_connection_ends_with_it(void **state)
{
    (void)state;
    struct fixture f;
    char answer[8192];
    start(&f, 10, 5);
    int fd = connect_client(&f);
    send_text(fd, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                       "POST /smuggled HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    pump(&f, fd, 2, answer, sizeof answer);
    assert_memory_equal(answer, "HTTP/1.1 400", 12);
    assert_null(strstr(answer + 12, "HTTP/1.1"));
    assert_int_equal(f.calls, 0);
    close(fd);
    http_server_free(f.server);
}

/* Sends a byte of `text` every 50 ms until the server closes; how long that took, in ms. */
static int64_t drip(struct fixture *f, int fd, const char *text)
{
    struct mono begun = mono_now();
    struct mono sent = begun;
    char rest[1024];
    for (;;) {
        struct mono now = mono_now();
        turn(f);
        ssize_t n = recv(fd, rest, sizeof rest, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno == ECONNRESET) || mono_diff_ms(begun, now) > DEADLINE_MS)
            return mono_diff_ms(begun, now);
        if (mono_diff_ms(sent, now) < 50)
            continue;
        sent = now;
        if (*text && send(fd, text++, 1, MSG_NOSIGNAL) != 1)
            return mono_diff_ms(begun, now);
    }
}

static void slow_senders_are_cut_off(void **state)
{
    (void)state;
    static const char headers[] =
        "POST /x HTTP/1.1\r\nHost: t\r\nX-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char body[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct fixture f;
    start(&f, 10, 1);
    int fd = connect_client(&f);
    assert_in_range(drip(&f, fd, headers), 900, DEADLINE_MS - 1000);
    close(fd);
    fd = connect_client(&f);
    send_text(fd, POST "Content-Length: 1000\r\n\r\n");
    assert_in_range(drip(&f, fd, body), 900, DEADLINE_MS - 1000);
    close(fd);
    /* Between two requests of one connection as well. */
    fd = connect_client(&f);
    char answer[1024];
    send_text(fd, POST "Content-Length: 0\r\n\r\n");
    assert_int_equal(pump(&f, fd, 1, answer, sizeof answer), 1);
    assert_in_range(drip(&f, fd, headers), 900, DEADLINE_MS - 1000);
    close(fd);
    assert_int_equal(f.calls, 1);
    http_server_free(f.server);
}

/* The time that we take for an answer is not the client's. */
static void who_waits_for_us_is_not_cut_off(void **state)
{
    (void)state;
    struct fixture f;
    char answer[1024];
    start(&f, 10, 1);
    f.late = true;
    int fd = connect_client(&f);
    send_text(fd, POST "Content-Length: 2\r\n\r\nab");
    pump_until(&f, &f.calls, 1);
    struct mono begun = mono_now();
    while (mono_diff_ms(begun, mono_now()) < 2500)
        turn(&f);
    http_answer(f.kept[0], 200, "text/plain", STR("late"), 0);
    assert_int_equal(pump(&f, fd, 1, answer, sizeof answer), 1);
    close(fd);
    http_server_free(f.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ambiguous_requests_are_refused),
        cmocka_unit_test(the_connection_ends_with_it),
        cmocka_unit_test(slow_senders_are_cut_off),
        cmocka_unit_test(who_waits_for_us_is_not_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
