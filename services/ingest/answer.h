/*
 * What a sender reads:
 *   {"error_code":"0","message":"…","accepted":N,"refused":[{"row":3,"field":"NgayTiepNhan","code":"bad_time","message":"…"}]}
 * error_code is "0" when all is well (the portal's convention), else the HTTP status. Messages name the place and what to do,
 * never the content.
 */
#ifndef HOSO_INGEST_ANSWER_H
#define HOSO_INGEST_ANSWER_H

#include "http/server.h"
#include "ingest/map.h"
#include "json/json.h"

struct refused_row {
    size_t row; /* from 1 */
    struct refusal refusal;
};

struct refusals {
    struct refused_row *items;
    size_t count;
    size_t capacity;
};
/* ERR_NOMEM. */
int refusals_add(struct refusals *refusals, size_t row, const struct refusal *refusal);
void refusals_deinit(struct refusals *refusals);

/* 200 all rows accepted, 207 some refused, 422 all refused. `accepted` counts rows. Returns the status. */
int answer_rows(struct http_exchange *exchange, struct json_out *out, size_t accepted,
                const struct refusals *refusals);
/* Any other status; 503 tells to come again in retry_after_s. */
void answer_problem(struct http_exchange *exchange, struct json_out *out, int status,
                    const char *message, int retry_after_s);

#endif
