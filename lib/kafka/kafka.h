/*
 * Kafka through librdkafka; the only folder that includes rdkafka.h. librdkafka calls back only inside
 * producer_poll, consumer_poll and their _free, in the caller's thread. Every object: one thread.
 */
#ifndef HOSO_KAFKA_KAFKA_H
#define HOSO_KAFKA_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Passed to rd_kafka_conf_set after our own; kafka_property_allowed has been asked before. */
struct kafka_property {
    const char *name;
    const char *value;
};

struct kafka_settings {
    const char *brokers;   /* host:port,host:port */
    const char *client_id; /* shown by the broker, e.g. "hoso-ingest" */
    const struct kafka_property *properties;
    size_t property_count;
    /* Text that librdkafka wants logged (its own level 0..7); may be NULL. Called inside polls and from no other thread. */
    void (*on_log)(void *arg, int level, const char *facility, const char *text);
    void *on_log_arg;
};

/*
 * false for the properties that carry a guarantee (acks, enable.idempotence, enable.auto.commit,
 * enable.auto.offset.store, auto.offset.reset, partition.assignment.strategy, partitioner, isolation.level,
 * enable.partition.eof, transactional.id, …): the operator may not set them. *ret_why (may be NULL) says why.
 */
bool kafka_property_allowed(const char *name, const char **ret_why);

struct kafka_header {
    const char *name;
    struct str value;
};

/* ---- producer: acks=all, idempotent, murmur2_random; linger 5 ms, not compressed ---- */

struct producer;

/* The fate of one record; opaque is what producer_send was given. Called once per accepted record. */
typedef void producer_done(void *arg, void *opaque, bool persisted, const char *why_not);

/*
 * Does not wait for a broker: one that cannot be reached shows in done. *ret is filled only on success; what settings points to must
 * outlive it. ERR_INPUT: librdkafka refuses
 * a property; ERR_NOMEM, ERR_FAILED.
 */
int producer_new(const struct kafka_settings *settings, producer_done *done, void *done_arg,
                 struct producer **ret, struct error *err);
/* Waits at most timeout_ms for what is in flight, then gives up on it (done is called with persisted=false). NULL is fine; returns NULL. */
struct producer *producer_free(struct producer *producer, int timeout_ms);

enum { PRODUCER_FULL = 1 };
/*
 * Copies key, value and headers. timestamp_ms 0 = now. 0 = accepted, `done` will tell; PRODUCER_FULL = the queue is full,
 * nothing accepted: poll, or answer 503; negative = refused for good (too large, fatal producer).
 */
int producer_send(struct producer *producer, const char *topic, struct str key, struct str value,
                  const struct kafka_header *headers, size_t header_count, int64_t timestamp_ms,
                  void *opaque, struct error *err);
/* Serves callbacks for at most timeout_ms. 0, or ERR_FAILED when the producer is fatally broken (make a new one and replay). */
int producer_poll(struct producer *producer, int timeout_ms, struct error *err);
/* A descriptor that becomes readable when producer_poll has work; owned by the producer. Drain it by producer_poll. */
int producer_fd(struct producer *producer);
size_t producer_in_flight(const struct producer *producer);

/* ---- consumer: manual assignment of offsets that live in PostgreSQL ---- */

struct consumer;

struct partition_offset {
    int32_t partition;
    int64_t offset; /* next to read */
};

/*
 * Called inside consumer_poll on rebalance. assigned: fill offsets[i].offset for each partition (from PostgreSQL);
 * a negative return is handed up by consumer_poll. revoked: work in hand for them must not be committed any more.
 */
struct consumer_events {
    int (*assigned)(void *arg, struct partition_offset *offsets, size_t count, struct error *err);
    void (*revoked)(void *arg, const int32_t *partitions, size_t count);
    void *arg;
};

/*
 * Joins the group and subscribes; does not wait for a broker, consumer_poll tells. group, topic and events are copied; what settings
 * points to must outlive the consumer. *ret is filled only on success. ERR_INPUT: librdkafka refuses a property; ERR_NOMEM, ERR_FAILED.
 */
