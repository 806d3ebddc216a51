/* links: ingest */
/*
 * The publisher and the feeds on librdkafka's mock brokers: a producer that breaks for good loses nothing. Sources are included where
 * the fatal error must be injected through handles that the headers rightly hide.
 */
#include "ingest/publisher.c" /* NOLINT(bugprone-suspicious-include) */
#include "kafka/producer.c"   /* NOLINT(bugprone-suspicious-include) */

#include "ingest/feed.h"
#include "ingest/map_native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <librdkafka/rdkafka_mock.h>

enum { DEADLINE_MS = 30000, ITEMS = 300 };

static struct error err;

struct scene {
    struct kafka_property properties[3];
    struct kafka_settings settings;
    struct ingest_metrics metrics;
    struct publisher *publisher;
    int persisted[ITEMS];
    int dropped[ITEMS];
    bool unwanted;
};

static void on_persisted(void *owner, uint64_t item)
{
    struct scene *scene = owner;
    scene->persisted[item]++;
}

static void on_dropped(void *owner, uint64_t item)
{
    struct scene *scene = owner;
    scene->dropped[item]++;
}

static bool is_wanted(void *owner, uint64_t item)
{
    (void)item;
    const struct scene *scene = owner;
    return !scene->unwanted;
}

static const struct receipt_events events = {on_persisted, on_dropped, is_wanted};

static void open_scene(struct scene *scene, const char *name, const char *value)
{
    *scene = (struct scene){.properties = {{"test.mock.num.brokers", "1"}, {name, value}}};
    scene->settings = (struct kafka_settings){.brokers = "127.0.0.1:1",
                                              .client_id = "test",
                                              .properties = scene->properties,
                                              .property_count = name ? 2 : 1};
    ingest_metrics_init(&scene->metrics);
    assert_int_equal(
        publisher_new(&scene->settings, "topic", &scene->metrics, &scene->publisher, &err), 0);
}

static int send_item(struct scene *scene, uint64_t item)
{
    char code[32];
    struct event event = event_empty();
    struct receipt receipt = {.events = &events, .owner = scene, .item = item};
    snprintf(code, sizeof code, "H24.11713-260601-%04d", (int)item);
    event.kind = EVENT_ERASED;
    event.source = STR("motcua");
    event.dossier_code = str_of(code);
    event.occurred_at = event.ingested_at = INT64_C(1782882000000);
    return publisher_send(scene->publisher, &event, &receipt, &err);
}

static int total(const int *counts)
{
    int sum = 0;
    for (int i = 0; i < ITEMS; i++)
        sum += counts[i];
    return sum;
}

static void wait_settled(struct scene *scene)
{
    struct mono begun = mono_now();
    while (publisher_in_flight(scene->publisher) > 0 &&
           mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        publisher_poll(scene->publisher, 20);
    assert_int_equal(publisher_in_flight(scene->publisher), 0);
}

static void break_producer(struct publisher *publisher)
{
    assert_int_equal(rd_kafka_test_fatal_error(publisher->producer->handle,
                                               RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                               "planted"),
                     0);
}

/* Broken in the middle of the sending, again and again: every item is persisted exactly once as far as its owner hears. */
static void a_fatal_error_is_replayed(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene, "linger.ms", "50");
    for (uint64_t item = 0; item < ITEMS; item++) {
        struct mono begun = mono_now();
        while (send_item(&scene, item) != 0 && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
            publisher_poll(scene.publisher, 20);
        if (item % 100 == 50)
            break_producer(scene.publisher);
    }
    wait_settled(&scene);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(scene.persisted[i], 1);
    assert_int_equal(total(scene.dropped), 0);
    assert_int_equal(scene.metrics.list[METRIC_PRODUCER_REBUILT].value, ITEMS / 100);
    publisher_free(scene.publisher, 0);
}

/* What nobody waits for any more is not sent again. */
static void unwanted_records_are_dropped(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene, "linger.ms", "1000");
    for (uint64_t item = 0; item < 10; item++)
        assert_int_equal(send_item(&scene, item), 0);
    scene.unwanted = true;
    break_producer(scene.publisher);
    wait_settled(&scene);
    assert_int_equal(total(scene.persisted), 0);
    assert_int_equal(total(scene.dropped), 10);
    publisher_free(scene.publisher, 0);
}

/* A "no" of the broker's that idempotence makes fatal, a few times in a row: tried again until it is a yes. */
static void a_refusing_broker_is_asked_again(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene, NULL, NULL);
    assert_int_equal(send_item(&scene, 0), 0);
    wait_settled(&scene);
    rd_kafka_mock_push_request_errors(
        rd_kafka_handle_mock_cluster(scene.publisher->producer->handle), 0 /* Produce */, 1,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(send_item(&scene, 1), 0);
    wait_settled(&scene);
    assert_int_equal(scene.persisted[1], 1);
    assert_int_equal(total(scene.dropped), 0);
    publisher_free(scene.publisher, 0);
}

static void freeing_drops_the_rest(void **state)
{
    (void)state;
    static struct scene scene;
    open_scene(&scene, "linger.ms", "1000");
    for (uint64_t item = 0; item < 10; item++)
        assert_int_equal(send_item(&scene, item), 0);
    assert_int_equal(publisher_in_flight(scene.publisher), 10);
    assert_null(publisher_free(scene.publisher, 0));
    assert_int_equal(total(scene.dropped), 10);
}

/* ---- a feed of numbered rows over the same brokers ---- */

