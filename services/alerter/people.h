/*
 * Telling people: plans what each recipient is owed (the difference between hoso.alert and hoso.alert_told), renders it into
 * hoso.delivery in the transaction that notes it as told, and sends what is pending there: at least once, every attempt the same bytes
 * under the same id. Escalates what nobody has acknowledged. Runs in one process of the group at a time (advisory lock); sending never
 * waits, so that deadlines fire meanwhile.
 */
#ifndef HOSO_ALERTER_PEOPLE_H
#define HOSO_ALERTER_PEOPLE_H

#include "alerter/channels.h"
#include "alerter/rulebook.h"
#include "http/server.h"
#include "notice/owed.h"
#include "notice/schedule.h"
#include "pg/pg.h"

struct people; /* one thread */

/* What there is to go by at one moment. */
struct people_world {
    const struct calendar *calendar;
    const struct rulebook *rulebook;
    int64_t now_at;
};

/* The configuration outlives it. ERR_INPUT names the option. */
int people_new(const struct config *config, struct people **ret, struct error *err);
struct people *people_free(struct people *people); /* NULL is fine; returns NULL */

/* What stands in hoso.alert must be looked at anew after a reconnection: what was under way is sent again. */
void people_reset(struct people *people);

/*
 * Plans, escalates, sends, takes answers; outside transactions. pg NULL = the database is away: only takes answers, and world is not
 * looked at. 0; negative as pg_exec.
 */
int people_run(struct people *people, struct pg *pg, const struct people_world *world,
               struct error *err);
/* Whether people_run would ask the database now. */
bool people_wants(const struct people *people);
int people_fd(const struct people *people);
int people_timeout_ms(const struct people *people);

/*
 * Something is wrong with hoso itself (NULL = all is well again): the operators are told once it has lasted operator_after; at once when
 * it has `lasted` already.
 */
void people_trouble(struct people *people, const char *what, bool lasted);

struct people_figures {
    int64_t pending; /* messages not yet sent */
    int64_t oldest_s;
    int64_t dead;
    int64_t sent;   /* since start */
    int64_t failed; /* attempts, since start */
    int64_t open_breakers;
};
struct people_figures people_figures(const struct people *people);

/* ---- links ---- */

#define LINK_KEY_MIN 32
/* Path of the page that acknowledges a delivery: "/xac-nhan/" and 64 hex digits. out has LINK_SIZE bytes. */
enum { LINK_SIZE = 80 };
char *link_path(struct str key, const uint8_t delivery_id[EVENT_ID_SIZE], char *out);
/* false: not a path that this key made. */
bool link_read(struct str key, struct str path, uint8_t ret_delivery_id[EVENT_ID_SIZE]);

/*
 * Serves such a path: GET shows what the message told of and acts on nothing, since mail scanners follow links; POST acknowledges.
 * false = not a path of ours. pg NULL = the database is away.
 */
bool page_serve(struct http_exchange *exchange, struct pg *pg, struct str key, int64_t now_at);

#endif
