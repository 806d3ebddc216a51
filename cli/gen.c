/* `hoso gen`: synthetic portal messages, seeded. */
#include "commands.h"
#include "gen_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Requests as NDJSON. */
static int file_sink(void *file, const char *path, struct str body, size_t rows, struct error *err)
{
    (void)rows;
    if (fprintf(file, "{\"path\":\"%s\",\"body\":", path) < 0 ||
        fwrite(body.data, 1, body.len, file) != body.len || fputs("}\n", file) < 0)
        return error_set(err, ERR_FAILED, "cannot write: %s", strerror(errno));
    return 0;
}

static int write_file(const struct gen *gen, const char *path, const struct gen_message *messages,
                      size_t count, struct error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdout : fopen(path, "w");
    if (!file)
        return error_set(err, ERR_UNAVAILABLE, "cannot open %s: %s", path, strerror(errno));
    int r = gen_send_all(gen, messages, count, file_sink, file, err);
    if ((standard ? fflush(file) : fclose(file)) != 0 && r == 0)
        r = error_set(err, ERR_FAILED, "cannot write %s: %s", path, strerror(errno));
    return r;
}

static int push(const struct gen *gen, const struct gen_options *options,
                const struct gen_message *messages, size_t count, bool *ret_all, struct error *err)
{
    struct gen_push *target = NULL;
    int r = gen_push_new(options->push, options->key, count, &target, err);
    if (r < 0)
        return r;
    r = gen_send_all(gen, messages, count, gen_push_sink, target, err);
    *ret_all = gen_push_summary(target);
    gen_push_free(target);
    return r;
}

static int deliver(struct gen_options *options, struct gen *gen, bool *ret_all, struct error *err)
{
    struct gen_message *messages = NULL;
    size_t count = 0;
    if (options->to_kafka)
        return gen_to_kafka(gen, &options->traffic, options->site.config, err);
    int r = gen_sync(gen, &messages, &count, err);
    if (r == 0)
        r = options->push ? push(gen, options, messages, count, ret_all, err)
                          : write_file(gen, options->out, messages, count, err);
    free(messages);
    return r;
}

static int run(char **argv, struct gen_options *options, struct gen *gen)
{
    struct error err;
    bool all = true;
    int r = gen_open(gen, &err);
    if (r == 0)
        r = gen_make_lives(gen, &err);
    if (r == 0)
        r = deliver(options, gen, &all, &err);
    if (r < 0)
        return cli_fail(argv, r, &err);
    return all ? EXIT_OK : EXIT_NO;
}

int cmd_gen(int argc, char **argv)
{
    struct gen_options options = {.profile = gen_profile_find("nghi-duong"),
                                  .seed = 1,
                                  .from_day = NO_DAY,
                                  .to_day = NO_DAY,
                                  .live_day = NO_DAY,
                                  .live_minute = 17 * 60};
    bool help = false;
    int code = gen_options_parse(argc, argv, &options, &help);
    if (!help && code == EXIT_OK && options.to_kafka)
        code = site_load(&options.site, argv);
    if (help || code != EXIT_OK)
        return code;
    bool live = options.live > 0;
    struct gen gen = {
        .profile = options.profile,
        .from_day = live ? options.live_day : options.from_day,
        .to_day = live ? options.live_day : options.to_day,
        .received = options.dossiers > 0 ? options.dossiers : options.profile->received,
        .chunk = options.chunk > 0 ? options.chunk : options.profile->chunk,
        .live = options.live,
    };
    if (live)
        gen.live_due_at = day_start(options.live_day) + options.live_minute * MS_PER_MINUTE;
    gen_seed(&gen.random, (uint64_t)options.seed);
    code = run(argv, &options, &gen);
    gen_close(&gen);
    site_unload(&options.site);
    return code;
}
