/*
 * Follows hoso.map_change (lib/service/reference.h): when units or agencies change, the dossiers that may answer to another unit
 * now are folded again and their contribution moves from the old unit to the new, on the days where it belongs. So what waits
 * in quarantine leaves it without a restart, and the backlog of a merged unit goes to its successor.
 *
 * A partition is walked in chunks, each one transaction that holds the partition's offset row: nobody else writes its dossiers
 * meanwhile. How far it has come is remembered only as a whole (kafka_offset.map_version); a walk that is cut short begins anew,
 * and what is in place already is left alone. One thread.
 */
#ifndef HOSO_AGGREGATOR_REFOLD_H
#define HOSO_AGGREGATOR_REFOLD_H

#include "codec/codec.h"
#include "domain/fold.h"
#include "service/offsets.h"
#include "service/reference.h"

struct refold;
/* What is given here must outlive it. NULL when memory is short. */
struct refold *refold_new(const struct fold_rules *rules, const struct codec *codec);
struct refold *refold_free(struct refold *refold); /* NULL is fine; returns NULL */

/* Partitions have come: look at the map before anything is written for them, and begin walks anew. */
void refold_wake(struct refold *refold);

/* There has been no look since then. */
bool refold_must_look(const struct refold *refold);

/*
 * Looks for a newer map when it is time to, and takes it over into *reference. To be called before each batch, and never between
 * the reading of reference and a commit. 0, or as reference_load.
 */
int refold_look(struct refold *refold, struct pg *pg, const struct config *config,
                struct reference *reference, struct error *err);

/*
 * One chunk of the partition (on a connection that store_prepare has made ready), if it is behind the map; moves claim->map_version when the walk is over. *ret_moved grows by the
 * dossiers that have another unit now. 1 = there is more to do, 0 = it follows the map. Negative: nothing was written, as pg_exec
 * and offsets_check; a COMMIT of unknown outcome does no harm.
 */
int refold_step(struct refold *refold, struct pg *pg, const struct reference *reference,
                struct offset_claim *claim, int64_t *ret_moved, struct error *err);

#endif
