/* `hoso alerts`: what fires, who knows of it, and what people do about it. */
#include "alerts.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "commands.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso alerts list -c hoso.conf --unit 11713\n"
    "  hoso alerts show -c hoso.conf H24.11713-260302-0001\n"
    "  hoso alerts ack -c hoso.conf 3f09ab12 --actor \"Trực ban\"\n"
    "  hoso alerts snooze -c hoso.conf 3f09ab12 --until 09/03/2026 --actor \"Trực ban\"\n"
    "  hoso alerts mute -c hoso.conf --procedure 1.005129 --until 09/03/2026 --actor A --reason B\n"
    "  hoso alerts preview -c hoso.conf\n"
    "  hoso alerts test-send -c hoso.conf --to chu.tich@example.vn\n"
    "  hoso alerts clock -c hoso.conf --accept --actor \"Trực ban\"\n\n"
    "  list            các cảnh báo đang mở; --all tất cả; --dead thư không gửi được\n"
    "  show MÃ         một cảnh báo (đầu mã cảnh báo) hoặc mọi cảnh báo của một hồ sơ, và nhật ký\n"
    "  ack MÃ          xác nhận đã nhận\n"
    "  snooze MÃ       không nhắc cho đến --until\n"
    "  mute            không báo theo --unit, --procedure, --rule (hay --all: tất cả) từ --from "
    "(bây giờ)\n"
    "                  đến --until: tắt một thủ tục, hay lúc bảo trì. Cảnh báo vẫn được ghi\n"
    "  mutes           những chỗ đang tắt hoặc sắp tắt; unmute SỐ mở lại\n"
    "  preview         thư sắp gửi cho từng người nhận, đúng như sẽ gửi; không gửi gì. --to một "
    "người,\n"
    "                  --all như bản tổng hợp ngày, --html phần HTML của thư\n"
    "  test-send       gửi một thư thử tới --to (địa chỉ của một người nhận)\n"
    "  clock           đồng hồ của máy; --accept nếu giờ sau khi nhảy là đúng\n"
    "  --json          kết quả dạng JSON (list, show)\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso alerts list -c hoso.conf --unit 11713\n"
    "  hoso alerts show -c hoso.conf H24.11713-260302-0001\n"
    "  hoso alerts ack -c hoso.conf 3f09ab12 --actor \"Trực ban\"\n"
    "  hoso alerts snooze -c hoso.conf 3f09ab12 --until 2026-03-09 --actor \"Trực ban\"\n"
    "  hoso alerts mute -c hoso.conf --procedure 1.005129 --until 2026-03-09 --actor A --reason B\n"
    "  hoso alerts preview -c hoso.conf\n"
    "  hoso alerts test-send -c hoso.conf --to chu.tich@example.vn\n"
    "  hoso alerts clock -c hoso.conf --accept --actor \"Trực ban\"\n\n"
    "  list            what fires; --all everything; --dead messages that were given up\n"
    "  show ID         one alert (the beginning of its id) or all of a dossier, with what people "
    "did\n"
    "  ack ID          acknowledge\n"
    "  snooze ID       say nothing of it before --until\n"
    "  mute            tell nobody by --unit, --procedure, --rule (or --all) from --from (now) to "
    "--until: a\n"
    "                  procedure, or a maintenance window. Alerts are recorded all the same\n"
    "  mutes           what is muted now or will be; unmute NUMBER ends it\n"
    "  preview         each recipient's next message, as it would be sent; sends nothing. --to one "
    "of them,\n"
    "                  --all as the daily digest, --html the HTML of the mail\n"
    "  test-send       a test message to --to, the address of a recipient\n"
    "  clock           the machine's clock; --accept when the time after a jump is right\n"
    "  --json          the result as JSON (list, show)\n";

