/* The command line of `hoso gen`. */
#ifndef HOSO_CLI_GEN_OPTIONS_H
#define HOSO_CLI_GEN_OPTIONS_H

#include "gen.h"
#include "site.h"

struct gen_options {
    const struct gen_profile *profile;
    int64_t seed;
    int32_t from_day;
    int32_t to_day;
    int64_t dossiers;
    int64_t chunk;
    int64_t live;
    int32_t live_day;
    int64_t live_minute;
    const char *out;
    const char *push;
    const char *key;
    bool to_kafka;
    struct gen_traffic traffic;
    struct site site;
};

/* EXIT_OK with the options and their defaults filled in, or an exit code already explained; *ret_help = help was wanted, and given. */
int gen_options_parse(int argc, char **argv, struct gen_options *ret, bool *ret_help);

#endif
