/* One batch, one transaction; and what to believe after one that went wrong. */
#include "aggregator/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "aggregator/store.h"
#include "base/log.h"

enum { FINISH_MS = 5000, BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000 };

int lane_open(struct lane *lane, struct aggregator *aggregator, int number, struct error *err)
{
    const struct config *config = aggregator->service->config;
    size_t max = (size_t)config_integer(config, "aggregator", NULL, "batch_max");
    int64_t cache = config_integer(config, "aggregator", NULL, "cache");
    *lane = (struct lane){
        .aggregator = aggregator,
        .number = number,
        .applier = applier_new(&aggregator->reference, &aggregator->rules, aggregator->codec,
                               (size_t)(cache / aggregator->lane_count)),
        .filling = batch_new(max),
        .writing = batch_new(max),
        .range_max = max,
        .retry.backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS},
    };
    offset_moves_init(&lane->moves);
    if (!lane->applier || !lane->filling || !lane->writing)
        return error_set(err, ERR_NOMEM, "batch: out of memory");
    return 0;
}

void lane_close(struct lane *lane)
{
    pg_free(lane->pg); /* first: its queue holds views into the others */
    applier_free(lane->applier);
    batch_free(lane->filling);
    batch_free(lane->writing);
    offset_moves_deinit(&lane->moves);
}

/*
 * The statements join a batch's rows, few, to tables of any size, by their keys: the one plan that is right, whatever the
 * statistics of the moment make PostgreSQL think.
 */
int lane_connect(struct lane *lane, struct error *err)
{
    if (lane->pg)
        return 0;
    struct pg *pg = NULL;
    int r = connect_schema(lane->aggregator, &pg, err);
    if (r == 0)
        r = offsets_guard(pg, err);
    if (r == 0)
        r = pg_script(pg,
                      "SET enable_hashjoin = off; SET enable_mergejoin = off; "
                      "SET enable_seqscan = off; SET jit = off; "
                      "SET plan_cache_mode = force_generic_plan",
                      err);
    if (r == 0)
        r = store_prepare(pg, err);
    if (r < 0) {
        pg_free(pg);
        return r;
    }
    lane->pg = pg;
    return 0;
}

/* ---- doubt ---- */

/*
 * After a COMMIT of unknown outcome, a lost connection or a conflict: the offset rows say what was committed and what is still
 * ours. A row of ours that stands behind what we have committed was moved by hand.
 */
static int reread_one(struct lane *lane, int32_t number, struct error *err)
{
    struct partition *partition = &lane->aggregator->partitions[number];
    int64_t expected = partition->claim.next_offset;
    int r = offsets_reread(lane->pg, &partition->claim, err);
    if (r == ERR_CONFLICT) {
        status_trouble(lane->aggregator, TROUBLE_DISPLACED, err->text);
        lanes_give_up(lane->aggregator, number);
        return 0;
    }
    if (r < 0)
        return r;
    if (partition->claim.next_offset < expected)
        return error_set(err, ERR_FAILED,
                         "partition %" PRId32 ": the stored offset was moved back from %" PRId64
                         " to %" PRId64 " while we were reading; start again",
                         number, expected, partition->claim.next_offset);
    batch_forget(lane->writing, number, partition->claim.next_offset);
    batch_forget(lane->filling, number, partition->claim.next_offset);
    return 0;
}

static int settle_doubt(struct lane *lane, struct error *err)
{
    const struct aggregator *aggregator = lane->aggregator;
    int r = lane_connect(lane, err);
    for (int32_t i = lane->number; i < aggregator->partition_count && r == 0;
         i += aggregator->lane_count) {
        if (aggregator->partitions[i].ours)
            r = reread_one(lane, i, err);
    }
    lane->in_doubt = r < 0;
    return r;
}

/* ---- one transaction ---- */

static void end_stage(struct lane *lane, enum stage stage)
{
    struct mono now = mono_now();
    lane->stages_us[stage] += now.us - lane->stage_at.us;
    lane->stage_at = now;
}

