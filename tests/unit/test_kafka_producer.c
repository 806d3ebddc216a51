/*
 * The producer against librdkafka's own mock brokers. The source itself is included: the fatal error is injected through the
 * handle, which the header rightly hides.
 */
#include "kafka/producer.c" /* NOLINT(bugprone-suspicious-include) */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <librdkafka/rdkafka_mock.h>

enum { DEADLINE_MS = 20000 };

static struct error err;

struct fates {
    int persisted;
    int lost;
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct fates *fates = arg;
    assert_ptr_equal(opaque, fates);
    assert_int_equal(persisted, why_not == NULL);
    fates->persisted += persisted;
    fates->lost += !persisted;
}

/* brokers that answer, or none; with one more property where name is given. */
static struct producer *open_producer(bool mock, const char *name, const char *value,
                                      struct fates *fates)
{
    struct kafka_property properties[2] = {{name, value}, {"test.mock.num.brokers", "1"}};
    struct kafka_settings settings = {.brokers = "127.0.0.1:1",
                                      .client_id = "test",
                                      .properties = name ? properties : properties + 1,
                                      .property_count = (size_t)(name != NULL) + mock};
    struct producer *producer = NULL;
    assert_int_equal(producer_new(&settings, on_done, fates, &producer, &err), 0);
    return producer;
}

static int send_one(struct producer *producer, struct str value, struct fates *fates)
{
    return producer_send(producer, "topic", STR("key"), value, NULL, 0, 0, fates, &err);
}

static void wait_settled(struct producer *producer)
{
    struct mono begun = mono_now();
    while (producer_in_flight(producer) > 0 && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        assert_int_equal(producer_poll(producer, 50, &err), 0);
}

static void test_all_persisted(void **state)
{
    (void)state;
    struct fates fates = {0};
    struct producer *producer = open_producer(true, NULL, NULL, &fates);
    for (int i = 0; i < 100; i++)
        assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    wait_settled(producer);
    assert_int_equal(fates.persisted, 100);
    assert_int_equal(fates.lost, 0);
    assert_null(producer_free(producer, 0));
    assert_int_equal(fates.persisted + fates.lost, 100);
}

static void test_full_queue_pushes_back(void **state)
{
    (void)state;
    struct fates fates = {0};
    struct producer *producer = open_producer(true, "queue.buffering.max.messages", "10", &fates);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    /* Unserved reports count too, so nothing gets through before a poll. */
    assert_int_equal(send_one(producer, STR("value"), &fates), PRODUCER_FULL);
    assert_int_equal(producer_in_flight(producer), 10);
    wait_settled(producer);
    assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    wait_settled(producer);
    assert_int_equal(fates.persisted, 11);
    producer_free(producer, 0);
}

static void test_too_large_is_refused_for_good(void **state)
{
    (void)state;
    static char large[2 << 20];
    struct fates fates = {0};
    struct producer *producer = open_producer(true, NULL, NULL, &fates);
    assert_int_equal(send_one(producer, (struct str){large, sizeof large}, &fates), ERR_FAILED);
    assert_int_equal(producer_in_flight(producer), 0);
    producer_free(producer, 0);
    assert_int_equal(fates.persisted + fates.lost, 0);
}

static void test_free_gives_up_in_time(void **state)
{
    (void)state;
    struct fates fates = {0};
    struct producer *producer = open_producer(false, NULL, NULL, &fates);
    for (int i = 0; i < 5; i++)
        assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    struct mono begun = mono_now();
    producer_free(producer, 100);
    assert_true(mono_diff_ms(begun, mono_now()) < 5000);
    assert_int_equal(fates.persisted, 0);
    assert_int_equal(fates.lost, 5);
}

static void test_fatal_error(void **state)
{
    (void)state;
    struct fates fates = {0};
    struct producer *producer = open_producer(true, NULL, NULL, &fates);
    rd_kafka_test_fatal_error(producer->handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                              "planted");
    assert_int_equal(producer_poll(producer, 0, &err), ERR_FAILED);
    assert_non_null(strstr(err.text, "planted"));
    assert_int_equal(send_one(producer, STR("value"), &fates), ERR_FAILED);
    producer_free(producer, 1000);
    assert_int_equal(fates.persisted, 0);
}

/* A broker's "no" that is no retry: the record counts as not stored, with the reason. */
static void test_refused_by_the_broker(void **state)
{
    (void)state;
    struct fates fates = {0};
    struct producer *producer = open_producer(true, NULL, NULL, &fates);
    assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    wait_settled(producer);
    rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(producer->handle);
    rd_kafka_mock_push_request_errors(mock, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    struct mono begun = mono_now();
    while (producer_in_flight(producer) > 0 && mono_diff_ms(begun, mono_now()) < DEADLINE_MS)
        producer_poll(producer, 50, &err); /* idempotence makes this fatal; only the fate matters */
    assert_int_equal(fates.persisted, 1);
    assert_int_equal(fates.lost, 1);
    producer_free(producer, 0);
}

/* ---- the log speaks only inside our calls, and in our thread ---- */

static bool inside;
static int lines;
static pthread_t ours;

static void on_test_log(void *arg, int level, const char *facility, const char *text)
{
    (void)level;
    (void)facility;
    (void)text;
    assert_ptr_equal(arg, &lines);
    assert_true(inside && pthread_equal(pthread_self(), ours));
    lines++;
}

static void test_log_inside_polls_only(void **state)
{
    (void)state;
    struct kafka_property properties[] = {{"test.mock.num.brokers", "1"}, {"debug", "all"}};
    struct kafka_settings settings = {.brokers = "127.0.0.1:1",
                                      .client_id = "test",
                                      .properties = properties,
                                      .property_count = 2,
                                      .on_log = on_test_log,
                                      .on_log_arg = &lines};
    struct fates fates = {0};
    struct producer *producer = NULL;
    ours = pthread_self();
    assert_int_equal(producer_new(&settings, on_done, &fates, &producer, &err), 0);
    assert_int_equal(send_one(producer, STR("value"), &fates), 0);
    assert_int_equal(lines, 0);
    inside = true;
    wait_settled(producer);
    assert_true(lines > 0);
    assert_int_equal(fates.persisted, 1);
    producer_free(producer, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_persisted),
        cmocka_unit_test(test_full_queue_pushes_back),
        cmocka_unit_test(test_too_large_is_refused_for_good),
        cmocka_unit_test(test_free_gives_up_in_time),
        cmocka_unit_test(test_fatal_error),
        cmocka_unit_test(test_refused_by_the_broker),
        cmocka_unit_test(test_log_inside_polls_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
