/* `hoso replay`: its options, what it prints, what follows from the comparison. */
#include "replay.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "service/kafka_settings.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso replay -c hoso.conf\n"
    "  hoso replay -c hoso.conf --swap\n"
    "  hoso replay offset -c hoso.conf --partition 2 --to begin\n\n"
    "Tính lại toàn bộ hồ sơ và số liệu lần thứ hai, trong lược đồ " REPLAY_SCHEMA
    ", trong lúc hệ thống vẫn chạy;\n"
    "đợi đến khi hai bên cùng đọc đến một chỗ rồi so từng dòng. Không có --swap thì không đổi gì.\n"
    "Trong lúc so, số liệu đứng yên vài giây; không mất gì.\n\n"
    "  --from log       đọc lại từ bản ghi đầu tiên của Kafka\n"
    "  --from history   gộp lại từ lịch sử trong PostgreSQL rồi đọc tiếp từ Kafka\n"
    "                   (mặc định: log, riêng phân vùng nào Kafka không còn bản ghi đầu thì "
    "history)\n"
    "  --swap           khác chỗ nào thì thay số liệu đang dùng bằng kết quả mới\n"
    "  --json           kết quả so, mỗi bảng một dòng JSON\n\n"
    "offset: khi dịch vụ dừng vì chỗ đã đọc không còn trong Kafka, người quyết định đọc tiếp từ "
    "đâu:\n"
    "  --partition N    chỉ một phân vùng (mặc định: tất cả)\n"
    "  --to begin|end|N từ bản ghi đầu còn lại, từ cuối, hay từ số N. Lùi lại thì luôn an toàn\n"
    "                   (bản ghi đã có không tính hai lần); nhảy tới thì bỏ những gì ở giữa\n"
    "  --consumer X     aggregator (mặc định) hoặc alerter\n\n"
    "Mã thoát: 0 giống nhau hoặc đã thay, 1 có khác biệt.\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso replay -c hoso.conf\n"
    "  hoso replay -c hoso.conf --swap\n"
    "  hoso replay offset -c hoso.conf --partition 2 --to begin\n\n"
    "Works out all dossiers and figures a second time, in schema " REPLAY_SCHEMA
    ", while work goes on; waits until both\n"
    "have read to the same place, and compares row by row. Without --swap nothing is changed.\n"
    "While it compares, figures stand still for seconds; nothing is lost.\n\n"
    "  --from log       read again from Kafka's first record\n"
    "  --from history   fold the history in PostgreSQL again, then read on from Kafka\n"
    "                   (default: log; history for partitions whose first records Kafka has no "
    "more)\n"
    "  --swap           where they differ, make the tables in use what came out\n"
    "  --json           the comparison, one line of JSON per table\n\n"
    "offset: when a service stopped because its place is no longer in Kafka, a person decides "
    "where "
    "to go on:\n"
    "  --partition N    of this one only (default: all)\n"
    "  --to begin|end|N at the first record left, at the end, at N. Going back is always safe\n"
    "                   (what is known does not count twice); going forward leaves out what is "
    "between\n"
    "  --consumer X     aggregator (default) or alerter\n\n"
    "Exit code: 0 the same, or taken over; 1 there are differences.\n";

struct request {
    enum replay_from from;
    bool swap;
    bool json;
    bool help;
    bool move; /* `offset` */
    int64_t partition;
    const char *to;
    const char *consumer;
};

static int parse_from(char *const *argv, const char *text, enum replay_from *ret)
{
    if (strcmp(text, "log") == 0)
        *ret = FROM_LOG;
    else if (strcmp(text, "history") == 0)
        *ret = FROM_HISTORY;
    else
        return cli_wrong_usage(argv, "--from là log hoặc history", "--from is log or history");
    return EXIT_OK;
}

