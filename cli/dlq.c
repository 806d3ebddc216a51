/* `hoso dlq`: the dead letters, what is wrong with them, and back to where they came from. */
#include "dlq.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands.h"
#include "service/kafka_settings.h"
#include "topic_scan.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso dlq list -c hoso.conf\n"
    "  hoso dlq show -c hoso.conf --partition 3 --offset 1207\n"
    "  hoso dlq redrive -c hoso.conf --code unknown_schema --dry-run\n"
    "  hoso dlq redrive -c hoso.conf --code unknown_schema\n\n"
    "Bản ghi mà hoso-aggregator không dùng được thì nằm ở topic kafka.dlq_topic, nguyên vẹn.\n"
    "  list      liệt kê: nằm ở đâu, lỗi gì; không hiện nội dung\n"
    "  show      từng byte, và nội dung đã giải mã nếu giải mã được\n"
    "  redrive   gửi lại nguyên vẹn (khóa, nội dung, mốc thời gian, tiêu đề) vào topic gốc.\n"
    "            Bản ghi tốt thì được tính; còn lỗi thì lại vào danh sách này. Gửi lại hai lần\n"
    "            cũng không tính hai lần.\n\n"
    "  --code MÃ          chỉ mã lỗi này (cột MÃ LỖI)\n"
    "  --partition P      chỉ phân vùng này của topic gốc\n"
    "  --offset N[-M]     chỉ vị trí này, hoặc từ N đến M, trong topic gốc\n"
    "  --all              kể cả những bản ghi đã gửi lại trước đây\n"
    "  --dry-run          redrive: chỉ nêu những gì sẽ gửi lại\n"
    "  --json             mỗi bản ghi một dòng JSON\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso dlq list -c hoso.conf\n"
    "  hoso dlq show -c hoso.conf --partition 3 --offset 1207\n"
    "  hoso dlq redrive -c hoso.conf --code unknown_schema --dry-run\n"
    "  hoso dlq redrive -c hoso.conf --code unknown_schema\n\n"
    "Records that the aggregator could not use lie on the topic kafka.dlq_topic, untouched.\n"
    "  list      where they stood and what is wrong; no content\n"
    "  show      every byte, and the decoded value where it can be decoded\n"
    "  redrive   sends them again as they were (key, value, time stamp, headers) to the topic "
    "they\n"
    "            came from. A good one is counted; one that is still bad becomes a new dead\n"
    "            letter. Sent twice it still counts once.\n\n"
    "  --code CODE        this error only (column CODE)\n"
    "  --partition P      this partition of the topic they came from\n"
    "  --offset N[-M]     this offset there, or from N to M\n"
    "  --all              also those that were redriven before\n"
    "  --dry-run          redrive: only say what would be sent\n"
    "  --json             one line of JSON per record\n";

static const struct verb {
    const char *name;
    int (*run)(struct dlq_job *job, struct error *err);
} verbs[] = {{"list", dlq_list}, {"show", dlq_show}, {"redrive", dlq_redrive}};

static int set_offsets(char **argv, struct letter_filter *filter)
{
    char first[24] = "";
    size_t len = strcspn(optarg, "-");
    const char *last = optarg[len] ? optarg + len + 1 : optarg;
    if (len < sizeof first)
        memcpy(first, optarg, len);
    if (cli_number(first, 0, INT64_MAX, &filter->offset_from) &&
        cli_number(last, filter->offset_from, INT64_MAX, &filter->offset_to))
        return EXIT_OK;
    return cli_wrong_usage(argv, "--offset là N hoặc N-M, không phải \"%s\"",
                           "--offset is N or N-M, not \"%s\"", optarg);
}

static int set_partition(char **argv, struct letter_filter *filter)
{
    if (cli_number(optarg, 0, INT32_MAX, &filter->partition))
        return EXIT_OK;
    return cli_wrong_usage(argv, "--partition là một số từ 0, không phải \"%s\"",
                           "--partition is a number from 0, not \"%s\"", optarg);
}

static int find_verb(int argc, char **argv, const struct verb **ret)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && optind + 1 == argc; i++) {
        if (strcmp(argv[optind], verbs[i].name) == 0) {
            *ret = &verbs[i];
            return EXIT_OK;
        }
    }
    return cli_wrong_usage(argv, "cần đúng một từ: list, show hoặc redrive",
                           "wants exactly one word: list, show or redrive");
}

