/*
 * Follows hoso.map_change (lib/service/reference.h), hoso.alert_rule and the calendar: when one of them changes, every dossier that is
 * open or has an alert is judged again. An alert without a unit, or of a unit that has been merged, comes to whoever answers for it now,
 * and a rule holds from now on for what is open, also where it was changed while no alerter ran. Walked in chunks, between which
 * everything else goes on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerter/internal.h"
#include "base/log.h"

enum { CHUNK = 500, LOOK_EVERY_MS = 1000 };

void follow_wake(struct alerter *alerter)
{
    alerter->follow = (struct follow){.look_now = true, .partition = -1};
}

int follow_claimed(struct alerter *alerter, struct partition *partition, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(alerter->topic)),
                                      pg_int32(partition->claim.partition),
                                      pg_uuid(alerter->rules_digest)};
    /* The first time there is nothing that was judged by other rules. */
    int r = pg_exec(alerter->pg,
                    "INSERT INTO hoso.alert_rules_followed AS f (topic, partition, digest) "
                    "VALUES ($1, $2, $3) ON CONFLICT (topic, partition) DO UPDATE "
                    "SET digest = f.digest RETURNING digest",
                    params, 3, &rows, err);
    if (r == 0)
        memcpy(partition->rules_digest, pg_get_uuid(rows, 0, 0), RULES_DIGEST_SIZE);
    pg_result_free(rows);
    return r;
}

static bool is_behind(const struct alerter *alerter, const struct partition *partition)
{
    return partition->deadlines &&
           (partition->claim.map_version != alerter->reference.map_version ||
            memcmp(partition->rules_digest, alerter->rules_digest, RULES_DIGEST_SIZE) != 0);
}

int follow_wait_ms(const struct alerter *alerter)
{
    int64_t left_ms = LOOK_EVERY_MS - mono_diff_ms(alerter->follow.looked_at, mono_now());
    bool behind = alerter->follow.look_now || left_ms < 0;
    for (int i = 0; i < alerter->partition_count && !behind; i++)
        behind = is_behind(alerter, &alerter->partitions[i]);
    return behind ? 0 : (int)left_ms;
}

int follow_look(struct alerter *alerter, struct error *err)
{
    struct follow *follow = &alerter->follow;
    if (!follow->look_now && mono_diff_ms(follow->looked_at, mono_now()) < LOOK_EVERY_MS)
        return 0;
    int r = reference_refresh(alerter->pg, alerter->service->config, &alerter->reference, err);
    if (r < 0)
        return r;
    if (r == REFERENCE_CHANGED) {
        log_info("map_changed", "version=%" PRId64, alerter->reference.map_version);
        follow->partition = -1;
        fire_forget(alerter);
    }
    follow->look_now = false;
    follow->looked_at = mono_now();
    return 0;
}

/* The next dossiers of the partition whose clock runs, that may come back, or that have alerts; in byte order of their codes. */
static int find_dossiers(struct alerter *alerter, int32_t partition, struct pg_result **ret,
                         struct error *err)
{
    size_t chunk = alerter->batch_max < CHUNK ? alerter->batch_max : CHUNK;
    const struct pg_param params[] = {
        pg_text((struct str){alerter->follow.after, strlen(alerter->follow.after)}),
        pg_int32(partition), pg_int32((int32_t)chunk)};
    return pg_exec(alerter->pg,
                   "SELECT dossier_code FROM hoso.alert_watch w "
                   "WHERE partition = $2 AND dossier_code > $1 AND (forget_at IS NULL OR "
                   "deadline_at IS NOT NULL OR EXISTS (SELECT FROM hoso.alert a "
                   "WHERE a.dossier_code = w.dossier_code)) ORDER BY dossier_code LIMIT $3",
                   params, 3, ret, err);
}

/* The partition's dossiers have been judged by the map and the rules that we have. */
static int note_followed(struct alerter *alerter, const struct partition *partition,
                         struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(alerter->topic)),
                                      pg_int32(partition->claim.partition),
                                      pg_uuid(alerter->rules_digest)};
    int r =
        offsets_map_followed(alerter->pg, &partition->claim, alerter->reference.map_version, err);
    return r == 0 ? pg_exec(alerter->pg,
                            "UPDATE hoso.alert_rules_followed SET digest = $3 "
                            "WHERE topic = $1 AND partition = $2",
                            params, 3, NULL, err)
                  : r;
}

static int write_chunk(struct alerter *alerter, struct partition *partition,
                       struct pg_result **rows, struct question *question,
                       struct verdicts *verdicts, struct error *err)
{
    int r = offsets_check(alerter->pg, &partition->claim, err);
    if (r == 0)
        r = find_dossiers(alerter, partition->claim.partition, rows, err);
    if (r < 0)
        return r;
    question->count = pg_rows(*rows);
    if (question->count == 0)
        return note_followed(alerter, partition, err);
    for (size_t i = 0; i < question->count; i++)
        alerter->touched[i] = (struct touched){.code = pg_get_text(*rows, i, 0),
                                               .partition = partition->claim.partition};
    return judge_run(alerter->judge, alerter->pg, &alerter->reference, question, verdicts, err);
}

/* Done with a chunk, whose rows are still there. */
static int go_on(struct alerter *alerter, struct partition *partition,
                 const struct question *question, const struct verdicts *verdicts,
                 struct error *err)
{
    struct follow *follow = &alerter->follow;
    if (question->count == 0) {
        partition->claim.map_version = alerter->reference.map_version;
        memcpy(partition->rules_digest, alerter->rules_digest, RULES_DIGEST_SIZE);
        follow->partition = -1;
        return 0;
    }
    snprintf(follow->after, sizeof follow->after, "%.*s",
             STR_ARG(question->dossiers[question->count - 1].code));
    return fire_apply(alerter, question, verdicts, err);
}

static int follow_partition(struct alerter *alerter, struct partition *partition, struct error *err)
{
    struct pg_result *rows = NULL;
    struct verdicts verdicts = {0};
    struct question question = {.rulebook = alerter->rulebook,
                                .dossiers = alerter->touched,
                                .now_at = alerter_now(alerter),
                                .rules_changed = true};
    if (alerter->follow.partition != partition->claim.partition)
        alerter->follow.after[0] = '\0';
    alerter->follow.partition = partition->claim.partition;
    fire_forget(alerter);
    int r = pg_begin(alerter->pg, err);
    if (r == 0)
        r = write_chunk(alerter, partition, &rows, &question, &verdicts, err);
    if (r == 0) {
        crash_point("alerter.follow_before_commit");
        r = pg_commit(alerter->pg, err);
    }
    if (r == 0) {
        crash_point("alerter.follow_after_commit");
        r = go_on(alerter, partition, &question, &verdicts, err);
    } else {
        pg_rollback(alerter->pg);
    }
    pg_result_free(rows);
    return r;
}

int follow_run(struct alerter *alerter, struct error *err)
{
    for (int i = 0; i < alerter->partition_count; i++) {
        if (is_behind(alerter, &alerter->partitions[i]))
            return follow_partition(alerter, &alerter->partitions[i], err);
    }
    return 0;
}
