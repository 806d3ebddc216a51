#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cli_english(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strncmp(value, "en", 2) == 0;
    }
    return false;
}

const char *cli_text(const char *vietnamese, const char *english)
{
    return cli_english() ? english : vietnamese;
}

static int point_to_help(char *const *argv)
{
    fprintf(stderr, cli_text("Xem: %s --help\n", "See: %s --help\n"), argv[0]);
    return EXIT_USAGE;
}

int cli_bad_option(char *const *argv, int answer)
{
    const char *option = argv[optind - 1];
    if (answer == ':')
        fprintf(stderr, cli_text("%s: %s cần một giá trị\n", "%s: %s needs a value\n"), argv[0],
                option);
    else if (optopt > 0 && optopt < 128 && strncmp(option, "--", 2) != 0)
        fprintf(stderr, cli_text("%s: không có tùy chọn -%c\n", "%s: no such option -%c\n"),
                argv[0], optopt);
    else
        fprintf(stderr, cli_text("%s: không hiểu tùy chọn %s\n", "%s: cannot use option %s\n"),
                argv[0], option);
    return point_to_help(argv);
}

int cli_help(const char *vietnamese, const char *english)
{
    fputs(cli_text(vietnamese, english), stdout);
    return EXIT_OK;
}

int cli_wrong_usage(char *const *argv, const char *vietnamese, const char *english, ...)
{
    va_list args;
    va_start(args, english);
    fprintf(stderr, "%s: ", argv[0]);
    vfprintf(stderr, cli_text(vietnamese, english), args);
    fputc('\n', stderr);
    va_end(args);
    return point_to_help(argv);
}

int cli_fail(char *const *argv, int result, const struct error *err)
{
    fprintf(stderr, "%s: %s\n", argv[0], err->text);
    switch (result) {
    case ERR_INPUT: return EXIT_DATA;
    case ERR_UNAVAILABLE: return EXIT_UNAVAILABLE;
    case ERR_CONFLICT: return EXIT_NO;
    default: return EXIT_SOFTWARE;
    }
}

bool cli_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    int64_t number = strtoimax(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max)
        return false;
    *ret = number;
    return true;
}

bool cli_parse_time(const char *text, int64_t *ret)
{
    char form[40];
    unsigned year;
    unsigned month;
    unsigned day;
    int used = 0;
    if (vn_time_parse(str_of(text), ret))
        return true;
    if (strlen(text) == strlen("yyyy-MM-ddTHH:mm")) {
        snprintf(form, sizeof form, "%s:00", text);
        if (vn_time_parse(str_of(form), ret))
            return true;
    }
    const char *date = strrchr(text, ' ');
    const char *clock = date ? text : "00:00 ";
    date = date ? date + 1 : text;
    if (sscanf(date, "%2u/%2u/%4u%n", &day, &month, &year, &used) != 3 || date[used] != '\0')
        return false;
    snprintf(form, sizeof form, "%04u-%02u-%02u %.*s:00", year, month, day,
             (int)strcspn(clock, " "), clock);
    return vn_time_parse(str_of(form), ret);
}

char *cli_date(int32_t day, char *out)
{
    struct vn_time local = vn_time_of(day_start(day));
    snprintf(out, CLI_TIME_SIZE, "%02u/%02u/%04u", (unsigned)local.day % 100,
             (unsigned)local.month % 100, (unsigned)local.year % 10000);
    return out;
}

char *cli_time(int64_t at, char *out)
{
    struct vn_time local = vn_time_of(at);
    snprintf(out, CLI_TIME_SIZE, "%02u:%02u %02u/%02u/%04u", (unsigned)local.hour % 100,
             (unsigned)local.minute % 100, (unsigned)local.day % 100, (unsigned)local.month % 100,
             (unsigned)local.year % 10000);
    return out;
}
