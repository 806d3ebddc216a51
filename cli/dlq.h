/* `hoso dlq`, inside: dlq.c options, dlq_letter.c what a dead letter is, dlq_print.c list and show, dlq_redrive.c. */
#ifndef HOSO_CLI_DLQ_H
#define HOSO_CLI_DLQ_H

#include "dlq_letter.h"
#include "site.h"

struct dlq_job {
    struct site site;
    char *const *argv; /* for messages */
    struct kafka_settings kafka;
    const char *topic; /* of the dead letters */
    struct letter_filter filter;
    bool all; /* also those that were redriven before */
    bool json;
    bool dry_run;
    struct pg *pg;           /* NULL = not asked, or not reachable */
    struct letter_set known; /* redriven before, and what this run has come upon already */
};

/*
 * Whether a record of the topic is a letter that is meant and has not been seen: then *ret is filled. The topic may hold a letter
 * several times (it is relayed at least once). 1, 0 or ERR_NOMEM.
 */
int dlq_wanted(struct dlq_job *job, const struct record *record, struct letter *ret,
               struct error *err);

/* Each runs the whole command after its options: 0, a positive exit code that is explained already, or negative. */
int dlq_list(struct dlq_job *job, struct error *err);
int dlq_show(struct dlq_job *job, struct error *err);
int dlq_redrive(struct dlq_job *job, struct error *err);

/* Text that came over the wire: control characters, and what is no UTF-8, as '.'. */
void dlq_put(struct str text);

#endif
