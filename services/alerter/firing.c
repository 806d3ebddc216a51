/* Deadlines that have passed: the alarm for them, and which of them may fire. How they do: fire.c. */
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

static bool all_committed(const struct partition *partition)
{
    return partition->read_offset == partition->claim.next_offset;
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

/*
 * The partitions in which something has passed and may be tried now, into alerter->ends. `fires`: they are whole as far as can be known
 * without asking.
 */
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
        partition->fires = !partition->held && all_committed(partition);
        alerter->ends[count++].partition = i;
    }
    return count;
}

void firing_choose(struct alerter *alerter, int64_t now_at)
{
    size_t count = find_due(alerter, now_at);
    bool doubt = false;
    for (size_t i = 0; i < count; i++)
        doubt = doubt || !alerter->partitions[alerter->ends[i].partition].fires;
    alerter->to_ask = count;
    if (doubt)
        firing_confirm(alerter, now_at);
}

bool firing_confirm(struct alerter *alerter, int64_t now_at)
{
    size_t count = alerter->to_ask;
    bool answered = count && firing_ask_ends(alerter, count), all = true;
    for (size_t i = 0; i < count; i++) {
        int32_t number = alerter->ends[i].partition;
        struct partition *partition = &alerter->partitions[number];
        partition->fires = answered && all_committed(partition) && partition->lag == 0;
        partition->held = !partition->fires;
        all = all && partition->fires;
        if (partition->held)
            hold(alerter, number, now_at);
        else
            partition->holds_from = (struct mono){0};
    }
    alerter->to_ask = 0;
    return all;
}
