#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kafka/kafka_internal.h"

struct consumer {
    struct kafka_settings settings; /* first: the log finds it there */
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    struct consumer_events events;
    char *topic;
    int failure; /* of `assigned`, on its way to the caller of consumer_poll */
    struct error failure_text;
    bool unreachable; /* all brokers are down, and consumer_poll has not said so yet */
    int wake[2];
};

static void fail_later(struct consumer *consumer, int code, const char *text)
{
    consumer->failure = error_set(&consumer->failure_text, code, "%s", text);
}

/* Asks the owner for the offsets and hands them to librdkafka in the list given to assign: no seek (racy in 2.0.2). */
static void assign(struct consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    size_t count = (size_t)partitions->cnt;
    struct partition_offset *offsets = calloc(count + 1, sizeof *offsets);
    if (!offsets) {
        rd_kafka_assign(consumer->handle, NULL);
        fail_later(consumer, ERR_NOMEM, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        offsets[i] = (struct partition_offset){.partition = partitions->elems[i].partition};
    int result =
        consumer->events.assigned(consumer->events.arg, offsets, count, &consumer->failure_text);
    if (result) {
        consumer->failure = result;
        rd_kafka_assign(consumer->handle, NULL);
    } else {
        for (size_t i = 0; i < count; i++)
            partitions->elems[i].offset = offsets[i].offset;
        rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle, partitions);
        if (code != 0)
            fail_later(consumer, ERR_FAILED, rd_kafka_err2str(code));
    }
    free(offsets);
}

static void give_up(struct consumer *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    int32_t *numbers = calloc((size_t)partitions->cnt + 1, sizeof *numbers);
    if (!numbers) {
        fail_later(consumer, ERR_NOMEM, "out of memory");
    } else {
        for (int i = 0; i < partitions->cnt; i++)
            numbers[i] = partitions->elems[i].partition;
        consumer->events.revoked(consumer->events.arg, numbers, (size_t)partitions->cnt);
        free(numbers);
    }
    rd_kafka_assign(consumer->handle, NULL);
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    (void)handle;
    struct consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(consumer, partitions);
    else
        give_up(consumer, partitions); /* also on errors: what we hold is no longer sure */
}

/* librdkafka says once per outage that all brokers are down; the rest it mends itself, so it only goes into the log. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    enum { LOG_WARNING = 4 };
    (void)handle;
    struct consumer *consumer = opaque;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        consumer->unreachable = true;
    else if (consumer->settings.on_log)
        consumer->settings.on_log(consumer->settings.on_log_arg, LOG_WARNING, "ERROR", reason);
}

/* conf is taken over. */
static int open_consumer(rd_kafka_conf_t *conf, const struct kafka_settings *settings,
                         const char *topic, struct consumer **ret, struct error *err)
{
    struct consumer *consumer = calloc(1, sizeof *consumer);
    char *copy = strdup(topic);
    if (!consumer || !copy) {
        free(consumer);
        free(copy);
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    *consumer = (struct consumer){.settings = *settings, .topic = copy, .wake = {-1, -1}};
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_error_cb(conf, on_error);
    consumer->handle = kafka_handle_new(RD_KAFKA_CONSUMER, conf, err);
    if (!consumer->handle) {
        free(copy);
        free(consumer);
        return ERR_INPUT;
    }
    rd_kafka_poll_set_consumer(consumer->handle);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->handle);
    int code = kafka_wake_open(consumer->queue, consumer->wake, err);
    if (code) {
        consumer_free(consumer);
        return code;
    }
    *ret = consumer;
    return 0;
}

static rd_kafka_conf_t *consumer_conf(const struct kafka_settings *settings, const char *group,
                                      int *ret_code, struct error *err)
{
    const struct kafka_pair pairs[] = {
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"partition.assignment.strategy", "range"},
        /* 2.0.2 waits a second before it fetches again once this many are queued; memory is bounded by kbytes. */
        {"queued.min.messages", "1000000"},
        {"queued.max.messages.kbytes", "24576"},
        {"session.timeout.ms", "10000"},
        {NULL, NULL},
    };
    return kafka_conf_new(settings, pairs, ret_code, err);
}

