/* The second aggregator, and how both come to stand at the same offsets. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/embedded.h"
#include "commands.h"
#include "replay.h"
#include "service/kafka_settings.h"

enum {
    ANSWER_MS = 15000,
    NEAR = 5000, /* records that are read while the writers of the live tables wait */
    ROUNDS_MAX =
        100, /* a live aggregator that we do not get near to in so many is faster than we are */
    TELL_MS = 500,
    ARGUMENTS_MAX = 2 * SITE_OVERRIDES_MAX + 16,
};

/* ---- what there is ---- */

static int read_partitions(struct replay *replay, const char *consumer, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(consumer)), pg_text(str_of(replay->topic))};
    int r = pg_exec(replay->live,
                    "SELECT partition, next_offset FROM hoso.kafka_offset "
                    "WHERE consumer = $1 AND topic = $2 ORDER BY partition",
                    params, 2, &rows, err);
    replay->count = r == 0 ? pg_rows(rows) : 0;
    replay->partitions = calloc(replay->count + 1, sizeof *replay->partitions);
    if (r == 0 && !replay->partitions)
        r = error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < replay->count && r == 0; i++)
        replay->partitions[i] = (struct replay_partition){.number = pg_get_int32(rows, i, 0),
                                                          .next_offset = pg_get_int64(rows, i, 1)};
    pg_result_free(rows);
    if (r == 0 && replay->count == 0)
        r = error_set(err, ERR_INPUT, "hoso-%s has read nothing of topic %s yet", consumer,
                      replay->topic);
    return r;
}

static int read_reaches(struct replay *replay, struct error *err)
{
    struct consumer *reader = NULL;
    struct partition_offset *from = calloc(replay->count, sizeof *from);
    if (!from)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < replay->count; i++)
        from[i] = (struct partition_offset){replay->partitions[i].number, READ_FROM_END};
    int r = consumer_new_reader(&replay->kafka, replay->topic, from, replay->count, &reader, err);
    for (size_t i = 0; i < replay->count && r == 0; i++) {
        struct replay_partition *partition = &replay->partitions[i];
        r = consumer_watermarks(reader, partition->number, ANSWER_MS, &partition->low,
                                &partition->high, err);
    }
    consumer_free(reader);
    free(from);
    return r;
}

int replay_open(struct replay *replay, const char *consumer, struct error *err)
{
    const char *conninfo = config_text(replay->site.config, "postgres", NULL, "conninfo");
    replay->topic = config_text(replay->site.config, "kafka", NULL, "events_topic");
    int r = kafka_settings_load(replay->site.config, "hoso-replay", &replay->kafka, err);
    if (r == 0)
        r = pg_connect(conninfo, "hoso-replay", &replay->live, err);
    if (r == 0)
        r = pg_connect(conninfo, "hoso-replay", &replay->shadow, err);
    if (r == 0)
        r = read_partitions(replay, consumer, err);
    return r == 0 ? read_reaches(replay, err) : r;
}

void replay_close(struct replay *replay)
{
    pg_free(replay->live);
    pg_free(replay->shadow);
    free(replay->partitions);
    kafka_settings_unload(&replay->kafka);
    site_unload(&replay->site);
}

/* ---- the shadow ---- */

static int lock_out_others(struct replay *replay, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(replay->shadow, "SELECT pg_try_advisory_lock(hashtext('" REPLAY_SCHEMA "'))",
                    NULL, 0, &rows, err);
    bool ours = r == 0 && pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    return r < 0 || ours ? r : error_set(err, ERR_INPUT, "another hoso replay is running");
}

static int fill(struct replay *replay, enum replay_from from, struct error *err)
{
    struct pg_array log, begins, history;
    pg_array_init(&log, PG_INT32);
    pg_array_init(&begins, PG_INT64);
    pg_array_init(&history, PG_INT32);
    int r = 0;
    for (size_t i = 0; i < replay->count && r == 0; i++) {
        const struct replay_partition *partition = &replay->partitions[i];
        bool whole = partition->low == 0;
        if (from == FROM_LOG && !whole)
            r = error_set(err, ERR_INPUT,
                          "partition %" PRId32 ": the log begins at %" PRId64
                          " only; use --from history",
                          partition->number, partition->low);
        else if (whole && from != FROM_HISTORY)
            r = pg_array_int32(&log, partition->number) < 0 || pg_array_int64(&begins, 0) < 0;
        else
            r = pg_array_int32(&history, partition->number) < 0;
    }
    const struct pg_param of_log[] = {pg_text(str_of(replay->topic)), pg_array_param(&log),
                                      pg_array_param(&begins)};
    const struct pg_param of_history[] = {pg_text(str_of(replay->topic)), pg_array_param(&history)};
    if (r > 0)
        r = error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        r = pg_exec(replay->shadow, "SELECT 1 FROM " REPLAY_SCHEMA ".from_log($1, $2, $3)", of_log,
                    3, NULL, err);
    if (r == 0)
        r = pg_exec(replay->shadow, "SELECT 1 FROM " REPLAY_SCHEMA ".from_history($1, $2)",
                    of_history, 2, NULL, err);
    pg_array_deinit(&log);
    pg_array_deinit(&begins);
    pg_array_deinit(&history);
    return r;
}

