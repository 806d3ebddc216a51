/*
 * `hoso doctor`: the state of an installation, one finding per check. doctor.c is the command; the checks are grouped by what
 * they look at. A check that cannot run because an earlier one failed (no PostgreSQL) finds nothing.
 */
#ifndef HOSO_CLI_DOCTOR_H
#define HOSO_CLI_DOCTOR_H

#include "pg/pg.h"
#include "service/kafka_settings.h"
#include "site.h"

enum health { HEALTH_OK, HEALTH_WARNING, HEALTH_ERROR };

struct finding {
    const char *check; /* stable word, for --json */
    enum health health;
    char text[400];   /* in the reader's language */
    char advice[300]; /* what to do; "" = nothing */
};

enum { FINDINGS_MAX = 64 };
struct doctor {
    struct site site;
    struct kafka_settings kafka;
    struct pg *pg;       /* NULL = not reachable */
    bool schema_current; /* the tables are there and as this program expects them */
    int partitions;      /* of the events topic; 0 = not known */
    struct finding findings[FINDINGS_MAX];
    size_t count;
};

/* Adds a finding; both formats take the same arguments. The newest is what doctor_advise speaks about. */
void doctor_found(struct doctor *doctor, enum health health, const char *check,
                  const char *vietnamese, const char *english, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
void doctor_advise(struct doctor *doctor, const char *vietnamese, const char *english);

/* doctor_pg.c: reachable, migrated, reference tables and calendar loaded; then what waits in the tables. */
void doctor_check_postgres(struct doctor *doctor);
void doctor_check_waiting(struct doctor *doctor);
/* doctor_kafka.c: reachable, topics and partitions; then offsets inside the log, lag and last activity of each consumer. */
void doctor_check_topics(struct doctor *doctor);
void doctor_check_offsets(struct doctor *doctor);
/* doctor_services.c: what each service's listener says. */
void doctor_check_services(struct doctor *doctor);
/* doctor_deep.c: every rollup is the sum of its dossiers; every dossier is the fold of its history. Reads all tables. */
void doctor_check_invariants(struct doctor *doctor);

#endif
