#include "ingest/poll_feed.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/backoff.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "domain/poll_cursor.h"
#include "http/fetch.h"
#include "ingest/document.h"
#include "ingest/poll_open.h"
#include "ingest/seen_rows.h"

enum {
    URL_SIZE = 4096,
    REDIRECTS_MAX = 3,
    REFUSALS_LOGGED = 5, /* per page */
    FULL_WAIT_MS = 5,
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 300000,
};

struct poll_feed {
    struct feed *feed;
    const char *name;
    const char *url;
    const char *state_path;
    const char *since_name;
    const char *page_name;
    int64_t every_ms;
    int64_t overlap_ms;
    int64_t pages_max;
    map_row *map;
    struct str agency;
    struct netlist allowed;
    struct fetch *fetch;
    struct seen_rows *seen;    /* what the overlap brings again */
    struct poll_cursor cursor; /* as it is kept */
    int64_t pages;             /* of the sweep under way */
    int redirects;             /* of the question under way */
    struct backoff backoff;
    struct mono next_at; /* nothing is asked before */
    bool asking;

    /* The page in hand. */
    bool in_page;
    char *body; /* a copy: the answer's is the fetch's */
    struct document document;
    size_t next_row;
    size_t refused;
    int64_t ingested_at;
    int64_t position; /* of the row offered last; that of the page's end once all are */
    bool offered;     /* all of it */
    bool full;
    struct poll_cursor after; /* the cursor once the page is acknowledged */
};

static int64_t left_ms(struct mono now, struct mono at)
{
    int64_t left = mono_diff_ms(now, at);
    return left > 0 ? left : 0;
}

static void wait_ms(struct poll_feed *feed, struct mono now, int64_t ms)
{
    feed->next_at = (struct mono){now.us + ms * 1000};
}

/* Tried again later; the cursor stays. */
static void fail(struct poll_feed *feed, struct mono now, const char *why, int64_t at_least_ms)
{
    char quoted[400];
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    int64_t ms = backoff_next_ms(&feed->backoff, random);
    ms = ms > at_least_ms ? ms : at_least_ms;
    wait_ms(feed, now, ms);
    log_warn("poll_failed", "source=%s error=\"%s\" retry_ms=%lld", feed->name,
             log_quote(why, quoted, sizeof quoted), (long long)ms);
    feed_had_trouble(feed->feed);
}

static void drop_page(struct poll_feed *feed)
{
    document_close(&feed->document);
    free(feed->body);
    feed->body = NULL;
    feed->in_page = feed->offered = feed->full = false;
}

/* ---- asking ---- */

static int ask(struct poll_feed *feed, struct error *err)
{
    char url[URL_SIZE];
    if (!poll_cursor_url(&feed->cursor, feed->url, feed->overlap_ms, feed->since_name,
                         feed->page_name, url, sizeof url))
        return error_set(err, ERR_INPUT, "the URL is longer than %d bytes", URL_SIZE);
    feed->redirects = 0;
    feed->asking = true;
    return fetch_start(feed->fetch, url, feed->cursor.page[0] ? "" : feed->cursor.etag, err);
}

/* A redirect within the source's own host; others are not followed, whatever they promise. */
static int follow(struct poll_feed *feed, const struct fetch_answer *answer, struct error *err)
{
    char url[URL_SIZE];
    if (!*answer->location || !fetch_same_origin(feed->url, answer->location))
        return error_set(err, ERR_INPUT, "answered %d with a redirect to another host",
                         answer->status);
    if (++feed->redirects > REDIRECTS_MAX ||
        snprintf(url, sizeof url, "%s", answer->location) >= (int)sizeof url)
        return error_set(err, ERR_INPUT, "too many redirects");
    feed->asking = true;
    return fetch_start(feed->fetch, url, "", err);
}

/* The page's rows are in hand; *after says what its acknowledgement will mean. */
static int open_page(struct poll_feed *feed, const struct fetch_answer *answer, struct error *err)
{
    enum refusal_code code;
    char next[POLL_TOKEN_MAX + 1];
    char etag[POLL_TOKEN_MAX + 1];
    feed->body = malloc(answer->body.len + 1);
    if (!feed->body)
        return error_set(err, ERR_NOMEM, "out of memory");
    memcpy(feed->body, answer->body.data ? answer->body.data : "", answer->body.len);
    struct str text = {feed->body, answer->body.len};
    if (document_open(text, feed->map, feed->agency, &feed->document, &code) != 0)
        return error_set(err, ERR_INPUT, "the answer is no page of rows: %s", refusal_name(code));
    const struct json *token = json_get(json_root(feed->document.doc), "next");
    if ((token && json_kind_of(token) != JSON_STRING_ && json_kind_of(token) != JSON_NULL_) ||
        !poll_token_copy(json_text(token), next))
        return error_set(err, ERR_INPUT, "next is no token of at most %d characters",
                         POLL_TOKEN_MAX);
    if (*next && strcmp(next, feed->cursor.page) == 0)
        return error_set(err, ERR_INPUT, "next leads to the same page again");
    if (++feed->pages > feed->pages_max)
        return error_set(err, ERR_INPUT, "more than %lld pages; the sweep begins anew",
                         (long long)feed->pages_max);
    if (!poll_token_copy(str_of(answer->etag), etag))
        etag[0] = '\0';
    feed->after = feed->cursor;
    if (feed->cursor.page[0] == '\0')
        poll_cursor_sweep(&feed->after, answer->date_at, clock_now());
    poll_cursor_page(&feed->after, next, etag, feed->document.count > 0);
    feed->in_page = true;
    feed->next_row = feed->refused = 0;
    feed->ingested_at = clock_now();
    return 0;
}

