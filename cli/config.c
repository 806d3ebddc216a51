/* `hoso config check` and `hoso config show`. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "ingest/check.h"
#include "service/kafka_settings.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n  hoso config check -c hoso.conf\n  hoso config show -c hoso.conf\n\n"
    "check: báo lỗi đầu tiên kèm tệp và dòng, mã thoát 78. show: mọi tùy chọn, giá trị và nguồn\n"
    "(--set, biến môi trường, tệp, mặc định); bí mật được che.\n";
static const char help_en[] =
    "Examples:\n  hoso config check -c hoso.conf\n  hoso config show -c hoso.conf\n\n"
    "check: the first mistake with file and line, exit code 78. show: every option, its value and\n"
    "where it comes from (--set, environment, file, default); secrets are masked.\n";

static void show(void *arg, const char *section, const char *name, const char *key,
                 const char *value, const char *origin)
{
    (void)arg;
    char option[200];
    snprintf(option, sizeof option, "%s%s%s.%s", section, name ? "." : "", name ? name : "", key);
    printf("%-32s = %-40s ; %s\n", option, value, origin);
}

int cmd_config(int argc, char **argv)
{
    struct site site = {0};
    struct kafka_settings settings;
    struct error err;
    int code;
    bool check = argc > 1 && strcmp(argv[1], "check") == 0;
    if (site_begin(argc, argv, check ? "check" : "show", help_vi, help_en, &site, &code))
        return code;
    int result = kafka_settings_load(site.config, "hoso", &settings, &err);
    kafka_settings_unload(&settings);
    if (result == 0 && check)
        result = ingest_check(site.config, &err);
    if (result) {
        cli_fail(argv, result, &err);
        code = EXIT_CONFIG;
    } else if (check) {
        puts(cli_text("Cấu hình hợp lệ", "The configuration is valid"));
    } else {
        config_visit(site.config, show, NULL);
    }
    site_unload(&site);
    return code;
}
