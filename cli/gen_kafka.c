/* Events straight onto the topic, through the producer that ingest uses: for load, and where no listener is wanted. */
#include "commands.h"
#include "gen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "kafka/kafka.h"
#include "service/event_headers.h"
#include "service/kafka_settings.h"

enum { ANSWER_MS = 15000, POLL_EVERY = 256, FLUSH_MS = 120000 };

struct target {
    const struct gen *gen;
    const char *topic;
    int64_t rate; /* events a second, 0 = as fast as it goes */
    struct codec_writer *writer;
    struct producer *producer;
    size_t persisted;
    size_t failed;
    char why_not[160]; /* of the first that failed */
    struct mono began;
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct target *target = arg;
    (void)opaque;
    target->persisted += persisted;
    if (!persisted && target->failed++ == 0)
        snprintf(target->why_not, sizeof target->why_not, "%s", why_not ? why_not : "");
}

/* By the plan and not by what has been answered, so that a slow broker does not slow the load. */
static int keep_pace(struct target *target, size_t done, struct error *err)
{
    int r = done % POLL_EVERY == 0 ? producer_poll(target->producer, 0, err) : 0;
    if (target->rate == 0)
        return r;
    int64_t planned_us = (int64_t)done * 1000000 / target->rate;
    for (int64_t left_us;
         r == 0 && (left_us = planned_us - (mono_now().us - target->began.us)) > 0;)
        r = producer_poll(target->producer, (int)(left_us / 1000) + 1, err);
    return r;
}

static int send_one(struct target *target, const struct gen_said *said, struct error *err)
{
    struct gen_event_text text;
    struct event_headers headers;
    struct event event;
    struct str value;
    gen_event_of(target->gen, said, &text, &event);
    int r = codec_write(target->writer, &event, &value, err);
    if (r < 0)
        return r;
    event_headers_of(&event, STR_NONE, &headers);
    while ((r = producer_send(target->producer, target->topic, event.dossier_code, value,
                              headers.list, headers.count, 0, NULL, err)) == PRODUCER_FULL) {
        r = producer_poll(target->producer, 100, err);
        if (r < 0)
            return r;
    }
    return r;
}

static void show_progress(size_t done, size_t count)
{
    size_t step = count / 10 + 1;
    if (done % step == 0 && done > 0)
        fprintf(stderr, cli_text("Đã gửi %zu %% (%zu sự kiện)\n", "Sent %zu %% (%zu events)\n"),
                done * 100 / count, done);
}

static int send_all(struct target *target, const struct gen_said *said, size_t count,
                    struct error *err)
{
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        show_progress(i, count);
        r = keep_pace(target, i, err);
        if (r == 0)
            r = send_one(target, &said[i], err);
    }
    target->producer = producer_free(target->producer, FLUSH_MS);
    if (r == 0 && target->failed > 0)
        r = error_set(err, ERR_UNAVAILABLE, "%zu of %zu events were not stored: %s", target->failed,
                      count, target->why_not);
    int64_t ms = mono_diff_ms(target->began, mono_now());
    fprintf(stderr,
            cli_text("%zu sự kiện đã lưu vào %s; %" PRId64 ",%" PRId64 " giây\n",
                     "%zu events stored in %s; %" PRId64 ".%" PRId64 " s\n"),
            target->persisted, target->topic, ms / 1000, ms / 100 % 10);
    return r;
}

static int send_stream(struct target *target, struct gen *gen, const struct gen_traffic *traffic,
                       struct error *err)
{
    struct gen_said *said = NULL;
    size_t count = 0;
    int r = codec_writer_new(&codec_event_layout, &target->writer, err);
    if (r == 0)
        r = gen_stream(gen, traffic, &said, &count, err);
    if (r == 0) {
        target->began = mono_now();
        r = send_all(target, said, count, err);
    }
    free(said);
    codec_writer_free(target->writer);
    return r;
}

int gen_to_kafka(struct gen *gen, const struct gen_traffic *traffic, const struct config *config,
                 struct error *err)
{
    struct kafka_settings settings;
    int partitions = 0;
    struct target target = {.gen = gen,
                            .topic = config_text(config, "kafka", NULL, "events_topic"),
                            .rate = traffic->rate};
    int r = kafka_settings_load(config, "hoso-gen", &settings, err);
    if (r == 0)
        r = topic_partitions(&settings, target.topic, ANSWER_MS, &partitions, err);
    if (r == 0)
        r = producer_new(&settings, on_done, &target, &target.producer, err);
    if (r == 0)
        r = send_stream(&target, gen, traffic, err);
    producer_free(target.producer, 0);
    kafka_settings_unload(&settings);
    return r;
}