static int parse(int argc, char **argv, struct dlq_job *job, const struct verb **ret,
                 bool *ret_help)
{
    enum { OPT_CODE = 256, OPT_PARTITION, OPT_OFFSET, OPT_ALL, OPT_DRY_RUN, OPT_JSON };
    static const struct option options[] = {
        SITE_LONG,
        {"code", required_argument, NULL, OPT_CODE},
        {"partition", required_argument, NULL, OPT_PARTITION},
        {"offset", required_argument, NULL, OPT_OFFSET},
        {"all", no_argument, NULL, OPT_ALL},
        {"dry-run", no_argument, NULL, OPT_DRY_RUN},
        {"json", no_argument, NULL, OPT_JSON},
        {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL);
        switch (option) {
        case -1: return find_verb(argc, argv, ret);
        case OPT_CODE: job->filter.code = optarg; break;
        case OPT_PARTITION: r = set_partition(argv, &job->filter); break;
        case OPT_OFFSET: r = set_offsets(argv, &job->filter); break;
        case OPT_ALL: job->all = true; break;
        case OPT_DRY_RUN: job->dry_run = true; break;
        case OPT_JSON: job->json = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&job->site, option, optarg))
                r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

/* What was redriven before, from hoso.dlq_redriven. */
static int load_known(struct dlq_job *job, struct error *err)
{
    struct pg_result *rows = NULL;
    const char *conninfo = config_text(job->site.config, "postgres", NULL, "conninfo");
    int r = pg_connect(conninfo, "hoso-dlq", &job->pg, err);
    if (r == 0)
        r = pg_exec(job->pg, "SELECT topic, partition, \"offset\" FROM hoso.dlq_redriven", NULL, 0,
                    &rows, err);
    for (size_t i = 0; i < pg_rows(rows) && r >= 0; i++)
        r = letter_set_add(&job->known, pg_get_text(rows, i, 0), pg_get_int32(rows, i, 1),
                           pg_get_int64(rows, i, 2));
    pg_result_free(rows);
    return r < 0 ? r : 0;
}

int dlq_wanted(struct dlq_job *job, const struct record *record, struct letter *ret,
               struct error *err)
{
    if (!letter_read(record, ret) || !letter_matches(ret, &job->filter))
        return 0;
    int r = letter_set_add(&job->known, ret->topic, ret->partition, ret->offset);
    return r < 0 ? error_set(err, r, "out of memory") : r;
}

void dlq_put(struct str text)
{
    char normal[4 * TEXT_POINTS_MAX];
    struct str same_text;
    bool utf8 = text_nfc(text, normal, sizeof normal, &same_text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        putchar(c < 0x20 || c == 0x7F || (c > 0x7F && !utf8) ? '.' : c);
    }
}

/* Looking works without PostgreSQL; sending again does not, since it could not be noted. */
static int open_known(struct dlq_job *job, const struct verb *verb, struct error *err)
{
    if (job->all && verb->run != dlq_redrive)
        return 0;
    int r = load_known(job, err);
    if (r != ERR_UNAVAILABLE || verb->run == dlq_redrive)
        return r;
    fprintf(stderr,
            cli_text("%s: không biết bản ghi nào đã gửi lại, nên hiện tất cả: %s\n",
                     "%s: cannot tell which were redriven, so all are shown: %s\n"),
            job->argv[0], err->text);
    return 0;
}

int cmd_dlq(int argc, char **argv)
{
    struct dlq_job job = {.argv = argv, .filter = {.partition = -1, .offset_to = INT64_MAX}};
    const struct verb *verb = NULL;
    struct error err = {{0}};
    bool help = false;
    int code = parse(argc, argv, &job, &verb, &help);
    if (help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (code != EXIT_OK || help)
        return code;
    code = site_load(&job.site, argv);
    if (code != EXIT_OK)
        return code;
    job.topic = config_text(job.site.config, "kafka", NULL, "dlq_topic");
    int r = kafka_settings_load(job.site.config, "hoso-dlq", &job.kafka, &err);
    if (r == 0)
        r = open_known(&job, verb, &err);
    if (job.all)
        letter_set_deinit(&job.known);
    if (r == 0)
        r = verb->run(&job, &err);
    letter_set_deinit(&job.known);
    pg_free(job.pg);
    kafka_settings_unload(&job.kafka);
    site_unload(&job.site);
    return r < 0 ? cli_fail(argv, r, &err) : r;
}
