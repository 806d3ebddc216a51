#include "http/server.h"

#include "base/clock.h"
#include "http/listener.h"
#include "http/server_internal.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BODY_FIRST_BYTES = 16 * 1024,
    CONNECTION_MEMORY_BYTES = 64 * 1024, /* request line, headers and one read of the body */
    FAREWELL_MS = 1000,
};

static void unanswered_add(struct http_exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->next = server->unanswered;
    if (exchange->next)
        exchange->next->previous = exchange;
    server->unanswered = exchange;
}

void unanswered_remove(struct http_exchange *exchange)
{
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        exchange->server->unanswered = exchange->next;
}

void drop_body(struct http_exchange *exchange)
{
    exchange->server->body_bytes -= exchange->body_capacity;
    free(exchange->body);
    exchange->body = NULL;
    exchange->body_len = exchange->body_capacity = 0;
}

/* From now on the body is thrown away as it comes. */
static void refuse(struct http_exchange *exchange, int status)
{
    exchange->refusal = status;
    drop_body(exchange);
}

/* Memory follows what has arrived, not what was announced: announcing costs a sender nothing. */
static bool body_reserve(struct http_exchange *exchange, size_t needed)
{
    struct http_server *server = exchange->server;
    size_t capacity = exchange->body_capacity ? exchange->body_capacity : BODY_FIRST_BYTES;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > server->limits.body_max_bytes && needed <= server->limits.body_max_bytes)
        capacity = server->limits.body_max_bytes;
    if (capacity <= exchange->body_capacity)
        return true;
    size_t more = capacity - exchange->body_capacity;
    if (server->body_bytes + more > HTTP_BODIES_AT_ONCE * server->limits.body_max_bytes)
        return false;
    char *grown = realloc(exchange->body, capacity);
    if (!grown)
        return false;
    server->body_bytes += more;
    exchange->body = grown;
    exchange->body_capacity = capacity;
    return true;
}

/* false = cut the connection: the sender goes on and on after having been refused. */
static bool take_body(struct http_exchange *exchange, const char *data, size_t size)
{
    size_t max = exchange->server->limits.body_max_bytes;
    if (!exchange->refusal && size > max - exchange->body_len)
        refuse(exchange, 413);
    if (!exchange->refusal && !body_reserve(exchange, exchange->body_len + size))
        refuse(exchange, 503);
    if (exchange->refusal) {
        exchange->discarded += size;
        return exchange->discarded <= 2 * max;
    }
    memcpy(exchange->body + exchange->body_len, data, size);
    exchange->body_len += size;
    return true;
}

static struct MHD_Response *make_response(const char *content_type, struct str body,
                                          int retry_after_s)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return NULL;
    enum MHD_Result added =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", retry_after_s);
        if (!MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds))
            added = MHD_NO;
    }
    if (added)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

static enum MHD_Result send_refusal(struct http_exchange *exchange)
{
    bool too_large = exchange->refusal == 413;
    struct str text = too_large
                          ? STR("{\"error_code\":\"413\",\"message\":\"Gói tin quá lớn; hãy chia "
                                "nhỏ\"}\n")
                          : STR("{\"error_code\":\"503\",\"message\":\"Máy chủ đang bận; hãy gửi "
                                "lại sau\"}\n");
    struct MHD_Response *response = make_response("application/json", text, too_large ? 0 : 1);
    if (!response)
        return MHD_NO;
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned)exchange->refusal, response);
    MHD_destroy_response(response);
    return queued;
}

/* NULL response = memory was short when the answer was made: the connection is cut, which a sender takes as "again". */
static enum MHD_Result send_answer(struct http_exchange *exchange)
{
    if (!exchange->response)
        return MHD_NO;
    return MHD_queue_response(exchange->connection, (unsigned)exchange->status, exchange->response);
}

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
    const char *announced =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (announced && strtoull(announced, NULL, 10) > server->limits.body_max_bytes)
        exchange->refusal = 413;
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
    drop_body(exchange);
    heads_free(exchange);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    free(exchange);
}

void http_answer(struct http_exchange *exchange, int status, const char *content_type,
                 struct str body, int retry_after_s)
{
    if (exchange->status)
        abort(); /* answered twice: a bug of the caller */
    unanswered_remove(exchange);
    exchange->status = status;
    exchange->response = make_response(content_type, body, retry_after_s);
    if (exchange->response && !heads_add(exchange, exchange->response)) {
        MHD_destroy_response(exchange->response);
        exchange->response = NULL;
    }
    drop_body(exchange);
    exchange_resume(exchange);
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

struct str http_body(const struct http_exchange *exchange)
{
    return (struct str){exchange->body, exchange->body_len};
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