static int check(char *const *argv, const struct request *request)
{
    if (strcmp(request->consumer, "aggregator") != 0 && strcmp(request->consumer, "alerter") != 0)
        return cli_wrong_usage(argv, "--consumer là aggregator hoặc alerter",
                               "--consumer is aggregator or alerter");
    if (request->move && !request->to)
        return cli_wrong_usage(argv, "offset cần --to begin, end hoặc một số",
                               "offset wants --to begin, end or a number");
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct replay *replay, struct request *ret)
{
    static const struct option options[] = {SITE_LONG,
                                            {"from", required_argument, NULL, 'f'},
                                            {"swap", no_argument, NULL, 'S'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"partition", required_argument, NULL, 'p'},
                                            {"to", required_argument, NULL, 't'},
                                            {"consumer", required_argument, NULL, 'C'},
                                            {0}};
    int code = EXIT_OK;
    *ret = (struct request){.partition = -1, .consumer = "aggregator"};
    for (int option; code == EXIT_OK &&
                     (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        switch (option) {
        case 'h': ret->help = true; return EXIT_OK;
        case 'f': code = parse_from(argv, optarg, &ret->from); break;
        case 'S': ret->swap = true; break;
        case 'j': ret->json = true; break;
        case 't': ret->to = optarg; break;
        case 'C': ret->consumer = optarg; break;
        case 'p':
            if (!cli_number(optarg, 0, INT32_MAX, &ret->partition))
                code = cli_wrong_usage(argv, "--partition là một số", "--partition is a number");
            break;
        default:
            if (!site_option(&replay->site, option, optarg))
                code = cli_bad_option(argv, option);
        }
    }
    ret->move = code == EXIT_OK && optind < argc && strcmp(argv[optind], "offset") == 0;
    if (code == EXIT_OK && optind + ret->move != argc)
        return cli_wrong_usage(argv, "thừa: %s", "too much: %s", argv[optind + ret->move]);
    return code == EXIT_OK ? check(argv, ret) : code;
}

static void print_row(const struct pg_result *rows, size_t row, bool json)
{
    struct str table = pg_get_text(rows, row, 0);
    struct str example = pg_get_text(rows, row, 3);
    int64_t compared = pg_get_int64(rows, row, 1), differ = pg_get_int64(rows, row, 2);
    if (json)
        printf("{\"table\":\"%.*s\",\"rows\":%" PRId64 ",\"differ\":%" PRId64 "}\n", STR_ARG(table),
               compared, differ);
    else if (differ == 0)
        printf(cli_text("%-14.*s so %" PRId64 " dòng: giống hệt\n",
                        "%-14.*s %" PRId64 " rows compared: the same\n"),
               STR_ARG(table), compared);
    else
        printf(cli_text("%-14.*s so %" PRId64 " dòng: %" PRId64 " dòng khác, ví dụ %.*s\n",
                        "%-14.*s %" PRId64 " rows compared: %" PRId64 " differ, as %.*s\n"),
               STR_ARG(table), compared, differ, STR_ARG(example));
}

static int compare(struct replay *replay, bool json, int64_t *ret_differ, struct error *err)
{
    struct pg_result *rows = NULL;
    int r =
        pg_exec(replay->live, "SELECT * FROM " REPLAY_SCHEMA ".differences()", NULL, 0, &rows, err);
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        print_row(rows, i, json);
        *ret_differ += pg_get_int64(rows, i, 2);
    }
    pg_result_free(rows);
    return r;
}

static int drop(struct replay *replay, struct error *err)
{
    return pg_script(replay->live, "DROP SCHEMA " REPLAY_SCHEMA " CASCADE", err);
}

/* The tables in use are locked by replay_run; they go on as soon as this has committed. */
static int conclude(struct replay *replay, const struct request *request, int *ret_exit,
                    struct error *err)
{
    int64_t differ = 0;
    const struct pg_param params[] = {pg_text(str_of(replay->topic))};
    int r = compare(replay, request->json, &differ, err);
    bool swap = differ > 0 && request->swap;
    if (r == 0 && swap)
        r = pg_exec(replay->live, "SELECT 1 FROM " REPLAY_SCHEMA ".take_over($1)", params, 1, NULL,
                    err);
    if (r == 0)
        r = pg_commit(replay->live, err);
    if (r < 0)
        return r;
    *ret_exit = differ > 0 && !swap;
    if (swap)
        fputs(cli_text("đã thay số liệu đang dùng bằng kết quả tính lại\n",
                       "the tables in use are what came out of the replay now\n"),
              stderr);
    if (*ret_exit == 0)
        return drop(replay, err);
    fputs(cli_text("chưa đổi gì; kết quả tính lại nằm trong lược đồ " REPLAY_SCHEMA
                   " để xem, lần chạy sau sẽ xoá.\nXem rồi thì: hoso replay --swap\n",
                   "nothing was changed; what came out is in schema " REPLAY_SCHEMA
                   ", until the next run.\nHaving looked at it: hoso replay --swap\n"),
          stderr);
    return 0;
}

int cmd_replay(int argc, char **argv)
{
    struct replay replay = {.argv = argv};
    struct request request;
    struct error err = {{0}};
    int code = parse(argc, argv, &replay, &request);
    if (code == EXIT_OK && request.help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (code != EXIT_OK || request.help)
        return code;
    code = site_load(&replay.site, argv);
    if (code != EXIT_OK)
        return code;
    int r = replay_open(&replay, request.consumer, &err);
    if (r == 0 && request.move)
        r = replay_move(&replay, request.consumer, (int32_t)request.partition, request.to, &err);
    else if (r == 0) {
        r = replay_run(&replay, request.from, &err);
        if (r == 0)
            r = conclude(&replay, &request, &code, &err);
    }
    replay_close(&replay);
    return r < 0 ? cli_fail(argv, r, &err) : code;
}
