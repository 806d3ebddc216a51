/*
 * Who is listening: event streams (server-sent events) by audience. Everybody of one audience (all of the city, or one commune) gets
 * the same bytes, written once. A client is given what has changed since its own revision whenever its socket takes more, so a
 * slow one skips revisions and nothing is queued for it. One thread.
 */
#ifndef HOSO_BOARD_STREAMS_H
#define HOSO_BOARD_STREAMS_H

#include "board/model.h"
#include "http/stream.h"

enum { SESSION_KEY_SIZE = 32, BEAT_MS = 15000 };

struct scope {
    int32_t unit_id; /* 0 = the whole city, without dossier codes */
    struct model model;
    struct mono read_at;   /* last brought up to date */
    int64_t city_revision; /* of the city's model when this one was last compared with it */
    bool slowly_read;      /* what changes slowly has been read once */
    struct mono slow_at;
    size_t clients;
    struct mono used_at; /* last client or API call */
    struct scope *next;
    struct text *delta; /* from the revision before to this one; NULL = not written yet */
    struct text *snapshot;
};

struct streams;
struct streams *streams_new(void); /* NULL when memory is short */
/* Once all streams have been closed. */
struct streams *streams_free(struct streams *streams);

/* The scope of a unit (0 = city), made when it is not there. NULL when memory is short. */
struct scope *streams_scope(struct streams *streams, int32_t unit_id);
/* All scopes; follow next. */
struct scope *streams_first(struct streams *streams);
/* Drops scopes that nobody has used for a minute. */
void streams_tidy(struct streams *streams);

/*
 * Answers the exchange with a stream. last_id: of Last-Event-ID; empty = from the beginning. session names whose it is, for
 * streams_end_sessions.
 */
void streams_open(struct streams *streams, struct scope *scope, struct http_exchange *exchange,
                  struct str last_id, const uint8_t session[SESSION_KEY_SIZE]);
/* The scope's model has a new revision: its clients are told. */
void streams_changed(struct streams *streams, struct scope *scope);
/*
 * Tells everybody how old the data is: every BEAT_MS, and at once when `now` is set (PostgreSQL went away, or is back). trouble: a
 * word, or NULL.
 */
void streams_beat(struct streams *streams, const char *trouble, bool now);
/* Visits the sessions of all streams; keep = false ends the stream. */
void streams_each_session(struct streams *streams,
                          bool (*keep)(void *arg, const uint8_t session[SESSION_KEY_SIZE]),
                          void *arg);
size_t streams_count(const struct streams *streams);
/* Texts sent, and how many of them were snapshots. */
void streams_sent(const struct streams *streams, int64_t *ret_updates, int64_t *ret_snapshots);

#endif
