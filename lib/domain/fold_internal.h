/*
 * The parts of the fold among themselves; everybody else includes fold.h. The rules that comments
 * cite by number stand there.
 */
#ifndef HOSO_DOMAIN_FOLD_INTERNAL_H
#define HOSO_DOMAIN_FOLD_INTERNAL_H

#include "domain/fold.h"

/* A value and the record that first gave it without another one in between. */
struct said {
    int64_t at; /* NO_TIME = not given */
    int64_t known_at;
    const uint8_t *event_id;
};

enum transition_role { ROLE_START, ROLE_PLAIN, ROLE_ENDING };

/* Rule 4. */
struct transition {
    int64_t at;
    int64_t known_at;
    const uint8_t *event_id;
    int32_t status;
    enum time_basis basis;
    enum transition_role role;
};

/* Rule 4d: neighbouring records of one status. */
struct run {
    int32_t status;
    struct said first; /* at = known_at = ingested_at of the first record */
    int64_t last_at;   /* ingested_at of the last record */
    struct said ended;
    struct said returned;
    struct said refused;
};

/* Rule 6. */
struct statement {
    int64_t at;
    int64_t due_at;
    int64_t before_at;
    int64_t occurred_at;
    const uint8_t *event_id;
    enum due_reason reason;
    int rank;
    bool record;
};

/* What one stream's transitions come to, besides fold->intervals. */
struct timeline {
    int32_t status;
    int64_t status_at;
    enum time_basis status_basis;
    int64_t first_registered_at;
    int64_t first_accepted_at;
    int64_t returned_at;
    size_t interval_count;
};

struct fold {
    size_t capacity;               /* receipts that the arrays are large enough for */
    const struct event **receipts; /* rule 1, in receipt order */
    size_t receipt_count;
    struct run *runs;
    size_t run_count;
    struct transition *transitions;
    size_t transition_count;
    struct interval *intervals;
    size_t interval_count;
    struct statement *statements;
    size_t statement_count;
    int64_t *replaced;
    size_t replaced_count;
};

/*
 * Sorts as qsort does. Dossiers have few events and these mostly come in their order, so that looking at neighbours is nearly
 * all there is to do; many are left to qsort.
 */
#define FOLD_SORT(array, count, compare)                                                           \
    do {                                                                                           \
        if ((count) > 32) {                                                                        \
            qsort((array), (count), sizeof *(array), compare);                                     \
            break;                                                                                 \
        }                                                                                          \
        for (size_t sorted = 1; sorted < (count); sorted++) {                                      \
            for (size_t at = sorted; at > 0 && compare(&(array)[at - 1], &(array)[at]) > 0;        \
                 at--) {                                                                           \
                __typeof__(*(array)) moved = (array)[at];                                          \
                (array)[at] = (array)[at - 1];                                                     \
                (array)[at - 1] = moved;                                                           \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* The status that a record states, STATUS_NONE if none. */
int32_t record_status(const struct event *record);

/* 9 and 10 are one; everything else stands for itself. */
int32_t status_group(int32_t status);

enum phase phase_of_status(const struct fold_rules *rules, int32_t status);

/* Rules 4 and 5 for the stream of one trust, from fold->receipts into fold->intervals. */
void timeline_build(struct fold *fold, const struct fold_rules *rules, enum event_trust trust,
                    struct timeline *ret);

/* Rule 6, from fold->receipts; needs fold->intervals and dates the running ones. */
void due_build(struct fold *fold, const struct fold_rules *rules, struct dossier *ret);

#endif
