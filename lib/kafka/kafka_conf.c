#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "kafka/kafka_internal.h"

/* What carries a guarantee is not the operator's to set. */
static const struct {
    const char *name;
    const char *why;
} refused[] = {
    {"acks", "nothing accepted may be lost"},
    {"request.required.acks", "nothing accepted may be lost"},
    {"enable.idempotence", "a retried record must not be stored twice"},
    {"max.in.flight", "order within a partition"},
    {"max.in.flight.requests.per.connection", "order within a partition"},
    {"enable.gapless.guarantee", "a gap is handled by replay"},
    {"transactional.id", "progress lives in PostgreSQL, not in Kafka transactions"},
    {"partitioner", "one dossier's events stay in one partition"},
    {"enable.auto.commit", "offsets live in PostgreSQL"},
    {"auto.commit.interval.ms", "offsets live in PostgreSQL"},
    {"enable.auto.offset.store", "offsets live in PostgreSQL"},
    {"auto.commit.enable", "offsets live in PostgreSQL"},
    {"delivery.report.only.error", "a record counts as stored only when Kafka says so"},
    {"allow.auto.create.topics", "`hoso topics apply` makes the topics"},
    {"test.mock.num.brokers", "records would go nowhere"},
    {"auto.offset.reset", "an offset outside the log stops the service, it never jumps"},
    {"partition.assignment.strategy", "processes of one group must agree"},
    {"isolation.level", "fixed"},
    {"enable.partition.eof", "the services need to know the end of a partition"},
    {"group.id", "fixed per service"},
    {"client.id", "fixed per service"},
    {"bootstrap.servers", "set kafka.brokers"},
    {"metadata.broker.list", "set kafka.brokers"},
    {"log.queue", "the service writes the log"},
    {"message.copy.max.bytes", "records are always copied"},
};

bool kafka_property_allowed(const char *name, const char **ret_why)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (strcmp(name, refused[i].name) != 0)
            continue;
        if (ret_why)
            *ret_why = refused[i].why;
        return false;
    }
    return true;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    const struct kafka_settings *settings = rd_kafka_opaque(handle);
    if (settings && settings->on_log)
        settings->on_log(settings->on_log_arg, level, facility, text);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char text[KAFKA_ERROR_SIZE];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return 0;
    /* librdkafka's text may quote the value, which may be a password. */
    return error_set(err, ERR_INPUT,
                     "kafka.%s: librdkafka knows no such property, or not this value", name);
}

rd_kafka_conf_t *kafka_conf_new(const struct kafka_settings *settings,
                                const struct kafka_pair *pairs, int *ret_code, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    *ret_code = set(conf, "bootstrap.servers", settings->brokers, err);
    if (!*ret_code)
        *ret_code = set(conf, "client.id", settings->client_id, err);
    if (!*ret_code)
        *ret_code = set(conf, "log.queue", "true", err);
    for (; pairs->name && !*ret_code; pairs++)
        *ret_code = set(conf, pairs->name, pairs->value, err);
    for (size_t i = 0; i < settings->property_count && !*ret_code; i++)
        *ret_code = set(conf, settings->properties[i].name, settings->properties[i].value, err);
    if (*ret_code) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    return conf;
}

rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *err)
{
    char text[KAFKA_ERROR_SIZE];
    rd_kafka_t *handle = rd_kafka_new(type, conf, text, sizeof text);
    if (!handle) {
        rd_kafka_conf_destroy(conf);
        error_set(err, ERR_INPUT, "Kafka client: %s", text);
        return NULL;
    }
    rd_kafka_set_log_queue(handle, NULL);
    return handle;
}

int kafka_wake_open(rd_kafka_queue_t *queue, int fds[2], struct error *err)
{
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) {
        fds[0] = fds[1] = -1;
        return error_set(err, ERR_FAILED, "pipe: %s", strerror(errno));
    }
    rd_kafka_queue_io_event_enable(queue, fds[1], "1", 1);
    return 0;
}

void kafka_wake_drain(int fd)
{
    char bytes[64];
    while (read(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        continue;
}
