#include "aggregator/relay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "aggregator/dlq.h"

enum { ROWS_MAX = 100, HEADERS_MAX = 64, OWN_HEADERS = 7, LOOK_EVERY_MS = 1000, CLOSE_MS = 2000 };

struct relay {
    const struct kafka_settings *settings;
    const char *topic;
    const char *dlq_topic;
    struct producer *producer;
    struct pg_array sent;  /* ids that Kafka has and the outbox does not yet say so */
    size_t unanswered;     /* rows under way */
    int64_t after_id;      /* rows up to here were refused for good */
    struct mono looked_at; /* last time that the outbox was empty */
    bool look_now;
    bool failed; /* memory was short for an id: it will be sent again */
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct relay *relay = arg;
    int64_t *id = opaque;
    (void)why_not; /* librdkafka has logged it; the row stays and is tried again */
    relay->unanswered--;
    if (persisted)
        relay->failed |= pg_array_int64(&relay->sent, *id) < 0;
    free(id);
}

int relay_new(const struct kafka_settings *settings, const char *topic, const char *dlq_topic,
              struct relay **ret, struct error *err)
{
    struct relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        return error_set(err, ERR_NOMEM, "relay: out of memory");
    *relay = (struct relay){
        .settings = settings, .topic = topic, .dlq_topic = dlq_topic, .look_now = true};
    pg_array_init(&relay->sent, PG_INT64);
    int r = producer_new(settings, on_done, relay, &relay->producer, err);
    if (r < 0) {
        relay_free(relay);
        return r;
    }
    *ret = relay;
    return 0;
}

struct relay *relay_free(struct relay *relay)
{
    if (!relay)
        return NULL;
    producer_free(relay->producer, CLOSE_MS);
    pg_array_deinit(&relay->sent);
    free(relay);
    return NULL;
}

struct producer *relay_producer(const struct relay *relay)
{
    return relay->producer;
}

void relay_wake(struct relay *relay)
{
    relay->look_now = true;
}

int relay_fd(struct relay *relay)
{
    return producer_fd(relay->producer);
}

int relay_wait_ms(const struct relay *relay, struct mono now)
{
    if (relay->unanswered > 0)
        return LOOK_EVERY_MS; /* the descriptor tells sooner */
    int64_t left_ms = LOOK_EVERY_MS - mono_diff_ms(relay->looked_at, now);
    return relay->look_now || left_ms <= 0 ? 0 : (int)left_ms;
}

/* Kafka Connect names a Java class here; tools show it beside the stage. */
static struct str exception_of(struct str stage)
{
    if (str_eq(stage, STR("decode")))
        return STR("hoso.DecodeError");
    if (str_eq(stage, STR("validate")))
        return STR("hoso.ValidationError");
    if (str_eq(stage, STR("key")))
        return STR("hoso.KeyError");
    return STR("hoso.StoreError");
}

/* A column of the outbox's query. */
enum { ID, PARTITION, OFFSET, KEY, VALUE, RECORD_TIME, HEADERS, STAGE, ERROR_CODE, MESSAGE };

static int send_row(struct relay *relay, const struct pg_result *rows, size_t row,
                    struct error *err)
{
    char partition[16];
    char offset[24];
    snprintf(partition, sizeof partition, "%" PRId32, pg_get_int32(rows, row, PARTITION));
    snprintf(offset, sizeof offset, "%" PRId64, pg_get_int64(rows, row, OFFSET));
    struct kafka_header headers[HEADERS_MAX + OWN_HEADERS];
    size_t count = 0;
    struct str kept = pg_get_text(rows, row, HEADERS);
    while (count < HEADERS_MAX && header_take(&kept, &headers[count]))
        count++;
    if (kept.len > 0)
        return error_set(err, ERR_INPUT, "more than %d headers", HEADERS_MAX);
    struct str stage = pg_get_text(rows, row, STAGE);
    const struct kafka_header own[OWN_HEADERS] = {
        {"__connect.errors.topic", str_of(relay->topic)},
        {"__connect.errors.partition", str_of(partition)},
        {"__connect.errors.offset", str_of(offset)},
        {"__connect.errors.stage", stage},
        {"__connect.errors.exception.class.name", exception_of(stage)},
        {"__connect.errors.exception.message", pg_get_text(rows, row, MESSAGE)},
        {"hoso_error_code", pg_get_text(rows, row, ERROR_CODE)},
    };
    memcpy(&headers[count], own, sizeof own);
    int64_t *id = malloc(sizeof *id);
    if (!id)
        return error_set(err, ERR_NOMEM, "relay: out of memory");
    *id = pg_get_int64(rows, row, ID);
    int64_t time_at = pg_get_time(rows, row, RECORD_TIME);
    int r = producer_send(relay->producer, relay->dlq_topic, pg_get_text(rows, row, KEY),
                          pg_get_text(rows, row, VALUE), headers, count + OWN_HEADERS,
                          time_at == NO_TIME ? 0 : time_at, id, err);
    if (r != 0)
        free(id);
    else
        relay->unanswered++;
    return r;
}

