/*
 * A small HTTP/1.1 server on libmicrohttpd, driven from the caller's own loop; the only module that includes
 * microhttpd.h. One thread: handlers and server_run run in it. A handler may answer at once or later.
 */
#ifndef HOSO_HTTP_SERVER_H
#define HOSO_HTTP_SERVER_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct http_server;
struct http_exchange; /* one request and its answer */

struct http_limits {
    size_t body_max_bytes;    /* more: 413, before the body is read where its length is announced */
    unsigned connections_max; /* more: wait in the kernel until one closes */
    unsigned idle_timeout_s;  /* a connection that gives no whole headers for so long is closed */
    unsigned
        request_within_s; /* the body must follow its headers within this, else the connection is closed */
};
/* Bodies of all connections together are bounded too: more than this many of the largest size are answered 503. */
#define HTTP_BODIES_AT_ONCE 16

/*
 * What two programs could read in two ways is refused before the handler hears of it, with 400: Content-Length beside
 * Transfer-Encoding, or twice a header that decides something. A compressed body is refused with 415.
 *
 * Called once the whole body has arrived (bounded by limits). Answers with http_answer now, or keeps `exchange` and answers
 * later from the same thread; it must be answered exactly once, and not be touched after that. A client that leaves before
 * is no matter: http_answer is still due. Text of the request is valid until the answer.
 */
typedef void http_handler(void *arg, struct http_exchange *exchange);

/* listen: "127.0.0.1:8080", "[::1]:8080", port 0 = any free one. ERR_INPUT bad address, ERR_UNAVAILABLE in use. */
int http_server_new(const char *listen, const struct http_limits *limits, http_handler *handler,
                    void *handler_arg, struct http_server **ret, struct error *err);
/*
 * Stops listening, answers what is unanswered with 503, waits at most a second for answers to leave, closes. No exchange
 * may be touched afterwards. NULL is fine; returns NULL.
 */
struct http_server *http_server_free(struct http_server *server);
uint16_t http_server_port(const struct http_server *server);
/* Readable when http_server_run has work. */
int http_server_fd(const struct http_server *server);
/* Serves what is ready, never blocks. Also call it when http_server_timeout_ms has passed. */
void http_server_run(struct http_server *server);
/* Longest time until http_server_run must be called again; -1 = none. */
int http_server_timeout_ms(struct http_server *server);

struct str http_method(const struct http_exchange *exchange);
struct str http_path(const struct http_exchange *exchange); /* without the query */
struct str http_query(const struct http_exchange *exchange,
                      const char *name); /* decoded; empty = absent */
struct str http_header(const struct http_exchange *exchange, const char *name); /* empty = absent */
struct str http_cookie(const struct http_exchange *exchange, const char *name); /* empty = absent */
#define HTTP_PEER_SIZE 46
/* The numeric address of who is connected, a proxy as it may be; "" when unknown. Returns out. */
const char *http_peer(const struct http_exchange *exchange, char out[HTTP_PEER_SIZE]);
struct str http_body(const struct http_exchange *exchange);

/*
 * A header of the answer to come, beside Content-Type; value is copied, without control characters; name must outlive the answer.
 * Before http_answer or http_answer_stream. When memory is short the answer cuts the connection instead of leaving one out.
 */
void http_set_header(struct http_exchange *exchange, const char *name, const char *value);

/* body is copied. retry_after_s 0 = no such header. */
void http_answer(struct http_exchange *exchange, int status, const char *content_type,
                 struct str body, int retry_after_s);

#endif
