/* Planning: who is told what, now. One transaction per recipient: the message, and the note of what it tells. */
#include "alerter/people_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "service/service.h"

struct addressee {
    int32_t id;
    struct str name;
    struct str channel;
    struct str address;
    struct waiting waiting;
    bool news;
};

/* Notes since when there is news for whom, and forgets it where there is none any more. */
static int note_pending(struct pg *pg, int64_t now_at, struct pg_result **ret, struct error *err)
{
    const struct pg_param params[] = {pg_time(now_at)};
    return pg_exec(
        pg,
        "WITH here AS MATERIALIZED (SELECT * FROM hoso.alert_audience($1, "
        "    ($1 AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)), "
        "news AS (SELECT recipient_id FROM here WHERE NOT EXISTS (SELECT 1 FROM hoso.alert_told t "
        "    WHERE t.recipient_id = here.recipient_id AND t.alert_id = here.alert_id) "
        "  UNION SELECT t.recipient_id FROM hoso.alert_told t JOIN hoso.alert a USING (alert_id) "
        "    WHERE a.state <> 'firing' AND a.reason NOT IN ('time_passed', 'superseded')), "
        "still AS (SELECT DISTINCT t.recipient_id FROM here t JOIN hoso.alert_told k "
        "    USING (recipient_id, alert_id) JOIN hoso.alert a USING (alert_id) "
        "    WHERE a.acked_at IS NULL AND a.rule NOT IN ('due_soon_1', 'due_soon_2', "
        "    'due_soon_3', 'apology_missing')), "
        "noted AS (UPDATE hoso.recipient r SET pending_at = CASE WHEN n.recipient_id IS NULL "
        "    THEN NULL ELSE $1 END FROM hoso.recipient q LEFT JOIN news n USING (recipient_id) "
        "    WHERE q.recipient_id = r.recipient_id "
        "    AND (r.pending_at IS NULL) = (n.recipient_id IS NOT NULL) "
        "    RETURNING r.recipient_id, r.pending_at) "
        "SELECT r.recipient_id, r.name, r.channel, r.address, CASE WHEN n.recipient_id IS NULL "
        "    THEN r.pending_at ELSE n.pending_at END, r.told_at, r.digest_day, "
        "    s.recipient_id IS NOT NULL FROM hoso.recipient r "
        "LEFT JOIN noted n USING (recipient_id) LEFT JOIN still s USING (recipient_id) "
        "WHERE r.active ORDER BY r.recipient_id",
        params, 1, ret, err);
}

static struct addressee addressee_of(const struct pg_result *rows, size_t i)
{
    return (struct addressee){
        .id = pg_get_int32(rows, i, 0),
        .name = pg_get_text(rows, i, 1),
        .channel = pg_get_text(rows, i, 2),
        .address = pg_get_text(rows, i, 3),
        .waiting = {.pending_at = pg_get_time(rows, i, 4),
                    .told_at = pg_get_time(rows, i, 5),
                    .digest_day = pg_get_day(rows, i, 6),
                    .still = pg_get_bool(rows, i, 7)},
    };
}

static char *render(const struct people *people, const struct channel_out *channel,
                    const struct message *message)
{
    (void)people;
    switch (channel->type) {
    case CHANNEL_MAIL: return message_mail(message);
    case CHANNEL_WEBHOOK: return message_webhook(message, channel->name, channel->codes);
    default: return message_values(message);
    }
}

static int insert_delivery(struct pg *pg, const struct addressee *to, const struct message *message,
                           const char *subject, const char *body, struct error *err)
{
    const struct pg_param params[] = {
        pg_uuid(message->id),     pg_int32(to->id),
        pg_text(to->channel),     pg_text(str_given(to->address) ? to->address : STR("")),
        pg_text(str_of(subject)), pg_bytes(str_of(body)),
        pg_time(message->now_at)};
    return pg_exec(pg,
                   "INSERT INTO hoso.delivery (delivery_id, recipient_id, channel, address, "
                   "subject, body, alert_ids) SELECT $1, $2, $3, $4, $5, $6, "
                   "coalesce(array_agg(alert_id), '{}') FROM (SELECT alert_id FROM "
                   "hoso.alert_audience($7, ($7 AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) "
                   "WHERE recipient_id = $2 LIMIT 10000) a",
                   params, 7, NULL, err);
}

/* Everybody in the audience has been told; what is over is no longer theirs to know. */
static int note_told(struct pg *pg, const struct addressee *to, int64_t now_at, bool digest,
                     struct error *err)
{
    const struct pg_param params[] = {pg_int32(to->id), pg_time(now_at), pg_bool(digest)};
    int r = pg_exec(pg,
                    "INSERT INTO hoso.alert_told SELECT $1, alert_id, $2 FROM "
                    "hoso.alert_audience($2, ($2 AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) "
                    "WHERE recipient_id = $1 ON CONFLICT DO NOTHING",
                    params, 2, NULL, err);
    if (r == 0)
        r = pg_exec(pg,
                    "DELETE FROM hoso.alert_told t USING hoso.alert a WHERE t.recipient_id = $1 "
                    "AND a.alert_id = t.alert_id AND a.state <> 'firing'",
                    params, 1, NULL, err);
    if (r == 0)
        r = pg_exec(pg,
                    "UPDATE hoso.recipient SET pending_at = NULL, told_at = $2, digest_day = CASE "
                    "WHEN $3 THEN ($2 AT TIME ZONE 'Asia/Ho_Chi_Minh')::date ELSE digest_day END "
                    "WHERE recipient_id = $1",
                    params, 3, NULL, err);
    return r;
}

