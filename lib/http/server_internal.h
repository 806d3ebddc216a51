/* Shared inside lib/http's server. */
#ifndef HOSO_HTTP_SERVER_INTERNAL_H
#define HOSO_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include <stdbool.h>

#include "base/clock.h"
#include "http/server.h"
#include "http/stream.h"

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_limits limits;
    http_handler *handler;
    void *handler_arg;
    size_t body_bytes;                /* buffers of all exchanges */
    size_t open_exchanges;            /* begun and not yet released by the library */
    struct http_exchange *unanswered; /* given to the handler; doubly linked */
    bool
        resumed; /* an answer waits for the next run; neither epoll nor the library's time-out tells */
    struct connection *connections; /* all that are open; doubly linked */
    struct mono swept_at;
    struct http_stream *streams; /* long answers under way; doubly linked */
    uint16_t port;
    int epoll_fd;
};

/* One client's connection, which carries one exchange after another. */
struct connection {
    int fd;
    struct mono
        since; /* when it was opened, its last answer left, or its request's headers ended */
    struct http_exchange *exchange; /* the one that is open; NULL while headers are awaited */
    struct connection *next;
    struct connection *previous;
};

/* Life: reading -> with the handler -> answered -> released by the library (on_completed). */
struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct connection *line; /* NULL where memory was short */
    const char *method;
    const char *path;
    char *body;
    size_t body_len;
    size_t body_capacity;
    size_t discarded;  /* bytes thrown away after a refusal */
    int refusal;       /* status to give instead of calling the handler; 0 = none */
    bool with_handler; /* the handler has been called */
    bool suspended;
    struct http_head *heads;       /* set by http_set_header, for the answer */
    struct MHD_Response *response; /* set by http_answer or http_answer_stream */
    int status;
    struct http_exchange *next;
    struct http_exchange *previous;
};

/* Of an exchange that the handler has been given: to and from the server's list. */
void unanswered_add(struct http_exchange *exchange);
void unanswered_remove(struct http_exchange *exchange);

/* Frees the body's memory. */
void drop_body(struct http_exchange *exchange);
/* Takes a piece of the body. false = cut the connection: the sender goes on and on after having been refused. */
bool take_body(struct http_exchange *exchange, const char *data, size_t size);

/*
 * What HTTP leaves open and we do not (RFC 9112, 6.1 and 6.3: a request that two programs may read differently): both
 * Content-Length and Transfer-Encoding, a coding other than chunked, a header of those that decide given twice, a compressed body.
 * 0, or the status to refuse with.
 */
int strict_check(struct MHD_Connection *connection);

/* Copies body; NULL when memory is short. */
struct MHD_Response *make_response(const char *content_type, struct str body, int retry_after_s);
/* Answers an exchange whose `refusal` is set. */
enum MHD_Result send_refusal(struct http_exchange *exchange);
/* Answers one whose `status` is set. */
enum MHD_Result send_answer(struct http_exchange *exchange);

/* A callback of the library: keeps server->connections. arg is the server. */
void on_connection(void *arg, struct MHD_Connection *connection, void **slot,
                   enum MHD_ConnectionNotificationCode what);
/* The struct connection of a library's connection; NULL where memory was short. */
struct connection *connection_of(struct MHD_Connection *connection);
/* Cuts off who takes longer than the limits allow. */
void cut_slow_connections(struct http_server *server, struct mono now);

/* Puts the headers of http_set_header on the response; false = memory was short. */
bool heads_add(const struct http_exchange *exchange, struct MHD_Response *response);
void heads_free(struct http_exchange *exchange);
/* Lets the library go on with an exchange that has got its answer. */
void exchange_resume(struct http_exchange *exchange);
/* Ends all long answers, so that the server can stop. */
void streams_end(struct http_server *server);

#endif
