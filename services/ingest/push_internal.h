/* Shared by the files of push. */
#ifndef HOSO_INGEST_PUSH_INTERNAL_H
#define HOSO_INGEST_PUSH_INTERNAL_H

#include "ingest/push.h"

/* One request on its way through push. */
struct visit {
    struct push *push;
    struct http_exchange *exchange;
    struct route route;
    struct credentials credentials;
    char peer[HTTP_PEER_SIZE];
};

/* Answers and counts. */
void visit_answer(const struct visit *visit, int status, const char *message);
/* The same with Retry-After. */
void visit_answer_later(const struct visit *visit, int status, const char *message,
                        int retry_after_s);

/* Fills visit->credentials from the headers. */
void visit_read_credentials(struct visit *visit);
/* NULL when the request has been refused and answered: nobody's key (401) or over its rate (429). */
struct key *visit_identify(struct visit *visit);
/* false when a signed request has come before, and has been answered (seen.h). Otherwise *ret_ticket is for request_signed. */
bool visit_is_new(const struct visit *visit, struct key *key, struct manner manner,
                  struct seen_ticket *ret_ticket);
/* CALL_LOGIN, CALL_TOKEN. */
void visit_log_in(struct visit *visit);

/* What `struct requests` and look-ups report; arg is the struct push. */
void push_count_answer(void *arg, int status, size_t accepted, size_t refused);

#endif
