/* lib/kafka against a real broker: HOSO_KAFKA_BROKERS. Makes topics of its own. Run by test_edges.py. */
#include "kafka/kafka.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"

enum { DEADLINE_MS = 30000, PARTITIONS = 4, ANSWER_MS = 15000 };

static struct error err;
static struct kafka_settings settings = {.client_id = "itest"};

static void ok(int r)
{
    if (r < 0)
        fail_msg("%d: %s", r, err.text);
}

/* A topic that nobody else has. */
static const char *new_topic(char out[32])
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    random_bytes(random, sizeof random);
    snprintf(out, 32, "itest.%s", hex_encode(random, sizeof random, hex));
    struct topic_spec spec = {.name = out, .partitions = PARTITIONS, .retention_ms = -1};
    assert_int_equal(topic_ensure(&settings, &spec, ANSWER_MS, &err), TOPIC_CREATED);
    return out;
}

static bool before(struct mono begun)
{
    return mono_diff_ms(begun, mono_now()) < DEADLINE_MS;
}

/* ---- producing ---- */

struct fates {
    int persisted;
    int lost;
    void *last;
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct fates *fates = arg;
    assert_int_equal(persisted, why_not == NULL);
    fates->persisted += persisted;
    fates->lost += !persisted;
    fates->last = opaque;
}

static void send_all(const char *topic, const struct str *keys, size_t count)
{
    struct fates fates = {0};
    struct producer *producer = NULL;
    struct kafka_header headers[] = {{"ce_id", STR("x")}, {"empty", STR("")}};
    struct mono begun = mono_now();
    ok(producer_new(&settings, on_done, &fates, &producer, &err));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(producer_send(producer, topic, keys[i], i % 2 ? STR_NONE : STR("a\0b"),
                                       headers, 2, 1782866400000 + (int64_t)i, &fates, &err),
                         0);
    assert_int_equal(producer_in_flight(producer), count);
    while (producer_in_flight(producer) > 0 && before(begun)) {
        struct pollfd polled = {.fd = producer_fd(producer), .events = POLLIN};
        /* The descriptor must wake us: polling without it would hide one that is dead. */
        assert_int_equal(poll(&polled, 1, DEADLINE_MS), 1);
        ok(producer_poll(producer, 0, &err));
    }
    assert_int_equal(fates.persisted, count);
    assert_int_equal(fates.lost, 0);
    assert_ptr_equal(fates.last, &fates);
    assert_null(producer_free(producer, 1000));
}

/* ---- consuming ---- */

struct owner {
    int64_t offset; /* of every partition */
    int result;     /* of `assigned` */
    bool owned[PARTITIONS];
    int revoked;
};

static int on_assigned(void *arg, struct partition_offset *offsets, size_t count, struct error *e)
{
    struct owner *owner = arg;
    for (size_t i = 0; i < count; i++) {
        offsets[i].offset = owner->offset;
        owner->owned[offsets[i].partition] = true;
    }
    return owner->result < 0 ? error_set(e, owner->result, "asked for") : 0;
}

static void on_revoked(void *arg, const int32_t *partitions, size_t count)
{
    struct owner *owner = arg;
    owner->revoked++;
    for (size_t i = 0; i < count; i++)
        owner->owned[partitions[i]] = false;
}

static struct consumer *new_consumer(const char *group, const char *topic, struct owner *owner)
{
    struct consumer *consumer = NULL;
    struct consumer_events events = {on_assigned, on_revoked, owner};
    ok(consumer_new(&settings, group, topic, &events, &consumer, &err));
    return consumer;
}

/* The first answer that is neither nothing nor a passing outage. */
static int poll_something(struct consumer *consumer, struct record *record)
{
    struct mono begun = mono_now();
    int r = CONSUMER_NOTHING;
    while ((r == CONSUMER_NOTHING || r == ERR_UNAVAILABLE) && before(begun))
        r = consumer_poll(consumer, 100, record, &err);
    return r;
}

