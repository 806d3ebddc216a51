#include "service/offsets.h"

#include <inttypes.h>

#include "base/str.h"

enum { SWAP_PARAMS = 6 };

int offsets_guard(struct pg *pg, struct error *err)
{
    return pg_script(pg, "SET idle_in_transaction_session_timeout = '" OFFSETS_IDLE_S "s'", err);
}

/*
 * Ends the session that holds the row and has kept the server waiting for OFFSETS_IDLE_S: no timeout of PostgreSQL ends a COPY
 * whose client sends nothing (it is stopped, or its machine is gone). The row itself says which session: its xmax.
 */
static int evict_sleeper(struct pg *pg, const struct offset_claim *claim, struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(claim->consumer)),
                                      pg_text(str_of(claim->topic)), pg_int32(claim->partition)};
    return pg_exec(pg,
                   "SELECT pg_terminate_backend(a.pid) FROM kafka_offset k "
                   "JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted "
                   "AND l.transactionid = k.xmax JOIN pg_stat_activity a ON a.pid = l.pid "
                   "WHERE k.consumer = $1 AND k.topic = $2 AND k.partition = $3 "
                   "AND a.pid <> pg_backend_pid() AND a.usename = current_user "
                   "AND a.wait_event_type = 'Client' "
                   "AND a.query_start < clock_timestamp() - interval '" OFFSETS_IDLE_S "s'",
                   params, sizeof params / sizeof *params, NULL, err);
}

int offsets_claim(struct pg *pg, struct offset_claim *claim, int64_t first_offset,
                  struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(claim->consumer)),
                                      pg_text(str_of(claim->topic)), pg_int32(claim->partition),
                                      pg_int64(first_offset), pg_uuid(claim->owner)};
    struct pg_result *rows = NULL;
    int r = evict_sleeper(pg, claim, err);
    if (r < 0)
        return r;
    r = pg_exec(pg,
                "INSERT INTO kafka_offset AS k "
                "(consumer, topic, partition, next_offset, owner, epoch) "
                "SELECT $1, $2, $3, $4, $5, 1 "
                "FROM set_config('lock_timeout', '" OFFSETS_CLAIM_S "s', true) "
                "ON CONFLICT (consumer, topic, partition) "
                "DO UPDATE SET owner = excluded.owner, epoch = k.epoch + 1, "
                "updated_at = now() RETURNING next_offset, epoch, map_version, "
                "coalesce(last_offset, -1), coalesce(last_record, 0), "
                "coalesce(stop_at, 9223372036854775807)",
                params, sizeof params / sizeof *params, &rows, err);
    if (r == ERR_UNAVAILABLE && strcmp(pg_sqlstate(pg), "55P03") == 0)
        return error_prefix(err, r, "partition %d is in the hands of another process",
                            (int)claim->partition);
    if (r < 0)
        return r;
    claim->next_offset = pg_get_int64(rows, 0, 0);
    claim->epoch = pg_get_int64(rows, 0, 1);
    claim->map_version = pg_get_int64(rows, 0, 2);
    claim->last_offset = pg_get_int64(rows, 0, 3);
    claim->last_record = pg_get_int64(rows, 0, 4);
    claim->stop_at = pg_get_int64(rows, 0, 5);
    pg_result_free(rows);
    return 0;
}

int offsets_claim_in_log(struct pg *pg, struct consumer *consumer, int timeout_ms,
                         struct offset_claim *claim, int64_t *ret_high, struct error *err)
{
    int64_t low = 0;
    int64_t high = 0;
    int r = consumer_watermarks(consumer, claim->partition, timeout_ms, &low, &high, err);
    if (r == 0)
        r = offsets_claim(pg, claim, low, err);
    /* The owner before us may have read on while we asked; from the claim on it cannot. */
    if (r == 0 && claim->next_offset > high)
        r = consumer_watermarks(consumer, claim->partition, timeout_ms, &low, &high, err);
    if (r < 0)
        return r;
    *ret_high = high;
    claim->log_begin = low;
    if (claim->next_offset >= low && claim->next_offset <= high)
        return 0;
    return error_set(
        err, ERR_INPUT,
        "topic %s partition %d: %s stands at offset %" PRId64 ", the log holds %" PRId64
        " to %" PRId64
        "; decide with `hoso replay offset --consumer %s --partition %d` where to go on",
        claim->topic, (int)claim->partition, claim->consumer, claim->next_offset, low, high,
        claim->consumer, (int)claim->partition);
}

