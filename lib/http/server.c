#include "http/server.h"

#include "base/clock.h"
#include "http/listener.h"
#include "http/server_internal.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY_BYTES = 64 * 1024, /* request line, headers and one read of the body */
    FAREWELL_MS = 1000,
};

static struct http_exchange *begin_exchange(struct http_server *server,
                                            struct MHD_Connection *connection, const char *path,
                                            const char *method)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    *exchange = (struct http_exchange){
        .server = server, .connection = connection, .method = method, .path = path};
    server->open_exchanges++;
    exchange->line = connection_of(connection);
    if (exchange->line) {
        exchange->line->exchange = exchange;
        exchange->line->since = mono_now();
    }
    const char *announced =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (announced && strtoull(announced, NULL, 10) > server->limits.body_max_bytes)
        exchange->refusal = 413;
    int strict = strict_check(connection);
    if (strict)
        exchange->refusal = strict;
    return exchange;
}

/* Called by the library: once for the headers, for each piece of the body, at its end, and after each resume. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **slot)
{
    (void)version;
    struct http_server *server = arg;
    struct http_exchange *exchange = *slot;
    if (!exchange) {
        *slot = exchange = begin_exchange(server, connection, path, method);
        if (!exchange)
            return MHD_NO;
        return exchange->refusal ? send_refusal(exchange) : MHD_YES;
    }
    if (*size > 0) {
        bool go_on = take_body(exchange, data, *size);
        *size = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    if (exchange->refusal)
        return send_refusal(exchange);
    if (!exchange->with_handler) {
        exchange->with_handler = true;
        unanswered_add(exchange);
        server->handler(server->handler_arg, exchange);
    }
    if (exchange->status)
        return send_answer(exchange);
    exchange->suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* Never comes for a suspended connection, so an exchange outlives its client until it has been answered. */
static void on_completed(void *arg, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    struct http_server *server = arg;
    struct http_exchange *exchange = *slot;
    if (!exchange)
        return;
    *slot = NULL;
    server->open_exchanges--;
    if (exchange->line) {
        exchange->line->exchange = NULL;
        exchange->line->since = mono_now();
    }
    drop_body(exchange);
    heads_free(exchange);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    free(exchange);
}

struct str http_method(const struct http_exchange *exchange)
{
    return str_of(exchange->method);
}

struct str http_path(const struct http_exchange *exchange)
{
    return str_of(exchange->path);
}

static struct str look_up(const struct http_exchange *exchange, enum MHD_ValueKind kind,
                          const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (!MHD_lookup_connection_value_n(exchange->connection, kind, name, strlen(name), &value,
                                       &size) ||
        !value)
        return STR_NONE;
    return (struct str){value, size};
}

struct str http_query(const struct http_exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_GET_ARGUMENT_KIND, name);
}

struct str http_header(const struct http_exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_HEADER_KIND, name);
}

struct str http_cookie(const struct http_exchange *exchange, const char *name)
{
    return look_up(exchange, MHD_COOKIE_KIND, name);
}

struct str http_body(const struct http_exchange *exchange)
{
    return (struct str){exchange->body, exchange->body_len};
}

const char *http_peer(const struct http_exchange *exchange, char out[HTTP_PEER_SIZE])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    const void *bytes = NULL;
    *out = '\0';
    if (address && address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address && address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (bytes)
        inet_ntop(address->sa_family, bytes, out, HTTP_PEER_SIZE);
    return out;
}

int http_server_new(const char *listen, const struct http_limits *limits, http_handler *handler,
                    void *handler_arg, struct http_server **ret, struct error *err)
{
    int listen_fd = -1;
    uint16_t port = 0;
    int result = listener_open(listen, &listen_fd, &port, err);
    if (result)
        return result;
    struct http_server *server = calloc(1, sizeof *server);
    if (!server) {
        close(listen_fd);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    *server = (struct http_server){
        .limits = *limits, .handler = handler, .handler_arg = handler_arg, .port = port};
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT, limits->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (!server->daemon) {
        close(listen_fd);
        free(server);
        return error_set(err, ERR_FAILED, "cannot start the HTTP server on %s", listen);
    }
    server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    *ret = server;
    return 0;
}

struct http_server *http_server_free(struct http_server *server)
{
    if (!server)
        return NULL;
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    while (server->unanswered)
        http_answer(server->unanswered, 503, "application/json",
                    STR("{\"error_code\":\"503\",\"message\":\"Máy chủ đang dừng; hãy gửi lại "
                        "sau\"}\n"),
                    1);
    streams_end(server);
    struct mono begun = mono_now();
    while (server->open_exchanges > 0 && mono_diff_ms(begun, mono_now()) < FAREWELL_MS) {
        struct pollfd ready = {.fd = server->epoll_fd, .events = POLLIN};
        poll(&ready, 1, 10);
        MHD_run(server->daemon);
    }
    MHD_stop_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    free(server);
    return NULL;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

int http_server_fd(const struct http_server *server)
{
    return server->epoll_fd;
}

void http_server_run(struct http_server *server)
{
    server->resumed = false;
    MHD_run(server->daemon);
    cut_slow_connections(server, mono_now());
}

int http_server_timeout_ms(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (server->resumed)
        return 0;
    if (!MHD_get_timeout(server->daemon, &timeout_ms))
        return -1;
    return timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
}
