/* When the aggregator looks at the map of units, and whose turn it is to be folded again. */
#include <inttypes.h>

#include "aggregator/internal.h"
#include "base/log.h"

int follow_look(struct aggregator *aggregator, struct error *err)
{
    int64_t version = aggregator->reference.map_version;
    int r = refold_look(aggregator->refold, aggregator->pg, aggregator->service->config,
                        &aggregator->reference, err);
    if (r == 0 && aggregator->reference.map_version != version)
        log_info("map_changed", "version=%" PRId64, aggregator->reference.map_version);
    return r;
}

/* Units of dossiers in memory may be others now: the lane reads them again. */
static int run_one(struct aggregator *aggregator, struct partition *partition, struct error *err)
{
    struct lane *lane = lane_of(aggregator, partition->claim.partition);
    int64_t *moved = &aggregator->metrics[METRIC_REFOLDED].value;
    int64_t before = *moved;
    int r = lane_connect(lane, err);
    if (r == 0)
        r = refold_step(aggregator->refold, lane->pg, &aggregator->reference, &partition->claim,
                        moved, err);
    if (r < 0)
        return lane_failed(lane, r, err);
    if (*moved != before)
        applier_doubt(lane->applier);
    return 0;
}

int follow_run(struct aggregator *aggregator, struct error *err)
{
    aggregator->refolding = false;
    if (refold_must_look(aggregator->refold))
        return 0;
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        struct partition *partition = &aggregator->partitions[i];
        const struct lane *lane = lane_of(aggregator, i);
        if (!partition->ours || partition->claim.map_version == aggregator->reference.map_version ||
            lane->state != LANE_IDLE || lane->in_doubt || retry_wait_ms(&lane->retry) > 0)
            continue;
        aggregator->refolding = true;
        return run_one(aggregator, partition, err);
    }
    return 0;
}