int64_t offsets_read_from(const struct offset_claim *claim)
{
    bool known =
        claim->last_offset >= claim->log_begin && claim->last_offset == claim->next_offset - 1;
    return known ? claim->last_offset : claim->next_offset;
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

int64_t offsets_fingerprint(const struct record *record)
{
    const struct str time = {(const char *)&record->timestamp_ms, sizeof record->timestamp_ms};
    return (int64_t)mix(mix(mix(UINT64_C(0xcbf29ce484222325), time), record->key), record->value);
}

int offsets_recognise(const struct offset_claim *claim, const struct record *record,
                      struct error *err)
{
    if (record->offset != claim->last_offset || offsets_fingerprint(record) == claim->last_record)
        return 0;
    return error_set(err, ERR_INPUT,
                     "topic %s partition %d: at offset %" PRId64 " stands another record than the "
                     "one that %s has committed: the topic was made anew; decide with "
                     "`hoso replay offset --consumer %s --partition %d` where to go on",
                     claim->topic, (int)claim->partition, record->offset, claim->consumer,
                     claim->consumer, (int)claim->partition);
}

static void swap_params(const struct offset_claim *claim, struct pg_param out[SWAP_PARAMS])
{
    out[0] = pg_text(str_of(claim->consumer));
    out[1] = pg_text(str_of(claim->topic));
    out[2] = pg_int32(claim->partition);
    out[3] = pg_uuid(claim->owner);
    out[4] = pg_int64(claim->epoch);
    out[5] = pg_int64(claim->next_offset);
}

static int lost(const struct offset_claim *claim, struct error *err)
{
    return error_set(err, ERR_CONFLICT,
                     "partition %d of %s was claimed by another process of consumer %s",
                     (int)claim->partition, claim->topic, claim->consumer);
}

int offsets_advance(struct pg *pg, const struct offset_claim *claim, int64_t next_offset,
                    int64_t last_record, struct error *err)
{
    struct pg_param params[SWAP_PARAMS + 2];
    swap_params(claim, params);
    params[SWAP_PARAMS] = pg_int64(next_offset);
    params[SWAP_PARAMS + 1] = pg_int64(last_record);
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "UPDATE kafka_offset SET next_offset = $7, last_offset = $7 - 1, "
                    "last_record = $8, updated_at = now() "
                    "WHERE consumer = $1 AND topic = $2 AND partition = $3 AND owner = $4 "
                    "AND epoch = $5 AND next_offset = $6",
                    params, SWAP_PARAMS + 2, &rows, err);
    if (r < 0)
        return r;
    int64_t moved = pg_affected(rows);
    pg_result_free(rows);
    return moved == 1 ? 0 : lost(claim, err);
}

void offset_moves_init(struct offset_moves *moves)
{
    moves->claim = NULL;
    pg_array_init(&moves->partitions, PG_INT32);
    pg_array_init(&moves->epochs, PG_INT64);
    pg_array_init(&moves->from, PG_INT64);
    pg_array_init(&moves->to, PG_INT64);
    pg_array_init(&moves->records, PG_INT64);
}

void offset_moves_deinit(struct offset_moves *moves)
{
    pg_array_deinit(&moves->partitions);
    pg_array_deinit(&moves->epochs);
    pg_array_deinit(&moves->from);
    pg_array_deinit(&moves->to);
    pg_array_deinit(&moves->records);
}

void offset_moves_clear(struct offset_moves *moves)
{
    pg_array_clear(&moves->partitions);
    pg_array_clear(&moves->epochs);
    pg_array_clear(&moves->from);
    pg_array_clear(&moves->to);
    pg_array_clear(&moves->records);
}

