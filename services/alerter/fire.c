/*
 * Fires what has passed, one batch after the other in due order, each in one transaction.
 *
 * A batch is prepared (its dossiers' events and alerts are read, it is decided) and then committed. While PostgreSQL commits a full batch, the
 * next one is prepared, over a connection of its own. What is read outside the transaction that writes is what that would have read:
 * nobody else writes for a partition of ours without raising the epoch that the transaction checks, and what we write ourselves in
 * between makes the batch void (fire_forget). Deadlines in memory move when the COMMIT is sent; if it fails, all that is in memory is
 * read anew.
 */
#include "alerter/internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"

void fire_forget(struct alerter *alerter)
{
    alerter->firing.ready = false;
}

static int move_deadlines(struct alerter *alerter, const struct question *question,
                          const struct verdicts *verdicts, struct error *err)
{
    for (size_t i = 0; i < question->count; i++) {
        const struct touched *touched = &question->dossiers[i];
        if (deadlines_set(alerter->partitions[touched->partition].deadlines, touched->code,
                          verdicts->watch_at[i]) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return 0;
}

static void note_changes(struct alerter *alerter, const struct verdicts *verdicts)
{
    struct metric *metrics = alerter->metrics;
    metrics[METRIC_FIRED].value += verdicts->changes[ALERT_FIRE];
    metrics[METRIC_SILENT].value += verdicts->changes[ALERT_RECORD_LATE];
    metrics[METRIC_RESOLVED].value += verdicts->changes[ALERT_RESOLVE];
    metrics[METRIC_RETRACTED].value += verdicts->changes[ALERT_RETRACT];
    metrics[METRIC_MOVED].value += verdicts->changes[ALERT_MOVE];
    if (verdicts->earliest_fired_at != NO_TIME) {
        int64_t late_ms = alerter_now(alerter) - verdicts->earliest_fired_at;
        metrics[METRIC_LATENESS_LAST].value = late_ms;
        if (late_ms > metrics[METRIC_LATENESS_MAX].value)
            metrics[METRIC_LATENESS_MAX].value = late_ms;
    }
    if (verdicts->notices)
        outbox_wake(alerter->outbox);
}

int fire_apply(struct alerter *alerter, const struct question *question,
               const struct verdicts *verdicts, struct error *err)
{
    note_changes(alerter, verdicts);
    return move_deadlines(alerter, question, verdicts, err);
}

static int by_code(const void *a, const void *b)
{
    return str_cmp(((const struct touched *)a)->code, ((const struct touched *)b)->code);
}

static int by_deadline(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Partitions whose deadlines may fire now, by number: those of alerter->ends that are not held. */
static bool may_fire(const struct partition *partition)
{
    return partition->deadlines && partition->fires;
}

/*
 * The first deadlines of all partitions that may fire, in due order, as many as one transaction takes, into alerter->touched. What the
 * partitions before gave and what this one gives are merged, and the earliest kept.
 */
static size_t gather(struct alerter *alerter, int64_t now_at)
{
    size_t max = alerter->batch_max, count = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        struct partition *partition = &alerter->partitions[i];
        if (!may_fire(partition))
            continue;
        size_t more = deadlines_due(partition->deadlines, now_at, alerter->due + count, max);
        for (size_t j = 0; j < more; j++)
            alerter->due[count + j].partition = i;
        count += more;
        if (count > max || more) {
            qsort(alerter->due, count, sizeof *alerter->due, by_deadline);
            count = count < max ? count : max;
        }
    }
    for (size_t i = 0; i < count; i++)
        alerter->touched[i] = (struct touched){.code = {alerter->due[i].code, alerter->due[i].len},
                                               .partition = alerter->due[i].partition,
                                               .place = (int32_t)i};
    qsort(alerter->touched, count, sizeof *alerter->touched, by_code);
    return count;
}

/* Opens the transaction, with the locks that say that the partitions are ours; does not wait. */
static int begin(struct alerter *alerter, struct error *err)
{
    struct offset_moves *claims = &alerter->firing.claims;
    offset_moves_clear(claims);
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        if (may_fire(partition) && offset_moves_add(claims, &partition->claim, 0, 0) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    int r = pg_queue_exec(alerter->pg, "BEGIN", NULL, 0, PG_ANY, NULL, err);
    if (r == 0)
        r = offset_moves_check(claims, alerter->pg, err);
    return r == 0 ? pg_queue_together(alerter->pg, err) : r;
}

/*
 * Decides about the next batch, if there is one; committing: while the one before is on its way. The broker is asked while PostgreSQL reads; where it
 * says that something is to be read first, nothing comes of the batch, and the next one is made without those partitions.
 */
static int prepare(struct alerter *alerter, int64_t now_at, bool committing, struct error *err)
{
    struct firing *firing = &alerter->firing;
    firing_choose(alerter, now_at);
    firing->question = (struct question){.rulebook = alerter->rulebook,
                                         .dossiers = alerter->touched,
                                         .count = gather(alerter, now_at),
                                         .now_at = now_at,
                                         .may_fire = true,
                                         .watching_since = alerter->watching_since};
    if (firing->question.count == 0)
        return 0;
    int r = judge_ask(alerter->judge, alerter->reading, &firing->question, err);
    if (r == 0 && !committing)
        r = begin(alerter, err);
    bool whole = r == 0 && firing_confirm(alerter, now_at);
    if (r == 0)
        r = pg_queue_finish(alerter->reading, -1, err);
    if (r < 0 || !whole) {
        if (!committing)
            pg_rollback(alerter->pg);
        return r;
    }
    r = judge_decide(alerter->judge, &alerter->reference, &firing->question,
                     committing ? alerter->pg : NULL, &firing->verdicts, err);
    firing->ready = r == 0;
    return r;
}

/* Is one of them due again by now_at? What is read of it now would be of before the COMMIT. */
static bool comes_again(const struct question *question, const struct verdicts *verdicts,
                        int64_t now_at)
{
    bool again = false;
    for (size_t i = 0; i < question->count && !again; i++)
        again = verdicts->watch_at[i] != NO_TIME && verdicts->watch_at[i] <= now_at;
    return again;
}

static int send_commit(struct alerter *alerter, struct error *err)
{
    int r = pg_queue_finish(alerter->pg, -1, err);
    if (r == 0)
        r = judge_write(alerter->judge, alerter->pg, err);
    if (r == 0)
        r = pg_queue_exec(alerter->pg, "COMMIT", NULL, 0, PG_ANY, NULL, err);
    crash_point("alerter.fire_before_commit");
    if (r == 0)
        r = pg_queue_together(alerter->pg, err);
    if (r == 0)
        crash_point("alerter.fire_commit_sent");
    return r;
}

/* Commits the batch that is ready, whose transaction is begun. */
static int commit(struct alerter *alerter, struct error *err)
{
    struct firing *firing = &alerter->firing;
    struct verdicts verdicts = firing->verdicts;
    size_t count = firing->question.count;
    int64_t now_at = alerter_now(alerter); /* to which the next batch goes */
    bool more = count == alerter->batch_max && !comes_again(&firing->question, &verdicts, now_at);
    firing->ready = false;
    int r = send_commit(alerter, err);
    if (r == 0)
        r = move_deadlines(alerter, &firing->question, &verdicts, err);
    if (r == 0 && more)
        r = prepare(alerter, now_at, true, err);
    if (r == 0)
        r = pg_queue_finish(alerter->pg, -1, err);
    if (r < 0)
        return r;
    crash_point("alerter.fire_after_commit");
    alerter->fired = mono_now();
    log_debug("fired", "deadlines=%zu alerts=%" PRId64, count, verdicts.changes[ALERT_FIRE]);
    note_changes(alerter, &verdicts);
    return 0;
}

int fire_run(struct alerter *alerter, struct error *err)
{
    struct firing *firing = &alerter->firing;
    int64_t now_at = alerter_now(alerter);
    if (firing->ready && firing->question.now_at > now_at)
        fire_forget(alerter); /* somebody has set the clock back */
    int r = firing->ready ? begin(alerter, err) : prepare(alerter, now_at, false, err);
    return r == 0 && firing->ready ? commit(alerter, err) : r;
}
