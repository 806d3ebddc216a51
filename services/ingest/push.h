/*
 * What senders push over HTTP: from the request to the answer. The paths: route.h. What a body looks like: envelope.h. What is
 * answered: answer.h. By status (generation A and native; B: answer_status):
 *
 *   200, 207, 422  all, some, no rows taken
 *   400  the body or the HTTP is not what it must be
 *   401  no key, nobody's key, one that is over; a wrong signature
 *   403  the key is not for this agency (madonvi)
 *   404, 405, 413 (too large, too many rows), 415
 *   409  a webhook-id that belongs to another body, or whose rows were taken in part
 *   429  the key's rate; Retry-After
 *   503  too much in flight, or Kafka did not acknowledge in time; Retry-After
 */
#ifndef HOSO_INGEST_PUSH_H
#define HOSO_INGEST_PUSH_H

#include "base/config.h"
#include "ingest/identify.h"
#include "ingest/intake.h"
#include "ingest/lookup.h"
#include "ingest/request.h"

struct push {
    const struct sources *sources;
    struct intake *intake;
    struct keys *keys;
    struct sessions *sessions;
    struct lookup *lookup;
    struct requests requests;
    struct str trusted_proxies; /* addresses separated by commas */
    int64_t session_ttl_ms;
    size_t *lanes; /* records in flight of each source, by its index */
    size_t in_flight_max;
    int64_t answer_within_ms;
    struct mono refused_at; /* when the producer last took nothing */
    bool stopping;          /* nothing new is taken */
};

/* config, sources and intake must outlive it. ERR_INPUT, ERR_NOMEM; *ret can be deinitialised in any case. */
int push_init(const struct config *config, const struct sources *sources, struct intake *intake,
              struct push *ret, struct error *err);
/* Answers look-ups that wait with 503; requests must have been failed before. */
void push_deinit(struct push *push);

/* An http_handler; arg is the struct push. */
void push_handle(void *arg, struct http_exchange *exchange);
/* Answers 503 to who has waited too long; goes on with look-ups. */
void push_turn(struct push *push, struct mono now);

#endif
