/* `hoso gen`: synthetic portal messages, seeded. */
#include "gen.h"
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOSSIERS_MAX 1000000

struct gen_options {
    const struct gen_profile *profile;
    int64_t seed;
    int32_t from_day;
    int32_t to_day;
    int64_t dossiers;
    int64_t chunk;
    int64_t live;
    int32_t live_day;
    int64_t live_minute;
    const char *out;
    const char *push;
    const char *key;
};

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso gen --profile nghi-duong --out nam.ndjson\n"
    "  hoso gen --profile city --from 2026-06-01 --to 2026-06-30 --dossiers 5000 --out -\n"
    "  hoso gen --profile nghi-duong --push http://127.0.0.1:8480 --key KHOA\n"
    "  hoso gen --live 5 --due 2026-06-30 --push http://127.0.0.1:8480 --key KHOA\n\n"
    "Sinh thông điệp giả lập như hệ thống một cửa gửi (DongBoHoSoMC, CapNhatTienDoHoSoMC và sự "
    "kiện),\n"
    "kể cả gửi chậm, gửi lặp và sai thứ tự. Không có dữ liệu của người thật. Cùng tùy chọn thì "
    "cùng kết quả.\n"
    "Mỗi cơ sở dữ liệu chỉ nên nhận một --seed: hai seed sinh hồ sơ khác nhau dưới cùng mã.\n\n"
    "  --profile TÊN        nghi-duong (một năm của một xã; mặc định) hoặc city (mọi xã, một "
    "tháng)\n"
    "  --seed N             hạt giống, 0 đến 9223372036854775807 (mặc định 1)\n"
    "  --from, --to NGÀY    kỳ, yyyy-MM-dd, từ 2025-07-01; ingest từ chối những gì sau hiện tại "
    "quá 24 giờ\n"
    "  --dossiers N         số hồ sơ tiếp nhận trong kỳ (1 đến 1000000)\n"
    "  --live N --due NGÀY  chỉ N hồ sơ đang xử lý, hẹn trả cuối ngày đó; --at HH:mm: giờ hẹn "
    "(17:00)\n"
    "  --chunk N            số dòng tiến độ mỗi lượt gửi (1 đến 1000; ngoài thực tế là 10)\n"
    "  --out TỆP            ghi NDJSON {\"path\",\"body\"} mỗi dòng một lượt gửi; - là stdout\n"
    "  --push URL --key K   gửi qua HTTP; khóa cũng có thể đặt ở HOSO_API_KEY\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso gen --profile nghi-duong --out year.ndjson\n"
    "  hoso gen --profile city --from 2026-06-01 --to 2026-06-30 --dossiers 5000 --out -\n"
    "  hoso gen --profile nghi-duong --push http://127.0.0.1:8480 --key KEY\n"
    "  hoso gen --live 5 --due 2026-06-30 --push http://127.0.0.1:8480 --key KEY\n\n"
    "Synthetic messages as a one-stop system sends them (DongBoHoSoMC, CapNhatTienDoHoSoMC and "
    "events),\n"
    "late, repeated and out of order as in the field. No real person's data. Same options, same "
    "bytes.\n"
    "Give one database one --seed only: two seeds make different dossiers under the same codes.\n\n"
    "  --profile NAME       nghi-duong (a year of one commune; default) or city (all communes, a "
    "month)\n"
    "  --seed N             0 to 9223372036854775807 (default 1)\n"
    "  --from, --to DATE    the period, yyyy-MM-dd, from 2025-07-01 on; ingest refuses what is "
    "over 24 h ahead\n"
    "  --dossiers N         how many are received in the period (1 to 1000000)\n"
    "  --live N --due DATE  only N open dossiers, due at the end of that day; --at HH:mm: the hour "
    "(17:00)\n"
    "  --chunk N            progress rows per request (1 to 1000; in the field it is 10)\n"
    "  --out FILE           NDJSON {\"path\",\"body\"}, one request per line; - is stdout\n"
    "  --push URL --key K   send over HTTP; the key may also stand in HOSO_API_KEY\n";

static int set_number(char **argv, int64_t min, int64_t max, int64_t *ret)
{
    if (cli_number(optarg, min, max, ret))
        return EXIT_OK;
    return cli_wrong_usage(argv, "\"%s\" phải là số nguyên từ %" PRId64 " đến %" PRId64,
                           "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, optarg,
                           min, max);
}

static int set_day(char **argv, int32_t *ret)
{
    int64_t at;
    if (cli_parse_time(optarg, &at) && at == day_start(day_of(at))) {
        *ret = day_of(at);
        return EXIT_OK;
    }
    return cli_wrong_usage(argv, "\"%s\" không phải là ngày; viết như 2026-06-30",
                           "\"%s\" is not a date; write it as 2026-06-30", optarg);
}

static int set_minute(char **argv, int64_t *ret)
{
    char text[32];
    int64_t at;
    snprintf(text, sizeof text, "2026-01-01T%s", optarg);
    if (strlen(optarg) == 5 && cli_parse_time(text, &at)) {
        *ret = (at - day_start(day_of(at))) / MS_PER_MINUTE;
        return EXIT_OK;
    }
    return cli_wrong_usage(argv, "\"%s\" không phải là giờ; viết như 17:00",
                           "\"%s\" is not a time of day; write it as 17:00", optarg);
}

static int set_profile(char **argv, const struct gen_profile **ret)
{
    *ret = gen_profile_find(optarg);
    if (*ret)
        return EXIT_OK;
    return cli_wrong_usage(argv, "không có profile \"%s\"; có nghi-duong và city",
                           "no profile \"%s\"; there are nghi-duong and city", optarg);
}

