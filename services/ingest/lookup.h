/*
 * TraCuuHoSo: what PostgreSQL knows of a dossier, for a sender that asks whether it was synchronised. Read-only; the only thing in
 * ingest that needs a database. What was accepted a moment ago is there once the aggregator has read it.
 *
 *   {"error_code":"0","message":"…","result":[{"MaHoSo","MaTTHC","TrangThaiHoSo","NgayTiepNhan","NgayHenTra","NgayKetThucXuLy","NgayTra"}]}
 *
 * result is empty for a dossier that is not known or that the key may not see; 503 when PostgreSQL is away.
 */
#ifndef HOSO_INGEST_LOOKUP_H
#define HOSO_INGEST_LOOKUP_H

#include "base/clock.h"
#include "base/config.h"
#include "ingest/answer.h"
#include "ingest/key.h"

struct lookup;

/* config must outlive it. on_answer as in struct requests. */
int lookup_new(const struct config *config, struct json_out *out,
               void (*on_answer)(void *arg, int status, size_t accepted, size_t refused),
               void *on_answer_arg, struct lookup **ret, struct error *err);
/* Answers who waits with 503. NULL is fine; returns NULL. */
struct lookup *lookup_free(struct lookup *lookup);

/* Answers now or later. */
void lookup_ask(struct lookup *lookup, struct http_exchange *exchange, const struct key *key,
                enum generation generation, struct str dossier_code);

int lookup_fd(const struct lookup *lookup);
int lookup_timeout_ms(const struct lookup *lookup);
void lookup_run(struct lookup *lookup, struct mono now);

#endif
