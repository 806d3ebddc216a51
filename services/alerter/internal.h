/* Shared by the alerter's own .c files: alerter.c (life and loop), reader.c (partitions and batches), firing.c, fire.c, follow.c, status.c. */
#ifndef HOSO_ALERTER_INTERNAL_H
#define HOSO_ALERTER_INTERNAL_H

#include "alerter/alerter.h"
#include "alerter/deadlines.h"
#include "alerter/judge.h"
#include "alerter/outbox.h"
#include "alerter/people.h"
#include "base/backoff.h"
#include "domain/wallclock.h"
#include "service/offsets.h"

struct partition {
    struct deadlines *deadlines; /* NULL = not ours */
    struct offset_claim claim;   /* its next_offset is what is committed */
    int64_t read_offset;         /* the batch in hand reaches here */
    int64_t last_record;         /* fingerprint of the record before it */
    int64_t end_position;        /* where the end of the partition was last seen; -1 = never */
    int64_t lag;                 /* records behind the end, as last asked */
    bool fires;                  /* of the firing under way */
    bool held;                   /* deadlines have passed and may not fire yet */
    struct mono held_since;      /* tried last */
    struct mono holds_from;      /* the first try that failed since something fired; 0 = none did */
    struct mono whole_at;        /* when everything was read the last time */
    uint8_t rules_digest[RULES_DIGEST_SIZE]; /* its open dossiers have been judged by these rules */
};

/* The deadlines that fire next (fire.c). */
struct firing {
    bool ready; /* decided, not yet sent */
    struct question question;
    struct verdicts verdicts;
    struct offset_moves claims;
};

/* How far the map of units and the rules are followed. */
struct follow {
    struct mono looked_at;
    bool look_now;
    int32_t partition;        /* being walked; -1 = none */
    char after[CODE_MAX + 1]; /* dossiers up to this code are done */
};

/* Work that can wait while deadlines cannot: then it gets a small share of the time, by what it took the last time. */
struct turn {
    struct mono ended;
    int64_t took_us;
};

enum metric_index {
    METRIC_OPEN,
    METRIC_HELD,
    METRIC_FIRED,
    METRIC_SILENT,
    METRIC_RESOLVED,
    METRIC_RETRACTED,
    METRIC_MOVED,
    METRIC_UNDECODABLE,
    METRIC_LATENESS_LAST,
    METRIC_LATENESS_MAX,
    METRIC_CLOCK_JUMP,
    METRIC_BEHIND_S,
    METRIC_HELD_S,
    METRIC_OUTBOX_UNSENT,
    METRIC_OUTBOX_OLDEST_S,
    METRIC_MESSAGES_SENT,
    METRIC_MESSAGES_FAILED,
    METRIC_MESSAGES_DEAD,
    METRIC_MESSAGES_PENDING,
    METRIC_MESSAGES_OLDEST,
    METRIC_BREAKERS_OPEN,
    METRIC_LAG, /* the first of one per partition */
};

struct alerter {
    struct service *service;
    const char *topic;
    size_t batch_max;
    int64_t batch_age_ms;
    int64_t hold_recheck_ms;
    uint8_t owner[OWNER_SIZE]; /* of this process: who may move our offsets */

    struct codec *codec;
    struct judge *judge;
    struct rule_set default_rules;
    char rules_configured[256]; /* what of the configuration deadlines are judged by */
    int64_t lag_max_ms;         /* beyond these the operators are told */
    int64_t hold_max_ms;
    int64_t outbox_max_ms;
    struct outbox *outbox;
    struct people *people;
    struct str link_key;
    int alarm_fd; /* wall-clock timer of the next deadline */
    struct wallclock clock;
    bool clock_known; /* what was believed before the restart has been asked */
    struct mono housekept;
    struct mono fired; /* the last time; 0 = never */
    struct turn telling;

    /* Present while connected; dropped together. */
    struct pg *pg;
    struct pg *reading;  /* for a firing, while pg commits the one before */
    struct pg *relaying; /* the outbox's */
    struct reference reference;
    struct rulebook *rulebook;
    uint8_t rules_digest[RULES_DIGEST_SIZE]; /* of the rulebook */
    struct consumer *consumer;
    struct backoff backoff;
    struct error trouble;     /* why we are not connected, "" = we are */
    const char *trouble_with; /* "postgres", "kafka", "claim" */

