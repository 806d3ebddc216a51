/* What /metrics and /readyz say. */
#include "alerter/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "notice/wording.h"

enum { LAG_EVERY_MS = 5000 };

#define COUNTER(n, h)                                                                              \
    {                                                                                              \
        .name = "hoso_alerter_" n, .labels = "", .help = (h)                                       \
    }
#define GAUGE(n, h)                                                                                \
    {                                                                                              \
        .name = "hoso_alerter_" n, .labels = "", .help = (h), .gauge = true                        \
    }
static const struct metric templates[METRIC_LAG] = {
    [METRIC_OPEN] = GAUGE("open_deadlines", "Dossiers whose clock runs, in our partitions."),
    [METRIC_HELD] = GAUGE("held", "Deadlines that have passed and wait until all is read."),
    [METRIC_FIRED] = COUNTER("fired_total", "Alerts fired."),
    [METRIC_SILENT] = COUNTER("silent_total", "Late episodes that were over before we could fire."),
    [METRIC_RESOLVED] = COUNTER("resolved_total", "Alerts resolved."),
    [METRIC_RETRACTED] = COUNTER("retracted_total", "Alerts retracted."),
    [METRIC_MOVED] = COUNTER("moved_total", "Firing alerts that moved to another unit."),
    [METRIC_UNDECODABLE] =
        COUNTER("undecodable_total", "Records skipped; the aggregator dead-letters them."),
    [METRIC_LATENESS_LAST] =
        GAUGE("fire_lateness_last_ms", "From the deadline to its committed alert, the last one."),
    [METRIC_LATENESS_MAX] =
        GAUGE("fire_lateness_max_ms", "From the deadline to its committed alert, the slowest."),
    [METRIC_CLOCK_JUMP] =
        GAUGE("clock_jump_ms", "How far the wall clock is ahead of the time that we go by."),
    [METRIC_BEHIND_S] = GAUGE(
        "behind_seconds", "How long it has not been at the end of a partition; 0 = all is read."),
    [METRIC_HELD_S] = GAUGE("held_seconds", "How long deadlines that have passed have been held."),
    [METRIC_OUTBOX_OLDEST_S] =
        GAUGE("outbox_oldest_seconds", "Age of the oldest notice not yet acknowledged by Kafka."),
    [METRIC_OUTBOX_UNSENT] = GAUGE("outbox_unsent", "Notices not yet acknowledged by Kafka."),
    [METRIC_MESSAGES_SENT] = COUNTER("messages_sent_total", "Messages that a channel took."),
    [METRIC_MESSAGES_FAILED] =
        COUNTER("messages_failed_total", "Attempts that a channel did not take."),
    [METRIC_MESSAGES_DEAD] = GAUGE("messages_dead", "Messages that were given up."),
    [METRIC_MESSAGES_PENDING] =
        GAUGE("messages_pending", "Messages not yet taken by their channel."),
    [METRIC_MESSAGES_OLDEST] = GAUGE("messages_oldest_seconds", "Age of the oldest of these."),
    [METRIC_BREAKERS_OPEN] =
        GAUGE("channel_breakers_open", "Channels that are left alone for a while."),
};

static size_t held_deadlines(const struct alerter *alerter)
{
    size_t held = 0;
    int64_t now_at = wallclock_at(&alerter->clock);
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        if (partition->held && partition->deadlines)
            held += deadlines_count_due(partition->deadlines, now_at);
    }
    return held;
}

static bool is_behind(const struct partition *partition)
{
    return partition->deadlines &&
           (partition->lag > 0 || partition->read_offset > partition->end_position);
}

static int64_t behind_ms(const struct alerter *alerter)
{
    int64_t longest_ms = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        int64_t ms = is_behind(partition) ? mono_diff_ms(partition->whole_at, mono_now()) : 0;
        longest_ms = ms > longest_ms ? ms : longest_ms;
    }
    return longest_ms;
}

