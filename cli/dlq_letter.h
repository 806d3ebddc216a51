/*
 * A dead letter as the dead-letter topic keeps it: the record that could not be used, untouched, and behind its own headers the
 * seven in which the aggregator says where it stood and what is wrong with it (services/aggregator/relay.h).
 */
#ifndef HOSO_CLI_DLQ_LETTER_H
#define HOSO_CLI_DLQ_LETTER_H

#include "kafka/kafka.h"

#define LETTER_HEADERS_MAX 64 /* of its own: the relay sends no more */

struct letter {
    const struct record *record;
    struct str topic; /* where the record stood: topic, partition, offset name a letter for ever */
    int32_t partition;
    int64_t offset;
    struct str stage;
    struct str code; /* hoso_error_code */
    struct str message;
    struct kafka_header headers[LETTER_HEADERS_MAX]; /* the record's own */
    size_t header_count;
};
/* Views into record. false: not a dead letter of ours. */
bool letter_read(const struct record *record, struct letter *ret);

/* Which letters are meant. Zeroed = all. */
struct letter_filter {
    const char *code;  /* NULL = any */
    int64_t partition; /* of the record; -1 = any */
    int64_t offset_from;
    int64_t offset_to; /* inclusive */
};
bool letter_matches(const struct letter *letter, const struct letter_filter *filter);

/* ---- a set of letters, by where their records stood ---- */

struct letter_set {
    void *root;
};
/* 1 = it is new, 0 = it was there, ERR_NOMEM. */
int letter_set_add(struct letter_set *set, struct str topic, int32_t partition, int64_t offset);
void letter_set_deinit(struct letter_set *set); /* fine on a zeroed one */

#endif