static void count_header(void *arg, const char *name, struct str value)
{
    int *seen = arg;
    if (*seen == 0)
        assert_true(strcmp(name, "ce_id") == 0 && str_eq(value, STR("x")));
    else
        assert_true(strcmp(name, "empty") == 0 && value.len == 0);
    (*seen)++;
}

static void test_records_come_back(void **state)
{
    (void)state;
    char topic[32];
    new_topic(topic);
    /* Partitions by Kafka's own Java: murmur2("foobar") = -790332482, murmur2("21") = -973932308. */
    const struct str keys[] = {STR("foobar"), STR("21"), STR("foobar")};
    const int32_t partitions[] = {2, 0, 2};
    send_all(topic, keys, 3);
    struct owner owner = {0};
    struct consumer *consumer = new_consumer(topic, topic, &owner);
    int seen = 0, ends = 0;
    while (seen < 3 || ends < PARTITIONS) {
        struct record record = {0};
        int r = poll_something(consumer, &record);
        ok(r);
        if (r == CONSUMER_END) {
            ends++;
            continue;
        }
        assert_int_equal(r, CONSUMER_RECORD);
        size_t sent = (size_t)(record.timestamp_ms - 1782866400000);
        int headers = 0;
        assert_in_range(sent, 0, 2);
        assert_int_equal(record.partition, partitions[sent]);
        assert_true(str_eq(record.key, keys[sent]));
        assert_true(sent == 1 ? record.value.data == NULL : str_eq(record.value, STR("a\0b")));
        record_headers(&record, count_header, &headers);
        assert_int_equal(headers, 2);
        record_release(&record);
        assert_null(record.handle);
        record_release(&record);
        seen++;
    }
    int64_t low = -1, high = -1;
    ok(consumer_watermarks(consumer, 2, ANSWER_MS, &low, &high, &err));
    assert_int_equal(low, 0);
    assert_int_equal(high, 2);
    assert_null(consumer_free(consumer));
    for (int i = 0; i < PARTITIONS; i++)
        assert_false(owner.owned[i]); /* handed back on the way out */
}

static void test_offset_outside_the_log(void **state)
{
    (void)state;
    char topic[32];
    struct owner owner = {.offset = 1000};
    struct record record = {0};
    struct consumer *consumer = new_consumer("itest", new_topic(topic), &owner);
    assert_int_equal(poll_something(consumer, &record), ERR_INPUT);
    assert_non_null(strstr(err.text, topic));
    consumer_free(consumer);
}

static void test_assigned_may_fail(void **state)
{
    (void)state;
    char topic[32];
    struct owner owner = {.result = ERR_CONFLICT};
    struct record record = {0};
    struct consumer *consumer = new_consumer("itest", new_topic(topic), &owner);
    assert_int_equal(poll_something(consumer, &record), ERR_CONFLICT);
    assert_string_equal(err.text, "asked for");
    consumer_free(consumer);
}

static int owned_count(const struct owner *owner)
{
    int count = 0;
    for (int i = 0; i < PARTITIONS; i++)
        count += owner->owned[i];
    return count;
}

static void test_two_members_share(void **state)
{
    (void)state;
    char topic[32];
    struct owner owners[2] = {{0}, {0}};
    struct consumer *members[2];
    struct record record = {0};
    new_topic(topic);
    members[0] = new_consumer(topic, topic, &owners[0]);
    struct mono begun = mono_now();
    while (owned_count(&owners[0]) < PARTITIONS && before(begun))
        consumer_poll(members[0], 50, &record, &err);
    assert_int_equal(owned_count(&owners[0]), PARTITIONS);
    members[1] = new_consumer(topic, topic, &owners[1]);
    while (owned_count(&owners[0]) + owned_count(&owners[1]) != PARTITIONS ||
           owned_count(&owners[1]) == 0) {
        assert_true(before(begun));
        for (int i = 0; i < 2; i++)
            consumer_poll(members[i], 50, &record, &err);
    }
    assert_int_equal(owned_count(&owners[0]), PARTITIONS / 2);
    assert_int_equal(owners[0].revoked, 1);
    consumer_free(members[1]);
    while (owned_count(&owners[0]) < PARTITIONS) {
        assert_true(before(begun));
        consumer_poll(members[0], 50, &record, &err);
    }
    consumer_free(members[0]);
}

