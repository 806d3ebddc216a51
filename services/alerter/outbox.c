#include "alerter/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/hash.h"
#include "domain/alert_notice.h"
#include "service/service.h"

enum {
    ROUND_MAX = 1000, /* rows */
    SEND_MAX = 200,   /* of them at once: a deadline may come due meanwhile */
    FLUSH_MS = 1000,
    RECHECK_MS = 5000,
    COUNT_EVERY_MS = 2000,
    ANSWER_MS = 100, /* looked at even if nothing becomes readable */
};

struct outbox {
    const struct kafka_settings *settings;
    const char *topic;
    struct producer *producer;
    struct codec *codec;
    struct pg_array persisted; /* ids to mark */
    bool marking;              /* those of `persisted` that were there are being marked */
    struct pg_result *rows;    /* of this round, NULL = all are with Kafka */
    size_t next_row;
    struct pg_result *count;
    bool asks; /* PostgreSQL works for us */
    struct mono asked;
    int64_t worked_us; /* since the round began */
    struct mono answered;
    size_t in_flight;
    bool more;   /* rows may be unsent that this round did not take */
    bool failed; /* something of this round was not persisted */
    struct backoff backoff;
    struct error why;      /* of the last failure */
    struct mono next_look; /* not before that */
    int64_t unsent;
    struct mono oldest; /* when the oldest of them was written */
    struct mono counted;
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct outbox *outbox = arg;
    outbox->in_flight--;
    /* Memory short counts as not sent: it goes again. */
    if (!persisted)
        error_set(&outbox->why, ERR_UNAVAILABLE, "%s", why_not);
    if (!persisted || pg_array_int64(&outbox->persisted, (int64_t)(intptr_t)opaque) < 0)
        outbox->failed = true;
}

int outbox_new(const struct kafka_settings *settings, const char *topic, struct outbox **ret,
               struct error *err)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return error_set(err, ERR_NOMEM, "out of memory");
    outbox->settings = settings;
    outbox->topic = topic;
    outbox->more = true;
    outbox->next_look = mono_now();
    outbox->backoff = (struct backoff){.first_ms = 100, .max_ms = 5000};
    pg_array_init(&outbox->persisted, PG_INT64);
    int r = codec_new(&codec_alert_layout, &outbox->codec, err);
    if (r == 0)
        r = producer_new(settings, on_done, outbox, &outbox->producer, err);
    if (r < 0) {
        outbox_free(outbox);
        return r;
    }
    *ret = outbox;
    return 0;
}

struct outbox *outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return NULL;
    producer_free(outbox->producer, FLUSH_MS);
    codec_free(outbox->codec);
    outbox_reset(outbox);
    pg_array_deinit(&outbox->persisted);
    free(outbox);
    return NULL;
}

void outbox_wake(struct outbox *outbox)
{
    outbox->more = true;
}

/* ce_id and ce_time live in the caller's buffers. */
static void describe(const struct alert_notice *notice, char *id, size_t id_size, char *time)
{
    char hex[2 * EVENT_ID_SIZE + 1];
    int len = snprintf(id, id_size, "%s-%s", hex_encode(notice->alert_id, EVENT_ID_SIZE, hex),
                       alert_state_name(notice->state));
    if (str_eq(notice->reason, STR("transferred")))
        snprintf(id + len, id_size - (size_t)len, "-%d-%" PRId64, notice->unit_id,
                 notice->last_ingested_at);
    bool told_later = notice->last_ingested_at > notice->fired_at;
    time_format(told_later ? notice->last_ingested_at : notice->fired_at, time);
}

