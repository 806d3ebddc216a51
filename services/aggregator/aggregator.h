/*
 * The aggregator: Kafka's dossier events to rows of PostgreSQL, exactly once in effect. One thread.
 */
#ifndef HOSO_AGGREGATOR_AGGREGATOR_H
#define HOSO_AGGREGATOR_AGGREGATOR_H

#include "service/service.h"

struct aggregator;

/* service must outlive it; its readiness and metrics are the aggregator's until aggregator_free. ERR_INPUT: configuration. */
int aggregator_new(struct service *service, struct aggregator **ret, struct error *err);
struct aggregator *aggregator_free(struct aggregator *aggregator); /* NULL is fine; returns NULL */

/*
 * Runs until a stopping signal; an exit code, its reason logged. Servers that cannot be reached are waited for; what trying again
 * does not mend ends it: an offset outside the log, a wrong configuration, a table that is not there.
 */
int aggregator_run(struct aggregator *aggregator);

#endif
