/* `hoso people`: who is told of which alerts, from when to when. What a person changes here is in the alerter's audit. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "domain/ladder.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso people list -c hoso.conf\n"
    "  hoso people add -c hoso.conf --name \"Chủ tịch UBND xã Nghi Dương\" --channel thu \\\n"
    "      --address chu.tich@example.vn --unit 11713 --actor \"Văn phòng\"\n"
    "  hoso people add -c hoso.conf --name \"Phó Chủ tịch\" --channel thu --address "
    "pho@example.vn \\\n"
    "      --unit 11713 --from 01/07/2026 --until 15/07/2026 --actor \"Văn phòng\"\n"
    "  hoso people end -c hoso.conf 3 --actor \"Văn phòng\"\n\n"
    "Ai được báo về cảnh báo nào, từ ngày nào đến ngày nào. Ủy quyền khi đi vắng: add có --from và "
    "--until.\n\n"
    "  list            phần việc đang có và sắp có; --all cả những phần đã hết\n"
    "  add             thêm một phần việc; người nhận (kênh và địa chỉ) chưa có thì được ghi luôn\n"
    "  end SỐ          chấm dứt phần việc số đó ngay; --until: hết ngày đó\n"
    "  --name TÊN      chức danh, không phải tên người\n"
    "  --channel KÊNH  [channel.KÊNH] trong cấu hình; --address như kênh đó cần\n"
    "  --unit MÃ       một xã; hoặc --city: mọi xã\n"
    "  --procedure MÃ  chỉ một thủ tục\n"
    "  --rules A,B     chỉ các loại cảnh báo đó, như overdue,due_soon_1\n"
    "  --level 1..3    1 người giải quyết (mặc định), 2 lãnh đạo xã, 3 thành phố: được báo khi cấp "
    "dưới\n"
    "                  không xác nhận\n"
    "  --from, --until ngày đầu (mặc định hôm nay) và ngày cuối\n"
    "  --operator      cũng được báo khi chính hệ thống gặp sự cố\n"
    "  --actor AI      ai làm việc này; ghi vào nhật ký\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso people list -c hoso.conf\n"
    "  hoso people add -c hoso.conf --name \"Chủ tịch UBND xã Nghi Dương\" --channel thu \\\n"
    "      --address chu.tich@example.vn --unit 11713 --actor \"Office\"\n"
    "  hoso people end -c hoso.conf 3 --actor \"Office\"\n\n"
    "Who is told of which alerts, from which day to which. Delegation while somebody is away: add "
    "with --from and --until.\n\n"
    "  list            duties that hold or will; --all those that are over too\n"
    "  add             adds a duty; a recipient (channel and address) that is not there yet is "
    "added too\n"
    "  end NUMBER      ends that duty at once; --until: after that day\n"
    "  --name NAME     an office rather than a person\n"
    "  --channel NAME  [channel.NAME] of the configuration; --address as it needs it\n"
    "  --unit CODE     one commune; or --city: every one\n"
    "  --procedure ID  one procedure only\n"
    "  --rules A,B     these rules only, such as overdue,due_soon_1\n"
    "  --level 1..3    1 who works on it (default), 2 who answers for it, 3 the city: told when "
    "the "
    "level\n"
    "                  below has not acknowledged\n"
    "  --from, --until first day (today) and last day\n"
    "  --operator      is told too when hoso itself is in trouble\n"
    "  --actor WHO     who does this, for the audit\n";

enum { NAME = 256, CHANNEL, ADDRESS, UNIT, CITY, PROCEDURE, RULES, LEVEL, FROM, UNTIL, OPERATOR };
enum { ACTOR = OPERATOR + 1, ALL };
static const struct option options[] = {
    SITE_LONG,
    {"name", required_argument, NULL, NAME},
    {"channel", required_argument, NULL, CHANNEL},
    {"address", required_argument, NULL, ADDRESS},
    {"unit", required_argument, NULL, UNIT},
    {"city", no_argument, NULL, CITY},
    {"procedure", required_argument, NULL, PROCEDURE},
    {"rules", required_argument, NULL, RULES},
    {"level", required_argument, NULL, LEVEL},
    {"from", required_argument, NULL, FROM},
    {"until", required_argument, NULL, UNTIL},
    {"operator", no_argument, NULL, OPERATOR},
    {"actor", required_argument, NULL, ACTOR},
    {"all", no_argument, NULL, ALL},
    {0},
};

struct request {
    struct site site;
    const char *word;
    const char *number; /* of a duty */
    const char *name, *channel, *address, *unit, *procedure, *rules, *level, *from, *until, *actor;
    bool city, is_operator, all;
};

