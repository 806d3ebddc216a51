/* `hoso alerts preview`: the messages themselves, by the code that the alerter renders them with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts.h"
#include "commands.h"
#include "notice/owed.h"
#include "notice/schedule.h"
#include "service/reference.h"

struct preview {
    const struct alerts_request *request;
    struct pg *pg;
    struct schedule schedule;
    const struct calendar *calendar;
    int64_t now_at;
    size_t shown;
};

/* A link as a message has it; the id is made when the message is. */
static const char *sample_link(const struct config *config, char *out, size_t size)
{
    const char *url = config_text(config, "notify", NULL, "public_url");
    bool given = *url && *config_text(config, "notify", NULL, "link_key");
    snprintf(out, size, "%s%s", given ? url : "", given ? "/xac-nhan/0000…" : "");
    return out;
}

/* What goes out on that channel; malloc'd, NULL when memory is short. */
static char *render(const struct preview *preview, const char *channel,
                    const struct message *message)
{
    const struct config *config = preview->request->site.config;
    const char *type = config_text(config, "channel", channel, "type");
    if (strcmp(type, "webhook") == 0)
        return message_webhook(message, channel, config_bool(config, "channel", channel, "codes"));
    if (strcmp(type, "template") == 0)
        return message_values(message);
    return preview->request->html ? message_html(message) : message_text(message);
}

static void print_head(const struct preview *preview, const struct message *message,
                       const char *channel, const char *subject)
{
    char at[CLI_TIME_SIZE];
    int64_t open_at = schedule_open_at(&preview->schedule, preview->calendar, preview->now_at);
    if (preview->request->html)
        return;
    printf("%s── %.*s  (%s: %.*s)\n", preview->shown ? "\n" : "", STR_ARG(message->recipient),
           channel, STR_ARG(message->to));
    if (open_at > preview->now_at)
        printf(cli_text("Giờ yên lặng: gửi từ %s\n", "Quiet hours: not before %s\n"),
               cli_time(open_at, at));
    printf("Subject: %s\n\n", subject);
}

/* rows: recipient_id, name, channel, address. */
static int show(struct preview *preview, const struct pg_result *rows, size_t row,
                struct error *err)
{
    const struct config *config = preview->request->site.config;
    char channel[64], from[256] = "", link[600];
    snprintf(channel, sizeof channel, "%.*s", STR_ARG(pg_get_text(rows, row, 2)));
    bool known = false;
    for (size_t i = 0; config_name(config, "channel", i) && !known; i++)
        known = strcmp(config_name(config, "channel", i), channel) == 0;
    if (!known) {
        fprintf(stderr,
                cli_text("không có [channel.%s] trong cấu hình: %.*s không nhận được gì\n",
                         "there is no [channel.%s]: %.*s gets nothing\n"),
                channel, STR_ARG(pg_get_text(rows, row, 1)));
        return 0;
    }
    struct owed owed = {0};
    int r =
        owed_load(preview->pg, pg_get_int32(rows, row, 0), preview->now_at, preview->request->all,
                  (int32_t)config_integer(config, "notify", NULL, "detail_max"), &owed, err);
    if (r < 0 || owed.group_count == 0) {
        owed_deinit(&owed);
        return r;
    }
    snprintf(from, sizeof from, "%s", config_text(config, "channel", channel, "from"));
    struct message message = {.recipient = pg_get_text(rows, row, 1),
                              .to = pg_get_text(rows, row, 3),
                              .from = str_of(from),
                              .link = str_of(sample_link(config, link, sizeof link)),
                              .digest = preview->request->all,
                              .now_at = preview->now_at,
                              .groups = owed.groups,
                              .group_count = owed.group_count,
                              .items = owed.items,
                              .item_count = owed.item_count};
    char *subject = message_subject(&message), *body = render(preview, channel, &message);
    if (subject && body) {
        print_head(preview, &message, channel, subject);
        puts(body);
        preview->shown++;
    } else {
        r = error_set(err, ERR_NOMEM, "out of memory");
    }
    free(subject);
    free(body);
    owed_deinit(&owed);
    return r;
}

int alerts_preview(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct error err;
    struct pg_result *rows = NULL;
    struct reference reference = {0};
    struct preview preview = {.request = request, .pg = pg, .now_at = clock_now()};
    const struct pg_param params[] = {pg_text(request->to ? str_of(request->to) : STR_NONE)};
    int r = schedule_load(request->site.config, &preview.schedule, &err);
    if (r == 0)
        r = reference_load(pg, request->site.config, &reference, &err);
    if (r == 0)
        r = pg_exec(pg,
                    "SELECT recipient_id, name, channel, address FROM hoso.recipient "
                    "WHERE active AND ($1::text IS NULL OR address = $1) ORDER BY recipient_id",
                    params, 1, &rows, &err);
    preview.calendar = reference.calendar;
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++)
        r = show(&preview, rows, i, &err);
    pg_result_free(rows);
    reference_deinit(&reference);
    if (r < 0)
        return cli_fail(argv, r, &err);
    fprintf(stderr, cli_text("%zu thư; không gửi gì cả.\n", "%zu messages; nothing was sent.\n"),
            preview.shown);
    return EXIT_OK;
}