/* One snapshot for the history, its dossiers and their offsets. */
static int make_shadow(struct replay *replay, enum replay_from from, struct error *err)
{
    char sql[16384];
    struct str text = embedded("replay/shadow.sql");
    if (text.len >= sizeof sql)
        return error_set(err, ERR_FAILED, "replay/shadow.sql is too long");
    snprintf(sql, sizeof sql, "%.*s", STR_ARG(text));
    int r = pg_script(replay->shadow,
                      "SET client_min_messages = warning; "
                      "DROP SCHEMA IF EXISTS " REPLAY_SCHEMA " CASCADE",
                      err);
    if (r == 0)
        r = pg_script(replay->shadow, "BEGIN ISOLATION LEVEL REPEATABLE READ", err);
    if (r == 0)
        r = pg_script(replay->shadow, sql, err);
    if (r == 0)
        r = fill(replay, from, err);
    if (r == 0)
        return pg_commit(replay->shadow, err);
    pg_rollback(replay->shadow);
    return r;
}

/* ---- the second aggregator ---- */

/* Beside this program, where it was installed with it; else wherever PATH finds it. */
static const char *find_program(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    path[len > 0 ? len : 0] = '\0';
    char *name = strrchr(path, '/');
    if (!name || (size_t)(name - path) + sizeof "/hoso-aggregator" > size)
        return "hoso-aggregator";
    snprintf(name, sizeof "/hoso-aggregator", "/hoso-aggregator");
    return access(path, X_OK) == 0 ? path : "hoso-aggregator";
}

static pid_t start(struct replay *replay)
{
    char path[512], group[200];
    const char *arguments[ARGUMENTS_MAX];
    static const char schema[] = "aggregator.schema=" REPLAY_SCHEMA;
    const char *own[] = {schema, group, "aggregator.port_file=", "aggregator.listen=127.0.0.1:0",
                         "log.level=warn"};
    size_t count = 0;
    snprintf(group, sizeof group, "aggregator.group=%s-replay",
             config_text(replay->site.config, "aggregator", NULL, "group"));
    arguments[count++] = find_program(path, sizeof path);
    if (replay->site.path) {
        arguments[count++] = "-c";
        arguments[count++] = replay->site.path;
    }
    for (size_t i = 0; i < replay->site.override_count; i++) {
        arguments[count++] = "--set";
        arguments[count++] = replay->site.overrides[i];
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        arguments[count++] = "--set";
        arguments[count++] = own[i];
    }
    arguments[count] = NULL;
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(arguments[0], (char *const *)arguments);
    _exit(EXIT_SOFTWARE);
}

/* Records between the shadow and where it is to stop. */
static int read_distance(struct replay *replay, int64_t *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(replay->shadow,
                    "SELECT sum(greatest(stop_at - next_offset, 0))::bigint FROM " REPLAY_SCHEMA
                    ".kafka_offset",
                    NULL, 0, &rows, err);
    *ret = r == 0 ? pg_get_int64(rows, 0, 0) : 0;
    pg_result_free(rows);
    return r;
}

static void tell(int64_t left)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, cli_text("\rcòn %" PRId64 " bản ghi   ", "\r%" PRId64 " records left   "),
                left);
}

static int work_to_the_stop(struct replay *replay, struct error *err)
{
    const struct timespec pause = {.tv_nsec = TELL_MS * 1000000L};
    int status = 0;
    int r = 0;
    int64_t left;
    pid_t pid = start(replay);
    if (pid < 0)
        return error_set(err, ERR_FAILED, "hoso-aggregator could not be started");
    while (r == 0 && waitpid(pid, &status, WNOHANG) == 0) {
        r = read_distance(replay, &left, err);
        if (r == 0)
            tell(left);
        nanosleep(&pause, NULL);
    }
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (r < 0) {
        kill(pid, SIGTERM);
        waitpid(pid, &status, 0);
        return r;
    }
    if (status != 0)
        return error_set(err, ERR_FAILED, "hoso-aggregator on schema " REPLAY_SCHEMA " failed");
    r = read_distance(replay, &left, err);
    if (r == 0 && left > 0)
        r = error_set(err, ERR_FAILED, "interrupted, %" PRId64 " records before the end", left);
    return r;
}

/* ---- coming together ---- */

