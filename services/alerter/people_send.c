/* Sending what is pending, at least once: a message is marked sent only after the other side took it. */
#include "alerter/people_internal.h"

#include <stdio.h>

#include "base/backoff.h"
#include "base/hash.h"
#include "base/log.h"
#include "service/service.h"
#include "json/json.h"

enum { RETRY_FIRST_MS = 5000, RETRY_MAX_MS = 3600000 };

static void note(struct flight *flight, bool well, const char *why_not)
{
    flight->done = true;
    flight->well = well;
    char quoted[200];
    snprintf(flight->why_not, sizeof flight->why_not, "%s",
             why_not ? log_quote(why_not, quoted, sizeof quoted) : "");
}

/* Not reachable, broken off, or a mail server's refusal. */
static void note_failure(struct flight *flight, const struct transfer_outcome *outcome)
{
    char why[200];
    if (outcome->status)
        snprintf(why, sizeof why, "%s (reply %d)", outcome->why_not, outcome->status);
    note(flight, false, outcome->status ? why : outcome->why_not);
}

/* What the answer to a template's request means. */
static void judge_answer(struct flight *flight, const struct transfer_outcome *outcome)
{
    struct channel_out *channel = flight->channel;
    char why[64];
    snprintf(why, sizeof why, "HTTP status %d", outcome->status);
    if (channel->type != CHANNEL_TEMPLATE) {
        note(flight, outcome->status >= 200 && outcome->status < 300, why);
        return;
    }
    enum template_answer answer = template_judge(channel->template, outcome->status, outcome->body);
    if (answer == ANSWER_TOKEN_EXPIRED)
        channel->token_stale = true;
    note(flight, answer == ANSWER_GOOD,
         answer == ANSWER_TOKEN_EXPIRED ? "the token has expired" : why);
}

static void take_token(struct flight *flight, const struct transfer_outcome *outcome)
{
    struct error err = {{0}};
    struct channel_out *channel = flight->channel;
    bool kept = outcome->status == 200 && token_take(channel->token, outcome->body, &err) == 0;
    channel->token_stale = !kept;
    flight->used = false;
    channel->under_way--;
    breaker_note(&channel->breaker, kept, mono_now());
    char quoted[512];
    if (kept)
        log_info("token_refreshed", "channel=%s", channel->name);
    else
        log_warn("token_refused", "channel=%s status=%d error=\"%s\"", channel->name,
                 outcome->status, log_quote(err.text, quoted, sizeof quoted));
}

void people_on_transfer(void *arg, void *opaque, const struct transfer_outcome *outcome)
{
    struct people *people = arg;
    struct flight *flight = opaque;
    if (!flight) {
        people->heartbeat_under_way = false;
        return;
    }
    if (flight->refresh)
        take_token(flight, outcome);
    else if (!outcome->answered)
        note_failure(flight, outcome);
    else if (flight->channel->type == CHANNEL_MAIL)
        note(flight, true, NULL); /* libcurl makes a refusal an error */
    else
        judge_answer(flight, outcome);
}

static int mark(struct people *people, struct pg *pg, const struct flight *flight,
                struct error *err)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    struct backoff backoff = {RETRY_FIRST_MS, RETRY_MAX_MS, flight->attempts};
    bool dead = !flight->well && flight->attempts + 1 >= people->attempts_max;
    const struct pg_param params[] = {pg_uuid(flight->id),
                                      pg_text(flight->well ? STR("sent")
                                              : dead       ? STR("dead")
                                                           : STR("pending")),
                                      pg_int64(backoff_next_ms(&backoff, random)),
                                      pg_text(str_of(flight->why_not))};
    people->figures.sent += flight->well;
    people->figures.failed += !flight->well;
    people->figures.dead += dead;
    if (!flight->well)
        log_warn("not_delivered", "channel=%s attempt=%d next=%s error=\"%s\"",
                 flight->channel->name, flight->attempts + 1, dead ? "dead_letter" : "retry",
                 flight->why_not);
    return pg_exec(pg,
                   "UPDATE hoso.delivery SET state = $2, attempts = attempts + 1, "
                   "next_at = now() + $3 * interval '1 millisecond', "
                   "sent_at = CASE WHEN $2 = 'sent' THEN now() END, "
                   "last_error = CASE WHEN $2 = 'sent' THEN NULL ELSE $4 END "
                   "WHERE delivery_id = $1 AND state = 'pending'",
                   params, 4, NULL, err);
}

static int take_answers(struct people *people, struct pg *pg, struct error *err)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *flight = &people->flights[i];
        if (!flight->used || !flight->done)
            continue;
        crash_point("alerter.deliver_after_send");
        int r = mark(people, pg, flight, err);
        if (r < 0)
            return r;
        crash_point("alerter.deliver_after_mark");
        /* A token that expired says nothing about the service. */
        if (!flight->channel->token_stale)
            breaker_note(&flight->channel->breaker, flight->well, mono_now());
        flight->channel->under_way--;
        flight->used = false;
    }
    return 0;
}

