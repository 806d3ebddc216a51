#include "http/server_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 16 * 1024 };

/* A header of an answer. */
struct http_head {
    const char *name;
    struct http_head *next;
    bool lost; /* memory was short */
    char value[];
};

struct http_stream {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_source source;
    bool suspended; /* the library is not to ask us until the next wake */
    bool ended;
    struct http_stream *next;
    struct http_stream *previous;
};

static struct http_head head_lost = {.lost = true};

void http_set_header(struct http_exchange *exchange, const char *name, const char *value)
{
    size_t size = strlen(value) + 1;
    struct http_head *head = malloc(sizeof *head + size);
    if (!head) {
        heads_free(exchange);
        exchange->heads = &head_lost;
        return;
    }
    *head = (struct http_head){.name = name, .next = exchange->heads};
    memcpy(head->value, value, size);
    exchange->heads = head;
}

bool heads_add(const struct http_exchange *exchange, struct MHD_Response *response)
{
    for (const struct http_head *head = exchange->heads; head; head = head->next) {
        if (head->lost || !MHD_add_response_header(response, head->name, head->value))
            return false;
    }
    return true;
}

void heads_free(struct http_exchange *exchange)
{
    while (exchange->heads && exchange->heads != &head_lost) {
        struct http_head *next = exchange->heads->next;
        free(exchange->heads);
        exchange->heads = next;
    }
    exchange->heads = NULL;
}

void exchange_resume(struct http_exchange *exchange)
{
    if (!exchange->suspended)
        return;
    exchange->suspended = false;
    exchange->server->resumed = true;
    MHD_resume_connection(exchange->connection);
}

/* Called by the library whenever the socket has room. */
static ssize_t on_pull(void *arg, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    struct http_stream *stream = arg;
    if (stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t pulled = stream->source.pull(stream->source.arg, buffer, size);
    if (pulled == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    return (ssize_t)pulled;
}

/* Called by the library when the response has gone, or its client. */
static void on_release(void *arg)
{
    struct http_stream *stream = arg;
    if (stream->next)
        stream->next->previous = stream->previous;
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        stream->server->streams = stream->next;
    stream->source.closed(stream->source.arg);
    free(stream);
}

struct http_stream *http_answer_stream(struct http_exchange *exchange, int status,
                                       const char *content_type, const struct http_source *source)
{
    struct http_server *server = exchange->server;
    struct http_stream *stream = calloc(1, sizeof *stream);
    struct MHD_Response *response =
        stream ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, on_pull, stream,
                                                   on_release)
               : NULL;
    if (exchange->status)
        abort(); /* answered twice: a bug of the caller */
    unanswered_remove(exchange);
    drop_body(exchange);
    exchange->status = status;
    if (!response) {
        free(stream);
        exchange_resume(exchange);
        return NULL;
    }
    *stream = (struct http_stream){.server = server,
                                   .connection = exchange->connection,
                                   .source = *source,
                                   .next = server->streams};
    if (stream->next)
        stream->next->previous = stream;
    server->streams = stream;
    exchange->response = response;
    if (!MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) ||
        !heads_add(exchange, response))
        http_stream_end(stream);
    exchange_resume(exchange);
    return stream;
}

void http_stream_wake(struct http_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    stream->server->resumed = true;
    MHD_resume_connection(stream->connection);
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    http_stream_wake(stream);
}

void streams_end(struct http_server *server)
{
    for (struct http_stream *stream = server->streams; stream; stream = stream->next)
        http_stream_end(stream);
}
