/*
 * Who sends a byte now and then holds a connection for ever: the library's idle time-out begins anew with each byte. So a request's
 * headers must be there within the idle time-out, counted from the connection's beginning or the last answer, and its body within
 * request_within_s of its headers.
 */
#include "http/server_internal.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { SWEEP_MS = 500 };

void on_connection(void *arg, struct MHD_Connection *connection, void **slot,
                   enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = arg;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        struct connection *line = malloc(sizeof *line);
        *slot = line;
        if (!line)
            return; /* it lives by the library's own time-out */
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *line = (struct connection){
            .fd = info->connect_fd, .since = mono_now(), .next = server->connections};
        if (line->next)
            line->next->previous = line;
        server->connections = line;
        return;
    }
    struct connection *line = *slot;
    if (!line)
        return;
    if (line->next)
        line->next->previous = line->previous;
    if (line->previous)
        line->previous->next = line->next;
    else
        server->connections = line->next;
    free(line);
    *slot = NULL;
}

static bool is_too_slow(const struct http_limits *limits, const struct connection *line,
                        struct mono now)
{
    int64_t waited_ms = mono_diff_ms(line->since, now);
    if (!line->exchange)
        return waited_ms > limits->idle_timeout_s * MS_PER_SECOND;
    /* Once the body is whole the time is ours, not the client's. */
    return !line->exchange->with_handler && waited_ms > limits->request_within_s * MS_PER_SECOND;
}

void cut_slow_connections(struct http_server *server, struct mono now)
{
    if (mono_diff_ms(server->swept_at, now) < SWEEP_MS)
        return;
    server->swept_at = now;
    for (struct connection *line = server->connections; line; line = line->next) {
        /* The library sees the end of the stream and does the rest. */
        if (is_too_slow(&server->limits, line, now))
            shutdown(line->fd, SHUT_RDWR);
    }
}