static int64_t retry_ms(const struct fetch_answer *answer)
{
    return answer->retry_after_s * MS_PER_SECOND;
}

static void take_answer(struct poll_feed *feed, const struct fetch_answer *answer, struct mono now)
{
    struct error err = {{0}};
    if (answer->status >= 301 && answer->status <= 308 && answer->status != 304) {
        if (follow(feed, answer, &err) == 0)
            return;
        fail(feed, now, err.text, 0);
    } else if (answer->status == 304 && feed->cursor.page[0] == '\0') {
        backoff_reset(&feed->backoff);
        feed_went_well(feed->feed);
        wait_ms(feed, now, feed->every_ms);
    } else if (answer->status == 200) {
        if (open_page(feed, answer, &err) == 0) {
            backoff_reset(&feed->backoff);
            return;
        }
        drop_page(feed);
        /* A page that is gone, or turns in a circle: from the first one on. */
        feed->cursor.page[0] = '\0';
        feed->pages = 0;
        fail(feed, now, err.text, 0);
    } else {
        if (feed->cursor.page[0] && (answer->status == 404 || answer->status == 410)) {
            feed->cursor.page[0] = '\0';
            feed->pages = 0;
        }
        snprintf(err.text, sizeof err.text, "answered %d", answer->status);
        fail(feed, now, err.text, retry_ms(answer));
    }
}

static void listen(struct poll_feed *feed, struct mono now)
{
    struct fetch_answer answer;
    struct error err = {{0}};
    int r = fetch_step(feed->fetch, &answer, &err);
    if (r == 0)
        return;
    feed->asking = false;
    if (r == FETCH_DONE)
        take_answer(feed, &answer, now);
    else
        fail(feed, now, err.text, 0);
}

/* ---- the page in hand ---- */

static void note_refused(struct poll_feed *feed, const struct refusal *refusal)
{
    if (feed->refused++ < REFUSALS_LOGGED)
        log_info("poll_row_refused", "source=%s row=%zu field=%s code=%s", feed->name,
                 feed->next_row + 1, refusal->field, refusal_name(refusal->code));
}

/* 0: the row is done with, on its way, refused or known; FEED_FULL: later. */
static int offer_row(struct poll_feed *feed)
{
    struct error err = {""};
    struct refusal refusal;
    const struct feed_row row = {.map = feed->document.map,
                                 .json = document_row(&feed->document, feed->next_row),
                                 .agency = feed->document.agency,
                                 .ingested_at = feed->ingested_at};
    if (seen_rows_know(feed->seen, row.map, row.agency, row.json)) {
        if (!feed_skip(feed->feed, feed->position + 1))
            return FEED_FULL;
        feed_knew(feed->feed);
        return 0;
    }
    int r = feed_offer(feed->feed, feed->position + 1, &row, &refusal, &err);
    if (r < 0)
        log_warn("poll_row_waits", "source=%s error=\"%s\"", feed->name, err.text);
    if (r == FEED_FULL || r < 0)
        return FEED_FULL;
    /* What lies too far ahead today does not tomorrow. */
    if (r == 0 || refusal.code != REFUSAL_TOO_FAR_AHEAD)
        seen_rows_keep(feed->seen);
    if (r == MAP_REFUSED)
        note_refused(feed, &refusal);
    return 0;
}

static void offer_rows(struct poll_feed *feed, struct mono now)
{
    feed->full = false;
    while (feed->next_row < feed->document.count && !feed->full) {
        if (offer_row(feed) == FEED_FULL) {
            feed->full = true;
            return;
        }
        feed->position++;
        feed->next_row++;
        feed->full = mono_diff_ms(now, mono_now()) > FULL_WAIT_MS;
    }
    if (feed->full)
        return;
    feed->full = !feed_skip(feed->feed, feed->position + 1);
    feed->offered = !feed->full;
    feed->position += feed->offered;
}

