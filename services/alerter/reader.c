/* Partitions of ours, and batches of their records. */
#include "alerter/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { CLAIM_TIMEOUT_MS = 5000, TOPIC_TIMEOUT_MS = 5000 };

static void forget_batch(struct alerter *alerter)
{
    store_events_clear(&alerter->batch);
    alerter->batch_count = 0;
}

static void forget_partitions(struct alerter *alerter)
{
    fire_forget(alerter);
    for (int i = 0; i < alerter->partition_count; i++) {
        struct partition *partition = &alerter->partitions[i];
        partition->deadlines = deadlines_free(partition->deadlines);
        partition->held = false;
    }
    pg_array_clear(&alerter->owned);
    alerter->joined = false;
}

static int take_deadlines(struct alerter *alerter, const struct pg_result *rows, struct error *err)
{
    for (size_t i = 0; i < pg_rows(rows); i++) {
        struct deadlines *deadlines = alerter->partitions[store_watch_partition(rows, i)].deadlines;
        if (deadlines_set(deadlines, store_watch_code(rows, i), store_watch_deadline(rows, i)) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return 0;
}

/* The deadlines that were left watched; our claims are already in this transaction, so nobody changes them any more. */
static int load_deadlines(struct alerter *alerter, struct error *err)
{
    int r = store_open_watch(alerter->pg, &alerter->owned, err);
    for (size_t rows = 1; rows && r == 0;) {
        struct pg_result *result = NULL;
        r = store_next_watch(alerter->pg, &result, err);
        rows = r == 0 ? pg_rows(result) : 0;
        if (r == 0)
            r = take_deadlines(alerter, result, err);
        pg_result_free(result);
    }
    return r == 0 ? store_close_watch(alerter->pg, err) : r;
}

/* Makes one partition ours, from the offset that PostgreSQL names or, the first time, from the beginning of the log. */
static int claim(struct alerter *alerter, struct partition_offset *offset, struct error *err)
{
    if (offset->partition >= alerter->partition_count)
        return error_set(
            err, ERR_INPUT,
            "topic %s has grown beyond %d partitions, so dossiers have moved between them: give it "
            "that many again (a new topic), send it what came since, and decide with `hoso replay "
            "offset --consumer alerter` where to go on",
            alerter->topic, alerter->partition_count);
    struct partition *partition = &alerter->partitions[offset->partition];
    struct offset_claim claim = {
        .consumer = "alerter", .topic = alerter->topic, .partition = offset->partition};
    memcpy(claim.owner, alerter->owner, sizeof claim.owner);
    int64_t high = 0;
    int r =
        offsets_claim_in_log(alerter->pg, alerter->consumer, CLAIM_TIMEOUT_MS, &claim, &high, err);
    partition->deadlines = deadlines_new();
    if (r == 0 && !partition->deadlines)
        r = error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0 && pg_array_int32(&alerter->owned, offset->partition) < 0)
        r = error_set(err, ERR_NOMEM, "out of memory");
    partition->claim = claim;
    if (r == 0)
        r = follow_claimed(alerter, partition, err);
    if (r < 0)
        return r;
    offset->offset = offsets_read_from(&claim);
    partition->read_offset = claim.next_offset;
    partition->end_position = -1;
    partition->lag = high - claim.next_offset;
    partition->held = false;
    partition->holds_from = (struct mono){0};
    partition->whole_at = mono_now();
    return 0;
}

static int on_assigned(void *arg, struct partition_offset *offsets, size_t count, struct error *err)
{
    struct alerter *alerter = arg;
    forget_batch(alerter);
    forget_partitions(alerter);
    int r = pg_begin(alerter->pg, err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = claim(alerter, &offsets[i], err);
    if (r == 0 && count)
        r = load_deadlines(alerter, err);
    if (r == 0) {
        crash_point("alerter.claim_before_commit");
        r = pg_commit(alerter->pg, err);
    }
    if (r < 0) {
        pg_rollback(alerter->pg);
        forget_partitions(alerter);
    } else {
        crash_point("alerter.claim_after_commit");
        alerter->joined = true;
        follow_wake(alerter);
        alerter->watching_since = alerter_now(alerter);
        backoff_reset(&alerter->backoff);
        outbox_wake(alerter->outbox);
        log_info("assigned", "partitions=%zu", count);
    }
    alerter->assign_result = r;
    return r;
}

/* The assignor is eager: every partition goes at once, and with it the batch, which may not be committed any more. */
static void on_revoked(void *arg, const int32_t *partitions, size_t count)
{
    struct alerter *alerter = arg;
    (void)partitions;
    log_info("revoked", "partitions=%zu records_dropped=%zu", count, alerter->batch_count);
    forget_batch(alerter);
    forget_partitions(alerter);
}

/* A dossier stays in its partition, and its deadline with it. */
static int check_count(const struct alerter *alerter, int count, struct error *err)
{
    int64_t wanted = config_integer(alerter->service->config, "kafka", NULL, "partitions");
    if (count == wanted)
        return 0;
    return error_set(err, ERR_INPUT,
                     "topic %s has %d partitions, [kafka] partitions is %" PRId64
                     "; a changed number moves dossiers between partitions: mend the "
                     "configuration, or make the topic anew with that many, and decide with "
                     "`hoso replay offset --consumer alerter` where to go on",
                     alerter->topic, count, wanted);
}

int reader_open(struct alerter *alerter, struct error *err)
{
    struct service *service = alerter->service;
    if (!alerter->partition_count) {
        int count;
        int r = topic_partitions(&service->kafka, alerter->topic, TOPIC_TIMEOUT_MS, &count, err);
        if (r == 0)
            r = check_count(alerter, count, err);
        if (r < 0)
            return r;
        free(alerter->partitions); /* of an attempt that failed half-way */
        free(alerter->ends);
        alerter->partitions = calloc((size_t)count, sizeof *alerter->partitions);
        alerter->ends = calloc((size_t)count, sizeof *alerter->ends);
        if (!alerter->partitions || !alerter->ends)
            return error_set(err, ERR_NOMEM, "out of memory");
        alerter->partition_count = count;
        r = status_open(alerter, err);
        if (r < 0)
            return r;
    }
    const struct consumer_events events = {on_assigned, on_revoked, alerter};
    alerter->assign_result = 0;
    return consumer_new(&service->kafka, config_text(service->config, "alerter", NULL, "group"),
                        alerter->topic, &events, &alerter->consumer, err);
}

void reader_close(struct alerter *alerter)
{
    alerter->consumer = consumer_free(alerter->consumer);
    forget_batch(alerter);
    forget_partitions(alerter);
}

static int take_record(struct alerter *alerter, const struct record *record, struct error *err)
{
    struct partition *partition = &alerter->partitions[record->partition];
    int r = partition->deadlines ? offsets_recognise(&partition->claim, record, err) : 0;
    if (r < 0 || !partition->deadlines || record->offset < partition->read_offset)
        return r;
    struct event event;
    enum codec_fault fault =
        codec_read(alerter->codec, record->value.data, record->value.len, &event, NULL);
    bool usable = fault == CODEC_OK && event_validate(&event, NULL) == 0 &&
                  str_eq(record->key, event.dossier_code);
    if (!usable) {
        alerter->metrics[METRIC_UNDECODABLE].value++;
        log_warn("record_skipped", "partition=%d offset=%lld fault=%s", record->partition,
                 (long long)record->offset,
                 fault == CODEC_OK ? "invalid_event" : codec_fault_name(fault));
    } else if (store_events_add(&alerter->batch, &event, record->partition, record->value) < 0) {
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    partition->read_offset = record->offset + 1;
    partition->last_record = offsets_fingerprint(record);
    if (alerter->batch_count++ == 0)
        alerter->batch_began = mono_now();
    return 0;
}

static void note_end(struct alerter *alerter, const struct record *record)
{
    struct partition *partition = &alerter->partitions[record->partition];
    partition->end_position = record->offset;
    partition->lag = 0;
    partition->whole_at = mono_now();
    partition->held = false; /* ask again at once */
    alerter->broker_silent = false;
}

int reader_take(struct alerter *alerter, struct error *err)
{
    alerter->more_to_take = false;
    while (alerter->batch_count < alerter->batch_max) {
        struct record record = {0};
        int r = consumer_poll(alerter->consumer, 0, &record, err);
        if (alerter->assign_result < 0) {
            record_release(&record);
            return alerter->assign_result;
        }
        if (r == CONSUMER_NOTHING)
            return 0;
        if (r == ERR_UNAVAILABLE) { /* librdkafka goes on trying */
            alerter->broker_silent = true;
            return 0;
        }
        if (r == ERR_INPUT)
            return error_prefix(
                err, r, "decide with `hoso replay offset --consumer alerter` where to go on");
        if (r < 0)
            return r;
        if (r == CONSUMER_END) {
            note_end(alerter, &record);
            continue;
        }
        alerter->broker_silent = false;
        r = take_record(alerter, &record, err);
        record_release(&record);
        if (r < 0)
            return r;
    }
    alerter->more_to_take = true;
    return 0;
}

static int advance_claims(struct alerter *alerter, struct error *err)
{
    int r = 0;
    for (int i = 0; i < alerter->partition_count && r == 0; i++) {
        const struct partition *partition = &alerter->partitions[i];
        if (partition->deadlines && partition->read_offset != partition->claim.next_offset)
            r = offsets_advance(alerter->pg, &partition->claim, partition->read_offset,
                                partition->last_record, err);
    }
    return r;
}

/* Inside the transaction: offsets, events and what they mean. *rows keeps the question's text. */
static int write_batch(struct alerter *alerter, struct pg_result **rows, struct question *question,
                       struct verdicts *verdicts, struct error *err)
{
    int r = advance_claims(alerter, err);
    if (r == 0)
        r = store_events_insert(alerter->pg, &alerter->batch, rows, err);
    if (r < 0)
        return r;
    question->count = pg_rows(*rows); /* at most one per record of the batch */
    for (size_t i = 0; i < question->count; i++)
        alerter->touched[i] = store_touched(*rows, i);
    return judge_run(alerter->judge, alerter->pg, &alerter->reference, question, verdicts, err);
}

static void note_committed(struct alerter *alerter)
{
    for (int i = 0; i < alerter->partition_count; i++) {
        struct partition *partition = &alerter->partitions[i];
        if (!partition->deadlines || partition->read_offset == partition->claim.next_offset)
            continue;
        partition->claim.next_offset = partition->read_offset;
        const struct partition_offset done = {i, partition->read_offset};
        consumer_report_offsets(alerter->consumer, &done, 1);
    }
    forget_batch(alerter);
}

int reader_commit(struct alerter *alerter, struct error *err)
{
    struct pg_result *rows = NULL;
    struct verdicts verdicts;
    /* Nothing fires from a batch: fire_run asks first whether more is to be read. */
    struct question question = {.rulebook = alerter->rulebook,
                                .dossiers = alerter->touched,
                                .now_at = alerter_now(alerter)};
    fire_forget(alerter);
    int r = pg_begin(alerter->pg, err);
    if (r == 0)
        r = write_batch(alerter, &rows, &question, &verdicts, err);
    if (r == 0) {
        crash_point("alerter.before_commit");
        r = pg_commit(alerter->pg, err);
    }
    if (r == 0) {
        crash_point("alerter.after_commit");
        log_debug("batch_committed", "records=%zu dossiers=%zu", alerter->batch_count,
                  question.count);
        note_committed(alerter);
        r = fire_apply(alerter, &question, &verdicts, err);
    } else {
        pg_rollback(alerter->pg);
    }
    pg_result_free(rows);
    return r;
}
