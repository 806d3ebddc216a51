/*
 * Decoding one event: ours against Avro-C's generic values, in the same run and on the same bytes.
 *
 *   cmake --preset release -B build/bench -D HOSO_TESTS=ON && cmake --build build/bench --target bench_decode
 *   build/bench/bin/bench_decode
 */
#include "codec/codec.h"
#include "domain/event.h"

#include <avro.h>

#include <stdio.h>
#include <stdlib.h>

/* The least of several measurements: what others do on the machine only ever adds. */
#define MEASUREMENTS 40
#define ROUNDS 50000
#define AVRO_C_ROUNDS 5000

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "bench_decode: %s failed\n", what);
    exit(1);
}

/* A progress row, the most frequent event, or a record with nearly everything in it. */
static struct event sample(bool full)
{
    struct event event = event_empty();
    event.kind = full ? EVENT_RECORD : EVENT_PROGRESS;
    event.source = STR("mot-cua");
    event.dossier_code = STR("000.22.11.H24-260701-0001");
    event.occurred_at = INT64_C(1782865800000);
    event.ingested_at = event.occurred_at + 1234;
    event.status = STATUS_PROCESSING;
    event.step_due_at = event.occurred_at + MS_PER_DAY;
    event.officer = STR("0123456789abcdef");
    if (!full)
        return event;
    event.procedure_code = STR("1.005129");
    event.field_code = STR("LV01");
    event.deciding_agency = STR("000.22.11.H24");
    event.receiving_agency = STR("000.22.11.H24");
    event.channel = CHANNEL_ONLINE;
    event.submitted_at = event.accepted_at = event.due_at = event.occurred_at;
    event.paid = event.paid_online = event.digitised = TRI_YES;
    return event;
}

static double ns_each(struct mono begin, int rounds)
{
    return (double)(mono_now().us - begin.us) * 1000.0 / rounds;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double run_ours(const struct codec *codec, struct str framed)
{
    struct event event;
    int64_t used = 0; /* so that the work cannot be left out */
    struct mono begin = mono_now();
    for (int i = 0; i < ROUNDS; i++) {
        require(codec_read(codec, framed.data, framed.len, &event, NULL) == CODEC_OK, "codec_read");
        used += event.occurred_at + event.status;
    }
    double ns = ns_each(begin, ROUNDS);
    require(used != 0, "decoding");
    return ns;
}

static double run_avro_c(avro_value_t *value, struct str framed)
{
    struct mono begin = mono_now();
    for (int i = 0; i < AVRO_C_ROUNDS; i++) {
        avro_reader_t reader = avro_reader_memory(framed.data + CODEC_FRAME_SIZE,
                                                  (int64_t)(framed.len - CODEC_FRAME_SIZE));
        require(avro_value_read(reader, value) == 0, "avro_value_read");
        avro_reader_free(reader);
    }
    return ns_each(begin, AVRO_C_ROUNDS);
}

int main(void)
{
    struct codec *codec;
    struct codec_writer *writer;
    avro_schema_t schema;
    avro_value_t value;
    struct str json = codec_schema_json(CODEC_SCHEMA_EVENT_V1);
    require(codec_new(&codec_event_layout, &codec, NULL) == 0, "codec_new");
    require(codec_writer_new(&codec_event_layout, &writer, NULL) == 0, "codec_writer_new");
    require(avro_schema_from_json_length(json.data, json.len, &schema) == 0, "the schema");
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    require(class && avro_generic_value_new(class, &value) == 0, "avro_generic_value_new");

    for (int full = 0; full <= 1; full++) {
        struct event event = sample(full);
        struct str framed;
        require(codec_write(writer, &event, &framed, NULL) == 0, "codec_write");
        double ours = run_ours(codec, framed);
        double avro_c = run_avro_c(&value, framed);
        for (int i = 1; i < MEASUREMENTS; i++) {
            ours = least(ours, run_ours(codec, framed));
            avro_c = least(avro_c, run_avro_c(&value, framed));
        }
        printf("%-14s %4zu bytes   ours %6.1f ns   Avro-C generic %8.1f ns   %.0f times\n",
               full ? "whole record" : "progress row", framed.len, ours, avro_c, avro_c / ours);
    }
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    codec_writer_free(writer);
    codec_free(codec);
    return 0;
}
