/* `hoso doctor`: Kafka, its topics, and how far each consumer has come in them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "doctor.h"

enum { ANSWER_MS = 10000, STILL_S = 60, LAG_MANY = 10000 };

static const char *option(const struct doctor *doctor, const char *key)
{
    return config_text(doctor->site.config, "kafka", NULL, key);
}

/* false = Kafka does not answer. */
static bool check_topic(struct doctor *doctor, const char *key)
{
    struct error err;
    const char *topic = option(doctor, key);
    int64_t wanted = config_integer(doctor->site.config, "kafka", NULL, "partitions");
    bool events = strcmp(key, "events_topic") == 0;
    int count = 0;
    int r = topic_partitions(&doctor->kafka, topic, ANSWER_MS, &count, &err);
    if (r == ERR_INPUT) {
        doctor_found(doctor, HEALTH_ERROR, "topics", "topic %s: chưa có", "topic %s: is not there",
                     topic);
        doctor_advise(doctor, "hoso topics apply", "hoso topics apply");
    } else if (r < 0) {
        doctor_found(doctor, HEALTH_ERROR, "kafka", "Kafka ở %s không trả lời: %s",
                     "Kafka at %s does not answer: %s", option(doctor, "brokers"), err.text);
        doctor_advise(doctor, "xem Kafka có chạy không, và [kafka] brokers",
                      "see whether Kafka runs, and [kafka] brokers");
        return false;
    } else if (events && count != wanted) {
        doctor_found(doctor, HEALTH_ERROR, "topics",
                     "topic %s có %d phân vùng, [kafka] partitions là %" PRId64,
                     "topic %s has %d partitions, [kafka] partitions is %" PRId64, topic, count,
                     wanted);
        doctor_advise(doctor, "sửa cấu hình; nếu topic đã bị đổi thì dùng hoso replay",
                      "mend the configuration; where the topic was changed, hoso replay");
    } else {
        doctor_found(doctor, HEALTH_OK, "topics", "topic %s: %d phân vùng",
                     "topic %s: %d partitions", topic, count);
    }
    if (events && r == 0)
        doctor->partitions = count;
    return true;
}

void doctor_check_topics(struct doctor *doctor)
{
    static const char *const keys[] = {"events_topic", "dlq_topic", "alerts_topic"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!check_topic(doctor, keys[i]))
            return;
    }
}

/* The log of each partition: first offset, and one past the last. */
struct reach {
    int64_t low;
    int64_t high;
};

