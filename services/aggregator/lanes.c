/* Which partitions are ours, and what that rests on. */
#include "aggregator/internal.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/log.h"

enum { CLAIM_TIMEOUT_MS = 5000 };

void retry_plan(struct retry *retry)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    int64_t wait_ms = backoff_next_ms(&retry->backoff, random);
    retry->at = (struct mono){mono_now().us + wait_ms * 1000};
    retry->planned = true;
}

void retry_reset(struct retry *retry)
{
    backoff_reset(&retry->backoff);
    retry->planned = false;
}

int retry_wait_ms(const struct retry *retry)
{
    int64_t left_ms = retry->planned ? mono_diff_ms(mono_now(), retry->at) : 0;
    return left_ms > 0 ? (int)left_ms + 1 : 0;
}

int connect_schema(const struct aggregator *aggregator, struct pg **pg, struct error *err)
{
    if (*pg)
        return 0;
    const struct config *config = aggregator->service->config;
    struct pg *made = NULL;
    int r = pg_connect(config_text(config, "postgres", NULL, "conninfo"),
                       aggregator->service->program, &made, err);
    if (r == 0)
        r = pg_look_first(made, config_text(config, "aggregator", NULL, "schema"), err);
    if (r < 0) {
        pg_free(made);
        return r;
    }
    *pg = made;
    return 0;
}

int lanes_connect(struct aggregator *aggregator, struct error *err)
{
    return connect_schema(aggregator, &aggregator->pg, err);
}

static int list_ours(struct aggregator *aggregator, struct error *err)
{
    pg_array_clear(&aggregator->ours);
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours && pg_array_int32(&aggregator->ours, i) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return 0;
}

int lanes_claim(struct aggregator *aggregator, int32_t number, int64_t *ret_from, struct error *err)
{
    struct partition *partition = &aggregator->partitions[number];
    partition->claim = (struct offset_claim){
        .consumer = "aggregator", .topic = aggregator->topic, .partition = number};
    memcpy(partition->claim.owner, aggregator->owner, OWNER_SIZE);
    int r = offsets_claim_in_log(aggregator->pg, aggregator->consumer, CLAIM_TIMEOUT_MS,
                                 &partition->claim, &partition->high, err);
    if (r < 0)
        return r;
    partition->ours = true;
    partition->known_at = NO_TIME;
    *ret_from = offsets_read_from(&partition->claim);
    log_info("claimed", "partition=%" PRId32 " offset=%" PRId64 " epoch=%" PRId64, number,
             partition->claim.next_offset, partition->claim.epoch);
    status_lag(aggregator, number);
    return list_ours(aggregator, err);
}

/* What its lane remembers goes too: another process may write these dossiers from now on. */
void lanes_give_up(struct aggregator *aggregator, int32_t number)
{
    struct lane *lane = lane_of(aggregator, number);
    aggregator->partitions[number].ours = false;
    batch_forget(lane->filling, number, INT64_MAX);
    batch_forget(lane->writing, number, INT64_MAX);
    applier_doubt(lane->applier);
    if (aggregator->held.handle && aggregator->held.partition == number)
        record_release(&aggregator->held);
    list_ours(aggregator, NULL); /* shrinks only: cannot fail */
    status_lag(aggregator, number);
}
