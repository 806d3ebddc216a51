#include "gen_options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define DOSSIERS_MAX 5000000
#define EVENTS_MAX 100000000
#define RATE_MAX 10000000
#define SHARE_MAX 100000 /* of a million: above it there would be lives without room for more */

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso gen --profile nghi-duong --out nam.ndjson\n"
    "  hoso gen --profile city --from 2026-06-01 --to 2026-06-30 --dossiers 5000 --out -\n"
    "  hoso gen --profile nghi-duong --push http://127.0.0.1:8480 --key KHOA\n"
    "  hoso gen --live 5 --due 2026-06-30 --push http://127.0.0.1:8480 --key KHOA\n"
    "  hoso gen --profile city --dossiers 250000 --events 1000000 --to kafka -c hoso.conf\n\n"
    "Sinh thông điệp giả lập như hệ thống một cửa gửi (DongBoHoSoMC, CapNhatTienDoHoSoMC và sự "
    "kiện),\n"
    "kể cả gửi chậm, gửi lặp và sai thứ tự. Không có dữ liệu của người thật. Cùng tùy chọn thì "
    "cùng kết quả.\n"
    "Mỗi cơ sở dữ liệu chỉ nên nhận một --seed: hai seed sinh hồ sơ khác nhau dưới cùng mã.\n\n"
    "  --profile TÊN        nghi-duong (một năm của một xã; mặc định), city (mọi xã, một tháng) "
    "hoặc city-year\n"
    "  --seed N             hạt giống, 0 đến 9223372036854775807 (mặc định 1)\n"
    "  --from, --to NGÀY    kỳ, yyyy-MM-dd, từ 2025-07-01; ingest từ chối những gì sau hiện tại "
    "quá 24 giờ\n"
    "  --dossiers N         số hồ sơ tiếp nhận trong kỳ (1 đến 5000000)\n"
    "  --live N --due NGÀY  chỉ N hồ sơ đang xử lý, hẹn trả cuối ngày đó; --at HH:mm: giờ hẹn "
    "(17:00)\n"
    "  --chunk N            số dòng tiến độ mỗi lượt gửi (1 đến 1000; ngoài thực tế là 10)\n"
    "  --out TỆP            ghi NDJSON {\"path\",\"body\"} mỗi dòng một lượt gửi; - là stdout\n"
    "  --push URL --key K   gửi qua HTTP; khóa cũng có thể đặt ở HOSO_API_KEY\n"
    "  --to kafka           ghi thẳng sự kiện vào kafka.events_topic, không qua ingest, để thử "
    "tải; "
    "-c TỆP, --set như mọi lệnh\n"
    "      --events N           tổng số sự kiện kể cả lặp (mặc định: tất cả)\n"
    "      --duplicates PPM     phần triệu sự kiện đến hai lần (10000 = 1 %)\n"
    "      --out-of-order PPM   phần triệu đến sau sự kiện muộn hơn của cùng hồ sơ (10000)\n"
    "      --rate N             số sự kiện mỗi giây (mặc định: nhanh nhất có thể)\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso gen --profile nghi-duong --out year.ndjson\n"
    "  hoso gen --profile city --from 2026-06-01 --to 2026-06-30 --dossiers 5000 --out -\n"
    "  hoso gen --profile nghi-duong --push http://127.0.0.1:8480 --key KEY\n"
    "  hoso gen --live 5 --due 2026-06-30 --push http://127.0.0.1:8480 --key KEY\n"
    "  hoso gen --profile city --dossiers 250000 --events 1000000 --to kafka -c hoso.conf\n\n"
    "Synthetic messages as a one-stop system sends them (DongBoHoSoMC, CapNhatTienDoHoSoMC and "
    "events),\n"
    "late, repeated and out of order as in the field. No real person's data. Same options, same "
    "bytes.\n"
    "Give one database one --seed only: two seeds make different dossiers under the same codes.\n\n"
    "  --profile NAME       nghi-duong (a year of one commune; default), city (all communes, a "
    "month) or city-year\n"
    "  --seed N             0 to 9223372036854775807 (default 1)\n"
    "  --from, --to DATE    the period, yyyy-MM-dd, from 2025-07-01 on; ingest refuses what is "
    "over 24 h ahead\n"
    "  --dossiers N         how many are received in the period (1 to 5000000)\n"
    "  --live N --due DATE  only N open dossiers, due at the end of that day; --at HH:mm: the hour "
    "(17:00)\n"
    "  --chunk N            progress rows per request (1 to 1000; in the field it is 10)\n"
    "  --out FILE           NDJSON {\"path\",\"body\"}, one request per line; - is stdout\n"
    "  --push URL --key K   send over HTTP; the key may also stand in HOSO_API_KEY\n"
    "  --to kafka           write events straight to kafka.events_topic, past ingest, as a load; "
    "-c FILE, --set as everywhere\n"
    "      --events N           how many in all, repeated ones too (default: all there are)\n"
    "      --duplicates PPM     so many of a million come twice (10000 = 1 %)\n"
    "      --out-of-order PPM   so many come after later news of their dossier (10000)\n"
    "      --rate N             events a second (default: as fast as it goes)\n";

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
    return cli_wrong_usage(argv, "không có profile \"%s\"; có nghi-duong, city và city-year",
                           "no profile \"%s\"; there are nghi-duong, city and city-year", optarg);
}

