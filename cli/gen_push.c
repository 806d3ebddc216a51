/* Requests over HTTP, one after the other: what is answered "later" is sent again, what is refused is told and counted. */
#include "commands.h"
#include "gen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "http/client.h"

#define TIMEOUT_MS (60 * MS_PER_SECOND)
/* How long one request may be answered "later" or not at all; nobody there from the beginning is a wrong address. */
#define GIVE_UP_MS (120 * MS_PER_SECOND)
#define NOBODY_THERE_MS (5 * MS_PER_SECOND)
#define REFUSALS_SHOWN 5

struct gen_push {
    struct http_client *client;
    bool answered; /* at least once */
    bool terminal; /* stderr is one: the progress stays on one line */
    size_t row_total;
    size_t rows;
    size_t shown_percent;
    int64_t requests;
    int64_t accepted;
    int64_t refused;
    int64_t repeated;
    struct mono began;
};

int gen_push_new(const char *url, const char *key, size_t row_total, struct gen_push **ret,
                 struct error *err)
{
    struct gen_push *push = calloc(1, sizeof *push);
    if (!push)
        return error_set(err, ERR_NOMEM, "out of memory");
    char header[512];
    int size = snprintf(header, sizeof header, "X-API-Key: %s", key);
    const char *const headers[] = {header, NULL};
    int r = size < (int)sizeof header
                ? http_client_new(url, headers, TIMEOUT_MS, &push->client, err)
                : error_set(err, ERR_INPUT, "the key is longer than 500 bytes");
    if (r < 0) {
        gen_push_free(push);
        return r;
    }
    push->terminal = isatty(STDERR_FILENO);
    push->row_total = row_total;
    push->began = mono_now();
    *ret = push;
    return 0;
}

struct gen_push *gen_push_free(struct gen_push *push)
{
    if (push)
        http_client_free(push->client);
    free(push);
    return NULL;
}

static void wait_s(int seconds)
{
    struct timespec left = {.tv_sec = seconds};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* Every percent on a terminal, every tenth elsewhere. */
static void show_progress(struct gen_push *push)
{
    size_t percent = push->rows * 100 / push->row_total;
    size_t step = push->terminal ? 1 : 10;
    if (percent / step == push->shown_percent / step)
        return;
    push->shown_percent = percent;
    fprintf(stderr, cli_text("%sĐã gửi %3zu %% (%zu dòng)%s", "%sSent %3zu %% (%zu rows)%s"),
            push->terminal ? "\r" : "", percent, push->rows,
            push->terminal && percent < 100 ? "" : "\n");
}

/* Sends until there is an answer other than 503; that, or at last the failure. */
static int post(struct gen_push *push, const char *path, struct str body, struct http_reply *reply,
                struct error *err)
{
    struct mono began = mono_now();
    for (;;) {
        int r = http_client_post(push->client, path, body, reply, err);
        if (r < 0 && r != ERR_UNAVAILABLE)
            return r;
        push->answered = push->answered || r == 0;
        if (r == 0 && reply->status != 503)
            return 0;
        if (mono_diff_ms(began, mono_now()) > (push->answered ? GIVE_UP_MS : NOBODY_THERE_MS))
            return r < 0 ? r
                         : error_set(err, ERR_UNAVAILABLE, "answered 503 for two minutes: %.*s",
                                     (int)(reply->body.len < 200 ? reply->body.len : 200),
                                     reply->body.data);
        push->repeated++;
        wait_s(r == 0 && reply->retry_after_s > 0 ? reply->retry_after_s : 1);
    }
}

static void show_refusals(const struct gen_push *push, const struct json *refused)
{
    int64_t shown = push->refused;
    for (size_t i = 0; i < json_size(refused) && shown < REFUSALS_SHOWN; i++, shown++) {
        struct str code = json_text(json_get(json_at(refused, i), "code"));
        struct str message = json_text(json_get(json_at(refused, i), "message"));
        fprintf(stderr, cli_text("%sBị từ chối: %.*s: %.*s\n", "%sRefused: %.*s: %.*s\n"),
                push->terminal ? "\n" : "", STR_ARG(code), STR_ARG(message));
    }
}

/* An answer with rows: {"accepted":N,"refused":[…]}. */
static int count_rows(struct gen_push *push, struct str body, size_t rows, struct error *err)
{
    struct json_doc *doc = NULL;
    int64_t accepted = 0;
    int r = json_parse(body, &doc, err);
    if (r < 0)
        return error_prefix(err, r, "answer");
    const struct json *refused = json_get(json_root(doc), "refused");
    bool adds_up = json_to_integer(json_get(json_root(doc), "accepted"), &accepted) &&
                   accepted >= 0 && (size_t)accepted + json_size(refused) == rows;
    if (adds_up) {
        show_refusals(push, refused);
        push->accepted += accepted;
        push->refused += (int64_t)json_size(refused);
    }
    json_doc_free(doc);
    return adds_up
               ? 0
               : error_set(err, ERR_FAILED, "the answer does not account for all %zu rows", rows);
}

int gen_push_sink(void *arg, const char *path, struct str body, size_t rows, struct error *err)
{
    struct gen_push *push = arg;
    struct http_reply reply;
    int r = post(push, path, body, &reply, err);
    if (r < 0)
        return r;
    if (reply.status != 200 && reply.status != 207 && reply.status != 422)
        return error_set(err, ERR_INPUT, "%s answered %d: %.*s", path, reply.status,
                         (int)(reply.body.len < 300 ? reply.body.len : 300), reply.body.data);
    r = count_rows(push, reply.body, rows, err);
    push->requests++;
    push->rows += rows;
    show_progress(push);
    return r;
}

bool gen_push_summary(const struct gen_push *push)
{
    int64_t ms = mono_diff_ms(push->began, mono_now());
    fprintf(stderr,
            cli_text("%" PRId64 " lượt gửi, %" PRId64 " dòng được nhận, %" PRId64
                     " bị từ chối, %" PRId64 " lần phải gửi lại; %" PRId64 ",%" PRId64 " giây\n",
                     "%" PRId64 " requests, %" PRId64 " rows accepted, %" PRId64
                     " refused, %" PRId64 " times sent again; %" PRId64 ".%" PRId64 " s\n"),
            push->requests, push->accepted, push->refused, push->repeated, ms / 1000,
            ms / 100 % 10);
    return push->refused == 0;
}
