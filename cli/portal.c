/* `hoso portal`: plays the senders of the portal's two generations, with what goes wrong in the field. */
#include "portal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"

enum { REPLACED_PERCENT = 5, DOSSIERS_MAX = 1000000 };

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso portal --url http://127.0.0.1:8480 --user motcua --key KHOA --dossiers 500\n"
    "  hoso portal --generation b --url http://127.0.0.1:8480 --user motcua --key KHOA\n"
    "  hoso portal --url http://127.0.0.1:8480 --user motcua --key KHOA --resync 100000\n\n"
    "Đóng vai hệ thống một cửa gửi theo API thế hệ A (phiên đăng nhập, DongBoHoSoMC,\n"
    "CapNhatTienDoHoSoMC) hoặc B (token, NoiHoSo, CapNhatTienTrinh, CapNhatTrangThai), kể cả "
    "những\n"
    "lỗi gặp trong thực tế. Dữ liệu giả, không của người thật. Cùng --seed thì cùng hành vi.\n"
    "Mã thoát 1: có câu trả lời khác với điều bên gửi được phép chờ đợi.\n\n"
    "  --url URL          địa chỉ gốc của hoso-ingest\n"
    "  --user, --key      tên nguồn và khóa; khóa cũng có thể đặt ở HOSO_API_KEY\n"
    "  --generation a|b   mặc định a\n"
    "  --dossiers N       số hồ sơ (1 đến 1000000; mặc định 200)\n"
    "  --from, --to NGÀY  kỳ, mặc định 2026-06-01 đến 2026-06-30\n"
    "  --seed N           hạt giống (mặc định 1)\n"
    "  --chunk N          số dòng tiến độ mỗi lượt (mặc định 10)\n"
    "  --resync N         sau đó đồng bộ lại, đến đủ N dòng\n"
    "  --faults DANH SÁCH duplicates,races,chunks,skew,codes,login; all (mặc định) hoặc none\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso portal --url http://127.0.0.1:8480 --user motcua --key KEY --dossiers 500\n"
    "  hoso portal --generation b --url http://127.0.0.1:8480 --user motcua --key KEY\n"
    "  hoso portal --url http://127.0.0.1:8480 --user motcua --key KEY --resync 100000\n\n"
    "Plays a one-stop system that sends by API generation A (session, DongBoHoSoMC,\n"
    "CapNhatTienDoHoSoMC) or B (token, NoiHoSo, CapNhatTienTrinh, CapNhatTrangThai), with what "
    "goes\n"
    "wrong in the field. Made-up data, no real person's. The same --seed behaves the same.\n"
    "Exit code 1: an answer was other than a sender may expect.\n\n"
    "  --url URL          base address of hoso-ingest\n"
    "  --user, --key      name of the source and key; the key may also stand in HOSO_API_KEY\n"
    "  --generation a|b   default a\n"
    "  --dossiers N       how many (1 to 1000000; default 200)\n"
    "  --from, --to DATE  the period, default 2026-06-01 to 2026-06-30\n"
    "  --seed N           default 1\n"
    "  --chunk N          progress rows per request (default 10)\n"
    "  --resync N         afterwards everything again, until N rows\n"
    "  --faults LIST      duplicates,races,chunks,skew,codes,login; all (default) or none\n";

struct plan {
    struct portal portal;
    struct gen gen;
    int64_t seed;
    int64_t resync;
};

static int set_faults(char **argv, unsigned *ret)
{
    static const char *const names[] = {"duplicates", "races", "chunks", "skew", "codes", "login"};
    *ret = 0;
    if (strcmp(optarg, "all") == 0) {
        *ret = ~0U;
        return EXIT_OK;
    }
    if (strcmp(optarg, "none") == 0)
        return EXIT_OK;
    for (const char *at = optarg; *at;) {
        size_t len = strcspn(at, ",");
        size_t i = 0;
        while (i < sizeof names / sizeof *names &&
               (strlen(names[i]) != len || strncmp(names[i], at, len) != 0))
            i++;
        if (i == sizeof names / sizeof *names)
            return cli_wrong_usage(argv, "không có lỗi \"%.*s\"", "no fault \"%.*s\"", (int)len,
                                   at);
        *ret |= 1U << i;
        at += len + (at[len] == ',');
    }
    return EXIT_OK;
}

static int set_day(char **argv, int32_t *ret)
{
    if (date_parse(str_of(optarg), ret))
        return EXIT_OK;
    return cli_wrong_usage(argv, "\"%s\" không phải là ngày; viết như 2026-06-30",
                           "\"%s\" is not a date; write it as 2026-06-30", optarg);
}