/* The shadow stops where the live tables stand now; how far that is. */
static int set_stop(struct replay *replay, int64_t *ret_distance, struct error *err)
{
    struct pg_array partitions, offsets;
    struct pg_result *rows = NULL;
    const struct pg_param topic[] = {pg_text(str_of(replay->topic))};
    pg_array_init(&partitions, PG_INT32);
    pg_array_init(&offsets, PG_INT64);
    int r = pg_exec(replay->live,
                    "SELECT partition, next_offset FROM hoso.kafka_offset "
                    "WHERE consumer = 'aggregator' AND topic = $1",
                    topic, 1, &rows, err);
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        if (pg_array_int32(&partitions, pg_get_int32(rows, i, 0)) < 0 ||
            pg_array_int64(&offsets, pg_get_int64(rows, i, 1)) < 0)
            r = error_set(err, ERR_NOMEM, "out of memory");
    }
    pg_result_free(rows);
    const struct pg_param params[] = {pg_array_param(&partitions), pg_array_param(&offsets)};
    if (r == 0)
        r = pg_exec(replay->shadow,
                    "UPDATE " REPLAY_SCHEMA ".kafka_offset k SET stop_at = l.stop_at "
                    "FROM unnest($1, $2) AS l (partition, stop_at) WHERE k.partition = l.partition",
                    params, 2, NULL, err);
    pg_array_deinit(&partitions);
    pg_array_deinit(&offsets);
    return r < 0 ? r : read_distance(replay, ret_distance, err);
}

/* From here to the end of the transaction the writers of the live tables wait at their first statement. */
static int lock_live(struct replay *replay, struct error *err)
{
    const struct pg_param topic[] = {pg_text(str_of(replay->topic))};
    int r = pg_begin(replay->live, err);
    return r < 0 ? r
                 : pg_exec(replay->live,
                           "SELECT 1 FROM hoso.kafka_offset WHERE consumer = 'aggregator' "
                           "AND topic = $1 ORDER BY partition FOR UPDATE",
                           topic, 1, NULL, err);
}

int replay_run(struct replay *replay, enum replay_from from, struct error *err)
{
    int64_t distance = 0;
    int r = lock_out_others(replay, err);
    if (r == 0)
        r = make_shadow(replay, from, err);
    for (int round = 0; r == 0; round++) {
        r = set_stop(replay, &distance, err);
        if (r == 0 && round > 0 && distance <= NEAR)
            break;
        if (r == 0 && round == ROUNDS_MAX)
            return error_set(err, ERR_UNAVAILABLE,
                             "the aggregator at work is always %" PRId64
                             " records ahead; try again "
                             "at a quiet hour",
                             distance);
        if (r == 0)
            r = work_to_the_stop(replay, err);
    }
    if (r == 0)
        r = lock_live(replay, err);
    if (r == 0)
        r = set_stop(replay, &distance, err);
    return r == 0 && distance > 0 ? work_to_the_stop(replay, err) : r;
}

/* ---- a person's decision ---- */

static int find_place(const struct replay_partition *partition, const char *to, int64_t *ret,
                      struct error *err)
{
    bool known = strcmp(to, "begin") == 0 || strcmp(to, "end") == 0;
    *ret = *to == 'b' ? partition->low : partition->high;
    if (!known && !cli_number(to, 0, INT64_MAX, ret))
        return error_set(err, ERR_INPUT, "--to: begin, end or a number");
    if (*ret < partition->low || *ret > partition->high)
        return error_set(err, ERR_INPUT,
                         "partition %" PRId32 ": the log holds %" PRId64 " to %" PRId64
                         ", not %" PRId64,
                         partition->number, partition->low, partition->high, *ret);
    return 0;
}

static int move_one(struct replay *replay, const char *consumer,
                    const struct replay_partition *partition, const char *to, struct error *err)
{
    int64_t place = 0;
    int r = find_place(partition, to, &place, err);
    const struct pg_param params[] = {pg_text(str_of(consumer)), pg_text(str_of(replay->topic)),
                                      pg_int32(partition->number), pg_int64(place)};
    if (r == 0)
        r = pg_exec(replay->live,
                    "UPDATE hoso.kafka_offset SET next_offset = $4, epoch = epoch + 1, "
                    "last_offset = NULL, last_record = NULL, updated_at = now() "
                    "WHERE consumer = $1 AND topic = $2 AND partition = $3",
                    params, 4, NULL, err);
    if (r == 0)
        printf(cli_text("phân vùng %" PRId32 ": từ %" PRId64 " sang %" PRId64 "\n",
                        "partition %" PRId32 ": from %" PRId64 " to %" PRId64 "\n"),
               partition->number, partition->next_offset, place);
    return r;
}

int replay_move(struct replay *replay, const char *consumer, int32_t partition, const char *to,
                struct error *err)
{
    int moved = 0;
    int r = pg_begin(replay->live, err);
    for (size_t i = 0; i < replay->count && r == 0; i++) {
        if (partition >= 0 && replay->partitions[i].number != partition)
            continue;
        r = move_one(replay, consumer, &replay->partitions[i], to, err);
        moved++;
    }
    if (r == 0 && moved == 0)
        r = error_set(err, ERR_INPUT, "hoso-%s has no partition %" PRId32, consumer, partition);
    return r == 0 ? pg_commit(replay->live, err) : r;
}