int consumer_new(const struct kafka_settings *settings, const char *group, const char *topic,
                 const struct consumer_events *events, struct consumer **ret, struct error *err);
#define READ_FROM_BEGINNING INT64_C(-2)
#define READ_FROM_END INT64_C(-1)
/*
 * A reader without a group: the given partitions, each from its offset (>= 0, or one of the two above). consumer_poll,
 * consumer_fd, consumer_watermarks and consumer_free work on it; nothing is ever committed.
 */
int consumer_new_reader(const struct kafka_settings *settings, const char *topic,
                        const struct partition_offset *from, size_t count, struct consumer **ret,
                        struct error *err);
/* Leaves the group. NULL is fine; returns NULL. */
struct consumer *consumer_free(struct consumer *consumer);

/* One record as read. Views are valid until record_release. */
struct record {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* broker's or producer's, -1 none */
    struct str key;
    struct str value;
    void *handle; /* librdkafka's message */
};
void record_release(struct record *record); /* then all zero; fine on a zeroed record */
/* Visits the record's headers in order. */
void record_headers(const struct record *record,
                    void (*visit)(void *arg, const char *name, struct str value), void *arg);

enum consumer_poll_result {
    CONSUMER_NOTHING = 0,
    CONSUMER_RECORD = 1,
    CONSUMER_END = 2, /* end of record->partition reached; only .partition and .offset are set */
};
/*
 * Waits at most timeout_ms. A CONSUMER_RECORD must be released. Negative: ERR_INPUT = an offset outside the log (retention
 * loss or recreated topic: stop, and say which command decides), ERR_UNAVAILABLE = brokers down (librdkafka goes on trying),
 * ERR_FAILED = fatal; other negatives come from `assigned`.
 */
int consumer_poll(struct consumer *consumer, int timeout_ms, struct record *ret, struct error *err);
/*
 * A descriptor that becomes readable when consumer_poll has work; owned by the consumer, drained by consumer_poll. It tells of
 * a queue that was empty, so poll with timeout 0 until CONSUMER_NOTHING before waiting for it.
 */
int consumer_fd(struct consumer *consumer);

/* Offsets for lag displays only; never read back. Asynchronous, errors ignored. */
void consumer_report_offsets(struct consumer *consumer, const struct partition_offset *offsets,
                             size_t count);

/*
 * First and one-past-last offset of a partition, asked of the broker now. ERR_UNAVAILABLE after timeout_ms.
 * May be called inside `assigned`.
 */
int consumer_watermarks(struct consumer *consumer, int32_t partition, int timeout_ms,
                        int64_t *ret_low, int64_t *ret_high, struct error *err);

/*
 * The end of each partition (one past the last record that can be read), asked of the brokers now, all in one round trip, into
 * offsets[i].offset. It goes over the producer's own connections: on a consumer's the question would wait behind its long poll,
 * half a second. ERR_UNAVAILABLE when any answer is missing after timeout_ms; then nothing is filled in.
 */
int producer_end_offsets(struct producer *producer, const char *topic,
                         struct partition_offset *offsets, size_t count, int timeout_ms,
                         struct error *err);

/* ---- admin ---- */

struct topic_spec {
    const char *name;
    int partitions;       /* 1..10000 */
    int64_t retention_ms; /* -1 = for ever */
};
enum { TOPIC_CREATED = 1 };
/*
 * Creates the topic if it is not there (replication factor of the broker's default). 0 = exists with that number of
 * partitions, TOPIC_CREATED; ERR_CONFLICT = exists with another number (never changed by us); ERR_UNAVAILABLE.
 */
int topic_ensure(const struct kafka_settings *settings, const struct topic_spec *spec,
                 int timeout_ms, struct error *err);
/* Number of partitions; ERR_INPUT = no such topic, ERR_UNAVAILABLE. */
int topic_partitions(const struct kafka_settings *settings, const char *topic, int timeout_ms,
                     int *ret_count, struct error *err);

#endif
