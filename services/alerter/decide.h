/*
 * What must happen to a dossier's alerts: its state, the wall clock and the rows already stored go in, actions come out. Pure.
 *
 * One row per episode of each rule of the ladder (domain/ladder.h); what follows holds for each rule by itself. A warning that was
 * over before it could be given leaves no row; a violation leaves a silent one (alert_rule_recorded). A row belongs to the episode whose stretch of time it overlaps, not to a number: late data
 * renumbers the episodes of a dossier, and a row that people have seen must go on meaning the same stretch.
 *
 * A row's state only ever moves firing -> resolved -> retracted or firing -> retracted, and retracted is final, so that each
 * (alert_id, state) is announced at most once (but for a firing row that moves to another unit, where the new unit has to be
 * told). A stretch that turns out to last after we called it over gets a new row; the old one is retracted as "superseded".
 *
 * With every event known and every deadline passed and fired, the rows that are not retracted are exactly the episodes of the
 * fold, whatever the order in which the events came.
 */
#ifndef HOSO_ALERTER_DECIDE_H
#define HOSO_ALERTER_DECIDE_H

#include "domain/alert_notice.h"
#include "domain/ladder.h"

/* A row of hoso.alert without its dossier. Text: views that live as long as what they were taken from. */
struct alert_row {
    enum alert_rule rule;
    int32_t episode; /* 1, 2, …: the number in alert_id */
    enum alert_state state;
    bool silent; /* over before we could fire: nobody was, or will be, told */
    struct str reason;
    int32_t unit_id; /* 0 = unknown */
    struct str procedure_code;
    int64_t due_at;
    int64_t original_due_at;
    int64_t deadline_at;
    int64_t began_at;
    int64_t fired_at; /* our clock when the row was made */
    int64_t ended_at;
    int64_t last_event_at;
    int64_t last_ingested_at;
    enum tri late_data;  /* unknown while firing */
    int64_t escalate_at; /* of a new row: when the next level is told; the judge sets it */
    int32_t
        portal_status; /* what the portal's copy says where it disagrees (domain notes 7.4), else 0 */
};

enum alert_change {
    ALERT_FIRE,        /* a new firing row */
    ALERT_RECORD_LATE, /* a new silent row, already resolved */
    ALERT_RESOLVE,
    ALERT_RETRACT,
    ALERT_MOVE,  /* still firing, at another unit */
    ALERT_AMEND, /* the row says more or better; nobody is told */
    ALERT_CHANGE_COUNT
};

struct alert_action {
    enum alert_change change;
    bool notice;          /* write an outbox row */
    struct alert_row row; /* the whole row as it must be now */
};

struct decide_input {
    const struct dossier *dossier;
    const struct ladder *ladder; /* has taken the dossier */
    const struct fold_rules *rules;
    const bool *on;        /* the ladder's rules that are on, RULE_COUNT of them */
    int32_t unit_id;       /* what the dossier's agency resolved to, 0 = unknown */
    int64_t last_event_at; /* the newest occurred_at of the dossier's events */
    int64_t now_at;
    /*
     * Everything the partition holds has been read. Without it nothing fires: the event that settles the episode may be unread.
     */
    bool may_fire;
    bool rules_changed;           /* judged again for that, not for news of the dossier */
    const struct alert_row *rows; /* the stored ones, any order */
    size_t row_count;
};

/* Result and working memory; reused. _init zeroes, _deinit frees. */
struct decision {
    struct alert_action *actions;
    size_t count;
    size_t capacity;
    /*
     * When to decide again for the wall clock's sake: the next beginning or end of an episode that the clock alone brings, or the
     * beginning of one that has not fired (passed already where it only waits for may_fire). NO_TIME = never.
     */
    int64_t watch_at;
    struct episode *episodes;
    size_t episode_capacity;
    bool *taken; /* rows that have found their episode */
    size_t taken_capacity;
};
void decision_init(struct decision *decision);
void decision_deinit(struct decision *decision);

/*
 * 0 or ERR_NOMEM. The episodes are judged at now_at, or at the newest fired_at where the clock was set back since: what had
 * passed does not become early again. Text in the actions: views into dossier, rows or constants.
 */
int decide(const struct decide_input *in, struct decision *ret);

/* First 16 bytes of SHA-256 over (code, name of the rule, episode number in decimal). */
void alert_id_of(struct str dossier_code, enum alert_rule rule, int32_t episode,
                 uint8_t out[EVENT_ID_SIZE]);

#endif
