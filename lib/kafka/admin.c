#include <inttypes.h>
#include <stdio.h>

#include "kafka/kafka_internal.h"

enum { RETRY_MS = 50 };

static int open_admin(const struct kafka_settings *settings, rd_kafka_t **ret, struct error *err)
{
    static const struct kafka_pair none[] = {{NULL, NULL}};
    int code;
    rd_kafka_conf_t *conf = kafka_conf_new(settings, none, &code, err);
    if (!conf)
        return code;
    rd_kafka_conf_set_opaque(conf, (void *)settings);
    *ret = kafka_handle_new(RD_KAFKA_PRODUCER, conf, err);
    return *ret ? 0 : ERR_INPUT;
}

static int count_partitions(rd_kafka_t *handle, const char *topic, int timeout_ms, int *ret_count,
                            struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *local = rd_kafka_topic_new(handle, topic, NULL);
    if (!local)
        return error_set(err, ERR_INPUT, "topic %s: not a topic's name", topic);
    rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, local, &metadata, timeout_ms);
    rd_kafka_topic_destroy(local);
    if (code)
        return error_set(err, ERR_UNAVAILABLE, "Kafka: %s", rd_kafka_err2str(code));
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN;
    *ret_count = code ? 0 : metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
        return error_set(err, ERR_INPUT, "topic %s does not exist; run `hoso topics apply`", topic);
    if (code)
        return error_set(err, ERR_UNAVAILABLE, "topic %s: %s", topic, rd_kafka_err2str(code));
    return 0;
}

int topic_partitions(const struct kafka_settings *settings, const char *topic, int timeout_ms,
                     int *ret_count, struct error *err)
{
    rd_kafka_t *handle;
    int result = open_admin(settings, &handle, err);
    if (result)
        return result;
    result = count_partitions(handle, topic, timeout_ms, ret_count, err);
    rd_kafka_destroy(handle);
    return result;
}

/* The one topic's answer out of a CreateTopics event: TOPIC_CREATED, or 0 = it was there. */
static int read_answer(rd_kafka_event_t *event, const char *name, struct error *err)
{
    if (!event)
        return error_set(err, ERR_UNAVAILABLE, "Kafka did not answer in time");
    if (rd_kafka_event_error(event))
        return error_set(err, ERR_UNAVAILABLE, "Kafka: %s", rd_kafka_event_error_string(event));
    size_t count = 0;
    const rd_kafka_topic_result_t **answers =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    rd_kafka_resp_err_t code =
        count == 1 ? rd_kafka_topic_result_error(answers[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (code == 0)
        return TOPIC_CREATED;
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return 0;
    return error_set(err, ERR_INPUT, "topic %s: %s", name,
                     count == 1 ? rd_kafka_topic_result_error_string(answers[0]) : "no answer");
}

static int create(rd_kafka_t *handle, const struct topic_spec *spec, int timeout_ms,
                  struct error *err)
{
    char text[KAFKA_ERROR_SIZE];
    char retention[32];
    snprintf(retention, sizeof retention, "%" PRId64, spec->retention_ms);
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(spec->name, spec->partitions, -1, text, sizeof text);
    if (!topic)
        return error_set(err, ERR_INPUT, "topic %s: %s", spec->name, text);
    rd_kafka_NewTopic_set_config(topic, "retention.ms", retention);
    rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_CreateTopics(handle, &topic, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
    int result = read_answer(event, spec->name, err);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    return result;
}

int topic_ensure(const struct kafka_settings *settings, const struct topic_spec *spec,
                 int timeout_ms, struct error *err)
{
    rd_kafka_t *handle;
    int count = 0;
    int result = open_admin(settings, &handle, err);
    if (result)
        return result;
    result = count_partitions(handle, spec->name, timeout_ms, &count, err);
    bool created = false;
    if (result == ERR_INPUT) {
        result = create(handle, spec, timeout_ms, err);
        created = result == TOPIC_CREATED;
        /* A broker answers for a topic a little after it has made it; who comes next must find it. */
        for (int tries = 0;
             created && tries < timeout_ms / RETRY_MS &&
             count_partitions(handle, spec->name, timeout_ms, &count, err) == ERR_INPUT;
             tries++)
            rd_kafka_poll(handle, RETRY_MS);
        count = spec->partitions;
        /* Somebody else made it at this moment, perhaps otherwise. */
        if (result == 0)
            result = count_partitions(handle, spec->name, timeout_ms, &count, err);
    }
    rd_kafka_destroy(handle);
    if (result < 0)
        return result;
    if (count != spec->partitions)
        return error_set(
            err, ERR_CONFLICT,
            "topic %s has %d partitions, the configuration says %d; a topic's number is "
            "never changed: mend the configuration, or move to a new topic",
            spec->name, count, spec->partitions);
    return created ? TOPIC_CREATED : 0;
}
