/* Deadlines that have passed. */
#include "alerter/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"

enum { ASK_TIMEOUT_MS = 300 };

static bool has_due(const struct partition *partition, int64_t now_at)
{
    int64_t next_at = partition->deadlines ? deadlines_next(partition->deadlines) : NO_TIME;
    return next_at != NO_TIME && next_at <= now_at;
}

bool firing_wanted(const struct alerter *alerter)
{
    int64_t now_at = wallclock_at(&alerter->clock);
    for (int i = 0; i < alerter->partition_count; i++) {
        if (!alerter->partitions[i].held && has_due(&alerter->partitions[i], now_at))
            return true;
    }
    return false;
}

int firing_recheck_ms(const struct alerter *alerter)
{
    int64_t soonest_ms = -1;
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        if (!partition->held)
            continue;
        int64_t left_ms =
            alerter->hold_recheck_ms - mono_diff_ms(partition->held_since, mono_now());
        left_ms = left_ms > 0 ? left_ms : 0;
        if (soonest_ms < 0 || left_ms < soonest_ms)
            soonest_ms = left_ms;
    }
    return (int)soonest_ms;
}

void firing_arm(struct alerter *alerter)
{
    int64_t next_at = NO_TIME;
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        int64_t at = partition->deadlines && !partition->held ? deadlines_next(partition->deadlines)
                                                              : NO_TIME;
        if (at != NO_TIME && (next_at == NO_TIME || at < next_at))
            next_at = at;
    }
    /* Reading takes the last expiry away, and a cancellation after the clock was set (which reads as an error). */
    uint64_t expiries;
    ssize_t got = read(alerter->alarm_fd, &expiries, sizeof expiries);
    (void)got;
    struct itimerspec when = {{0}, {0}}; /* zero disarms */
    if (next_at != NO_TIME) {
        int64_t real_at = next_at - clock_offset() + alerter->clock.jump_ms;
        when.it_value.tv_sec = (time_t)(real_at / MS_PER_SECOND);
        when.it_value.tv_nsec = (long)(real_at % MS_PER_SECOND * 1000000);
        if (real_at <= 0) /* before 1970: passed, but zero would disarm */
            when.it_value = (struct timespec){0, 1};
    }
    timerfd_settime(alerter->alarm_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

/*
 * How far the partition is read. The end may lie behind the last record where Kafka keeps marks of its own; the end-of-partition
 * signal has seen them.
 */
static int64_t position(const struct partition *partition)
{
    return partition->claim.next_offset > partition->end_position ? partition->claim.next_offset
                                                                  : partition->end_position;
}

bool firing_ask_ends(struct alerter *alerter, size_t count)
{
    alerter->broker_silent = producer_end_offsets(outbox_producer(alerter->outbox), alerter->topic,
                                                  alerter->ends, count, ASK_TIMEOUT_MS, NULL) < 0;
    if (alerter->broker_silent)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = &alerter->partitions[alerter->ends[i].partition];
        partition->lag = alerter->ends[i].offset - position(partition);
        if (partition->lag == 0)
            partition->whole_at = mono_now();
    }
    return true;
}

static void hold(struct alerter *alerter, int32_t number, int64_t now_at)
{
    struct partition *partition = &alerter->partitions[number];
    partition->held = true;
    partition->held_since = mono_now();
    if (!partition->holds_from.us)
        partition->holds_from = partition->held_since;
    log_debug("held", "partition=%d deadlines=%zu lag=%" PRId64 " kafka=%s", number,
              deadlines_count_due(partition->deadlines, now_at), partition->lag,
              alerter->broker_silent ? "silent" : "answers");
}

int firing_apply(struct alerter *alerter, const struct question *question,
                 const struct verdicts *verdicts, struct error *err)
{
    for (size_t i = 0; i < question->count; i++) {
        const struct touched *touched = &question->dossiers[i];
        if (deadlines_set(alerter->partitions[touched->partition].deadlines, touched->code,
                          verdicts->watch_at[i]) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
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
    return 0;
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

static int check_claims(struct alerter *alerter, struct error *err)
{
    size_t count = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        if (may_fire(&alerter->partitions[i]))
            alerter->claims[count++] = &alerter->partitions[i].claim;
    }
    return offsets_check_all(alerter->pg, alerter->claims, count, err);
}

static int fire(struct alerter *alerter, int64_t now_at, struct error *err)
{
    const struct question question = {.rulebook = alerter->rulebook,
                                      .dossiers = alerter->touched,
                                      .count = gather(alerter, now_at),
                                      .now_at = now_at,
                                      .may_fire = true,
                                      .watching_since = alerter->watching_since};
    struct verdicts verdicts;
    int r = pg_begin(alerter->pg, err);
    if (r == 0)
        r = check_claims(alerter, err);
    if (r == 0)
        r = judge_run(alerter->judge, alerter->pg, &alerter->reference, &question, &verdicts, err);
    if (r < 0) {
        pg_rollback(alerter->pg);
        return r;
    }
    crash_point("alerter.fire_before_commit");
    r = pg_commit(alerter->pg, err);
    if (r < 0)
        return r;
    crash_point("alerter.fire_after_commit");
    alerter->fired = mono_now();
    log_debug("fired", "deadlines=%zu alerts=%" PRId64, question.count,
              verdicts.changes[ALERT_FIRE]);
    return firing_apply(alerter, &question, &verdicts, err);
}

/* The partitions in which something has passed and may be tried now, into alerter->ends. */
static size_t find_due(struct alerter *alerter, int64_t now_at)
{
    size_t count = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        struct partition *partition = &alerter->partitions[i];
        bool due = has_due(partition, now_at);
        partition->fires = false;
        partition->held = partition->held && due;
        if (!due)
            partition->holds_from = (struct mono){0};
        if (!due || (partition->held &&
                     mono_diff_ms(partition->held_since, mono_now()) < alerter->hold_recheck_ms))
            continue;
        alerter->ends[count++].partition = i;
    }
    return count;
}

int firing_run(struct alerter *alerter, struct error *err)
{
    int64_t now_at = alerter_now(alerter);
    size_t count = find_due(alerter, now_at), firing = 0;
    bool answered = count && firing_ask_ends(alerter, count);
    for (size_t i = 0; i < count; i++) {
        int32_t number = alerter->ends[i].partition;
        struct partition *partition = &alerter->partitions[number];
        bool all_committed = partition->read_offset == partition->claim.next_offset;
        partition->fires = answered && all_committed && partition->lag == 0;
        partition->held = !partition->fires;
        firing += partition->fires;
        if (partition->held)
            hold(alerter, number, now_at);
        else
            partition->holds_from = (struct mono){0};
    }
    return firing ? fire(alerter, now_at, err) : 0;
}
