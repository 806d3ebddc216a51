/* Which properties an operator may set, and what a wrong one says. */
#include "kafka/kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct error err;

static void test_guarantees_may_not_be_set(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "acks",
        "request.required.acks",
        "enable.idempotence",
        "enable.auto.commit",
        "auto.commit.enable",
        "enable.auto.offset.store",
        "auto.offset.reset",
        "partition.assignment.strategy",
        "partitioner",
        "isolation.level",
        "enable.partition.eof",
        "transactional.id",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "bootstrap.servers",
        "metadata.broker.list",
        "delivery.report.only.error",
        "allow.auto.create.topics",
        "test.mock.num.brokers",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *why = NULL;
        if (kafka_property_allowed(refused[i], &why) || !why || !*why)
            fail_msg("%s", refused[i]);
        assert_false(kafka_property_allowed(refused[i], NULL));
    }
    assert_true(kafka_property_allowed("message.timeout.ms", NULL));
    assert_true(kafka_property_allowed("sasl.password", NULL));
    assert_true(kafka_property_allowed("acks.", NULL));
}

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    (void)arg;
    (void)opaque;
    (void)persisted;
    (void)why_not;
}

static int assigned(void *arg, struct partition_offset *offsets, size_t count, struct error *e)
{
    (void)arg;
    (void)offsets;
    (void)count;
    (void)e;
    return 0;
}

static void revoked(void *arg, const int32_t *partitions, size_t count)
{
    (void)arg;
    (void)partitions;
    (void)count;
}

static void assert_refused(const char *name, const char *value)
{
    struct kafka_property property = {name, value};
    struct kafka_settings settings = {.brokers = "127.0.0.1:1",
                                      .client_id = "test",
                                      .properties = &property,
                                      .property_count = 1};
    struct consumer_events events = {assigned, revoked, NULL};
    struct producer *producer = NULL;
    struct consumer *consumer = NULL;
    int count = 0;
    assert_int_equal(producer_new(&settings, on_done, NULL, &producer, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, name));
    assert_null(strstr(err.text, "secret"));
    assert_int_equal(consumer_new(&settings, "g", "t", &events, &consumer, &err), ERR_INPUT);
    assert_int_equal(topic_partitions(&settings, "t", 100, &count, &err), ERR_INPUT);
    assert_null(producer);
    assert_null(consumer);
}

static void test_wrong_properties(void **state)
{
    (void)state;
    assert_refused("no.such.property", "secret1");
    assert_refused("message.timeout.ms", "secret2");
    assert_refused("security.protocol", "secret3");
}

static void test_nothing_is_fine(void **state)
{
    (void)state;
    struct record record = {0};
    record_release(&record);
    assert_null(producer_free(NULL, 0));
    assert_null(consumer_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guarantees_may_not_be_set),
        cmocka_unit_test(test_wrong_properties),
        cmocka_unit_test(test_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
