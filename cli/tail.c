/* `hoso tail`: decoded records of a topic, as they come. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "service/kafka_settings.h"
#include "site.h"
#include "tail_print.h"

enum { ANSWER_MS = 15000, WAIT_MS = 250 };

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso tail -c hoso.conf\n"
    "  hoso tail -c hoso.conf --topic alerts --format '%{state} %{dossier_code} %{due_at}\\n'\n"
    "  hoso tail -c hoso.conf --from beginning --exit-at-end --json\n\n"
    "Hiện các bản ghi đã giải mã, từ cuối topic trở đi. Không vào nhóm nào, không ghi vị trí "
    "nào.\n\n"
    "  --topic TOPIC      events (mặc định), alerts, dlq, hoặc tên topic\n"
    "  --from VỊ TRÍ      beginning, end (mặc định), hoặc số vị trí trong mỗi phân vùng\n"
    "  --partition P      chỉ phân vùng này\n"
    "  --count N          dừng sau N bản ghi\n"
    "  --exit-at-end      dừng khi hết bản ghi\n"
    "  --json             mỗi bản ghi một dòng JSON\n"
    "  --format TEXT      %t topic, %p phân vùng, %o vị trí, %k khóa, %T mốc thời gian (ms),\n"
    "                     %S số byte, %s nội dung JSON, %h tiêu đề, %{trường} một trường theo tên\n"
    "                     Avro, %%; \\n \\t \\r \\\\ \\0. Không tự xuống dòng; thiếu thì là "
    "\"-\".\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso tail -c hoso.conf\n"
    "  hoso tail -c hoso.conf --topic alerts --format '%{state} %{dossier_code} %{due_at}\\n'\n"
    "  hoso tail -c hoso.conf --from beginning --exit-at-end --json\n\n"
    "Shows decoded records, from the end of the topic on. Joins no group, commits nothing.\n\n"
    "  --topic TOPIC      events (default), alerts, dlq, or a topic's name\n"
    "  --from WHERE       beginning, end (default), or an offset in every partition\n"
    "  --partition P      this partition only\n"
    "  --count N          stop after N records\n"
    "  --exit-at-end      stop when there are no more records\n"
    "  --json             one line of JSON per record\n"
    "  --format TEXT      %t topic, %p partition, %o offset, %k key, %T time stamp (ms),\n"
    "                     %S size in bytes, %s value as JSON, %h headers, %{field} a field by its\n"
    "                     Avro name, %%; \\n \\t \\r \\\\ \\0. No line break of its own; what is\n"
    "                     not there is \"-\".\n";

struct request {
    struct site site;
    const char *topic;
    const char *format;
    int64_t from;
    int64_t partition; /* -1 = all */
    int64_t count;
    bool exit_at_end;
    bool json;
};

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static int set_from(char **argv, struct request *request)
{
    if (strcmp(optarg, "beginning") == 0)
        request->from = READ_FROM_BEGINNING;
    else if (strcmp(optarg, "end") == 0)
        request->from = READ_FROM_END;
    else if (!cli_number(optarg, 0, INT64_MAX, &request->from))
        return cli_wrong_usage(argv, "--from là beginning, end hoặc một số, không phải \"%s\"",
                               "--from is beginning, end or a number, not \"%s\"", optarg);
    return EXIT_OK;
}

static int set_number(char **argv, int64_t min, int64_t max, int64_t *ret)
{
    if (cli_number(optarg, min, max, ret))
        return EXIT_OK;
    return cli_wrong_usage(argv, "\"%s\" phải là số nguyên từ %d trở lên",
                           "\"%s\" must be a whole number from %d up", optarg, (int)min);
}