/* Moves the offsets first: from here to the commit nobody else can write for these partitions. */
static int queue_moves(struct lane *lane, struct error *err)
{
    struct aggregator *aggregator = lane->aggregator;
    offset_moves_clear(&lane->moves);
    for (int32_t i = lane->number; i < aggregator->partition_count; i += aggregator->lane_count)
        aggregator->partitions[i].next_offset = -1;
    for (size_t i = 0; i < lane->n; i++) {
        const struct record *record = &lane->writing->items[i].record;
        aggregator->partitions[record->partition].next_offset = record->offset + 1;
        aggregator->partitions[record->partition].last = record;
    }
    for (int32_t i = lane->number; i < aggregator->partition_count; i += aggregator->lane_count) {
        const struct partition *partition = &aggregator->partitions[i];
        if (partition->next_offset >= 0 &&
            offset_moves_add(&lane->moves, &partition->claim, partition->next_offset,
                             offsets_fingerprint(partition->last)) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    int r = pg_queue_exec(lane->pg, "BEGIN", NULL, 0, PG_ANY, NULL, err);
    return r < 0 ? r : offset_moves_queue(&lane->moves, lane->pg, err);
}

static int begin(struct lane *lane, struct error *err)
{
    int r = lane_connect(lane, err);
    lane->n = lane->writing->count < lane->range_max ? lane->writing->count : lane->range_max;
    lane->begun = lane->stage_at = mono_now();
    if (r == 0)
        r = queue_moves(lane, err);
    if (r == 0)
        r = applier_begin(lane->applier, lane->pg, lane->writing, lane->n, err);
    end_stage(lane, STAGE_COLLECT);
    if (r == 0)
        lane->state = LANE_OPENING;
    return r;
}

static void note_committed(struct lane *lane)
{
    struct aggregator *aggregator = lane->aggregator;
    for (int32_t i = lane->number; i < aggregator->partition_count; i += aggregator->lane_count) {
        struct partition *partition = &aggregator->partitions[i];
        if (partition->next_offset < 0)
            continue;
        partition->claim.next_offset = partition->next_offset;
        int64_t time_at = partition->last->timestamp_ms;
        partition->known_at = time_at < 0 ? NO_TIME : time_at;
        status_lag(aggregator, i);
    }
    batch_done(lane->writing, lane->n);
}

static void committed(struct lane *lane)
{
    end_stage(lane, STAGE_COMMIT);
    crash_point("aggregator.after_commit");
    note_committed(lane);
    crash_point("aggregator.after_offsets");
    const struct applied *applied = applier_committed(lane->applier);
    status_committed(lane, applied, mono_now().us - lane->begun.us);
    size_t wider = lane->range_max * 2;
    lane->range_max = wider < lane->writing->max ? wider : lane->writing->max;
    lane->state = LANE_IDLE;
    retry_reset(&lane->retry);
}

/* What was queued has been answered: the next step. */
static int go_on(struct lane *lane, struct error *err)
{
    int r = 0;
    switch (lane->state) {
    case LANE_OPENING:
        r = applier_load(lane->applier, lane->pg, err);
        lane->state = LANE_LOADING;
        return r;
    case LANE_LOADING:
        end_stage(lane, STAGE_LOAD);
        r = applier_write(lane->applier, lane->pg, str_of(lane->aggregator->topic), err);
        end_stage(lane, STAGE_FOLD);
        lane->state = LANE_WRITING;
        return r;
    case LANE_WRITING:
        end_stage(lane, STAGE_WRITE);
        crash_point("aggregator.before_commit");
        lane->state = LANE_CLOSING;
        return pg_queue_exec(lane->pg, "COMMIT", NULL, 0, PG_ANY, NULL, err);
    case LANE_CLOSING: committed(lane); return 0;
    default: return 0;
    }
}

/*
 * PostgreSQL refuses something among the first n records (a value, a constraint). Half as many the next time; a single one that is
 * refused becomes a dead letter, unless that is what was refused.
 */
static int narrow(struct lane *lane, const struct error *err)
{
    struct batch_item *item = &lane->writing->items[0];
    lane->range_max = lane->n > 1 ? lane->n / 2 : 1;
    if (lane->n > 1)
        return 0;
    if (item->refusal)
        return ERR_FAILED;
    struct refusal refusal = refusal_of("store", REFUSED_DATABASE, err->text);
    return batch_refuse(item, &refusal);
}

int lane_failed(struct lane *lane, int r, struct error *err)
{
    bool began = lane->state != LANE_IDLE;
    pg_rollback(lane->pg);
    applier_doubt(lane->applier);
    lane->state = LANE_IDLE;
    if (r == ERR_INPUT && began)
        return narrow(lane, err);
    lane->in_doubt = true;
    if (lane->pg && !pg_alive(lane->pg))
        lane->pg = pg_free(lane->pg);
    if (r != ERR_UNAVAILABLE && r != ERR_CONFLICT)
        return r;
    status_trouble(lane->aggregator, TROUBLE_POSTGRES, err->text);
    retry_plan(&lane->retry);
    return 0;
}

static bool due(struct lane *lane)
{
    if (refold_must_look(lane->aggregator->refold))
        return false;
    if (lane->writing->count > 0)
        return true;
    if (batch_wait_ms(lane->filling, lane->aggregator->batch_age_ms, mono_now()) != 0)
        return false;
    struct batch *full = lane->filling;
    lane->filling = lane->writing;
    lane->writing = full;
    return true;
}

int lane_step(struct lane *lane, struct error *err)
{
    if (retry_wait_ms(&lane->retry) > 0)
        return 0;
    lane->retry.planned = false;
    bool doubted = lane->in_doubt;
    int r = doubted ? settle_doubt(lane, err) : 0;
    if (r == 0 && doubted && lane->writing->count == 0)
        retry_reset(&lane->retry); /* it was committed after all: nothing is to be tried again */
    while (r == 0) {
        if (lane->state == LANE_IDLE) {
            if (!due(lane))
                return 0;
            r = begin(lane, err);
        }
        if (r == 0)
            r = pg_queue_run(lane->pg, err);
        if (r == 0)
            r = go_on(lane, err);
        if (r == 0 && lane->state == LANE_IDLE)
            return 0; /* the loop looks at Kafka first */
    }
    return r == PG_BUSY ? 0 : lane_failed(lane, r, err);
}

void lane_finish(struct lane *lane)
{
    struct error err;
    int r = 0;
    while (r == 0 && lane->state != LANE_IDLE) {
        r = pg_queue_finish(lane->pg, FINISH_MS, &err);
        if (r == 0)
            r = go_on(lane, &err);
    }
    if (r < 0) {
        char quoted[512];
        log_warn("unfinished", "lane=%d error=\"%s\"", lane->number,
                 log_quote(err.text, quoted, sizeof quoted));
        lane->pg = pg_free(lane->pg);
        lane_failed(lane, ERR_UNAVAILABLE, &err);
    }
}

int lane_wait_ms(const struct lane *lane)
{
    int wait_ms = retry_wait_ms(&lane->retry);
    if (wait_ms > 0)
        return wait_ms;
    if (lane->state != LANE_IDLE)
        return -1;
    if (lane->in_doubt || lane->writing->count > 0)
        return 0;
    return batch_wait_ms(lane->filling, lane->aggregator->batch_age_ms, mono_now());
}