/* What is asked for exactly once: where it goes. */
static int check_target(char **argv, struct gen_options *options)
{
    if (!!options->out + !!options->push + options->to_kafka != 1)
        return cli_wrong_usage(argv, "chọn --out, --push hoặc --to kafka",
                               "choose --out, --push or --to kafka");
    if (!options->key)
        options->key = getenv("HOSO_API_KEY");
    if (options->push && !options->key)
        return cli_wrong_usage(argv, "--push cần --key", "--push needs --key");
    const struct gen_traffic *traffic = &options->traffic;
    bool given = traffic->events > 0 || traffic->rate > 0 || traffic->duplicate_ppm > 0 ||
                 traffic->late_ppm > 0 || options->site.path || options->site.override_count > 0;
    if (given && !options->to_kafka)
        return cli_wrong_usage(
            argv,
            "--events, --duplicates, --out-of-order, --rate, -c và --set chỉ đi với --to kafka",
            "--events, --duplicates, --out-of-order, --rate, -c and --set go with --to kafka only");
    return EXIT_OK;
}

static int check_complete(char **argv, struct gen_options *options)
{
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    int r = check_target(argv, options);
    if (r != EXIT_OK)
        return r;
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

static int set_share(char **argv, uint32_t *ret)
{
    int64_t ppm = 0;
    int r = set_number(argv, 0, SHARE_MAX, &ppm);
    *ret = (uint32_t)ppm;
    return r;
}

/* Where to, or until when: no date is called "kafka". */
static int set_to(char **argv, struct gen_options *options)
{
    if (strcmp(optarg, "kafka") != 0)
        return set_day(argv, &options->to_day);
    options->to_kafka = true;
    return EXIT_OK;
}

/* Those of --to kafka. */
static int set_traffic(char **argv, int option, struct gen_options *options)
{
    struct gen_traffic *traffic = &options->traffic;
    switch (option) {
    case 'E': return set_number(argv, 1, EVENTS_MAX, &traffic->events);
    case 'D': return set_share(argv, &traffic->duplicate_ppm);
    case 'O': return set_share(argv, &traffic->late_ppm);
    case 'R': return set_number(argv, 1, RATE_MAX, &traffic->rate);
    default:
        return site_option(&options->site, option, optarg) ? EXIT_OK : cli_bad_option(argv, option);
    }
}

int gen_options_parse(int argc, char **argv, struct gen_options *ret, bool *ret_help)
{
    static const struct option names[] = {
        {"profile", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 'e'},
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"dossiers", required_argument, NULL, 'n'},
        {"chunk", required_argument, NULL, 'w'},
        {"live", required_argument, NULL, 'l'},
        {"due", required_argument, NULL, 'd'},
        {"at", required_argument, NULL, 'a'},
        {"out", required_argument, NULL, 'o'},
        {"push", required_argument, NULL, 'u'},
        {"key", required_argument, NULL, 'k'},
        {"events", required_argument, NULL, 'E'},
        {"duplicates", required_argument, NULL, 'D'},
        {"out-of-order", required_argument, NULL, 'O'},
        {"rate", required_argument, NULL, 'R'},
        SITE_LONG,
        {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":" SITE_SHORT, names, NULL);
        switch (option) {
        case -1: return check_complete(argv, ret);
        case 'p': r = set_profile(argv, &ret->profile); break;
        case 'e': r = set_number(argv, 0, INT64_MAX, &ret->seed); break;
        case 'f': r = set_day(argv, &ret->from_day); break;
        case 't': r = set_to(argv, ret); break;
        case 'n': r = set_number(argv, 1, DOSSIERS_MAX, &ret->dossiers); break;
        case 'w': r = set_number(argv, 1, 1000, &ret->chunk); break;
        case 'l': r = set_number(argv, 1, DOSSIERS_MAX, &ret->live); break;
        case 'd': r = set_day(argv, &ret->live_day); break;
        case 'a': r = set_minute(argv, &ret->live_minute); break;
        case 'o': ret->out = optarg; break;
        case 'u': ret->push = optarg; break;
        case 'k': ret->key = optarg; break;
        case 'h':
            fputs(cli_text(help_vi, help_en), stdout);
            *ret_help = true;
            return EXIT_OK;
        default: r = set_traffic(argv, option, ret);
        }
        if (r != EXIT_OK)
            return r;
    }
}
