/* `hoso timeline`: one dossier's life, from its stored events: who held it when, and what happened. */
#include <getopt.h>
#include <stdio.h>

#include "commands.h"
#include "service/life.h"
#include "site.h"
#include "json/json.h"

static const char help_vi[] = "Ví dụ:\n"
                              "  hoso timeline -c hoso.conf H24.11713-260601-0001\n"
                              "  hoso timeline -c hoso.conf H24.11713-260601-0001 --json\n\n"
                              "Một hồ sơ từ đầu đến nay: cơ quan nào giữ hồ sơ từ lúc nào đến lúc "
                              "nào (theo các lần chuyển), và từng\n"
                              "sự kiện theo thứ tự xảy ra, kèm nguồn và lúc hệ thống nhận được. "
                              "\"?\": không nguồn nào cho biết.\n";
static const char help_en[] = "Examples:\n"
                              "  hoso timeline -c hoso.conf H24.11713-260601-0001\n"
                              "  hoso timeline -c hoso.conf H24.11713-260601-0001 --json\n\n"
                              "One dossier from its beginning: which agency held it from when to "
                              "when (as its transfers say), and each event in\n"
                              "the order in which it happened, with its source and when we "
                              "received it. \"?\": no source says.\n";

static void put_time(struct json_out *out, const char *key, int64_t at)
{
    char text[TIME_TEXT_SIZE];
    if (at == NO_TIME)
        json_put_null(out, key);
    else
        json_put_text(out, key, str_of(time_format(at, text)));
}

static void print_json(const struct life *life, const char *code)
{
    struct json_out *out = json_out_new();
    json_begin_object(out, NULL);
    json_put_text(out, "code", str_of(code));
    json_begin_array(out, "held");
    for (size_t i = 0; i < life->tenure_count; i++) {
        const struct tenure *held = &life->tenures[i];
        json_begin_object(out, NULL);
        json_put_text(out, "agency", held->agency);
        put_time(out, "from", held->from_at);
        put_time(out, "to", held->to_at);
        json_end_object(out);
    }
    json_end_array(out);
    json_begin_array(out, "events");
    for (size_t i = 0; i < life->count; i++) {
        const struct event *event = life->events[i];
        json_begin_object(out, NULL);
        put_time(out, "occurred_at", event->occurred_at);
        put_time(out, "ingested_at", event->ingested_at);
        json_put_text(out, "kind", str_of(event_kind_name(event->kind)));
        json_put_integer(out, "status", event->status);
        json_put_text(out, "source", event->source);
        if (str_given(event->transfer_to)) {
            json_put_text(out, "transfer_from", event->transfer_from);
            json_put_text(out, "transfer_to", event->transfer_to);
        }
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
    struct str text = json_out_text(out);
    printf("%.*s\n", STR_ARG(text));
    json_out_free(out);
}

static const char *time_or(int64_t at, const char *none, char out[CLI_TIME_SIZE])
{
    return at == NO_TIME ? none : cli_time(at, out);
}

static void print_text(const struct life *life)
{
    char times[2][CLI_TIME_SIZE];
    puts(cli_text("Cơ quan giữ hồ sơ:", "Held by:"));
    for (size_t i = 0; i < life->tenure_count; i++) {
        const struct tenure *held = &life->tenures[i];
        bool last = i + 1 == life->tenure_count;
        printf("  %-24.*s %16s – %s\n", STR_ARG(held->agency),
               time_or(held->from_at, "?", times[0]),
               time_or(held->to_at, last ? cli_text("nay", "now") : "?", times[1]));
    }
    puts(cli_text("Sự kiện (lúc xảy ra, lúc nhận được):", "Events (happened, received):"));
    for (size_t i = 0; i < life->count; i++) {
        const struct event *event = life->events[i];
        const char *status = status_label(event->status);
        printf("  %16s  %16s  %-12s %-12.*s %s", cli_time(event->occurred_at, times[0]),
               cli_time(event->ingested_at, times[1]), event_kind_name(event->kind),
               STR_ARG(event->source), status ? status : "");
        if (str_given(event->transfer_to))
            printf("%.*s → %.*s", STR_ARG(event->transfer_from), STR_ARG(event->transfer_to));
        puts("");
    }
}

static int run(const struct site *site, char **argv, const char *code, bool json)
{
    struct pg *pg = NULL;
    struct life life;
    struct error err = {""};
    int exit_code = site_connect(site, argv, &pg);
    if (exit_code)
        return exit_code;
    int r = life_read(pg, site->config, str_of(code), &life, &err);
    if (r == 0 && json)
        print_json(&life, code);
    else if (r == 0)
        print_text(&life);
    life_deinit(&life);
    pg_free(pg);
    if (r < 0)
        return cli_fail(argv, r, &err);
    if (r == 0)
        return EXIT_OK;
    fprintf(stderr, cli_text("%s: không có hồ sơ này\n", "%s: there is no such dossier\n"),
            argv[0]);
    return EXIT_NO;
}

int cmd_timeline(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, SITE_LONG, {0}};
    struct site site = {0};
    bool json = false;
    for (int c; (c = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        if (c == 'h')
            return cli_help(help_vi, help_en);
        if (c == 'j')
            json = true;
        else if (!site_option(&site, c, optarg))
            return cli_bad_option(argv, c);
    }
    if (optind + 1 != argc)
        return cli_wrong_usage(argv, "cần đúng một mã hồ sơ", "give exactly one dossier code");
    int exit_code = site_load(&site, argv);
    if (exit_code == EXIT_OK)
        exit_code = run(&site, argv, argv[optind], json);
    site_unload(&site);
    return exit_code;
}
