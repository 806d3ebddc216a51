/* When the aggregator looks at the map of units, and whose turn it is to be folded again. */
#include <inttypes.h>

#include "aggregator/internal.h"
#include "base/log.h"

int follow_look(struct aggregator *aggregator, struct error *err)
{
    int64_t version = aggregator->reference.map_version;
    int r = writer_connect(aggregator, err);
    if (r == 0)
        r = refold_look(aggregator->refold, aggregator->pg, aggregator->service->config,
                        &aggregator->reference, err);
    if (r == 0 && aggregator->reference.map_version != version)
        log_info("map_changed", "version=%" PRId64, aggregator->reference.map_version);
    return r;
}

int follow_run(struct aggregator *aggregator, struct error *err)
{
    aggregator->refolding = false;
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        struct partition *partition = &aggregator->partitions[i];
        if (!partition->ours || partition->claim.map_version == aggregator->reference.map_version)
            continue;
        aggregator->refolding = true;
        int r = refold_step(aggregator->refold, aggregator->pg, &aggregator->reference,
                            &partition->claim, &aggregator->metrics[METRIC_REFOLDED].value, err);
        if (r < 0)
            aggregator->in_doubt = true;
        return r < 0 ? r : 0;
    }
    return 0;
}
