/*
 * Long answers of http/server.h: the body is asked for piece by piece, for as long as both sides want (server-sent events).
 * Same thread as the server.
 */
#ifndef HOSO_HTTP_STREAM_H
#define HOSO_HTTP_STREAM_H

#include "http/server.h"

struct http_stream; /* one long answer; belongs to the server */

/* What the caller gives; copied. */
struct http_source {
    /*
     * Asked when the client can take more: writes at most size bytes to buffer and returns how many. 0 = nothing now; asked
     * again after http_stream_wake.
     */
    size_t (*pull)(void *arg, char *buffer, size_t size);
    /* The client is gone, or the stream or the server has ended: called once; the stream is not to be touched any more. */
    void (*closed)(void *arg);
    void *arg;
};

/*
 * Answers the exchange, as http_answer does, with a body of unknown length. NULL = memory was short: the exchange is answered (its
 * connection is cut) and closed will not be called.
 */
struct http_stream *http_answer_stream(struct http_exchange *exchange, int status,
                                       const char *content_type, const struct http_source *source);
/*
 * There is something to pull. A client that went away unnoticed (nothing was sent meanwhile) is noticed by what is sent now, so
 * wake each stream now and then.
 */
void http_stream_wake(struct http_stream *stream);
/* No more is pulled; the answer ends once what was pulled has left. closed is called by a later http_server_run. */
void http_stream_end(struct http_stream *stream);

#endif
