/* `hoso topics apply`: the Kafka topics. */
#include <stdio.h>

#include "commands.h"
#include "service/kafka_settings.h"
#include "site.h"

enum { ANSWER_MS = 15000 };

static const char help_vi[] =
    "Ví dụ:\n  hoso topics apply -c hoso.conf\n\n"
    "Tạo các topic còn thiếu (kafka.events_topic, dlq_topic, alerts_topic) với số phân vùng\n"
    "kafka.partitions và thời gian lưu kafka.retention. Topic đã có thì không bao giờ bị đổi.\n";
static const char help_en[] =
    "Examples:\n  hoso topics apply -c hoso.conf\n\n"
    "Makes the topics that are missing (kafka.events_topic, dlq_topic, alerts_topic) with\n"
    "kafka.partitions and kafka.retention. A topic that is there is never changed.\n";

static int apply(const struct config *config, const struct kafka_settings *settings,
                 char *const *argv)
{
    static const char *const keys[] = {"events_topic", "dlq_topic", "alerts_topic"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct error err;
        const struct topic_spec spec = {
            .name = config_text(config, "kafka", NULL, keys[i]),
            .partitions = (int)config_integer(config, "kafka", NULL, "partitions"),
            .retention_ms = config_duration_ms(config, "kafka", NULL, "retention")};
        int result = topic_ensure(settings, &spec, ANSWER_MS, &err);
        if (result < 0)
            return cli_fail(argv, result, &err);
        printf("%s: %s\n", spec.name,
               result == TOPIC_CREATED ? cli_text("đã tạo", "created")
                                       : cli_text("đã có", "exists"));
    }
    return EXIT_OK;
}

int cmd_topics(int argc, char **argv)
{
    struct site site = {0};
    struct kafka_settings settings;
    struct error err;
    int code;
    if (site_begin(argc, argv, "apply", help_vi, help_en, &site, &code))
        return code;
    int result = kafka_settings_load(site.config, "hoso", &settings, &err);
    if (result) {
        cli_fail(argv, result, &err);
        code = EXIT_CONFIG;
    } else {
        code = apply(site.config, &settings, argv);
    }
    kafka_settings_unload(&settings);
    site_unload(&site);
    return code;
}
