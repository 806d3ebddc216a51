/* Shared by the board's files. */
#ifndef HOSO_BOARD_INTERNAL_H
#define HOSO_BOARD_INTERNAL_H

#include "board/access.h"
#include "board/board.h"
#include "board/model.h"
#include "board/streams.h"
#include "board/worker.h"
#include "pg/pg.h"
#include "service/reference.h"

/* What the change mark said last. */
struct mark {
    int64_t aggregated; /* sum of the aggregator's offsets: events committed */
    int64_t offsets;
    int64_t dead_letter_id;
    int64_t alerts_at;
    int64_t act_id; /* the last thing that a person did about an alert */
};

enum board_metric {
    METRIC_STREAMS,
    METRIC_UPDATES,
    METRIC_SNAPSHOTS,
    METRIC_READS,
    METRIC_READ_LAST_US,
    METRIC_REQUESTS,
    METRIC_LOGINS_FAILED,
    METRIC_COUNT
};

struct board {
    struct service *service;
    struct worker *worker;
    struct access *access;
    struct streams *streams;
    struct pg *pg; /* NULL while PostgreSQL is away */
    struct calendar *calendar;
    struct error trouble; /* text "" = none */
    struct mono asked;    /* when the worker was last asked to connect */
    bool connecting;
    struct mark mark;
    bool stale; /* something has changed that scopes have not read yet */
    struct mono polled;
    struct mono updated;
    struct mono checked;   /* the streams' sessions */
    struct mono slow_read; /* of what changes slowly */
    struct rate rate;
    struct pipeline pipeline;
    int64_t poll_ms;
    int64_t update_ms;
    const char *city;
    struct str map; /* the operator's GeoJSON; empty = none */
    struct metric metrics[METRIC_COUNT];
};

/* ---- poll.c ---- */
/* Asks for changes when it is time, and brings every scope up to date. Failures as pg_exec. */
int poll_run(struct board *board, struct error *err);
/* Milliseconds until it wants to run again. */
int poll_timeout_ms(const struct board *board);
/* Brings one scope up to date at once (its first client has come). Failures as pg_exec. */
int poll_scope(struct board *board, struct scope *scope, struct error *err);
/* Takes what the worker has measured. */
void poll_services(struct board *board, const struct service_report *report);

/* ---- read.c: inside a transaction of the scope (access_begin) ---- */
/*
 * Everything of a scope's model but the pipeline. unit_id 0 = the city's. slowly: also what changes slowly (communes, the month). soon: the
 * last day that counts as "due soon".
 */
int read_scope(struct pg *pg, struct model *model, int32_t unit_id, bool slowly, int32_t soon,
               struct error *err);

/* ---- api.c ---- */
/* An http_handler; arg is the board. */
void api_handle(void *arg, struct http_exchange *exchange);

/* ---- api_login.c ---- */
void api_login(struct board *board, struct http_exchange *exchange);
void api_logout(struct board *board, struct http_exchange *exchange,
                const struct identity *identity);
/* A sign-in's password has been checked; takes the job. */
void api_verified(struct board *board, struct job *job);
/* Answers with who is signed in. */
void api_answer_me(struct board *board, struct http_exchange *exchange,
                   const struct identity *identity);

/* ---- api_views.c: what is read for one answer; board->pg is there ---- */
/* false = no such view. */
bool api_view(struct board *board, struct http_exchange *exchange, const struct identity *identity);

/* ---- api_acts.c: what people do about alerts; board->pg is there ---- */
/* false = the path is no such act. */
bool api_act(struct board *board, struct http_exchange *exchange, const struct identity *identity);

/* ---- answers ---- */
/* {"error": text}; the headers that every answer has are set. */
void api_error(struct http_exchange *exchange, int status, const char *text, int retry_after_s);
/* Takes nothing; out may be cleared afterwards. */
void api_json(struct http_exchange *exchange, int status, const struct json_out *out);
void api_failed(struct board *board, struct http_exchange *exchange, int result,
                const struct error *err);
/* Content-Security-Policy and its like. */
void api_guard_headers(struct http_exchange *exchange);

/* ---- assets.c ---- */
/* Serves a file of the page. false = there is none of that name. */
bool assets_serve(struct http_exchange *exchange, struct str path);

#endif