static int check_complete(char **argv, struct gen_options *options)
{
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    if (!options->out == !options->push)
        return cli_wrong_usage(argv, "chọn --out hoặc --push", "choose --out or --push");
    if (!options->key)
        options->key = getenv("HOSO_API_KEY");
    if (options->push && !options->key)
        return cli_wrong_usage(argv, "--push cần --key", "--push needs --key");
    if ((options->live > 0) != (options->live_day != NO_DAY))
        return cli_wrong_usage(argv, "--live đi cùng --due", "--live goes with --due");
    if (options->from_day == NO_DAY)
        date_parse(str_of(options->profile->from), &options->from_day);
    if (options->to_day == NO_DAY)
        date_parse(str_of(options->profile->to), &options->to_day);
    if (options->from_day > options->to_day)
        return cli_wrong_usage(argv, "--from phải trước --to", "--from must come before --to");
    return EXIT_OK;
}

/* EXIT_OK with the options; *ret_help = only help was wanted. */
static int parse(int argc, char **argv, struct gen_options *options, bool *ret_help)
{
    static const struct option names[] = {
        {"profile", required_argument, NULL, 'p'},  {"seed", required_argument, NULL, 's'},
        {"from", required_argument, NULL, 'f'},     {"to", required_argument, NULL, 't'},
        {"dossiers", required_argument, NULL, 'n'}, {"chunk", required_argument, NULL, 'c'},
        {"live", required_argument, NULL, 'l'},     {"due", required_argument, NULL, 'd'},
        {"at", required_argument, NULL, 'a'},       {"out", required_argument, NULL, 'o'},
        {"push", required_argument, NULL, 'u'},     {"key", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},           {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":h", names, NULL);
        switch (option) {
        case -1: return check_complete(argv, options);
        case 'p': r = set_profile(argv, &options->profile); break;
        case 's': r = set_number(argv, 0, INT64_MAX, &options->seed); break;
        case 'f': r = set_day(argv, &options->from_day); break;
        case 't': r = set_day(argv, &options->to_day); break;
        case 'n': r = set_number(argv, 1, DOSSIERS_MAX, &options->dossiers); break;
        case 'c': r = set_number(argv, 1, 1000, &options->chunk); break;
        case 'l': r = set_number(argv, 1, DOSSIERS_MAX, &options->live); break;
        case 'd': r = set_day(argv, &options->live_day); break;
        case 'a': r = set_minute(argv, &options->live_minute); break;
        case 'o': options->out = optarg; break;
        case 'u': options->push = optarg; break;
        case 'k': options->key = optarg; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default: r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

/* Requests as NDJSON. */
static int file_sink(void *file, const char *path, struct str body, size_t rows, struct error *err)
{
    (void)rows;
    if (fprintf(file, "{\"path\":\"%s\",\"body\":", path) < 0 ||
        fwrite(body.data, 1, body.len, file) != body.len || fputs("}\n", file) < 0)
        return error_set(err, ERR_FAILED, "cannot write: %s", strerror(errno));
    return 0;
}

static int write_file(const struct gen *gen, const char *path, const struct gen_message *messages,
                      size_t count, struct error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "w");
    if (!file)
        return error_set(err, ERR_UNAVAILABLE, "cannot open %s: %s", path, strerror(errno));
    int r = gen_send_all(gen, messages, count, file_sink, file, err);
    if ((standard ? fflush(file) : fclose(file)) != 0 && r == 0)
        r = error_set(err, ERR_FAILED, "cannot write %s: %s", path, strerror(errno));
    return r;
}

static int push(const struct gen *gen, const struct gen_options *options,
                const struct gen_message *messages, size_t count, bool *ret_all, struct error *err)
{
    struct gen_push *target = NULL;
    int r = gen_push_new(options->push, options->key, count, &target, err);
    if (r < 0)
        return r;
    r = gen_send_all(gen, messages, count, gen_push_sink, target, err);
    *ret_all = gen_push_summary(target);
    gen_push_free(target);
    return r;
}

static int run(char **argv, const struct gen_options *options, struct gen *gen)
{
    struct error err;
    struct gen_message *messages = NULL;
    size_t count = 0;
    bool all = true;
    int r = gen_open(gen, &err);
    if (r == 0)
        r = gen_make_lives(gen, &err);
    if (r == 0)
        r = gen_sync(gen, &messages, &count, &err);
    if (r == 0)
        r = options->push ? push(gen, options, messages, count, &all, &err)
                          : write_file(gen, options->out, messages, count, &err);
    free(messages);
    if (r < 0)
        return cli_fail(argv, r, &err);
    return all ? EXIT_OK : EXIT_NO;
}

int cmd_gen(int argc, char **argv)
{
    struct gen_options options = {.profile = gen_profile_find("nghi-duong"),
                                  .seed = 1,
                                  .from_day = NO_DAY,
                                  .to_day = NO_DAY,
                                  .live_day = NO_DAY,
                                  .live_minute = 17 * 60};
    bool help = false;
    int code = parse(argc, argv, &options, &help);
    if (help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (help || code != EXIT_OK)
        return code;
    bool live = options.live > 0;
    struct gen gen = {
        .profile = options.profile,
        .from_day = live ? options.live_day : options.from_day,
        .to_day = live ? options.live_day : options.to_day,
        .received = options.dossiers > 0 ? options.dossiers : options.profile->received,
        .chunk = options.chunk > 0 ? options.chunk : options.profile->chunk,
        .live = options.live,
    };
    if (live)
        gen.live_due_at = day_start(options.live_day) + options.live_minute * MS_PER_MINUTE;
    gen_seed(&gen.random, (uint64_t)options.seed);
    code = run(argv, &options, &gen);
    gen_close(&gen);
    return code;
}