    struct partition *partitions;  /* by number */
    struct partition_offset *ends; /* of one question to the broker; partition_count of them */
    size_t to_ask;                 /* of them, by firing_confirm */
    int partition_count;           /* 0 = not asked yet */
    struct pg_array owned;         /* numbers of ours, for the outbox */
    int assign_result;             /* of the last assignment: 0 or why it failed */
    bool joined; /* the group has told us which partitions are ours, perhaps none */
    bool broker_silent;
    struct mono lag_asked;
    int64_t watching_since; /* of the last assignment */

    struct follow follow;
    struct firing firing;

    struct store_events batch;
    size_t batch_count; /* records, the undecodable ones included */
    bool more_to_take;  /* reader_take stopped at a full batch */
    struct mono batch_began;
    struct touched *touched; /* of one transaction; batch_max of them */
    struct due *due;         /* gathered for it: batch_max of one partition, and of those before */

    struct metric *metrics;
    char (*metric_labels)[40];
};

/* ---- alerter.c ---- */

/* What time it is, as far as the wall clock can be believed. Looks at the clocks, and logs when they part or meet. */
int64_t alerter_now(struct alerter *alerter);

/* ---- reader.c ---- */

/* Begins to read the topic. Errors as topic_partitions and consumer_new. */
int reader_open(struct alerter *alerter, struct error *err);
/* Forgets partitions and batch, leaves the group. Fine when nothing is open. */
void reader_close(struct alerter *alerter);
/* Takes what is there, at most one batch. 0 or negative. */
int reader_take(struct alerter *alerter, struct error *err);
/* Commits the batch in hand. 0 or negative (then it is lost here and will be read again). */
int reader_commit(struct alerter *alerter, struct error *err);

/* ---- firing.c ---- */

/* Whether a deadline has passed in a partition that is not held. */
bool firing_wanted(const struct alerter *alerter);
/* Sets the alarm to the next deadline that is not held. */
void firing_arm(struct alerter *alerter);
/* Time until a held partition has to be tried again; -1 = none is held. */
int firing_recheck_ms(const struct alerter *alerter);

/*
 * Asks the broker for the ends of the partitions in alerter->ends (count of them) and notes their lags. false = no answer, noted
 * as broker_silent.
 */
bool firing_ask_ends(struct alerter *alerter, size_t count);

/*
 * Sets `fires` of the partitions in which something has passed. Those that may not be whole are asked about, or held; the others are taken for
 * whole until firing_confirm.
 */
void firing_choose(struct alerter *alerter, int64_t now_at);
/* Asks the broker, if firing_choose has not. false = some of what it chose is held now. */
bool firing_confirm(struct alerter *alerter, int64_t now_at);

/* ---- fire.c ---- */

/* Fires one batch of what has passed and may fire. 0 or negative. */
int fire_run(struct alerter *alerter, struct error *err);
/* To be called before anything else is written about dossiers, alerter->touched is used, or map, rules or partitions change. */
void fire_forget(struct alerter *alerter);
/* Another judgement that was committed: deadlines into memory, tallies into metrics. */
int fire_apply(struct alerter *alerter, const struct question *question,
               const struct verdicts *verdicts, struct error *err);

/* ---- follow.c ---- */

/* Partitions have come: look at the map before anything is judged for them. */
void follow_wake(struct alerter *alerter);
/* A partition is being claimed, in the claim's transaction: by which rules have its dossiers been judged? 0 or as pg_exec. */
int follow_claimed(struct alerter *alerter, struct partition *partition, struct error *err);
/* Takes a newer map of units over, when it is time to look. To be called before each batch. 0 or negative. */
int follow_look(struct alerter *alerter, struct error *err);
/* Judges one chunk of a partition that is behind the map or the rules again. 0 or negative. */
int follow_run(struct alerter *alerter, struct error *err);
/* Until one of the two has something to do. */
int follow_wait_ms(const struct alerter *alerter);

/* ---- housekeeping.c ---- */

/* After connecting: loads map and rules, goes on from the time that was believed before a restart of this process. */
int housekeeping_open(struct alerter *alerter, struct error *err);
/* Every few seconds; outside transactions. 0 or negative as pg_exec. */
int housekeeping_run(struct alerter *alerter, struct error *err);

/* ---- status.c ---- */

/* Metrics of a known number of partitions. ERR_NOMEM. */
int status_open(struct alerter *alerter, struct error *err);
void status_close(struct alerter *alerter);
void status_refresh(struct alerter *alerter);

#endif