static int parse(int argc, char **argv, struct request *request, bool *ret_help)
{
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        switch (option) {
        case NAME: request->name = optarg; break;
        case CHANNEL: request->channel = optarg; break;
        case ADDRESS: request->address = optarg; break;
        case UNIT: request->unit = optarg; break;
        case CITY: request->city = true; break;
        case PROCEDURE: request->procedure = optarg; break;
        case RULES: request->rules = optarg; break;
        case LEVEL: request->level = optarg; break;
        case FROM: request->from = optarg; break;
        case UNTIL: request->until = optarg; break;
        case OPERATOR: request->is_operator = true; break;
        case ACTOR: request->actor = optarg; break;
        case ALL: request->all = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&request->site, option, optarg))
                return cli_bad_option(argv, option);
        }
    }
    request->word = argv[optind];
    request->number = request->word ? argv[optind + 1] : NULL;
    bool ends = request->word && strcmp(request->word, "end") == 0;
    if (!request->word || !ends != !request->number || (ends && argv[optind + 2]))
        return cli_wrong_usage(argv, "cần: list, add hoặc end SỐ",
                               "wants: list, add or end NUMBER");
    return EXIT_OK;
}

/* A day as typed; NULL = `otherwise`. false = none. */
static bool day_given(const char *text, int32_t otherwise, int32_t *ret)
{
    int64_t at = 0;
    if (text && !cli_parse_time(text, &at))
        return false;
    *ret = text ? day_of(at) : otherwise;
    return true;
}

static bool channel_known(const struct config *config, const char *channel)
{
    bool known = false;
    for (size_t i = 0; config_name(config, "channel", i) && !known; i++)
        known = strcmp(config_name(config, "channel", i), channel) == 0;
    return known;
}

static bool rules_known(const char *rules)
{
    bool known = true;
    for (const char *at = rules; at && known; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        known = alert_rule_of((struct str){at, strcspn(at, ",")}) != RULE_COUNT;
    return known;
}

static int unit_known(struct pg *pg, const char *unit, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(unit))};
    int r = pg_exec(pg, "SELECT FROM hoso.unit WHERE $1 IS NULL OR code = $1 LIMIT 1", params, 1,
                    &rows, err);
    if (r == 0 && pg_rows(rows) == 0)
        r = error_set(err, ERR_INPUT, cli_text("không có đơn vị %s", "there is no unit %s"), unit);
    pg_result_free(rows);
    return r;
}

/* 0, or the exit code of what is wrong. */
static int check_addition(const struct request *request, char *const *argv, int64_t *ret_level)
{
    if (!request->name || !request->channel || !request->address)
        return cli_wrong_usage(argv, "cần --name, --channel và --address",
                               "wants --name, --channel and --address");
    if (!request->unit == !request->city)
        return cli_wrong_usage(argv, "cần --unit MÃ hoặc --city", "wants --unit CODE or --city");
    if (request->level && !cli_number(request->level, 1, 3, ret_level))
        return cli_wrong_usage(argv, "--level từ 1 đến 3", "--level is 1 to 3");
    if (!rules_known(request->rules))
        return cli_wrong_usage(argv, "--rules %s: có loại không biết",
                               "--rules %s: there is one that is not known", request->rules);
    if (!channel_known(request->site.config, request->channel))
        return cli_wrong_usage(argv, "không có [channel.%s] trong cấu hình",
                               "there is no [channel.%s] in the configuration", request->channel);
    return EXIT_OK;
}