/* 0, PRODUCER_FULL, or negative when Kafka refuses the record. */
static int send_row(struct outbox *outbox, const struct pg_result *rows, size_t row,
                    struct error *err)
{
    struct str key = pg_get_text(rows, row, 1);
    struct str payload = pg_get_text(rows, row, 2);
    struct alert_notice notice;
    enum codec_fault fault = codec_read(outbox->codec, payload.data, payload.len, &notice, NULL);
    if (fault != CODEC_OK)
        return error_set(err, ERR_FAILED, "hoso.outbox holds an unreadable notice: %s",
                         codec_fault_name(fault));
    char id[128];
    char time[TIME_TEXT_SIZE];
    describe(&notice, id, sizeof id, time);
    const struct kafka_header headers[] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", str_of(id)},
        {"ce_type", STR("vn.hoso.alert.v1")},
        {"ce_source", STR("/hoso/alerter")},
        {"ce_time", str_of(time)},
        {"ce_subject", key},
    };
    int64_t row_id = pg_get_int64(rows, row, 0);
    int r = producer_send(outbox->producer, outbox->topic, key, payload, headers,
                          sizeof headers / sizeof *headers, 0, (void *)(intptr_t)row_id, err);
    if (r == 0)
        outbox->in_flight++;
    return r;
}

/* Sends what is queued on its way; pg_queue_run answers. */
static int ask(struct outbox *outbox, struct pg *pg, struct error *err)
{
    int r = pg_queue_together(pg, err);
    outbox->asks = r == 0;
    outbox->asked = mono_now();
    return r;
}

/* Where one round does not take everything; not each time, since a storm is many rounds. */
static int ask_count(struct outbox *outbox, struct pg *pg, const struct pg_array *partitions,
                     struct error *err)
{
    const struct pg_param params[] = {pg_array_param(partitions)};
    if (outbox->counted.us && mono_diff_ms(outbox->counted, mono_now()) < COUNT_EVERY_MS)
        return 0;
    outbox->counted = mono_now();
    return pg_queue_exec(pg,
                         "SELECT count(*) FROM hoso.outbox WHERE sent_at IS NULL "
                         "AND partition = ANY($1::int[])",
                         params, 1, PG_ANY, &outbox->count, err);
}

static int ask_rows(struct outbox *outbox, struct pg *pg, const struct pg_array *partitions,
                    struct error *err)
{
    const struct pg_param params[] = {pg_array_param(partitions), pg_int32(ROUND_MAX)};
    outbox->more = false;
    outbox->failed = false;
    outbox->worked_us = 0;
    outbox->next_look = mono_now();
    outbox->next_look.us += RECHECK_MS * INT64_C(1000);
    int r = pg_queue_exec(
        pg,
        "SELECT o.* FROM unnest($1::int[]) p CROSS JOIN LATERAL (SELECT id, key, "
        "payload, (extract(epoch FROM clock_timestamp() - created_at) * 1000)::bigint "
        "FROM hoso.outbox WHERE sent_at IS NULL AND partition = p ORDER BY id LIMIT $2) "
        "o ORDER BY id LIMIT $2",
        params, 2, PG_ANY, &outbox->rows, err);
    if (r == 0 && outbox->unsent >= ROUND_MAX)
        r = ask_count(outbox, pg, partitions, err);
    return r == 0 ? ask(outbox, pg, err) : r;
}

static int ask_mark(struct outbox *outbox, struct pg *pg, struct error *err)
{
    crash_point("alerter.outbox_after_send");
    const struct pg_param params[] = {pg_array_param(&outbox->persisted)};
    int r = pg_queue_exec(pg, "UPDATE hoso.outbox SET sent_at = now() WHERE id = ANY($1::bigint[])",
                          params, 1, PG_ANY, NULL, err);
    outbox->marking = r == 0;
    return r == 0 ? ask(outbox, pg, err) : r;
}

static void take_rows(struct outbox *outbox)
{
    size_t count = pg_rows(outbox->rows);
    outbox->next_row = 0;
    if (count < ROUND_MAX || outbox->unsent < (int64_t)count)
        outbox->unsent = (int64_t)count;
    if (outbox->count)
        outbox->unsent = pg_get_int64(outbox->count, 0, 0);
    outbox->count = pg_result_free(outbox->count);
    if (count)
        outbox->oldest = (struct mono){mono_now().us - pg_get_int64(outbox->rows, 0, 3) * 1000};
    outbox->more = outbox->more || count == ROUND_MAX; /* somebody may have woken us meanwhile */
}