static int64_t held_ms(const struct alerter *alerter)
{
    int64_t longest_ms = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        int64_t ms = partition->deadlines && partition->holds_from.us
                         ? mono_diff_ms(partition->holds_from, mono_now())
                         : 0;
        longest_ms = ms > longest_ms ? ms : longest_ms;
    }
    return longest_ms;
}

/* The oldest notice on its way to Kafka, or message on its way to people. */
static int64_t waiting_ms(const struct alerter *alerter)
{
    int64_t notice_ms = outbox_oldest_ms(alerter->outbox);
    int64_t message_ms = people_figures(alerter->people).oldest_s * MS_PER_SECOND;
    return notice_ms > message_ms ? notice_ms : message_ms;
}

/* What has lasted too long although everything answers; as trouble_of. */
static const char *lasting_trouble(const struct alerter *alerter, char *text, size_t text_size)
{
    int64_t held = held_ms(alerter), behind = behind_ms(alerter), waiting = waiting_ms(alerter);
    if (held > alerter->hold_max_ms) {
        snprintf(text, text_size, "deadlines that have passed are held for %" PRId64 " s",
                 held / MS_PER_SECOND);
        return "held";
    }
    if (behind > alerter->lag_max_ms) {
        snprintf(text, text_size, "not at the end of the records for %" PRId64 " s",
                 behind / MS_PER_SECOND);
        return "lag";
    }
    if (waiting > alerter->outbox_max_ms) {
        snprintf(text, text_size, "a notice or message has been waiting to leave for %" PRId64 " s",
                 waiting / MS_PER_SECOND);
        return "outbox";
    }
    return NULL;
}

/* Why we are not ready, as a word and a text; NULL = we are. */
static const char *trouble_of(const struct alerter *alerter, char *text, size_t text_size)
{
    const char *name = NULL;
    size_t held = held_deadlines(alerter);
    const char *refused = outbox_failing(alerter->outbox);
    if (*alerter->trouble.text) {
        name = alerter->trouble_with;
        log_quote(alerter->trouble.text, text, text_size);
    } else if (!alerter->consumer) {
        name = "start";
        snprintf(text, text_size, "connecting");
    } else if (!alerter->joined) {
        name = "kafka";
        snprintf(text, text_size, "waiting for the consumer group");
    } else if (alerter->broker_silent) {
        name = "kafka";
        snprintf(text, text_size, "no answer from the brokers; %zu deadlines are held", held);
    } else if (alerter->clock.jump_ms) {
        name = "clock";
        snprintf(text, text_size,
                 "the wall clock jumped by %" PRId64
                 " s and is not believed; `hoso alerts clock --accept --actor NAME` "
                 "if it is right",
                 alerter->clock.jump_ms / MS_PER_SECOND);
    } else if (held) {
        name = "held";
        snprintf(text, text_size, "%zu deadlines wait until the backlog is read", held);
    } else if (refused) {
        name = "outbox";
        log_quote(refused, text, text_size);
    } else {
        name = lasting_trouble(alerter, text, text_size);
    }
    return name;
}

static bool ready(void *arg, char *reasons, size_t size)
{
    char text[400] = "";
    const char *name = trouble_of(arg, text, sizeof text);
    for (char *at = text; *at; at++)
        *at = *at == '\\' ? '/' : *at; /* the text goes into JSON */
    if (name)
        snprintf(reasons, size, "\"%s\":\"%s\"", name, text);
    return !name;
}