static int write_message(struct people *people, struct pg *pg, const struct addressee *to,
                         const struct channel_out *channel, struct message *message,
                         struct error *err)
{
    char path[LINK_SIZE], link[1024] = "";
    random_bytes(message->id, sizeof message->id);
    if (str_given(people->link_key) && *people->public_url)
        snprintf(link, sizeof link, "%s%s", people->public_url,
                 link_path(people->link_key, message->id, path));
    message->link = str_of(link);
    char *subject = message_subject(message), *body = render(people, channel, message);
    int r = subject && body ? insert_delivery(pg, to, message, subject, body, err)
                            : error_set(err, ERR_NOMEM, "out of memory");
    free(subject);
    free(body);
    return r;
}

/* In one snapshot: what is told and what is noted as told are the same alerts. */
static int tell_one(struct people *people, struct pg *pg, const struct addressee *to,
                    int64_t now_at, bool everything, bool digest, struct error *err)
{
    const struct channel_out *channel = channels_find(&people->channels, to->channel);
    struct owed owed = {0};
    int r = pg_begin(pg, err);
    if (r == 0)
        r = pg_exec(pg, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", NULL, 0, NULL, err);
    if (r == 0)
        r = owed_load(pg, to->id, now_at, everything, people->detail_max, &owed, err);
    struct message message = {.recipient = to->name,
                              .to = to->address,
                              .from = channel ? str_of(channel->mail.from) : STR_NONE,
                              .digest = digest,
                              .now_at = now_at,
                              .groups = owed.groups,
                              .group_count = owed.group_count,
                              .items = owed.items,
                              .item_count = owed.item_count};
    if (r == 0 && channel && owed.group_count)
        r = write_message(people, pg, to, channel, &message, err);
    if (r == 0)
        r = note_told(pg, to, now_at, digest, err);
    owed_deinit(&owed);
    if (r == 0) {
        crash_point("alerter.tell_before_commit");
        r = pg_commit(pg, err);
    } else {
        pg_rollback(pg);
    }
    if (r == 0)
        crash_point("alerter.tell_after_commit");
    return r;
}

int people_tell(struct people *people, struct pg *pg, const struct calendar *calendar,
                int64_t now_at, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = note_pending(pg, now_at, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        struct addressee to = addressee_of(rows, i);
        bool digest = false;
        enum tell tell = schedule_decide(&people->schedule, calendar, &to.waiting, now_at, &digest);
        if (tell != TELL_NOTHING || digest)
            r = tell_one(people, pg, &to, now_at, tell == TELL_ALL, digest, err);
        if (r == ERR_CONFLICT) /* somebody acted just now: again in the next round */
            r = 0;
    }
    pg_result_free(rows);
    return r;
}

static int tell_operator(struct people *people, struct pg *pg, const struct addressee *to,
                         const char *subject, const char *text, int64_t now_at, struct error *err)
{
    const struct channel_out *channel = channels_find(&people->channels, to->channel);
    if (!channel)
        return 0;
    struct message message = {.recipient = to->name,
                              .to = to->address,
                              .from = str_of(channel->mail.from),
                              .now_at = now_at,
                              .notice = str_of(text),
                              .notice_subject = str_of(subject)};
    random_bytes(message.id, sizeof message.id);
    char *body = render(people, channel, &message);
    int r = body ? insert_delivery(pg, to, &message, subject, body, err)
                 : error_set(err, ERR_NOMEM, "out of memory");
    free(body);
    return r;
}

int people_tell_operators(struct people *people, struct pg *pg, bool test, int64_t now_at,
                          const char *subject, const char *text, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_begin(pg, err);
    if (r == 0)
        r = pg_exec(pg,
                    test ? "UPDATE hoso.recipient SET test_asked = false WHERE test_asked "
                           "RETURNING recipient_id, name, channel, address"
                         : "SELECT recipient_id, name, channel, address FROM hoso.recipient "
                           "WHERE operator AND active",
                    NULL, 0, &rows, err);
    size_t count = r == 0 ? pg_rows(rows) : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct addressee to = {.id = pg_get_int32(rows, i, 0),
                                     .name = pg_get_text(rows, i, 1),
                                     .channel = pg_get_text(rows, i, 2),
                                     .address = pg_get_text(rows, i, 3)};
        r = tell_operator(people, pg, &to, subject, text, now_at, err);
    }
    pg_result_free(rows);
    if (r < 0) {
        pg_rollback(pg);
        return r;
    }
    if (count)
        crash_point("alerter.operators_before_commit");
    r = pg_commit(pg, err);
    if (r == 0 && count)
        crash_point("alerter.operators_after_commit");
    return r;
}
