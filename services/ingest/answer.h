/*
 * What a sender reads:
 *   {"error_code":"0","message":"…","accepted":N,"refused":[{"row":3,"field":"NgayTiepNhan","code":"bad_time","message":"…"}]}
 * Messages name the place and what to do, never the content. The HTTP status and error_code say the same, in the manner of the
 * sender's generation:
 *   native  error_code is "0" or the HTTP status
 *   A       error_code is "0" or "-3" (domain notes 1.5: "0"/"00" is well, 3 and -3 are not)
 *   B       only the statuses that its senders know: 200, 400, 401, 403, 404, 502; error_code is "0" or the status
 */
#ifndef HOSO_INGEST_ANSWER_H
#define HOSO_INGEST_ANSWER_H

#include "http/server.h"
#include "ingest/map.h"
#include "ingest/route.h"
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

/* How a request wants to be answered. */
struct manner {
    enum generation generation;
    bool per_row; /* CapNhatTienDoHoSoMC: also "results", one entry per row */
};

/* What a sender of this generation gets for one of our statuses: B knows six of them. */
int answer_status(enum generation generation, int status);

/* 200 all rows accepted, 207 some refused, 422 all refused (B: 403 where the key may send none). `accepted` counts rows. Returns the status, ours. */
int answer_rows(struct http_exchange *exchange, struct json_out *out, struct manner manner,
                size_t accepted, const struct refusals *refusals);
/* Any other status; 429 and 503 tell to come again in retry_after_s. */
void answer_problem(struct http_exchange *exchange, struct json_out *out,
                    enum generation generation, int status, const char *message, int retry_after_s);
/* A session (A) or token (B) has begun and lasts for expires_in_s. */
void answer_session(struct http_exchange *exchange, struct json_out *out,
                    enum generation generation, const char *token, int64_t expires_in_s);

/* For answers with more in them: an object with error_code and message, not yet closed; then answer_send. */
void answer_begin(struct json_out *out, enum generation generation, int status,
                  const char *message);
/* Closes the object and sends it; 503 when memory was short. */
void answer_send(struct http_exchange *exchange, struct json_out *out, enum generation generation,
                 int status, int retry_after_s);

#endif