static int add(const struct request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    int64_t level = 1;
    int32_t from = 0, until = 0;
    int code = check_addition(request, argv, &level);
    if (code != EXIT_OK)
        return code;
    if (!day_given(request->from, day_of(clock_now()), &from) ||
        !day_given(request->until, NO_DAY, &until) || (until != NO_DAY && until < from))
        return cli_wrong_usage(argv, "--from và --until là hai ngày, như 01/07/2026 và 15/07/2026",
                               "--from and --until are two days, such as 2026-07-01, 2026-07-15");
    const struct pg_param params[] = {pg_text(str_of(request->name)),
                                      pg_text(str_of(request->channel)),
                                      pg_text(str_of(request->address)),
                                      pg_bool(request->is_operator),
                                      pg_text(str_of(request->unit)),
                                      pg_text(str_of(request->procedure)),
                                      pg_text(str_of(request->rules)),
                                      pg_int32((int32_t)level),
                                      pg_day(from),
                                      pg_day(until),
                                      pg_text(str_of(request->actor))};
    int r = unit_known(pg, request->unit, &err);
    if (r == 0)
        r = pg_exec(
            pg,
            "WITH r AS (INSERT INTO hoso.recipient AS old (name, channel, address, operator) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (channel, address) DO UPDATE SET "
            "name = excluded.name, active = true, operator = old.operator OR excluded.operator "
            "RETURNING recipient_id), d AS (INSERT INTO hoso.duty (recipient_id, unit_code, "
            "procedure_code, rules, level, valid_from, valid_to) SELECT recipient_id, $5, $6, "
            "string_to_array($7, ','), $8, $9, $10 FROM r RETURNING duty_id), "
            "noted AS (INSERT INTO hoso.alert_audit (actor, via, act, note) SELECT $11, 'cli', "
            "'duty_add', duty_id::text FROM d) SELECT duty_id FROM d",
            params, sizeof params / sizeof *params, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    printf(cli_text("Đã ghi, số %" PRId32 ".\n", "Done, number %" PRId32 ".\n"),
           pg_get_int32(rows, 0, 0));
    pg_result_free(rows);
    return EXIT_OK;
}

static int end(const struct request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    int64_t number = 0;
    int32_t until = 0;
    if (!cli_number(request->number, 1, INT32_MAX, &number))
        return cli_wrong_usage(argv, "cần số mà list cho biết", "wants a number that list gives");
    if (!day_given(request->until, day_of(clock_now()) - 1, &until))
        return cli_wrong_usage(argv, "--until là một ngày, như 15/07/2026",
                               "--until is a day, such as 2026-07-15");
    const struct pg_param params[] = {pg_int32((int32_t)number), pg_day(until),
                                      pg_text(str_of(request->actor))};
    int r = pg_exec(pg,
                    "WITH d AS (UPDATE hoso.duty SET valid_to = $2 WHERE duty_id = $1 "
                    "AND valid_to > $2 RETURNING duty_id), noted AS (INSERT INTO hoso.alert_audit "
                    "(actor, via, act, note) SELECT $3, 'cli', 'duty_end', duty_id::text FROM d) "
                    "SELECT duty_id FROM d",
                    params, 3, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    bool done = pg_rows(rows) == 1;
    pg_result_free(rows);
    puts(done ? cli_text("Đã ghi.", "Done.")
              : cli_text("Không có phần việc nào như vậy, hoặc đã hết trước ngày đó.",
                         "There is no such duty, or it is over before that day."));
    return done ? EXIT_OK : EXIT_NO;
}

static const char *day_or(const struct pg_result *rows, size_t row, int column, char *out)
{
    int32_t day = pg_get_day(rows, row, column);
    return day == NO_DAY ? "…" : cli_date(day, out);
}

static int list(const struct request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_bool(request->all), pg_day(day_of(clock_now()))};
    int r = pg_exec(pg,
                    "SELECT duty_id, r.name, channel, address, coalesce(unit_code, '*'), "
                    "coalesce(procedure_code, '*'), coalesce(array_to_string(rules, ','), '*'), "
                    "level::int, valid_from, valid_to, operator FROM hoso.duty d "
                    "JOIN hoso.recipient r USING (recipient_id) "
                    "WHERE $1 OR (active AND valid_to >= $2 AND valid_from <= valid_to) "
                    "ORDER BY unit_code NULLS LAST, level, duty_id",
                    params, 2, &rows, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    for (size_t i = 0; i < pg_rows(rows); i++) {
        char from[CLI_TIME_SIZE], until[CLI_TIME_SIZE];
        printf("%3" PRId32 "  %s %" PRId32 "  %.*s  %.*s  %.*s  %s - %s  %.*s (%.*s: %.*s)%s\n",
               pg_get_int32(rows, i, 0), cli_text("cấp", "level"), pg_get_int32(rows, i, 7),
               STR_ARG(pg_get_text(rows, i, 4)), STR_ARG(pg_get_text(rows, i, 5)),
               STR_ARG(pg_get_text(rows, i, 6)), day_or(rows, i, 8, from),
               day_or(rows, i, 9, until), STR_ARG(pg_get_text(rows, i, 1)),
               STR_ARG(pg_get_text(rows, i, 2)), STR_ARG(pg_get_text(rows, i, 3)),
               pg_get_bool(rows, i, 10) ? cli_text("  và sự cố hệ thống", "  and hoso's trouble")
                                        : "");
    }
    fprintf(stderr, cli_text("%zu phần việc\n", "%zu duties\n"), pg_rows(rows));
    pg_result_free(rows);
    return EXIT_OK;
}

static int perform(const struct request *request, struct pg *pg, char *const *argv)
{
    if (strcmp(request->word, "list") == 0)
        return list(request, pg, argv);
    if (!request->actor)
        return cli_wrong_usage(argv, "cần --actor: ai làm việc này",
                               "wants --actor: who does this");
    if (strcmp(request->word, "add") == 0)
        return add(request, pg, argv);
    if (strcmp(request->word, "end") == 0)
        return end(request, pg, argv);
    return cli_wrong_usage(argv, "không có lệnh con %s", "there is no subcommand %s",
                           request->word);
}

int cmd_people(int argc, char **argv)
{
    struct request request = {0};
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
