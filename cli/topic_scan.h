/* One pass over a topic as it stands now: what `hoso dlq` works on. Joins no group, commits nothing. */
#ifndef HOSO_CLI_TOPIC_SCAN_H
#define HOSO_CLI_TOPIC_SCAN_H

#include "kafka/kafka.h"

/* Of each record, in order within its partition; the record is valid until the return. Not 0 ends the scan, which returns it. */
typedef int topic_visit(void *arg, const struct record *record, struct error *err);

/*
 * Visits every record that the topic holds when the scan begins; what is written meanwhile is not seen. 0, what the visit returned,
 * ERR_INPUT = no such topic, ERR_UNAVAILABLE = Kafka does not answer for TOPIC_SCAN_PATIENCE_MS.
 */
#define TOPIC_SCAN_PATIENCE_MS 15000
int topic_scan(const struct kafka_settings *settings, const char *topic, topic_visit *visit,
               void *arg, struct error *err);

#endif
