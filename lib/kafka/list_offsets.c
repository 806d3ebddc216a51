#include "kafka/kafka_internal.h"

int kafka_list_offsets(rd_kafka_t *handle, const char *topic, int64_t which,
                       struct partition_offset *offsets, size_t count, int timeout_ms,
                       struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, offsets[i].partition)->offset = which;
    /* Beginning and end are -2 and -1 in the protocol too: "the offset for the time" of either. */
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(handle, list, timeout_ms);
    int32_t failed = count ? offsets[0].partition : 0;
    for (int i = 0; i < list->cnt && !code; i++) {
        code = list->elems[i].err;
        if (!code && list->elems[i].offset < 0)
            code = RD_KAFKA_RESP_ERR__TIMED_OUT;
        failed = list->elems[i].partition;
    }
    for (size_t i = 0; i < count && !code; i++)
        offsets[i].offset =
            rd_kafka_topic_partition_list_find(list, topic, offsets[i].partition)->offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (!code)
        return 0;
    return error_set(err, ERR_UNAVAILABLE, "Kafka: offsets of %s partition %d: %s", topic,
                     (int)failed, rd_kafka_err2str(code));
}
