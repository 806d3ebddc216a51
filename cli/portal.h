/*
 * `hoso portal`, inside: senders of generation A and B (domain notes, 1) as they behave in the field, on the messages of gen.h.
 *
 *   portal.c          options, and the run
 *   portal_client.c   log-in, one request until it is answered, counts
 *   portal_play.c     generation A and its misbehaviour          portal_b.c   rows as generation B sends them
 */
#ifndef HOSO_CLI_PORTAL_H
#define HOSO_CLI_PORTAL_H

#include "gen.h"
#include "http/client.h"

/* What goes wrong in the field, each by itself; late, shuffled and stale messages are in gen.h already. */
enum portal_fault {
    FAULT_DUPLICATES = 1, /* an answer is lost, so the same request comes again */
    FAULT_RACES = 2,      /* the update overtakes the insert */
    FAULT_CHUNKS = 4,     /* empty ones, half ones, such with a row that is none */
    FAULT_SKEW = 8,       /* steps of a sender whose clock is ahead */
    FAULT_CODES = 16,     /* replacement codes beside the one-stop system's own */
    FAULT_LOGIN = 32,     /* a session that is not valid any more */
};

struct portal {
    bool b; /* generation B, else A */
    const char *url;
    const char *user;
    const char *key;
    unsigned faults;
    struct gen_random random; /* of the faults */
    struct http_client *client;
    char session[512];
    struct json_out *out;
    bool terminal;
    size_t row_total;
    size_t shown_percent;
    int64_t requests;
    int64_t rows; /* of the plan */
    int64_t accepted;
    int64_t refused;
    int64_t faults_played;
    int64_t repeated;  /* after "later" */
    int64_t skipped;   /* native events: the portal has none */
    int64_t surprises; /* answers other than a portal's sender may expect */
    struct mono began;
};

/* Logs in. ERR_INPUT: refused; ERR_UNAVAILABLE. */
int portal_login(struct portal *portal, struct error *err);

/*
 * One request until it is answered other than "later"; a session that is over is renewed. Counts rows. want_status 0 = 200. An answer of
 * another status is a surprise: told, counted, and no failure. ERR_UNAVAILABLE: nobody answers.
 */
int portal_exchange(struct portal *portal, const char *path, struct str body, int want_status,
                    struct error *err);

/* A gen_sink: generation A or B, with the faults. */
int portal_play(void *portal, const char *path, struct str body, size_t rows, struct error *err);
/* The rows of a generation A body, one request each, as generation B sends them. */
int portal_play_b(struct portal *portal, struct str body, struct error *err);

/* What became of it, on stderr. true = no surprise. */
bool portal_summary(const struct portal *portal);

#endif