int consumer_new(const struct kafka_settings *settings, const char *group, const char *topic,
                 const struct consumer_events *events, struct consumer **ret, struct error *err)
{
    int code;
    rd_kafka_conf_t *conf = consumer_conf(settings, group, &code, err);
    if (!conf)
        return code;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    struct consumer *consumer;
    code = open_consumer(conf, settings, topic, &consumer, err);
    if (code)
        return code;
    consumer->events = *events;
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t failed = rd_kafka_subscribe(consumer->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (failed) {
        consumer_free(consumer);
        return error_set(err, ERR_FAILED, "Kafka subscribe: %s", rd_kafka_err2str(failed));
    }
    *ret = consumer;
    return 0;
}

int consumer_new_reader(const struct kafka_settings *settings, const char *topic,
                        const struct partition_offset *from, size_t count, struct consumer **ret,
                        struct error *err)
{
    int code;
    rd_kafka_conf_t *conf = consumer_conf(settings, "hoso-reader", &code, err);
    if (!conf)
        return code;
    struct consumer *consumer;
    code = open_consumer(conf, settings, topic, &consumer, err);
    if (code)
        return code;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, from[i].partition)->offset =
            from[i].offset == READ_FROM_BEGINNING ? RD_KAFKA_OFFSET_BEGINNING
            : from[i].offset == READ_FROM_END     ? RD_KAFKA_OFFSET_END
                                                  : from[i].offset;
    rd_kafka_resp_err_t failed = rd_kafka_assign(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failed) {
        consumer_free(consumer);
        return error_set(err, ERR_FAILED, "Kafka assign: %s", rd_kafka_err2str(failed));
    }
    *ret = consumer;
    return 0;
}

struct consumer *consumer_free(struct consumer *consumer)
{
    if (!consumer)
        return NULL;
    rd_kafka_consumer_close(consumer->handle);
    if (consumer->queue) {
        rd_kafka_queue_io_event_enable(consumer->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(consumer->queue);
    }
    rd_kafka_destroy(consumer->handle);
    for (int i = 0; i < 2; i++) {
        if (consumer->wake[i] >= 0)
            close(consumer->wake[i]);
    }
    free(consumer->topic);
    free(consumer);
    return NULL;
}

void record_release(struct record *record)
{
    if (record->handle)
        rd_kafka_message_destroy(record->handle);
    *record = (struct record){0};
}

void record_headers(const struct record *record,
                    void (*visit)(void *arg, const char *name, struct str value), void *arg)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(record->handle, &headers) != 0)
        return;
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; i++)
        visit(arg, name, (struct str){value, size});
}

/* What a message with an error means; it is destroyed. */
static int take_error(struct consumer *consumer, rd_kafka_message_t *message, struct record *ret,
                      struct error *err)
{
    rd_kafka_resp_err_t code = message->err;
    int32_t partition = message->partition;
    char text[KAFKA_ERROR_SIZE];
    snprintf(text, sizeof text, "%s", rd_kafka_message_errstr(message));
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        *ret = (struct record){.partition = partition, .offset = message->offset};
    rd_kafka_message_destroy(message);
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return CONSUMER_END;
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        return error_set(
            err, ERR_INPUT,
            "topic %s partition %d: the offset is outside the log, which has lost records or "
            "was made anew: %s",
            consumer->topic, (int)partition, text);
    if (rd_kafka_fatal_error(consumer->handle, text, sizeof text) != 0)
        return error_set(err, ERR_FAILED, "Kafka consumer: %s", text);
    return error_set(err, ERR_UNAVAILABLE, "Kafka: %s", text);
}

int consumer_poll(struct consumer *consumer, int timeout_ms, struct record *ret, struct error *err)
{
    /* Drained only when there seems to be nothing, and then looked again: what came in between is not overlooked. */
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->handle, 0);
    if (!message && !consumer->failure) {
        kafka_wake_drain(consumer->wake[0]);
        message = rd_kafka_consumer_poll(consumer->handle, timeout_ms);
    }
    if (consumer->failure) {
        int failure = consumer->failure;
        consumer->failure = 0;
        if (message)
            rd_kafka_message_destroy(message);
        return error_set(err, failure, "%s", consumer->failure_text.text);
    }
    if (!message && consumer->unreachable) {
        consumer->unreachable = false;
        return error_set(err, ERR_UNAVAILABLE, "Kafka: no broker can be reached");
    }
    if (!message)
        return CONSUMER_NOTHING;
    if (message->err)
        return take_error(consumer, message, ret, err);
    rd_kafka_timestamp_type_t type;
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    *ret = (struct record){
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp_ms,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .handle = message,
    };
    return CONSUMER_RECORD;
}

int consumer_fd(struct consumer *consumer)
{
    return consumer->wake[0];
}

void consumer_report_offsets(struct consumer *consumer, const struct partition_offset *offsets,
                             size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->topic, offsets[i].partition)->offset =
            offsets[i].offset;
    rd_kafka_commit(consumer->handle, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

int consumer_watermarks(struct consumer *consumer, int32_t partition, int timeout_ms,
                        int64_t *ret_low, int64_t *ret_high, struct error *err)
{
    struct partition_offset low = {.partition = partition};
    struct partition_offset high = low;
    int r = kafka_list_offsets(consumer->handle, consumer->topic, RD_KAFKA_OFFSET_BEGINNING, &low,
                               1, timeout_ms, err);
    if (r == 0)
        r = kafka_list_offsets(consumer->handle, consumer->topic, RD_KAFKA_OFFSET_END, &high, 1,
                               timeout_ms, err);
    if (r < 0)
        return r;
    *ret_low = low.offset;
    *ret_high = high.offset;
    return 0;
}
