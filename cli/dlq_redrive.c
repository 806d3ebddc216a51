/*
 * `hoso dlq redrive`: letters back to the topic that they came from, as they were. Which partition is the key's to say, as for
 * every record: one that stood in the wrong place finds the right one.
 *
 * A letter is noted in hoso.dlq_redriven only after Kafka has its record. Stopped in between it is sent again by the next run,
 * which changes nothing: the event's id settles it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "dlq.h"
#include "topic_scan.h"

enum { BATCH_MAX = 500, POLL_MS = 100, GIVE_UP_MS = 60000 };

struct redrive {
    struct dlq_job *job;
    struct producer *producer;
    struct pg_array topics; /* of the batch under way */
    struct pg_array partitions;
    struct pg_array offsets;
    size_t unanswered;
    size_t lost; /* of the batch: Kafka did not take them */
    int64_t count;
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct redrive *redrive = arg;
    (void)opaque;
    (void)why_not;
    redrive->unanswered--;
    redrive->lost += !persisted;
}

static int wait_all(struct redrive *redrive, struct error *err)
{
    struct mono began = mono_now();
    while (redrive->unanswered > 0) {
        int r = producer_poll(redrive->producer, POLL_MS, err);
        if (r < 0)
            return r;
        if (mono_diff_ms(began, mono_now()) > GIVE_UP_MS)
            return error_set(err, ERR_UNAVAILABLE, "Kafka did not acknowledge within %d s",
                             GIVE_UP_MS / 1000);
    }
    if (redrive->lost > 0)
        return error_set(err, ERR_UNAVAILABLE, "Kafka did not take %zu records", redrive->lost);
    return 0;
}

/* Waits for the batch and notes it. */
static int finish_batch(struct redrive *redrive, struct error *err)
{
    int r = wait_all(redrive, err);
    if (r < 0 || redrive->offsets.count == 0)
        return r;
    const struct pg_param params[] = {pg_array_param(&redrive->topics),
                                      pg_array_param(&redrive->partitions),
                                      pg_array_param(&redrive->offsets)};
    r = pg_exec(redrive->job->pg,
                "INSERT INTO hoso.dlq_redriven (topic, partition, \"offset\") "
                "SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) "
                "ON CONFLICT (topic, partition, \"offset\") DO UPDATE SET redriven_at = now()",
                params, 3, NULL, err);
    if (r < 0)
        return r;
    redrive->count += redrive->offsets.count;
    pg_array_clear(&redrive->topics);
    pg_array_clear(&redrive->partitions);
    pg_array_clear(&redrive->offsets);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, cli_text("\rĐã gửi lại %" PRId64, "\rRedriven %" PRId64), redrive->count);
    return 0;
}

static int send_letter(struct redrive *redrive, const struct letter *letter, struct error *err)
{
    char topic[256];
    const struct record *record = letter->record;
    snprintf(topic, sizeof topic, "%.*s", STR_ARG(letter->topic));
    int r;
    while ((r = producer_send(redrive->producer, topic, record->key, record->value, letter->headers,
                              letter->header_count,
                              record->timestamp_ms < 0 ? 0 : record->timestamp_ms, NULL, err)) ==
           PRODUCER_FULL) {
        r = producer_poll(redrive->producer, POLL_MS, err);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return error_prefix(err, r, "partition %" PRId32 " offset %" PRId64, letter->partition,
                            letter->offset);
    redrive->unanswered++;
    if (pg_array_text(&redrive->topics, letter->topic) < 0 ||
        pg_array_int32(&redrive->partitions, letter->partition) < 0 ||
        pg_array_int64(&redrive->offsets, letter->offset) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    return redrive->offsets.count < BATCH_MAX ? 0 : finish_batch(redrive, err);
}

static int redrive_one(void *arg, const struct record *record, struct error *err)
{
    struct redrive *redrive = arg;
    struct letter letter;
    int r = dlq_wanted(redrive->job, record, &letter, err);
    if (r <= 0)
        return r;
    if (!redrive->job->dry_run)
        return send_letter(redrive, &letter, err);
    redrive->count++;
    printf(cli_text("sẽ gửi lại: %.*s phân vùng %" PRId32 " vị trí %" PRId64 "  ",
                    "would redrive: %.*s partition %" PRId32 " offset %" PRId64 "  "),
           STR_ARG(letter.topic), letter.partition, letter.offset);
    dlq_put(letter.code);
    putchar('\n');
    return 0;
}

int dlq_redrive(struct dlq_job *job, struct error *err)
{
    struct redrive redrive = {.job = job};
    pg_array_init(&redrive.topics, PG_TEXT);
    pg_array_init(&redrive.partitions, PG_INT32);
    pg_array_init(&redrive.offsets, PG_INT64);
    int r = producer_new(&job->kafka, on_done, &redrive, &redrive.producer, err);
    if (r == 0)
        r = topic_scan(&job->kafka, job->topic, redrive_one, &redrive, err);
    if (r == 0)
        r = finish_batch(&redrive, err);
    producer_free(redrive.producer, 0);
    pg_array_deinit(&redrive.topics);
    pg_array_deinit(&redrive.partitions);
    pg_array_deinit(&redrive.offsets);
    if (isatty(STDERR_FILENO) && !job->dry_run && redrive.count > 0)
        fputc('\n', stderr);
    printf(job->dry_run
               ? cli_text("%" PRId64 " bản ghi sẽ được gửi lại\n",
                          "%" PRId64 " records would be redriven\n")
               : cli_text("%" PRId64 " bản ghi đã gửi lại\n", "%" PRId64 " records redriven\n"),
           redrive.count);
    return r;
}
