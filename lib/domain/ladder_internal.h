/* Shared by ladder.c (taking a dossier) and ladder_rules.c (the rules one by one). */
#ifndef HOSO_DOMAIN_LADDER_INTERNAL_H
#define HOSO_DOMAIN_LADDER_INTERNAL_H

#include "domain/ladder.h"

/* A step of the work; to_at NO_TIME = it lasts. */
struct step {
    int64_t from_at;
    int64_t to_at;
    int64_t due_at;
};

struct ladder {
    const struct dossier *dossier;
    const struct calendar *calendar;
    const struct ladder_rules *rules;
    size_t fresh;    /* index of the first running interval; interval_count = none */
    int64_t *due_at; /* effective, by interval; NO_TIME for those that are not running */
    size_t due_capacity;
    const struct event **rows; /* progress rows of the deciding stream */
    size_t row_capacity;
    struct step *steps; /* those with a date */
    size_t step_count;
    size_t step_capacity;
    int64_t apology_at;
};

/* What ladder_episodes collects. */
struct sink {
    int64_t now_at;
    struct episode *out;
    size_t max;
    size_t count;
    int64_t next_at;
};

/* All stretches of one rule that is on, for a dossier that counts. */
void ladder_collect(const struct ladder *ladder, enum alert_rule rule, struct sink *sink);

#endif