static void test_reader(void **state)
{
    (void)state;
    char topic[32];
    const struct str keys[] = {STR("foobar"), STR("foobar"), STR("foobar")};
    send_all(new_topic(topic), keys, 3);
    const int64_t froms[] = {READ_FROM_BEGINNING, 2, READ_FROM_END, 99};
    const int64_t wants[] = {0, 2, -1, -2}; /* first offset; -1 = the end at once; -2 = ERR_INPUT */
    for (size_t i = 0; i < 4; i++) {
        struct partition_offset from = {.partition = 2, .offset = froms[i]};
        struct consumer *reader = NULL;
        struct record record = {0};
        ok(consumer_new_reader(&settings, topic, &from, 1, &reader, &err));
        int r = poll_something(reader, &record);
        assert_int_equal(r, wants[i] >= 0    ? CONSUMER_RECORD
                            : wants[i] == -1 ? CONSUMER_END
                                             : ERR_INPUT);
        if (wants[i] >= 0)
            assert_int_equal(record.offset, wants[i]);
        record_release(&record);
        consumer_free(reader);
    }
}

static void test_topics(void **state)
{
    (void)state;
    char topic[32];
    int count = 0;
    struct topic_spec spec = {
        .name = new_topic(topic), .partitions = PARTITIONS, .retention_ms = 3600000};
    assert_int_equal(topic_ensure(&settings, &spec, ANSWER_MS, &err), 0);
    ok(topic_partitions(&settings, topic, ANSWER_MS, &count, &err));
    assert_int_equal(count, PARTITIONS);
    spec.partitions++;
    assert_int_equal(topic_ensure(&settings, &spec, ANSWER_MS, &err), ERR_CONFLICT);
    assert_int_equal(topic_partitions(&settings, "itest.none", ANSWER_MS, &count, &err), ERR_INPUT);
    spec.name = "not a topic's name";
    assert_int_equal(topic_ensure(&settings, &spec, ANSWER_MS, &err), ERR_INPUT);
    struct kafka_settings nobody = {.brokers = "127.0.0.1:1", .client_id = "itest"};
    assert_int_equal(topic_partitions(&nobody, topic, 500, &count, &err), ERR_UNAVAILABLE);
}

static void test_no_broker(void **state)
{
    (void)state;
    struct kafka_settings nobody = {.brokers = "127.0.0.1:1", .client_id = "itest"};
    struct owner owner = {0};
    struct consumer_events events = {on_assigned, on_revoked, &owner};
    struct consumer *consumer = NULL;
    struct record record = {0};
    struct mono begun = mono_now();
    int r = CONSUMER_NOTHING;
    ok(consumer_new(&nobody, "itest", "itest", &events, &consumer, &err));
    while (r == CONSUMER_NOTHING && before(begun))
        r = consumer_poll(consumer, 100, &record, &err);
    assert_int_equal(r, ERR_UNAVAILABLE);
    consumer_free(consumer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_come_back),
        cmocka_unit_test(test_offset_outside_the_log),
        cmocka_unit_test(test_assigned_may_fail),
        cmocka_unit_test(test_two_members_share),
        cmocka_unit_test(test_reader),
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_no_broker),
    };
    settings.brokers = getenv("HOSO_KAFKA_BROKERS");
    if (!settings.brokers) {
        puts("1..0 # SKIP HOSO_KAFKA_BROKERS is not set");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