/*
 * Hands the rows over. One that is refused for good is passed over only once it is the oldest: the earlier ones under way may
 * still have to be sent again.
 */
static int send_rows(struct relay *relay, const struct pg_result *rows, struct error *err)
{
    for (size_t i = 0; i < pg_rows(rows); i++) {
        struct error why;
        int r = send_row(relay, rows, i, &why);
        if (r == 0)
            continue;
        if (r == ERR_NOMEM)
            return error_set(err, r, "%s", why.text);
        if (r == PRODUCER_FULL || i > 0)
            return 0;
        relay->after_id = pg_get_int64(rows, i, ID);
        return error_set(err, RELAY_PASSED_OVER,
                         "dead letter of partition %" PRId32 " offset %" PRId64
                         " stays in dlq_outbox (id %" PRId64 "): %s",
                         pg_get_int32(rows, i, PARTITION), pg_get_int64(rows, i, OFFSET),
                         relay->after_id, why.text);
    }
    return 0;
}

static int look(struct relay *relay, struct pg *pg, const struct pg_array *partitions,
                struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(relay->topic)), pg_array_param(partitions),
                                      pg_int64(relay->after_id), pg_int32(ROWS_MAX)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT id, partition, \"offset\", key, value, record_time, headers, stage, "
                    "error_code, message FROM dlq_outbox "
                    "WHERE sent_at IS NULL AND topic = $1 AND partition = ANY ($2) AND id > $3 "
                    "ORDER BY id LIMIT $4",
                    params, sizeof params / sizeof *params, &rows, err);
    if (r < 0)
        return r;
    relay->look_now = pg_rows(rows) > 0;
    relay->looked_at = mono_now();
    r = send_rows(relay, rows, err);
    pg_result_free(rows);
    return r;
}

static int mark(struct relay *relay, struct pg *pg, int64_t *sent, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&relay->sent)};
    int r = pg_exec(pg, "UPDATE dlq_outbox SET sent_at = now() WHERE id = ANY ($1)", params, 1,
                    NULL, err);
    if (r < 0)
        return r;
    *sent += relay->sent.count;
    pg_array_clear(&relay->sent);
    return 0;
}

/* A fatal producer is thrown away; what it had under way is still unsent in the outbox. */
static int serve_producer(struct relay *relay, struct error *err)
{
    if (producer_poll(relay->producer, 0, err) == 0)
        return 0;
    relay->producer = producer_free(relay->producer, 0);
    return producer_new(relay->settings, on_done, relay, &relay->producer, err);
}

int relay_step(struct relay *relay, struct pg *pg, const struct pg_array *partitions, int64_t *sent,
               struct error *err)
{
    int r = serve_producer(relay, err);
    if (r < 0 || relay->unanswered > 0)
        return r;
    if (relay->failed)
        return error_set(err, ERR_NOMEM, "relay: out of memory");
    if (relay->sent.count > 0)
        r = mark(relay, pg, sent, err);
    if (r == 0 && relay_wait_ms(relay, mono_now()) == 0)
        r = look(relay, pg, partitions, err);
    return r;
}
