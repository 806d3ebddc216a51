/*
 * hoso-alerter: tells, from the wall clock, when a dossier has become overdue.
 *
 * It reads the dossier events in a consumer group of its own, keeps its own narrow copy of them, and watches one deadline per
 * running dossier. One transaction per batch holds: the compare-and-swap of the partition's offset, the new events, alerts,
 * watches and outbox rows. One transaction per group of passed deadlines holds the same without moving the offset.
 *
 * HELD. A deadline may fire only while its partition is caught up: the event that settles the dossier in time may be unread.
 * Caught up = our committed position equals the end offset that the broker names when asked, now, after the deadline passed. The
 * end-of-partition signal together with the age of the last fetch would not do: both tell of a moment before the question, so a
 * process that was stopped, or a broker that accepted records after that fetch, would fire over an event that is already there.
 * Broker silent = held, and readiness says so. Held deadlines are tried again at the end of the partition and every hold_recheck.
 *
 * Any loss (PostgreSQL gone, the claim taken by another process, an outcome unknown) has one cure: drop what is in memory, leave
 * the group, come back and go on from what PostgreSQL says. Undecodable records are counted; the aggregator dead-letters them.
 */
#ifndef HOSO_ALERTER_ALERTER_H
#define HOSO_ALERTER_ALERTER_H

#include "service/service.h"

struct alerter; /* one thread */

/* service outlives the alerter; its metrics and readiness are set here. ERR_INPUT: configuration. */
int alerter_new(struct service *service, struct alerter **ret, struct error *err);
struct alerter *alerter_free(struct alerter *alerter); /* NULL is fine; returns NULL */

/* Until a stopping signal: 0. Otherwise an exit code, already logged. */
int alerter_run(struct alerter *alerter);

#endif