static int check_complete(char **argv, const struct request *request)
{
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    if (request->json && request->format)
        return cli_wrong_usage(argv, "chọn một trong --json và --format",
                               "choose one of --json and --format");
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct request *request, bool *ret_help)
{
    enum { OPT_TOPIC = 256, OPT_FROM, OPT_PARTITION, OPT_COUNT, OPT_EXIT, OPT_JSON, OPT_FORMAT };
    static const struct option options[] = {
        SITE_LONG,
        {"topic", required_argument, NULL, OPT_TOPIC},
        {"from", required_argument, NULL, OPT_FROM},
        {"partition", required_argument, NULL, OPT_PARTITION},
        {"count", required_argument, NULL, OPT_COUNT},
        {"exit-at-end", no_argument, NULL, OPT_EXIT},
        {"json", no_argument, NULL, OPT_JSON},
        {"format", required_argument, NULL, OPT_FORMAT},
        {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL);
        switch (option) {
        case -1: return check_complete(argv, request);
        case OPT_TOPIC: request->topic = optarg; break;
        case OPT_FROM: r = set_from(argv, request); break;
        case OPT_PARTITION: r = set_number(argv, 0, INT32_MAX, &request->partition); break;
        case OPT_COUNT: r = set_number(argv, 1, INT64_MAX, &request->count); break;
        case OPT_EXIT: request->exit_at_end = true; break;
        case OPT_JSON: request->json = true; break;
        case OPT_FORMAT: request->format = optarg; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&request->site, option, optarg))
                r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

/* "events", "alerts" and "dlq" stand for the configured names. */
static const char *topic_name(const struct request *request)
{
    static const char *const words[][2] = {
        {"events", "events_topic"}, {"alerts", "alerts_topic"}, {"dlq", "dlq_topic"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(request->topic, words[i][0]) == 0)
            return config_text(request->site.config, "kafka", NULL, words[i][1]);
    }
    return request->topic;
}

/* Which partitions have been read to their end; one may say so several times. */
struct ends {
    bool *ended; /* by partition */
    size_t left;
};

static bool all_ended(struct ends *ends, int32_t partition)
{
    ends->left -= !ends->ended[partition];
    ends->ended[partition] = true;
    return ends->left == 0;
}

/* One reader of the partitions that were asked for. */
static int open_reader(const struct request *request, const struct kafka_settings *settings,
                       const char *topic, struct consumer **ret, struct ends *ret_ends,
                       struct error *err)
{
    int count = 0;
    int r = topic_partitions(settings, topic, ANSWER_MS, &count, err);
    if (r < 0)
        return r;
    if (request->partition >= count)
        return error_set(err, ERR_INPUT, "topic %s has %d partitions, numbered from 0", topic,
                         count);
    struct partition_offset *from = calloc((size_t)count, sizeof *from);
    ret_ends->ended = calloc((size_t)count, sizeof *ret_ends->ended);
    ret_ends->left = request->partition < 0 ? (size_t)count : 1;
    if (!from || !ret_ends->ended) {
        free(from);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < ret_ends->left; i++)
        from[i] = (struct partition_offset){
            .partition = request->partition < 0 ? (int32_t)i : (int32_t)request->partition,
            .offset = request->from};
    r = consumer_new_reader(settings, topic, from, ret_ends->left, ret, err);
    free(from);
    return r;
}

/*
 * Prints until told to stop. Output is flushed whenever there is nothing to read, so that a line is on the terminal at once and a
 * backlog is written in blocks. Brokers that are away are waited for.
 */
static int follow(const struct request *request, struct consumer *consumer, struct ends *ends,
                  struct tail_printer *printer, struct error *err)
{
    int64_t printed = 0;
    int timeout_ms = 0;
    while (!stopped && (request->count == 0 || printed < request->count)) {
        struct record record = {0};
        int r = consumer_poll(consumer, timeout_ms, &record, err);
        timeout_ms = 0;
        if (r == CONSUMER_RECORD) {
            r = tail_print(printer, &record, err);
            record_release(&record);
            printed++;
        } else if (r == CONSUMER_END && request->exit_at_end && all_ended(ends, record.partition)) {
            return 0;
        } else if (r == CONSUMER_NOTHING) {
            fflush(stdout);
            timeout_ms = WAIT_MS;
        }
        if (ferror(stdout) || (r < 0 && r != ERR_UNAVAILABLE))
            return r < 0 ? r : 0;
    }
    return 0;
}

static int run(struct request *request, struct error *err)
{
    struct kafka_settings settings = {0};
    struct tail_printer *printer = NULL;
    struct consumer *consumer = NULL;
    struct ends ends = {0};
    const char *topic = topic_name(request);
    int r = kafka_settings_load(request->site.config, "hoso-tail", &settings, err);
    if (r == 0)
        r = tail_printer_new(topic, request->format, request->json, &printer, err);
    if (r == 0)
        r = open_reader(request, &settings, topic, &consumer, &ends, err);
    if (r == 0)
        r = follow(request, consumer, &ends, printer, err);
    free(ends.ended);
    consumer_free(consumer);
    tail_printer_free(printer);
    kafka_settings_unload(&settings);
    return r;
}

int cmd_tail(int argc, char **argv)
{
    struct request request = {.topic = "events", .from = READ_FROM_END, .partition = -1};
    struct sigaction action = {.sa_handler = on_stop};
    struct error err = {{0}};
    bool help = false;
    int code = parse(argc, argv, &request, &help);
    if (code != EXIT_OK)
        return code;
    if (help)
        return cli_help(help_vi, help_en);
    code = site_load(&request.site, argv);
    if (code != EXIT_OK)
        return code;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int r = run(&request, &err);
    site_unload(&request.site);
    return r < 0 ? cli_fail(argv, r, &err) : EXIT_OK;
}