static int set_number(char **argv, int64_t min, int64_t max, int64_t *ret)
{
    if (cli_number(optarg, min, max, ret))
        return EXIT_OK;
    return cli_wrong_usage(argv, "\"%s\" phải là số nguyên từ %" PRId64 " đến %" PRId64,
                           "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, optarg,
                           min, max);
}

static int check(char **argv, struct plan *plan)
{
    struct portal *portal = &plan->portal;
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    if (!portal->key)
        portal->key = getenv("HOSO_API_KEY");
    if (!portal->url || !portal->user || !portal->key)
        return cli_wrong_usage(argv, "cần --url, --user và --key", "wants --url, --user and --key");
    if (plan->gen.from_day > plan->gen.to_day)
        return cli_wrong_usage(argv, "--from phải trước --to", "--from must come before --to");
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct plan *plan, bool *ret_help)
{
    static const struct option names[] = {{"url", required_argument, NULL, 'u'},
                                          {"user", required_argument, NULL, 'n'},
                                          {"key", required_argument, NULL, 'k'},
                                          {"generation", required_argument, NULL, 'g'},
                                          {"dossiers", required_argument, NULL, 'd'},
                                          {"from", required_argument, NULL, 'f'},
                                          {"to", required_argument, NULL, 't'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"chunk", required_argument, NULL, 'c'},
                                          {"resync", required_argument, NULL, 'r'},
                                          {"faults", required_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct portal *portal = &plan->portal;
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":h", names, NULL);
        switch (option) {
        case -1: return check(argv, plan);
        case 'u': portal->url = optarg; break;
        case 'n': portal->user = optarg; break;
        case 'k': portal->key = optarg; break;
        case 'g':
            portal->b = strcmp(optarg, "b") == 0;
            if (!portal->b && strcmp(optarg, "a") != 0)
                r = cli_wrong_usage(argv, "--generation là a hoặc b", "--generation is a or b");
            break;
        case 'd': r = set_number(argv, 1, DOSSIERS_MAX, &plan->gen.received); break;
        case 'f': r = set_day(argv, &plan->gen.from_day); break;
        case 't': r = set_day(argv, &plan->gen.to_day); break;
        case 's': r = set_number(argv, 0, INT64_MAX, &plan->seed); break;
        case 'c': r = set_number(argv, 1, 1000, &plan->gen.chunk); break;
        case 'r': r = set_number(argv, 1, 100 * DOSSIERS_MAX, &plan->resync); break;
        case 'x': r = set_faults(argv, &portal->faults); break;
        case 'h': *ret_help = true; return EXIT_OK;
        default: r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

static int run(struct plan *plan, struct error *err)
{
    struct portal *portal = &plan->portal;
    struct gen_message *messages = NULL;
    size_t count = 0;
    int r = gen_open(&plan->gen, err);
    if (r == 0)
        r = gen_make_lives(&plan->gen, err);
    if (r == 0)
        r = gen_sync(&plan->gen, &messages, &count, err);
    if (r == 0)
        r = portal_login(portal, err);
    portal->row_total = count + (size_t)plan->resync;
    portal->began = mono_now();
    if (r == 0)
        r = gen_send_all(&plan->gen, messages, count, portal_play, portal, err);
    while (r == 0 && portal->rows < (int64_t)count + plan->resync) {
        size_t left = count + (size_t)plan->resync - (size_t)portal->rows;
        r = gen_send_all(&plan->gen, messages, left < count ? left : count, portal_play, portal,
                         err);
    }
    free(messages);
    return r;
}

int cmd_portal(int argc, char **argv)
{
    struct plan plan = {
        .portal = {.faults = ~0U, .terminal = isatty(STDERR_FILENO), .out = json_out_new()},
        .gen = {.profile = gen_profile_find("nghi-duong"),
                .from_day = day_from_date(2026, 6, 1),
                .to_day = day_from_date(2026, 6, 30),
                .received = 200,
                .chunk = 10},
        .seed = 1,
    };
    struct error err;
    bool help = false;
    int code = plan.portal.out ? parse(argc, argv, &plan, &help) : EXIT_SOFTWARE;
    if (help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (!help && code == EXIT_OK) {
        gen_seed(&plan.gen.random, (uint64_t)plan.seed);
        gen_seed(&plan.portal.random, (uint64_t)plan.seed + 1);
        plan.gen.replaced_percent = plan.portal.faults & FAULT_CODES ? REPLACED_PERCENT : 0;
        int r = run(&plan, &err);
        bool expected = portal_summary(&plan.portal);
        code = r < 0 ? cli_fail(argv, r, &err) : expected ? EXIT_OK : EXIT_NO;
        gen_close(&plan.gen);
    }
    http_client_free(plan.portal.client);
    json_out_free(plan.portal.out);
    return code;
}