enum { UNIT = 256, FROM, UNTIL, TO, ACTOR, REASON, PROCEDURE, RULE, ALL, DEAD, JSON, ACCEPT, HTML };
static const struct option options[] = {
    SITE_LONG,
    {"unit", required_argument, NULL, UNIT},
    {"from", required_argument, NULL, FROM},
    {"until", required_argument, NULL, UNTIL},
    {"to", required_argument, NULL, TO},
    {"actor", required_argument, NULL, ACTOR},
    {"reason", required_argument, NULL, REASON},
    {"procedure", required_argument, NULL, PROCEDURE},
    {"rule", required_argument, NULL, RULE},
    {"all", no_argument, NULL, ALL},
    {"dead", no_argument, NULL, DEAD},
    {"json", no_argument, NULL, JSON},
    {"accept", no_argument, NULL, ACCEPT},
    {"html", no_argument, NULL, HTML},
    {0},
};

static int parse(int argc, char **argv, struct alerts_request *request, bool *ret_help)
{
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        switch (option) {
        case UNIT: request->unit = optarg; break;
        case FROM: request->from = optarg; break;
        case UNTIL: request->until = optarg; break;
        case TO: request->to = optarg; break;
        case ACTOR: request->actor = optarg; break;
        case REASON: request->reason = optarg; break;
        case PROCEDURE: request->procedure = optarg; break;
        case RULE: request->rule = optarg; break;
        case ALL: request->all = true; break;
        case DEAD: request->dead = true; break;
        case JSON: request->json = true; break;
        case ACCEPT: request->accept = true; break;
        case HTML: request->html = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&request->site, option, optarg))
                return cli_bad_option(argv, option);
        }
    }
    request->word = argv[optind];
    request->id = request->word ? argv[optind + 1] : NULL;
    if (!request->word || (request->id && argv[optind + 2]))
        return cli_wrong_usage(argv, "cần một từ như list, show, ack",
                               "wants a word such as list, show, ack");
    return EXIT_OK;
}

/* The one alert whose id begins like that. */
static int find(const char *beginning, struct pg *pg, uint8_t ret[16], struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(beginning))};
    int r = strlen(beginning) < 6
                ? error_set(err, ERR_INPUT, "%s",
                            cli_text("cần ít nhất 6 chữ số đầu của mã",
                                     "wants at least the first 6 digits of the id"))
                : pg_exec(pg,
                          "SELECT alert_id FROM hoso.alert WHERE replace(alert_id::text, '-', '') "
                          "LIKE lower(replace($1, '-', '')) || '%' LIMIT 2",
                          params, 1, &rows, err);
    if (r == 0 && pg_rows(rows) != 1)
        r = error_set(err, ERR_INPUT, "%s: %s", beginning,
                      pg_rows(rows) ? cli_text("nhiều cảnh báo bắt đầu như vậy",
                                               "several alerts begin like that")
                                    : cli_text("không có cảnh báo nào như vậy", "no such alert"));
    if (r == 0)
        memcpy(ret, pg_get_uuid(rows, 0, 0), 16);
    pg_result_free(rows);
    return r;
}

static int act(const struct alerts_request *request, int64_t until_at, struct pg *pg,
               char *const *argv)
{
    uint8_t id[16];
    struct error err;
    struct pg_result *rows = NULL;
    int r = find(request->id, pg, id, &err);
    const struct pg_param params[] = {pg_uuid(id), pg_text(str_of(request->word)),
                                      pg_text(str_of(request->actor)), pg_time(until_at),
                                      pg_text(str_of(request->reason))};
    if (r == 0)
        r = pg_exec(pg, "SELECT hoso.alert_act($1, $2, $3, 'cli', $4, $5)", params, 5, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    bool done = pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    puts(done ? cli_text("Đã ghi.", "Done.")
              : cli_text("Cảnh báo đã kết thúc; không có gì để làm.", "It is over already."));
    return done ? EXIT_OK : EXIT_NO;
}

/* Into the alerter's own way out: what arrives has passed through everything. */
static int test_send(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(request->to))};
    if (!request->to)
        return cli_wrong_usage(argv, "cần --to", "wants --to");
    int r = pg_exec(pg, "UPDATE hoso.recipient SET test_asked = true WHERE address = $1 AND active",
                    params, 1, &rows, &err);
    int64_t count = r == 0 ? pg_affected(rows) : 0;
    pg_result_free(rows);
    if (r == 0 && count == 0)
        r = error_set(
            &err, ERR_INPUT, "%s: %s", request->to,
            cli_text("không có người nhận nào có địa chỉ này", "no recipient has this address"));
    if (r < 0)
        return cli_fail(argv, r, &err);
    puts(cli_text("hoso-alerter sẽ gửi trong vài giây.", "hoso-alerter sends it within seconds."));
    return EXIT_OK;
}

