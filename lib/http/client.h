/*
 * A small HTTP client on libcurl (lib/http is the only folder that includes curl.h): POST and GET on one kept-alive connection,
 * waiting for the answer. Redirects are not followed, only http and https are spoken, a proxy named by the
 * environment is not used for this machine itself. One thread per client.
 */
#ifndef HOSO_HTTP_CLIENT_H
#define HOSO_HTTP_CLIENT_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct http_client;

/* An answer, whatever its status. body is valid until the client's next request. */
struct http_reply {
    int status;        /* 100..599 */
    int retry_after_s; /* of the header Retry-After in seconds; 0 = none */
    struct str body;   /* at most HTTP_REPLY_MAX bytes */
};
#define HTTP_REPLY_MAX (16u << 20)

/*
 * base_url: "http://127.0.0.1:8480", to which paths are appended. headers: "Name: value" lines sent with every request, ended by
 * NULL; copied. timeout_ms > 0 bounds one request from connecting to the last byte. ERR_INPUT: base_url is not http(s). ERR_NOMEM.
 */
int http_client_new(const char *base_url, const char *const *headers, int64_t timeout_ms,
                    struct http_client **ret, struct error *err);
struct http_client *http_client_free(struct http_client *client); /* NULL is fine; returns NULL */

/*
 * Sends body (content type application/json where no header says otherwise) or asks for a path. 0 = there is an answer in *ret.
 * ERR_UNAVAILABLE: not reachable, broken off or not in time: the other side may have acted. ERR_INPUT: not a URL, or a larger answer.
 * Error texts name the host, never the headers.
 */
int http_client_post(struct http_client *client, const char *path, struct str body,
                     struct http_reply *ret, struct error *err);
int http_client_get(struct http_client *client, const char *path, struct http_reply *ret,
                    struct error *err);

#endif