int status_open(struct alerter *alerter, struct error *err)
{
    size_t lags = (size_t)alerter->partition_count;
    struct metric *metrics = calloc(METRIC_LAG + lags, sizeof *metrics);
    char(*labels)[40] = calloc(lags + 1, sizeof *labels);
    if (!metrics || !labels) {
        free(metrics);
        free(labels);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < METRIC_LAG; i++)
        metrics[i] = alerter->metrics ? alerter->metrics[i] : templates[i];
    for (size_t i = 0; i < lags; i++) {
        snprintf(labels[i], sizeof labels[i], "partition=\"%zu\"", i);
        metrics[METRIC_LAG + i] = (struct metric){.name = "hoso_consumer_lag_records",
                                                  .labels = labels[i],
                                                  .help = "Records behind the end, our partitions.",
                                                  .gauge = true};
    }
    status_close(alerter);
    alerter->metrics = metrics;
    alerter->metric_labels = labels;
    alerter->service->metrics = metrics;
    alerter->service->metric_count = METRIC_LAG + lags;
    alerter->service->ready = ready;
    alerter->service->ready_arg = alerter;
    return 0;
}

void status_close(struct alerter *alerter)
{
    alerter->service->metrics = NULL;
    alerter->service->metric_count = 0;
    alerter->service->ready = NULL;
    free(alerter->metrics);
    free(alerter->metric_labels);
    alerter->metrics = NULL;
    alerter->metric_labels = NULL;
}

/* The broker is asked now and then: while records come in, only it knows how many are to come. */
static void refresh_lag(struct alerter *alerter)
{
    if (mono_diff_ms(alerter->lag_asked, mono_now()) < LAG_EVERY_MS)
        return;
    size_t count = 0;
    for (int i = 0; i < alerter->partition_count; i++) {
        if (alerter->partitions[i].deadlines)
            alerter->ends[count++].partition = i;
    }
    if (count)
        firing_ask_ends(alerter, count);
    alerter->lag_asked = mono_now();
}

/* For the operators: what it means, in Vietnamese, and the detail for whoever mends it. */
static void refresh_trouble(struct alerter *alerter)
{
    char text[400] = "", mail[600];
    const char *name = trouble_of(alerter, text, sizeof text);
    if (name)
        snprintf(mail, sizeof mail, "%s\n\nChi tiết: %s", wording_trouble(name), text);
    char unused[200];
    bool lasted = alerter->consumer && lasting_trouble(alerter, unused, sizeof unused);
    people_trouble(alerter->people, name ? mail : NULL, lasted);
}

void status_refresh(struct alerter *alerter)
{
    int64_t open = 0;
    refresh_trouble(alerter);
    if (alerter->consumer)
        refresh_lag(alerter);
    for (int i = 0; i < alerter->partition_count; i++) {
        const struct partition *partition = &alerter->partitions[i];
        bool ours = partition->deadlines;
        open += ours ? (int64_t)deadlines_count(partition->deadlines) : 0;
        alerter->metrics[METRIC_LAG + i].value = ours ? partition->lag : 0;
    }
    alerter->metrics[METRIC_OPEN].value = open;
    alerter->metrics[METRIC_HELD].value = (int64_t)held_deadlines(alerter);
    alerter->metrics[METRIC_BEHIND_S].value = behind_ms(alerter) / MS_PER_SECOND;
    alerter->metrics[METRIC_HELD_S].value = held_ms(alerter) / MS_PER_SECOND;
    const struct people_figures figures = people_figures(alerter->people);
    alerter->metrics[METRIC_MESSAGES_SENT].value = figures.sent;
    alerter->metrics[METRIC_MESSAGES_FAILED].value = figures.failed;
    alerter->metrics[METRIC_MESSAGES_DEAD].value = figures.dead;
    alerter->metrics[METRIC_MESSAGES_PENDING].value = figures.pending;
    alerter->metrics[METRIC_MESSAGES_OLDEST].value = figures.oldest_s;
    alerter->metrics[METRIC_BREAKERS_OPEN].value = figures.open_breakers;
    alerter->metrics[METRIC_CLOCK_JUMP].value = alerter->clock.jump_ms;
    alerter->metrics[METRIC_OUTBOX_UNSENT].value = outbox_unsent(alerter->outbox);
    alerter->metrics[METRIC_OUTBOX_OLDEST_S].value =
        outbox_oldest_ms(alerter->outbox) / MS_PER_SECOND;
}
