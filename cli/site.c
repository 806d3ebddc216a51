#include "site.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

bool site_option(struct site *site, int option, const char *value)
{
    if (option == 'c')
        site->path = value;
    else if (option == 's' && site->override_count < SITE_OVERRIDES_MAX)
        site->overrides[site->override_count++] = value;
    else
        return false;
    return true;
}

int site_load(struct site *site, char *const *argv)
{
    struct error err;
    int result =
        config_load(site->path, site->overrides, site->override_count, &site->config, &err);
    if (result) {
        cli_fail(argv, result, &err);
        return EXIT_CONFIG;
    }
    clock_set_offset(config_duration_ms(site->config, "clock", NULL, "offset"));
    return 0;
}

void site_unload(struct site *site)
{
    site->config = config_free(site->config);
}

int site_connect(const struct site *site, char *const *argv, struct pg **ret)
{
    struct error err;
    const char *conninfo = config_text(site->config, "postgres", NULL, "conninfo");
    int result = pg_connect(conninfo, "hoso", ret, &err);
    return result ? cli_fail(argv, result, &err) : 0;
}

int site_open(struct site *site, char *const *argv, struct pg **ret)
{
    int code = site_load(site, argv);
    return code == EXIT_OK ? site_connect(site, argv, ret) : code;
}

void site_close(struct site *site, struct pg *pg)
{
    pg_free(pg);
    site_unload(site);
}

int site_begin(int argc, char **argv, const char *word, const char *help_vi, const char *help_en,
               struct site *site, int *ret_exit)
{
    static const struct option options[] = {SITE_LONG, {0}};
    *ret_exit = EXIT_OK;
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(cli_text(help_vi, help_en), stdout);
            return 1;
        }
        if (!site_option(site, option, optarg)) {
            *ret_exit = cli_bad_option(argv, option);
            return 1;
        }
    }
    if (optind + 1 != argc || strcmp(argv[optind], word) != 0) {
        *ret_exit =
            cli_wrong_usage(argv, "cần đúng một từ: %s", "wants exactly one word: %s", word);
        return 1;
    }
    *ret_exit = site_load(site, argv);
    return *ret_exit != 0;
}