enum { ROWS = 500, BAD_EVERY = 7, BLANK_EVERY = 11 };

struct numbers {
    struct feed *feed;
    int64_t next;  /* row to offer, 1..ROWS */
    int64_t given; /* acknowledged up to here */
    size_t refused;
    bool closed;
};

static struct numbers numbers;

static int numbers_open(struct feed *feed, const struct config *config, const char *name,
                        void **ret_state, struct error *error)
{
    (void)config;
    (void)error;
    assert_string_equal(name, "so");
    numbers = (struct numbers){.feed = feed, .next = 1};
    *ret_state = &numbers;
    return 0;
}

/* 0 = taken in one way or another. */
static int offer(int64_t number)
{
    char text[256];
    struct json_doc *doc;
    struct refusal refusal;
    if (number % BLANK_EVERY == 0)
        return feed_skip(numbers.feed, number) ? 0 : FEED_FULL;
    snprintf(text, sizeof text,
             "{\"id\":\"%d\",\"kind\":\"%s\",\"dossier_code\":\"X-%d\",\"occurred_at\":"
             "\"20260601080000\"}",
             (int)number, number % BAD_EVERY ? "erased" : "bad", (int)number);
    assert_int_equal(json_parse(str_of(text), &doc, &err), 0);
    struct feed_row row = {
        .map = map_native, .json = json_root(doc), .ingested_at = INT64_C(1782882000000)};
    int result = feed_offer(numbers.feed, number, &row, &refusal, &err);
    json_doc_free(doc);
    numbers.refused += result == MAP_REFUSED;
    return result == MAP_REFUSED ? 0 : result;
}

static void numbers_turn(void *state, struct mono now)
{
    (void)now;
    assert_ptr_equal(state, &numbers);
    while (numbers.next <= ROWS && offer(numbers.next) == 0)
        numbers.next++;
}

static void numbers_acknowledged(void *state, int64_t position)
{
    assert_ptr_equal(state, &numbers);
    assert_true(position > numbers.given && position < numbers.next);
    numbers.given = position;
}

static int numbers_fd(void *state)
{
    (void)state;
    return -1;
}

static int numbers_timeout_ms(void *state, struct mono now)
{
    (void)state;
    (void)now;
    return 25;
}

static void numbers_close(void *state)
{
    assert_ptr_equal(state, &numbers);
    numbers.closed = true;
}

static const struct feed_kind numbers_kind = {
    .kind = SOURCE_POLL,
    .open = numbers_open,
    .turn = numbers_turn,
    .acknowledged = numbers_acknowledged,
    .fd = numbers_fd,
    .timeout_ms = numbers_timeout_ms,
    .close = numbers_close,
};

/* Small ring, small queue, a producer that breaks twice: each row is acknowledged, in order, after it is persisted. */
static void a_feed_is_acknowledged_in_order(void **state)
{
    (void)state;
    static struct scene scene;
    const char *options[] = {"source.so.kind=poll", "source.so.in_flight_max=40"};
    static const struct feed_kind *const kinds[] = {&numbers_kind, NULL};
    struct config *config = NULL;
    struct sources *sources = NULL;
    struct feeds *feeds = NULL;
    static struct mapped mapped;
    open_scene(&scene, "queue.buffering.max.messages", "20");
    mapped_init(&mapped);
    assert_int_equal(config_load(NULL, options, 2, &config, &err), 0);
    assert_int_equal(sources_load(config, &sources, &err), 0);
    struct intake intake = {.publisher = scene.publisher,
                            .metrics = &scene.metrics,
                            .mapped = &mapped,
                            .event_key = STR("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"),
                            .officer_key = STR("oooooooooooooooooooooooooooooooo")};
    static const struct feed_kind *const none[] = {NULL};
    assert_int_equal(feeds_open(none, config, sources, &intake, &feeds, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "[source.so]"));
    assert_int_equal(feeds_open(kinds, config, sources, &intake, &feeds, &err), 0);
    int broken = 0;
    struct mono begun = mono_now();
    while (numbers.given < ROWS && mono_diff_ms(begun, mono_now()) < DEADLINE_MS) {
        feeds_turn(feeds, mono_now());
        if (scene.publisher->producer && numbers.given > 150 * (broken + 1) && broken < 2) {
            break_producer(scene.publisher);
            broken++;
        }
        publisher_poll(scene.publisher, 10);
    }
    assert_int_equal(numbers.given, ROWS);
    assert_true(feeds_settle(feeds));
    assert_int_equal(numbers.refused, ROWS / BAD_EVERY - ROWS / (BAD_EVERY * BLANK_EVERY));
    assert_int_equal(scene.metrics.list[METRIC_PERSISTED].value,
                     ROWS - ROWS / BLANK_EVERY - (int)numbers.refused);
    assert_int_equal(scene.metrics.list[METRIC_PRODUCER_REBUILT].value, 2);
    assert_int_equal(feeds_timeout_ms(feeds, mono_now()), 25);
    int fds[2];
    assert_int_equal(feeds_fds(feeds, fds, 2), 0);
    publisher_free(scene.publisher, 0);
    assert_null(feeds_free(feeds));
    assert_true(numbers.closed);
    sources_free(sources);
    config_free(config);
    mapped_deinit(&mapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fatal_error_is_replayed),
        cmocka_unit_test(unwanted_records_are_dropped),
        cmocka_unit_test(a_refusing_broker_is_asked_again),
        cmocka_unit_test(freeing_drops_the_rest),
        cmocka_unit_test(a_feed_is_acknowledged_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