/* What PostgreSQL was asked for has come. Nothing else is in flight then, so all that is persisted is marked. */
static void take_answer(struct outbox *outbox)
{
    outbox->asks = false;
    outbox->answered = mono_now();
    outbox->worked_us += outbox->answered.us - outbox->asked.us;
    if (outbox->rows)
        take_rows(outbox);
    if (!outbox->marking)
        return;
    crash_point("alerter.outbox_after_mark");
    outbox->marking = false;
    outbox->unsent -= outbox->persisted.count;
    pg_array_clear(&outbox->persisted);
    if (!outbox->failed)
        backoff_reset(&outbox->backoff);
}

static void send_some(struct outbox *outbox)
{
    size_t count = pg_rows(outbox->rows), end = outbox->next_row + SEND_MAX;
    int r = 0;
    for (; r == 0 && outbox->next_row < count && outbox->next_row < end; outbox->next_row++)
        r = send_row(outbox, outbox->rows, outbox->next_row, &outbox->why);
    if (r != 0)
        outbox->more = true;
    if (r < 0)
        outbox->failed = true;
    if (r != 0 || outbox->next_row == count)
        outbox->rows = pg_result_free(outbox->rows);
}

/* A producer that is fatally broken is replaced; its unreported rows stay unsent and go again. */
static int serve_producer(struct outbox *outbox, struct error *err)
{
    if (producer_poll(outbox->producer, 0, &outbox->why) == 0)
        return 0;
    outbox->producer = producer_free(outbox->producer, 0);
    outbox->in_flight = 0;
    outbox->failed = true;
    return producer_new(outbox->settings, on_done, outbox, &outbox->producer, err);
}

static void back_off(struct outbox *outbox)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    outbox->next_look = mono_now();
    outbox->next_look.us += backoff_next_ms(&outbox->backoff, random) * 1000;
    outbox->failed = false;
    outbox->more = false;
}

/* Until the next round, by its share of the time and by what there is to do. */
static int64_t wait_us(const struct outbox *outbox, int share)
{
    struct mono now = mono_now();
    int64_t turn_us = outbox->answered.us + (share - 1) * outbox->worked_us - now.us;
    int64_t look_us = outbox->more ? 0 : outbox->next_look.us - now.us;
    int64_t us = turn_us > look_us ? turn_us : look_us;
    return us > 0 ? us : 0;
}

int outbox_run(struct outbox *outbox, struct pg *pg, const struct pg_array *partitions, int share,
               struct error *err)
{
    int r = serve_producer(outbox, err);
    if (r < 0 || !pg)
        return r;
    if (outbox->asks) {
        r = pg_queue_run(pg, err);
        if (r != 0)
            return r < 0 ? r : 0;
        take_answer(outbox);
    }
    if (outbox->rows)
        send_some(outbox);
    if (outbox->rows || outbox->in_flight)
        return 0;
    if (outbox->persisted.count)
        return ask_mark(outbox, pg, err);
    if (outbox->failed)
        back_off(outbox);
    return partitions->count && !wait_us(outbox, share) ? ask_rows(outbox, pg, partitions, err) : 0;
}

void outbox_reset(struct outbox *outbox)
{
    outbox->rows = pg_result_free(outbox->rows);
    outbox->count = pg_result_free(outbox->count);
    outbox->asks = outbox->marking = false;
    outbox->more = true;
}

int outbox_fd(const struct outbox *outbox)
{
    return producer_fd(outbox->producer);
}

bool outbox_asks(const struct outbox *outbox)
{
    return outbox->asks;
}

int outbox_timeout_ms(const struct outbox *outbox, int share)
{
    if (outbox->asks)
        return ANSWER_MS;
    if (outbox->rows)
        return 0;
    if (outbox->in_flight)
        return 1000; /* its descriptor tells earlier */
    return (int)((wait_us(outbox, share) + 999) / 1000);
}

struct producer *outbox_producer(const struct outbox *outbox)
{
    return outbox->producer;
}

int64_t outbox_unsent(const struct outbox *outbox)
{
    return outbox->unsent;
}

int64_t outbox_oldest_ms(const struct outbox *outbox)
{
    return outbox->unsent > 0 ? mono_diff_ms(outbox->oldest, mono_now()) : 0;
}

const char *outbox_failing(const struct outbox *outbox)
{
    return outbox->backoff.attempts > 0 ? outbox->why.text : NULL;
}