static struct reach *read_reaches(struct doctor *doctor)
{
    struct error err;
    size_t count = (size_t)doctor->partitions;
    struct consumer *reader = NULL;
    struct reach *reaches = calloc(count, sizeof *reaches);
    struct partition_offset *from = calloc(count, sizeof *from);
    int r = reaches && from ? 0 : error_set(&err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count && r == 0; i++)
        from[i] = (struct partition_offset){(int32_t)i, READ_FROM_END};
    if (r == 0)
        r = consumer_new_reader(&doctor->kafka, option(doctor, "events_topic"), from, count,
                                &reader, &err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = consumer_watermarks(reader, (int32_t)i, ANSWER_MS, &reaches[i].low, &reaches[i].high,
                                &err);
    consumer_free(reader);
    free(from);
    if (r == 0)
        return reaches;
    doctor_found(doctor, HEALTH_ERROR, "kafka", "%s", "%s", err.text);
    free(reaches);
    return NULL;
}

struct progress {
    const char *consumer;
    int rows;
    int64_t lag;
    int64_t moved_at; /* newest */
};

/* One partition of a consumer; an offset outside the log is a finding of its own. */
static void check_partition(struct doctor *doctor, const struct reach *reaches,
                            struct progress *progress, int32_t partition, int64_t next_offset)
{
    if (partition >= doctor->partitions)
        return; /* of a topic that was larger: the count of partitions is a finding already */
    const struct reach *reach = &reaches[partition];
    progress->rows++;
    progress->lag += reach->high > next_offset ? reach->high - next_offset : 0;
    if (next_offset >= reach->low && next_offset <= reach->high)
        return;
    doctor_found(doctor, HEALTH_ERROR, "offsets",
                 "%s, phân vùng %" PRId32 ": đã đọc đến %" PRId64
                 ", nhưng topic chỉ còn từ %" PRId64 " đến %" PRId64,
                 "%s, partition %" PRId32 ": stands at %" PRId64 ", but the log holds %" PRId64
                 " to %" PRId64,
                 progress->consumer, partition, next_offset, reach->low, reach->high);
    bool alerter = strcmp(progress->consumer, "alerter") == 0;
    doctor_advise(doctor,
                  alerter ? "dữ liệu ở giữa không còn trong Kafka; người quyết định: hoso replay "
                            "offset --consumer alerter"
                          : "dữ liệu ở giữa không còn trong Kafka; người quyết định: hoso replay "
                            "offset",
                  alerter ? "what lies between is gone from Kafka; a person decides: hoso replay "
                            "offset --consumer alerter"
                          : "what lies between is gone from Kafka; a person decides: hoso replay "
                            "offset");
}

static void report_progress(struct doctor *doctor, const struct progress *progress)
{
    char moved[CLI_TIME_SIZE];
    if (progress->rows == 0) {
        doctor_found(doctor, HEALTH_WARNING, "lag", "hoso-%s: chưa chạy lần nào",
                     "hoso-%s: has never run", progress->consumer);
        doctor_advise(doctor, "khởi động dịch vụ", "start the service");
        return;
    }
    bool still = progress->lag > 0 && clock_now() - progress->moved_at > STILL_S * 1000;
    doctor_found(doctor,
                 still                       ? HEALTH_ERROR
                 : progress->lag >= LAG_MANY ? HEALTH_WARNING
                                             : HEALTH_OK,
                 "lag", "hoso-%s: còn %" PRId64 " bản ghi chưa đọc, ghi lần cuối %s",
                 "hoso-%s: %" PRId64 " records unread, last wrote at %s", progress->consumer,
                 progress->lag, cli_time(progress->moved_at, moved));
    if (still)
        doctor_advise(doctor, "dịch vụ dừng hoặc bị kẹt: xem nó có chạy không, và nhật ký của nó",
                      "the service is down or stuck: see whether it runs, and its log");
    else if (progress->lag >= LAG_MANY)
        doctor_advise(doctor, "đang đuổi kịp; chạy lại hoso doctor sau ít phút",
                      "catching up; run hoso doctor again in some minutes");
}

static void check_consumer(struct doctor *doctor, const struct reach *reaches, const char *consumer)
{
    struct error err;
    struct pg_result *rows = NULL;
    struct progress progress = {.consumer = consumer};
    const struct pg_param params[] = {pg_text(str_of(consumer)),
                                      pg_text(str_of(option(doctor, "events_topic")))};
    if (pg_exec(doctor->pg,
                "SELECT partition, next_offset, max(updated_at) OVER () FROM hoso.kafka_offset "
                "WHERE consumer = $1 AND topic = $2 ORDER BY partition",
                params, 2, &rows, &err) < 0) {
        doctor_found(doctor, HEALTH_ERROR, "lag", "%s", "%s", err.text);
        return;
    }
    for (size_t i = 0; i < pg_rows(rows); i++) {
        progress.moved_at = pg_get_time(rows, i, 2) + clock_offset();
        check_partition(doctor, reaches, &progress, pg_get_int32(rows, i, 0),
                        pg_get_int64(rows, i, 1));
    }
    pg_result_free(rows);
    report_progress(doctor, &progress);
}

void doctor_check_offsets(struct doctor *doctor)
{
    if (!doctor->schema_current || doctor->partitions == 0)
        return;
    struct reach *reaches = read_reaches(doctor);
    if (reaches) {
        check_consumer(doctor, reaches, "aggregator");
        check_consumer(doctor, reaches, "alerter");
    }
    free(reaches);
}