int offset_moves_add(struct offset_moves *moves, const struct offset_claim *claim,
                     int64_t next_offset, int64_t last_record)
{
    moves->claim = claim;
    if (pg_array_int32(&moves->partitions, claim->partition) < 0 ||
        pg_array_int64(&moves->epochs, claim->epoch) < 0 ||
        pg_array_int64(&moves->from, claim->next_offset) < 0 ||
        pg_array_int64(&moves->to, next_offset) < 0 ||
        pg_array_int64(&moves->records, last_record) < 0)
        return ERR_NOMEM;
    return 0;
}

int offset_moves_queue(const struct offset_moves *moves, struct pg *pg, struct error *err)
{
    const struct offset_claim *claim = moves->claim;
    const struct pg_param params[] = {
        pg_text(str_of(claim->consumer)),
        pg_text(str_of(claim->topic)),
        pg_uuid(claim->owner),
        pg_array_param(&moves->partitions),
        pg_array_param(&moves->epochs),
        pg_array_param(&moves->from),
        pg_array_param(&moves->to),
        pg_array_param(&moves->records),
    };
    return pg_queue_exec(
        pg,
        "UPDATE kafka_offset k SET next_offset = m.next_offset, updated_at = now(), "
        "last_offset = m.next_offset - 1, last_record = m.record FROM unnest($4, $5, $6, $7, $8) "
        "AS m (partition, epoch, expected, next_offset, record) "
        "WHERE k.consumer = $1 AND k.topic = $2 AND k.owner = $3 AND k.partition = m.partition "
        "AND k.epoch = m.epoch AND k.next_offset = m.expected",
        params, sizeof params / sizeof *params, moves->partitions.count, NULL, err);
}

int offset_moves_check(const struct offset_moves *moves, struct pg *pg, struct error *err)
{
    const struct offset_claim *claim = moves->claim;
    const struct pg_param params[] = {pg_text(str_of(claim->consumer)),
                                      pg_text(str_of(claim->topic)),
                                      pg_uuid(claim->owner),
                                      pg_array_param(&moves->partitions),
                                      pg_array_param(&moves->epochs),
                                      pg_array_param(&moves->from)};
    /* In the order in which others lock them. */
    return pg_queue_exec(pg,
                         "SELECT 1 FROM kafka_offset WHERE consumer = $1 AND topic = $2 "
                         "AND owner = $3 AND (partition, epoch, next_offset) IN (SELECT * FROM "
                         "unnest($4::int[], $5::bigint[], $6::bigint[])) ORDER BY partition "
                         "FOR UPDATE",
                         params, 6, moves->partitions.count, NULL, err);
}

int offsets_reread(struct pg *pg, struct offset_claim *claim, struct error *err)
{
    struct pg_param params[SWAP_PARAMS];
    swap_params(claim, params);
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT next_offset, epoch FROM kafka_offset WHERE consumer = $1 "
                    "AND topic = $2 AND partition = $3 AND owner = $4",
                    params, SWAP_PARAMS - 2, &rows, err);
    if (r < 0)
        return r;
    bool ours = pg_rows(rows) == 1;
    if (ours) {
        claim->next_offset = pg_get_int64(rows, 0, 0);
        claim->epoch = pg_get_int64(rows, 0, 1);
    }
    pg_result_free(rows);
    return ours ? 0 : lost(claim, err);
}

int offsets_check(struct pg *pg, const struct offset_claim *claim, struct error *err)
{
    struct pg_param params[SWAP_PARAMS];
    swap_params(claim, params);
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT 1 FROM kafka_offset "
                    "WHERE consumer = $1 AND topic = $2 AND partition = $3 AND owner = $4 "
                    "AND epoch = $5 AND next_offset = $6 FOR UPDATE",
                    params, SWAP_PARAMS, &rows, err);
    if (r < 0)
        return r;
    size_t ours = pg_rows(rows);
    pg_result_free(rows);
    return ours == 1 ? 0 : lost(claim, err);
}

int offsets_map_followed(struct pg *pg, const struct offset_claim *claim, int64_t map_version,
                         struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(claim->consumer)),
                                      pg_text(str_of(claim->topic)), pg_int32(claim->partition),
                                      pg_int64(map_version)};
    return pg_exec(pg,
                   "UPDATE kafka_offset SET map_version = $4 "
                   "WHERE consumer = $1 AND topic = $2 AND partition = $3",
                   params, sizeof params / sizeof *params, NULL, err);
}
