#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "kafka/kafka_internal.h"

struct producer {
    struct kafka_settings settings; /* first: the log finds it there */
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    producer_done *done;
    void *done_arg;
    size_t in_flight;
    int wake[2];
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    struct producer *producer = opaque;
    /* NOT_PERSISTED and POSSIBLY_PERSISTED are both a "no": the sender sends again, and the event's id settles it. */
    bool persisted =
        message->err == 0 && rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_PERSISTED;
    producer->in_flight--;
    producer->done(producer->done_arg, message->_private, persisted,
                   persisted ? NULL : rd_kafka_err2str(message->err));
}

int producer_new(const struct kafka_settings *settings, producer_done *done, void *done_arg,
                 struct producer **ret, struct error *err)
{
    static const struct kafka_pair pairs[] = {
        {"acks", "all"},
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"},
        /* Batches of a city are small (one or two records of a partition in 5 ms): they cost the broker and us more than they
         * hold, so there are few of them, and nothing is compressed (tests/bench/ingest.md). */
        {"linger.ms", "5"},
        {"compression.type", "none"},
        {"message.timeout.ms", "300000"},
        /* A question that was under way when the broker went blocks its asker for so long, whatever timeout it gave. */
        {"socket.timeout.ms", "10000"},
        {NULL, NULL},
    };
    int code;
    rd_kafka_conf_t *conf = kafka_conf_new(settings, pairs, &code, err);
    if (!conf)
        return code;
    struct producer *producer = calloc(1, sizeof *producer);
    if (!producer) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    *producer = (struct producer){
        .settings = *settings, .done = done, .done_arg = done_arg, .wake = {-1, -1}};
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer->handle = kafka_handle_new(RD_KAFKA_PRODUCER, conf, err);
    if (!producer->handle) {
        free(producer);
        return ERR_INPUT;
    }
    producer->queue = rd_kafka_queue_get_main(producer->handle);
    code = kafka_wake_open(producer->queue, producer->wake, err);
    if (code) {
        producer_free(producer, 0);
        return code;
    }
    *ret = producer;
    return 0;
}

struct producer *producer_free(struct producer *producer, int timeout_ms)
{
    if (!producer)
        return NULL;
    if (rd_kafka_flush(producer->handle, timeout_ms) != 0) {
        rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        /* Purged records still have their delivery reports to give. */
        rd_kafka_flush(producer->handle, 1000);
    }
    if (producer->queue) {
        rd_kafka_queue_io_event_enable(producer->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(producer->queue);
    }
    rd_kafka_destroy(producer->handle);
    for (int i = 0; i < 2; i++) {
        if (producer->wake[i] >= 0)
            close(producer->wake[i]);
    }
    free(producer);
    return NULL;
}

static rd_kafka_headers_t *copy_headers(const struct kafka_header *headers, size_t count)
{
    rd_kafka_headers_t *list = rd_kafka_headers_new(count);
    for (size_t i = 0; list && i < count; i++) {
        if (rd_kafka_header_add(list, headers[i].name, -1, headers[i].value.data,
                                (ssize_t)headers[i].value.len) != 0) {
            rd_kafka_headers_destroy(list);
            return NULL;
        }
    }
    return list;
}

int producer_send(struct producer *producer, const char *topic, struct str key, struct str value,
                  const struct kafka_header *headers, size_t header_count, int64_t timestamp_ms,
                  void *opaque, struct error *err)
{
    rd_kafka_headers_t *list = copy_headers(headers, header_count);
    if (!list)
        return error_set(err, ERR_NOMEM, "out of memory");
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key.data, key.len),
        RD_KAFKA_V_VALUE((void *)value.data, value.len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_OPAQUE(opaque),
        RD_KAFKA_V_END);
    if (code == 0) {
        producer->in_flight++;
        return 0;
    }
    rd_kafka_headers_destroy(list); /* taken over only on success */
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return PRODUCER_FULL;
    return error_set(err, ERR_FAILED, "Kafka refused the record: %s", rd_kafka_err2str(code));
}

int producer_poll(struct producer *producer, int timeout_ms, struct error *err)
{
    char text[KAFKA_ERROR_SIZE];
    kafka_wake_drain(producer->wake[0]);
    rd_kafka_poll(producer->handle, timeout_ms);
    if (rd_kafka_fatal_error(producer->handle, text, sizeof text) != 0)
        return error_set(err, ERR_FAILED, "Kafka producer: %s", text);
    return 0;
}

int producer_fd(struct producer *producer)
{
    return producer->wake[0];
}

size_t producer_in_flight(const struct producer *producer)
{
    return producer->in_flight;
}

int producer_end_offsets(struct producer *producer, const char *topic,
                         struct partition_offset *offsets, size_t count, int timeout_ms,
                         struct error *err)
{
    return kafka_list_offsets(producer->handle, topic, RD_KAFKA_OFFSET_END, offsets, count,
                              timeout_ms, err);
}