/* Whoever says that the clock is right lets everything fire that is due by it. */
static int accept_clock(const struct alerts_request *request, struct pg *pg, struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(request->actor))};
    return pg_exec(pg,
                   "WITH a AS (UPDATE hoso.alert_clock SET accepted = true WHERE jump_ms <> 0 "
                   "RETURNING jump_ms) INSERT INTO hoso.alert_audit (actor, via, act, note) "
                   "SELECT $1, 'cli', 'clock', (jump_ms / 1000) || ' s' FROM a",
                   params, 1, NULL, err);
}

static int show_clock(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    int r = request->accept ? accept_clock(request, pg, &err) : 0;
    if (r == 0)
        r = pg_exec(pg,
                    "SELECT boot_id, believed_at, jump_ms, accepted FROM hoso.alert_clock "
                    "ORDER BY believed_at",
                    NULL, 0, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    for (size_t i = 0; i < pg_rows(rows); i++) {
        char at[CLI_TIME_SIZE];
        printf("%.8s  %s  %" PRId64 " s%s\n", pg_get_text(rows, i, 0).data,
               cli_time(pg_get_time(rows, i, 1), at), pg_get_int64(rows, i, 2) / MS_PER_SECOND,
               pg_get_bool(rows, i, 3) ? cli_text("  (đã xác nhận)", "  (accepted)") : "");
    }
    pg_result_free(rows);
    return EXIT_OK;
}

static int perform(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    bool ack = strcmp(request->word, "ack") == 0, later = strcmp(request->word, "snooze") == 0;
    bool quiet = strcmp(request->word, "mute") == 0, loud = strcmp(request->word, "unmute") == 0;
    int64_t until_at = NO_TIME;
    if ((ack || later || quiet || loud || request->accept) && !request->actor)
        return cli_wrong_usage(argv, "cần --actor: ai làm việc này",
                               "wants --actor: who does this");
    if (later || quiet) {
        if (!request->until || !cli_parse_time(request->until, &until_at))
            return cli_wrong_usage(argv, "cần --until, như 2026-03-09 hoặc 09/03/2026",
                                   "wants --until, such as 2026-03-09");
    }
    if (ack || later || strcmp(request->word, "show") == 0) {
        if (!request->id)
            return cli_wrong_usage(argv, "cần mã cảnh báo", "wants an id");
        return ack || later ? act(request, until_at, pg, argv) : alerts_show(request, pg, argv);
    }
    if (quiet)
        return alerts_mute(request, until_at, pg, argv);
    if (loud)
        return alerts_unmute(request, pg, argv);
    if (strcmp(request->word, "mutes") == 0)
        return alerts_mutes(request, pg, argv);
    if (strcmp(request->word, "list") == 0)
        return request->dead ? alerts_dead(request, pg, argv) : alerts_list(request, pg, argv);
    if (strcmp(request->word, "preview") == 0)
        return alerts_preview(request, pg, argv);
    if (strcmp(request->word, "test-send") == 0)
        return test_send(request, pg, argv);
    if (strcmp(request->word, "clock") == 0)
        return show_clock(request, pg, argv);
    return cli_wrong_usage(argv, "không có lệnh con %s", "there is no subcommand %s",
                           request->word);
}

int cmd_alerts(int argc, char **argv)
{
    struct alerts_request request = {0};
    struct pg *pg = NULL;
    bool help = false;
    int code = parse(argc, argv, &request, &help);
    if (code != EXIT_OK)
        return code;
    if (help)
        return cli_help(help_vi, help_en);
    code = site_open(&request.site, argv, &pg);
    if (code == EXIT_OK)
        code = perform(&request, pg, argv);
    site_close(&request.site, pg);
    return code;
}