/* The page is acknowledged: its cursor is kept, then only what comes after it is asked for. */
static void keep_cursor(struct poll_feed *feed)
{
    char text[POLL_CURSOR_SIZE];
    char quoted[512];
    struct error err;
    struct mono now = mono_now();
    bool last = feed->after.page[0] == '\0';
    if (file_replace(feed->state_path, poll_cursor_format(&feed->after, text), 0640, &err) < 0) {
        /* Not kept, so not gone on from: asked for again after the pause. */
        log_error("cursor_not_kept", "source=%s error=\"%s\"", feed->name,
                  log_quote(err.text, quoted, sizeof quoted));
        feed_had_trouble(feed->feed);
        wait_ms(feed, now, BACKOFF_FIRST_MS);
    } else {
        log_line(feed->document.count > 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "poll_page",
                 "source=%s rows=%zu refused=%zu last=%s", feed->name, feed->document.count,
                 feed->refused, last ? "yes" : "no");
        feed->cursor = feed->after;
        feed->pages = last ? 0 : feed->pages;
        if (last)
            feed_went_well(feed->feed);
        wait_ms(feed, now, last ? feed->every_ms : 0);
    }
    drop_page(feed);
}

/* ---- struct feed_kind ---- */

static void turn(void *state, struct mono now)
{
    struct poll_feed *feed = state;
    struct error err = {{0}};
    if (feed->in_page) {
        if (!feed->offered)
            offer_rows(feed, now);
    } else if (!feed->asking && left_ms(now, feed->next_at) == 0 && ask(feed, &err) < 0) {
        feed->asking = false;
        fail(feed, now, err.text, 0);
    }
    if (feed->asking)
        listen(feed, now);
}

static void acknowledged(void *state, int64_t position)
{
    struct poll_feed *feed = state;
    if (feed->in_page && feed->offered && position == feed->position)
        keep_cursor(feed);
}

static int fd(void *state)
{
    struct poll_feed *feed = state;
    return fetch_fd(feed->fetch);
}

static int timeout_ms(void *state, struct mono now)
{
    struct poll_feed *feed = state;
    if (feed->in_page)
        return feed->offered ? -1 : feed->full ? FULL_WAIT_MS : 0;
    if (feed->asking)
        return fetch_timeout_ms(feed->fetch);
    int64_t left = left_ms(now, feed->next_at);
    return left < INT_MAX ? (int)left : INT_MAX;
}

static void close_feed(void *state)
{
    struct poll_feed *feed = state;
    drop_page(feed);
    fetch_free(feed->fetch);
    seen_rows_free(feed->seen);
    free(feed);
}

/* A cursor that cannot be read would silently begin the whole source anew: a person decides. */
static int load_cursor(struct poll_feed *feed, const char *from, struct error *err)
{
    char text[POLL_CURSOR_SIZE];
    struct str kept;
    int64_t since_at = NO_TIME;
    if (*from && !vn_time_parse(str_of(from), &since_at))
        return error_set(err, ERR_INPUT, "from: write yyyy-MM-dd or yyyyMMddHHmmss");
    feed->cursor = poll_cursor_begin(since_at);
    int r = file_read(feed->state_path, text, sizeof text, &kept, err);
    if (r < 0)
        return r;
    if (r == 0 && !poll_cursor_parse(kept, &feed->cursor))
        return error_set(err, ERR_INPUT,
                         "%s is no cursor of ours; remove it to begin with `from`, what was read "
                         "already counts once",
                         feed->state_path);
    return 0;
}

static int open_feed(struct feed *feed, const struct config *config, const char *name,
                     void **ret_state, struct error *err)
{
    struct poll_feed *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(err, ERR_NOMEM, "out of memory");
    *state = (struct poll_feed){
        .feed = feed,
        .name = name,
        .url = config_text(config, "source", name, "url"),
        .state_path = config_text(config, "source", name, "state_file"),
        .since_name = config_text(config, "source", name, "since_name"),
        .page_name = config_text(config, "source", name, "page_name"),
        .every_ms = config_duration_ms(config, "source", name, "every"),
        .overlap_ms = config_duration_ms(config, "source", name, "overlap"),
        .pages_max = config_integer(config, "source", name, "pages_max"),
        .map = document_mapper(config_text(config, "source", name, "rows")),
        .agency = str_of(config_text(config, "source", name, "agency")),
        .backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS},
        .next_at = mono_now(),
    };
    *ret_state = state;
    if (!*state->state_path)
        return error_set(err, ERR_INPUT, "state_file must be set: where the cursor is kept");
    state->seen = seen_rows_new();
    if (!state->seen)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = poll_open_fetch(config, name, &state->allowed, &state->fetch, err);
    return r < 0 ? r : load_cursor(state, config_text(config, "source", name, "from"), err);
}

const struct feed_kind poll_feed_kind = {
    .kind = SOURCE_POLL,
    .open = open_feed,
    .turn = turn,
    .acknowledged = acknowledged,
    .fd = fd,
    .timeout_ms = timeout_ms,
    .close = close_feed,
};
