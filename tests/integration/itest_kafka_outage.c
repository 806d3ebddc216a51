/*
 * A producer through an outage: sends while no broker answers, says "queued" on a line of its own, and ends well when every
 * record was stored after all. Arguments: topic, number of records. Run by test_edges.py, which kills and starts the broker.
 */
#include "kafka/kafka.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { DEADLINE_MS = 90000 };

static int persisted;
static int lost;

static void on_done(void *arg, void *opaque, bool stored, const char *why_not)
{
    (void)arg;
    (void)opaque;
    (void)why_not;
    persisted += stored;
    lost += !stored;
}

int main(int argc, char **argv)
{
    struct error err = {{0}};
    struct producer *producer = NULL;
    struct kafka_settings settings = {.brokers = getenv("HOSO_KAFKA_BROKERS"),
                                      .client_id = "itest"};
    struct mono begun = mono_now();
    int count = argc == 3 ? atoi(argv[2]) : 0;
    int r = producer_new(&settings, on_done, NULL, &producer, &err);
    for (int i = 0; i < count && r == 0; i++) {
        char key[32];
        snprintf(key, sizeof key, "H24.11713-260701-%04d", i);
        r = producer_send(producer, argv[1], str_of(key), str_of(key), NULL, 0, 0, NULL, &err);
    }
    puts("queued");
    fflush(stdout);
    while (r == 0 && persisted + lost < count && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        r = producer_poll(producer, 100, &err);
    printf("persisted=%d lost=%d in_flight=%zu %s\n", persisted, lost,
           producer ? producer_in_flight(producer) : 0, err.text);
    producer_free(producer, 0);
    return r == 0 && count > 0 && persisted == count ? 0 : 1;
}
