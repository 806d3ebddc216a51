/* `hoso doctor`: is the installation well, and what to do where it is not. */
#include "doctor.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "commands.h"
#include "json/json.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso doctor -c hoso.conf\n"
    "  hoso doctor -c hoso.conf --deep\n"
    "  hoso doctor -c hoso.conf --json\n\n"
    "Khám hệ thống đang chạy: cấu hình, Kafka, PostgreSQL, bảng, danh mục, lịch làm việc, độ trễ, "
    "bản ghi lỗi, hồ sơ chưa rõ xã,\n"
    "các dịch vụ. Mỗi mục một dòng: ổn, chú ý hoặc LỖI, kèm việc cần làm. Không thay đổi gì.\n\n"
    "  --deep   tính lại mọi hồ sơ từ lịch sử và mọi số liệu từ hồ sơ rồi so từng ô; có thể lâu, "
    "dịch vụ vẫn chạy\n"
    "  --json   mỗi mục một dòng JSON\n\n"
    "Mã thoát: 0 không có lỗi (có thể có mục cần chú ý), 1 có lỗi, 78 cấu hình sai.\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso doctor -c hoso.conf\n"
    "  hoso doctor -c hoso.conf --deep\n"
    "  hoso doctor -c hoso.conf --json\n\n"
    "Examines the installation: configuration, Kafka, PostgreSQL, tables, reference data, working "
    "calendar, lag, dead letters,\n"
    "quarantine, services. A line for each: OK, warning or ERROR, and what to do. Changes "
    "nothing.\n\n"
    "  --deep   folds every dossier again from its history, sums every figure again from the "
    "dossiers, and compares cell by cell;\n"
    "           may take long, the services go on\n"
    "  --json   one line of JSON per check\n\n"
    "Exit codes: 0 no error (maybe warnings), 1 an error was found, 78 wrong configuration.\n";

struct options {
    bool deep;
    bool json;
};

void doctor_found(struct doctor *doctor, enum health health, const char *check,
                  const char *vietnamese, const char *english, ...)
{
    if (doctor->count == FINDINGS_MAX)
        return;
    struct finding *finding = &doctor->findings[doctor->count++];
    va_list args;
    *finding = (struct finding){.check = check, .health = health};
    va_start(args, english);
    vsnprintf(finding->text, sizeof finding->text, cli_text(vietnamese, english), args);
    va_end(args);
}

void doctor_advise(struct doctor *doctor, const char *vietnamese, const char *english)
{
    struct finding *newest = &doctor->findings[doctor->count - 1];
    snprintf(newest->advice, sizeof newest->advice, "%s", cli_text(vietnamese, english));
}

static void check_config(struct doctor *doctor)
{
    const struct config *config = doctor->site.config;
    const char *path = doctor->site.path ? doctor->site.path : cli_text("(mặc định)", "(defaults)");
    if (!*config_text(config, "ingest", NULL, "event_key") ||
        !*config_text(config, "ingest", NULL, "officer_key")) {
        doctor_found(doctor, HEALTH_WARNING, "config",
                     "%s: thiếu [ingest] event_key hoặc officer_key",
                     "%s: [ingest] event_key or officer_key is not given", path);
        doctor_advise(doctor, "hoso-ingest cần hai khóa này; xem deploy/hoso.conf.example",
                      "hoso-ingest needs both; see deploy/hoso.conf.example");
    } else if (!config_name(config, "source", 0)) {
        doctor_found(doctor, HEALTH_WARNING, "config", "%s: chưa có nguồn [source.TÊN] nào",
                     "%s: no [source.NAME] yet", path);
        doctor_advise(doctor,
                      "thêm một mục cho mỗi hệ thống gửi hồ sơ; xem deploy/hoso.conf.example",
                      "add a section per sender; see deploy/hoso.conf.example");
    } else {
        doctor_found(doctor, HEALTH_OK, "config", "%s: đọc được", "%s: readable", path);
    }
}

static void print_text(const struct doctor *doctor)
{
    /* Padded by hand: printf counts bytes. */
    static const char *const labels_vi[] = {"ổn     ", "chú ý  ", "LỖI    "};
    static const char *const labels_en[] = {"OK       ", "warning  ", "ERROR    "};
    const char *const *labels = cli_english() ? labels_en : labels_vi;
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        printf("%s%s\n", labels[finding->health], finding->text);
        if (*finding->advice)
            printf("%s-> %s\n", cli_text("       ", "         "), finding->advice);
    }
}

static int print_json(const struct doctor *doctor)
{
    static const char *const words[] = {"ok", "warning", "error"};
    struct json_out *out = json_out_new();
    bool whole = out;
    for (size_t i = 0; i < doctor->count && whole; i++) {
        const struct finding *finding = &doctor->findings[i];
        json_out_clear(out);
        json_begin_object(out, NULL);
        json_put_text(out, "check", str_of(finding->check));
        json_put_text(out, "health", str_of(words[finding->health]));
        json_put_text(out, "text", str_of(finding->text));
        json_put_text(out, "advice", str_of(finding->advice));
        json_end_object(out);
        struct str text = json_out_text(out);
        whole = str_given(text);
        printf("%.*s\n", STR_ARG(text));
    }
    json_out_free(out);
    return whole ? EXIT_OK : EXIT_SOFTWARE;
}

static int examine(struct doctor *doctor, const struct options *options)
{
    check_config(doctor);
    doctor_check_topics(doctor);
    doctor_check_postgres(doctor);
    doctor_check_offsets(doctor);
    doctor_check_waiting(doctor);
    doctor_check_services(doctor);
    if (options->deep)
        doctor_check_invariants(doctor);
    bool wrong = false;
    for (size_t i = 0; i < doctor->count; i++)
        wrong |= doctor->findings[i].health == HEALTH_ERROR;
    int code = EXIT_OK;
    if (options->json)
        code = print_json(doctor);
    else
        print_text(doctor);
    return code == EXIT_OK && wrong ? EXIT_NO : code;
}

static int parse(int argc, char **argv, struct site *site, struct options *options, bool *ret_help)
{
    enum { OPT_DEEP = 256, OPT_JSON };
    static const struct option known[] = {
        SITE_LONG,
        {"deep", no_argument, NULL, OPT_DEEP},
        {"json", no_argument, NULL, OPT_JSON},
        {0},
    };
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, known, NULL)) != -1;) {
        if (option == 'h')
            *ret_help = true;
        else if (option == OPT_DEEP)
            options->deep = true;
        else if (option == OPT_JSON)
            options->json = true;
        else if (!site_option(site, option, optarg))
            return cli_bad_option(argv, option);
    }
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    return EXIT_OK;
}

int cmd_doctor(int argc, char **argv)
{
    struct doctor doctor = {0};
    struct options options = {0};
    struct error err;
    bool help = false;
    int code = parse(argc, argv, &doctor.site, &options, &help);
    if (code != EXIT_OK)
        return code;
    if (help)
        return cli_help(help_vi, help_en);
    code = site_load(&doctor.site, argv);
    if (code == EXIT_OK &&
        kafka_settings_load(doctor.site.config, "hoso", &doctor.kafka, &err) < 0) {
        cli_fail(argv, ERR_INPUT, &err);
        code = EXIT_CONFIG;
    }
    if (code == EXIT_OK)
        code = examine(&doctor, &options);
    pg_free(doctor.pg);
    kafka_settings_unload(&doctor.kafka);
    site_unload(&doctor.site);
    return code;
}
