/* The HTTP client against our own server in a second process. */
#include "http/client.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/server.h"

static pid_t server_pid;
static char base_url[64];
static struct error err;

static bool is(struct str text, const char *want)
{
    return str_eq(text, str_of(want));
}

static void handle(void *arg, struct http_exchange *exchange)
{
    (void)arg;
    struct str path = http_path(exchange);
    if (is(path, "/busy"))
        http_answer(exchange, 503, "text/plain", STR("later"), 7);
    else if (is(path, "/key"))
        http_answer(exchange, 200, "text/plain", http_header(exchange, "X-API-Key"), 0);
    else if (is(path, "/type"))
        http_answer(exchange, 200, "text/plain", http_header(exchange, "Content-Type"), 0);
    else if (is(path, "/method"))
        http_answer(exchange, 200, "text/plain", http_method(exchange), 0);
    else if (is(path, "/large")) {
        size_t size = HTTP_REPLY_MAX + 1;
        char *large = calloc(1, size);
        http_answer(exchange, 200, "text/plain", (struct str){large, size}, 0);
        free(large);
    } else if (!is(path, "/never"))
        http_answer(exchange, 200, "text/plain", http_body(exchange), 0);
}

static void serve(int port_fd)
{
    struct http_limits limits = {1 << 20, 16, 60, 60};
    struct http_server *server = NULL;
    if (http_server_new("127.0.0.1:0", &limits, handle, NULL, &server, NULL) < 0)
        _exit(1);
    uint16_t port = http_server_port(server);
    if (write(port_fd, &port, sizeof port) != sizeof port)
        _exit(1);
    for (;;) {
        struct pollfd fd = {.fd = http_server_fd(server), .events = POLLIN};
        poll(&fd, 1, http_server_timeout_ms(server));
        http_server_run(server);
    }
}

static int start(void **state)
{
    (void)state;
    int fds[2];
    uint16_t port = 0;
    if (pipe(fds) != 0)
        return -1;
    server_pid = fork();
    if (server_pid == 0)
        serve(fds[1]);
    close(fds[1]);
    bool up = read(fds[0], &port, sizeof port) == sizeof port;
    close(fds[0]);
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u/", (unsigned)port);
    return up ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    kill(server_pid, SIGKILL);
    return waitpid(server_pid, NULL, 0) == server_pid ? 0 : -1;
}

static struct http_client *client_of(const char *url, const char *const *headers, int timeout_ms)
{
    struct http_client *client = NULL;
    if (http_client_new(url, headers, timeout_ms, &client, &err) < 0)
        fail_msg("%s", err.text);
    return client;
}

static void assert_body(const struct http_reply *reply, const char *want)
{
    assert_int_equal(reply->body.len, strlen(want));
    assert_memory_equal(reply->body.data, want, strlen(want));
}

static void test_post_and_get_on_one_client(void **state)
{
    (void)state;
    struct http_client *client = client_of(base_url, NULL, 5000);
    struct http_reply reply;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(http_client_post(client, "/echo", STR("{\"a\":1}"), &reply, &err), 0);
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.retry_after_s, 0);
        assert_body(&reply, "{\"a\":1}");
        assert_int_equal(http_client_post(client, "/echo", STR_NONE, &reply, &err), 0);
        assert_body(&reply, "");
        assert_int_equal(http_client_get(client, "/method", &reply, &err), 0);
        assert_body(&reply, "GET");
        assert_int_equal(http_client_post(client, "/method", STR("x"), &reply, &err), 0);
        assert_body(&reply, "POST");
    }
    http_client_free(client);
    assert_null(http_client_free(NULL));
}

static void test_large_request(void **state)
{
    (void)state;
    struct http_client *client = client_of(base_url, NULL, 5000);
    struct http_reply reply;
    size_t size = 1 << 20;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, 'x', size);
    assert_int_equal(http_client_post(client, "/echo", (struct str){large, size}, &reply, &err), 0);
    assert_int_equal(reply.body.len, size);
    assert_memory_equal(reply.body.data, large, size);
    free(large);
    http_client_free(client);
}

static void test_headers(void **state)
{
    (void)state;
    const char *const headers[] = {"X-API-Key: secret", "content-type: text/x", NULL};
    struct http_client *plain = client_of(base_url, NULL, 5000);
    struct http_client *keyed = client_of(base_url, headers, 5000);
    struct http_reply reply;
    assert_int_equal(http_client_post(plain, "/type", STR("x"), &reply, &err), 0);
    assert_body(&reply, "application/json");
    assert_int_equal(http_client_post(keyed, "/type", STR("x"), &reply, &err), 0);
    assert_body(&reply, "text/x");
    assert_int_equal(http_client_post(keyed, "/key", STR("x"), &reply, &err), 0);
    assert_body(&reply, "secret");
    http_client_free(plain);
    http_client_free(keyed);
}

static void test_later_is_an_answer(void **state)
{
    (void)state;
    struct http_client *client = client_of(base_url, NULL, 5000);
    struct http_reply reply;
    assert_int_equal(http_client_post(client, "/busy", STR("x"), &reply, &err), 0);
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.retry_after_s, 7);
    assert_body(&reply, "later");
    http_client_free(client);
}

static void test_too_large_an_answer(void **state)
{
    (void)state;
    struct http_client *client = client_of(base_url, NULL, 20000);
    struct http_reply reply;
    assert_int_equal(http_client_get(client, "/large", &reply, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "larger than"));
    assert_int_equal(http_client_post(client, "/echo", STR("x"), &reply, &err), 0);
    http_client_free(client);
}

static void test_time_out(void **state)
{
    (void)state;
    struct http_client *client = client_of(base_url, NULL, 100);
    struct http_reply reply;
    struct mono begin = mono_now();
    assert_int_equal(http_client_post(client, "/never", STR("x"), &reply, &err), ERR_UNAVAILABLE);
    assert_true(mono_diff_ms(begin, mono_now()) >= 90);
    assert_true(mono_diff_ms(begin, mono_now()) < 5000);
    http_client_free(client);
}

static void test_nobody_there(void **state)
{
    (void)state;
    /* Port 1 is reserved; no proxy of the environment may answer for this machine. */
    setenv("http_proxy", base_url, 1);
    struct http_client *client = client_of("http://127.0.0.1:1", NULL, 5000);
    struct http_reply reply;
    assert_int_equal(http_client_post(client, "/echo", STR("x"), &reply, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "http://127.0.0.1:1"));
    unsetenv("http_proxy");
    http_client_free(client);
}

static void test_what_is_not_http(void **state)
{
    (void)state;
    struct http_client *client = NULL;
    assert_int_equal(http_client_new("file:///etc/passwd", NULL, 100, &client, &err), ERR_INPUT);
    assert_int_equal(http_client_new("127.0.0.1:80", NULL, 100, &client, &err), ERR_INPUT);
    assert_null(client);
    client = client_of("http://a b", NULL, 100);
    struct http_reply reply;
    assert_int_equal(http_client_get(client, "/", &reply, &err), ERR_INPUT);
    http_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post_and_get_on_one_client),
        cmocka_unit_test(test_large_request),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_later_is_an_answer),
        cmocka_unit_test(test_too_large_an_answer),
        cmocka_unit_test(test_time_out),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_what_is_not_http),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
