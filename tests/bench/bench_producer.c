/*
 * What librdkafka alone produces on this machine: records like ingest's (size, headers, keys), settings like ingest's, as fast as one
 * thread of ours can give them, at most 20,000 unacknowledged. The yardstick of tests/bench/run-ingest.
 *
 *   bench_producer BROKERS TOPIC SECONDS [RATE]
 *
 * With a RATE: that many records per second, each due at its time, and how long from then to the acknowledgement.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "kafka/kafka.h"

enum { IN_FLIGHT_MAX = 20000, VALUE_BYTES = 120 };

static uint64_t persisted;
static struct mono *due; /* by record, with a rate */
static int64_t *latencies_us;

static void on_done(void *arg, void *opaque, bool done, const char *why_not)
{
    (void)arg;
    (void)why_not;
    if (due) {
        size_t number = (size_t)(uintptr_t)opaque;
        latencies_us[persisted] = mono_now().us - due[number].us;
    }
    persisted += done;
}

static void send_one(struct producer *producer, const char *topic, uint64_t number)
{
    char value[VALUE_BYTES];
    char key[40];
    struct error err = {""};
    memset(value, (int)('a' + number % 26), sizeof value);
    memcpy(value, &number, sizeof number);
    snprintf(key, sizeof key, "H24.11713-260601-%07" PRIu64, number % 10000000);
    const struct kafka_header headers[] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", STR("0123456789abcdef0123456789abcdef")},
        {"ce_type", STR("vn.hoso.dossier.progress")},
        {"ce_source", STR("motcua")},
        {"ce_time", STR("2026-06-02T08:00:00.000+07:00")},
        {"ce_subject", str_of(key)},
    };
    while (producer_in_flight(producer) >= IN_FLIGHT_MAX)
        producer_poll(producer, 1, NULL);
    if (producer_send(producer, topic, str_of(key), (struct str){value, sizeof value}, headers,
                      sizeof headers / sizeof *headers, 0, (void *)(uintptr_t)number, &err) < 0) {
        fprintf(stderr, "bench_producer: %s\n", err.text);
        exit(1);
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(double seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"records\":%" PRIu64 ",\"records_per_s\":%.0f,\"records_per_cpu_s\":%.0f", persisted,
           (double)persisted / seconds, (double)persisted / cpu_s);
    if (due) {
        qsort(latencies_us, persisted, sizeof *latencies_us, by_value);
        printf(",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"p999_ms\":%.2f,\"max_ms\":%.2f",
               (double)latencies_us[persisted / 2] / 1e3,
               (double)latencies_us[persisted * 99 / 100] / 1e3,
               (double)latencies_us[persisted * 999 / 1000] / 1e3,
               (double)latencies_us[persisted - 1] / 1e3);
    }
    puts("}");
}

static void run_at_rate(struct producer *producer, const char *topic, double seconds, double rate)
{
    size_t count = (size_t)(seconds * rate);
    due = calloc(count, sizeof *due);
    latencies_us = calloc(count, sizeof *latencies_us);
    if (!due || !latencies_us)
        exit(1);
    struct mono begun = mono_now();
    for (size_t number = 0; number < count; number++) {
        due[number].us = begun.us + (int64_t)((double)number * 1e6 / rate);
        while (mono_now().us < due[number].us)
            producer_poll(producer, 1, NULL);
        send_one(producer, topic, number);
        producer_poll(producer, 0, NULL);
    }
}

static void run_at_full_speed(struct producer *producer, const char *topic, double seconds)
{
    struct mono begun = mono_now();
    for (uint64_t number = 0; mono_diff_ms(begun, mono_now()) < (int64_t)(seconds * 1000);
         number++) {
        send_one(producer, topic, number);
        if (number % 64 == 0)
            producer_poll(producer, 0, NULL);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        return 2;
    struct kafka_settings settings = {.brokers = argv[1], .client_id = "bench"};
    struct producer *producer = NULL;
    struct error err = {""};
    if (producer_new(&settings, on_done, NULL, &producer, &err) != 0) {
        fprintf(stderr, "bench_producer: %s\n", err.text);
        return 1;
    }
    double seconds = strtod(argv[3], NULL);
    struct mono begun = mono_now();
    if (argc == 5)
        run_at_rate(producer, argv[2], seconds, strtod(argv[4], NULL));
    else
        run_at_full_speed(producer, argv[2], seconds);
    while (producer_in_flight(producer) > 0)
        producer_poll(producer, 10, NULL);
    report((double)mono_diff_ms(begun, mono_now()) / 1000);
    producer_free(producer, 1000);
    return 0;
}
