/*
 * Decides about dossiers: loads what is known of each, folds it, asks decide(), writes
 * alerts, notices and watches. The same path serves new events and passed deadlines.
 */
#ifndef HOSO_ALERTER_JUDGE_H
#define HOSO_ALERTER_JUDGE_H

#include "alerter/rulebook.h"
#include "alerter/store.h"
#include "codec/codec.h"
#include "service/reference.h"

struct judge_rules {
    struct fold_rules fold;
    int64_t forget_after_ms; /* after the last word about a dossier that has ended */
};

struct judge; /* working memory; one thread */
/* codec: of struct event; it outlives the judge. ERR_NOMEM, or a schema that does not compile. */
int judge_new(const struct judge_rules *rules, const struct codec *codec, struct judge **ret,
              struct error *err);
struct judge *judge_free(struct judge *judge); /* NULL is fine; returns NULL */

struct question {
    const struct rulebook *rulebook;
    const struct touched *dossiers; /* sorted by str_cmp of their codes, no duplicates */
    size_t count;
    int64_t now_at;
    bool may_fire; /* as in decide.h */
    bool rules_changed;
    int64_t watching_since; /* when these deadlines came under watch */
};

struct verdicts {
    const int64_t
        *watch_at; /* per dossier of the question: its deadline from now on, NO_TIME = none */
    int64_t changes[ALERT_CHANGE_COUNT];
    int64_t notices;
    /* The oldest beginning of an episode that fired now and began under watch: how late we are. NO_TIME = none. */
    int64_t earliest_fired_at;
};

/*
 * All of it, inside the caller's transaction. Asked again after a commit it changes nothing more. *ret is valid until the next run.
 * Errors as pg_exec; ERR_FAILED also for a stored event that cannot be read.
 */
int judge_run(struct judge *judge, struct pg *pg, const struct reference *reference,
              const struct question *question, struct verdicts *ret, struct error *err);

/*
 * The same in three steps. judge_ask sends for what is known, as pg_queue_together; when the queue has run, judge_decide makes
 * *ret of it, and keeps what is to be written until the next judge_ask; meanwhile: NULL, or a connection whose queue is kept
 * going. judge_write queues that, as pg_queue_exec.
 */
int judge_ask(struct judge *judge, struct pg *pg, const struct question *question,
              struct error *err);
int judge_decide(struct judge *judge, const struct reference *reference,
                 const struct question *question, struct pg *meanwhile, struct verdicts *ret,
                 struct error *err);
int judge_write(const struct judge *judge, struct pg *pg, struct error *err);

#endif
