/* Shared inside lib/kafka. */
#ifndef HOSO_KAFKA_INTERNAL_H
#define HOSO_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "kafka/kafka.h"

enum { KAFKA_ERROR_SIZE = 256 };

/* One of our own properties; a list ends with name NULL. */
struct kafka_pair {
    const char *name;
    const char *value;
};

/*
 * A configuration with brokers, client id, the pairs and then the operator's properties. The caller sets an opaque that begins
 * with a struct kafka_settings: the log callback looks for it there. NULL on failure (ERR_INPUT in *ret_code: unknown
 * property or bad value). The caller owns it until it goes to kafka_handle_new.
 */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_settings *settings,
                                const struct kafka_pair *pairs, int *ret_code, struct error *err);

/*
 * Makes the handle; takes conf over in any case. Log lines go to the main queue, so that on_log runs inside polls only. NULL on
 * failure.
 */
rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *err);

/* A pair of pipe ends that librdkafka writes to when `queue` is no longer empty; -1 on failure. fds[0] is for poll(2). */
int kafka_wake_open(rd_kafka_queue_t *queue, int fds[2], struct error *err);
void kafka_wake_drain(int fd);

/*
 * Asks for RD_KAFKA_OFFSET_BEGINNING or _END of each partition into offsets[i].offset; all or nothing. ERR_UNAVAILABLE after
 * timeout_ms. (rd_kafka_query_watermark_offsets of 2.0.2 does not keep its time-out while a broker is away.)
 */
int kafka_list_offsets(rd_kafka_t *handle, const char *topic, int64_t which,
                       struct partition_offset *offsets, size_t count, int timeout_ms,
                       struct error *err);

#endif