static struct flight *free_flight(struct people *people, const uint8_t id[EVENT_ID_SIZE])
{
    struct flight *found = NULL;
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *flight = &people->flights[i];
        if (flight->used && !flight->refresh && memcmp(flight->id, id, EVENT_ID_SIZE) == 0)
            return NULL; /* it is on its way */
        found = flight->used ? found : flight;
    }
    return found;
}

static int start_template(struct people *people, struct flight *flight,
                          const struct template *template, struct str values, struct error *err)
{
    struct json_doc *doc = NULL;
    struct template_request *request = NULL;
    int r = str_given(values) ? json_parse(values, &doc, err) : 0;
    const struct token *token = flight->channel->token;
    const struct json *sources[] = {doc ? json_root(doc) : NULL,
                                    token ? token_values(token) : NULL};
    if (r == 0)
        r = template_fill(template, sources, 2, &request, err);
    if (r == 0)
        r = transfers_http(people->transfers, &request->http, people->timeout_ms, flight, err);
    template_request_free(request);
    json_doc_free(doc);
    return r;
}

static int start(struct people *people, struct flight *flight, const struct pg_result *rows,
                 size_t row, struct error *err)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct channel_out *channel = flight->channel;
    struct str body = pg_get_text(rows, row, 3);
    if (channel->type == CHANNEL_TEMPLATE)
        return start_template(people, flight, channel->template, body, err);
    if (channel->type == CHANNEL_WEBHOOK) {
        const struct transfer_http http = {"POST", channel->url, headers, body};
        return transfers_http(people->transfers, &http, people->timeout_ms, flight, err);
    }
    char to[320];
    snprintf(to, sizeof to, "%.*s", STR_ARG(pg_get_text(rows, row, 2)));
    struct transfer_mail mail = channel->mail;
    mail.to = to;
    mail.message = body;
    return transfers_mail(people->transfers, &mail, people->timeout_ms, flight, err);
}

/* A stale token is refreshed before anything else goes this way. true = nothing else may go now. */
static bool refresh_token(struct people *people, struct channel_out *channel)
{
    struct error err;
    static const uint8_t nobody[EVENT_ID_SIZE];
    bool stale =
        channel->token && (channel->token_stale ||
                           !str_given(json_text(json_get(token_values(channel->token), "token"))));
    struct flight *flight = stale && channel->under_way == 0 ? free_flight(people, nobody) : NULL;
    if (!flight)
        return stale;
    *flight = (struct flight){.used = true, .refresh = true, .channel = channel};
    if (start_template(people, flight, token_template(channel->token), STR_NONE, &err) < 0) {
        log_warn("token_refused", "channel=%s error=\"%s\"", channel->name, err.text);
        flight->used = false;
        breaker_note(&channel->breaker, false, mono_now());
        return true;
    }
    channels_took(channel);
    return true;
}

static void send_row(struct people *people, const struct pg_result *rows, size_t row)
{
    struct error err;
    struct channel_out *channel = channels_find(&people->channels, pg_get_text(rows, row, 1));
    const uint8_t *id = pg_get_uuid(rows, row, 0);
    if (!channel || !channels_lets(channel, mono_now()) || refresh_token(people, channel))
        return;
    struct flight *flight = free_flight(people, id);
    if (!flight)
        return;
    *flight =
        (struct flight){.used = true, .attempts = pg_get_int32(rows, row, 4), .channel = channel};
    memcpy(flight->id, id, EVENT_ID_SIZE);
    channels_took(channel);
    if (start(people, flight, rows, row, &err) < 0)
        note(flight, false, err.text);
}

/* What is pending for channels that we have: a channel that is not configured here leaves its messages to one that has it. */
static int load_pending(struct people *people, struct pg *pg, struct pg_result **ret,
                        struct error *err)
{
    (void)people;
    const struct pg_param params[] = {pg_int32(4 * FLIGHTS_MAX)};
    return pg_exec(pg,
                   "SELECT delivery_id, channel, address, body, attempts FROM (SELECT *, "
                   "row_number() OVER (PARTITION BY channel ORDER BY created_at) AS nth "
                   "FROM hoso.delivery WHERE state = 'pending' AND next_at <= now()) d "
                   "WHERE nth <= $1 ORDER BY nth LIMIT 200",
                   params, 1, ret, err);
}

static int count_pending(struct people *people, struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT count(*) FILTER (WHERE state = 'pending'), "
                    "coalesce(extract(epoch FROM now() - min(created_at) "
                    "FILTER (WHERE state = 'pending')), 0)::bigint, "
                    "count(*) FILTER (WHERE state = 'dead') FROM hoso.delivery "
                    "WHERE state <> 'sent'",
                    NULL, 0, &rows, err);
    if (r == 0) {
        people->figures.pending = pg_get_int64(rows, 0, 0);
        people->figures.oldest_s = pg_get_int64(rows, 0, 1);
        people->figures.dead = pg_get_int64(rows, 0, 2);
    }
    pg_result_free(rows);
    return r;
}

int people_send(struct people *people, struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = take_answers(people, pg, err);
    if (r == 0)
        r = load_pending(people, pg, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++)
        send_row(people, rows, i);
    pg_result_free(rows);
    if (r == 0)
        r = take_answers(people, pg, err); /* those that could not even begin */
    return r == 0 ? count_pending(people, pg, err) : r;
}
