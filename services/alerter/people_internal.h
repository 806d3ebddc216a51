/* Shared by people.c (life, escalation, operators), people_tell.c (planning) and people_send.c. */
#ifndef HOSO_ALERTER_PEOPLE_INTERNAL_H
#define HOSO_ALERTER_PEOPLE_INTERNAL_H

#include "alerter/people.h"

enum { FLIGHTS_MAX = 16 };

/* A message on its way. */
struct flight {
    bool used;
    bool done;
    bool refresh; /* not a message: a token is fetched */
    bool well;
    uint8_t id[EVENT_ID_SIZE];
    int32_t attempts;
    struct channel_out *channel;
    char why_not[256];
};

struct people {
    struct channels channels;
    struct schedule schedule;
    struct transfers *transfers;
    struct flight flights[FLIGHTS_MAX];
    struct str link_key;
    const char *public_url;
    int detail_max;
    int attempts_max;
    int64_t timeout_ms;
    int64_t operator_after_ms;
    int64_t heartbeat_every_ms;
    const char *heartbeat_url;
    struct mono heartbeat_at;
    bool heartbeat_under_way;

    bool leads; /* holds the advisory lock on this connection */
    struct mono next_look;
    struct people_figures figures;

    char trouble[600]; /* "" = all is well */
    struct mono trouble_since;
    bool trouble_lasted;
    bool trouble_told;
    bool recovered; /* the operators know of trouble that is over */
};

/* people_tell.c: one round of planning; 0 or as pg_exec. */
int people_tell(struct people *people, struct pg *pg, const struct calendar *calendar,
                int64_t now_at, struct error *err);
/* A plain message for the operators, in a transaction of its own; or, `test`, for those for whom a test was asked. */
int people_tell_operators(struct people *people, struct pg *pg, bool test, int64_t now_at,
                          const char *subject, const char *text, struct error *err);

/* people_send.c */
void people_on_transfer(void *arg, void *opaque, const struct transfer_outcome *outcome);
/* Notes what has ended, and starts what is pending. */
int people_send(struct people *people, struct pg *pg, struct error *err);

#endif
