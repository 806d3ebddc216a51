/* Shared inside lib/http's server. */
#ifndef HOSO_HTTP_SERVER_INTERNAL_H
#define HOSO_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include <stdbool.h>

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
    struct http_stream *streams; /* long answers under way; doubly linked */
    uint16_t port;
    int epoll_fd;
};

/* Life: reading -> with the handler -> answered -> released by the library (on_completed). */
struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
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

/* From the server's list of those that the handler has. */
void unanswered_remove(struct http_exchange *exchange);
/* Frees the body's memory. */
void drop_body(struct http_exchange *exchange);

/* Puts the headers of http_set_header on the response; false = memory was short. */
bool heads_add(const struct http_exchange *exchange, struct MHD_Response *response);
void heads_free(struct http_exchange *exchange);
/* Lets the library go on with an exchange that has got its answer. */
void exchange_resume(struct http_exchange *exchange);
/* Ends all long answers, so that the server can stop. */
void streams_end(struct http_server *server);

#endif
