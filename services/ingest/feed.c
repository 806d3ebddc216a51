#include "ingest/feed.h"

#include <stdlib.h>

#include "domain/ring.h"

struct feed {
    const struct feed_kind *kind;
    const struct source *source;
    struct intake *intake;
    void *state;
    size_t index; /* among the feeds */
    struct ring *ring;
    struct mono moved_at; /* when Kafka last acknowledged something, or nothing was in flight */
    bool halfway;         /* the youngest item's row did not go whole; it will be offered again */
    int64_t halfway_position;
    uint64_t halfway_item;
};

struct feeds {
    size_t count;
    struct feed items[];
};

const struct source *feed_source(const struct feed *feed)
{
    return feed->source;
}

struct ingest_metrics *feed_metrics(const struct feed *feed)
{
    return feed->intake->metrics;
}

static int64_t *figure(const struct feed *feed, enum feed_metric metric)
{
    return ingest_metrics_feed(feed->intake->metrics, feed->index, metric);
}

void feed_went_well(const struct feed *feed)
{
    *figure(feed, FEED_LAST_OK_S) = clock_now() / MS_PER_SECOND;
}

void feed_had_trouble(const struct feed *feed)
{
    ++*figure(feed, FEED_TROUBLES);
}

void feed_knew(const struct feed *feed)
{
    ++*figure(feed, FEED_KNOWN);
}

bool feed_has_room(const struct feed *feed)
{
    return feed->halfway || !ring_full(feed->ring);
}

bool feed_is_idle(const struct feed *feed)
{
    return ring_size(feed->ring) == 0;
}

/* The publisher tells only of what is persisted; a feed wants every record until it is. */
static void on_persisted(void *owner, uint64_t item)
{
    struct feed *feed = owner;
    ring_settled(feed->ring, item);
}

static void on_dropped(void *owner, uint64_t item)
{
    (void)owner; /* the publisher goes; the next start reads it again */
    (void)item;
}

static uint64_t begin_item(struct feed *feed, int64_t position)
{
    if (!feed->halfway)
        return ring_begin(feed->ring, position);
    if (feed->halfway_position != position)
        abort(); /* a kind that forgets the row which was not taken would lose it */
    feed->halfway = false;
    return feed->halfway_item;
}

int feed_offer(struct feed *feed, int64_t position, const struct feed_row *row, struct refusal *ret,
               struct error *err)
{
    static const struct receipt_events events = {on_persisted, on_dropped, NULL};
    if (!feed_has_room(feed))
        return FEED_FULL;
    uint64_t item = begin_item(feed, position);
    struct receipt receipt = {.events = &events, .owner = feed, .item = item};
    struct map_input input =
        intake_input(feed->intake, feed->source, NULL, row->agency, row->ingested_at);
    size_t sent;
    int result = intake_row(feed->intake, &input, row->map, row->json, &receipt, &sent, ret, err);
    for (size_t i = 0; i < sent; i++)
        ring_sent(feed->ring, item);
    if (result == 0 || result == MAP_REFUSED) {
        ring_seal(feed->ring, item);
        ++*figure(feed, FEED_ROWS);
        return result;
    }
    feed->halfway = true;
    feed->halfway_position = position;
    feed->halfway_item = item;
    return result == INTAKE_FULL ? FEED_FULL : result;
}

bool feed_skip(struct feed *feed, int64_t position)
{
    if (!feed_has_room(feed))
        return false;
    ring_seal(feed->ring, begin_item(feed, position));
    return true;
}

static const struct feed_kind *kind_of(const struct feed_kind *const *kinds, enum source_kind kind)
{
    while (*kinds && (*kinds)->kind != kind)
        kinds++;
    return *kinds;
}

static int open_feed(const struct feed_kind *const *kinds, const struct config *config,
                     struct feed *feed, struct error *err)
{
    /* The name as the configuration has it; it ends with NUL there. */
    const char *name = feed->source->name.data;
    feed->kind = kind_of(kinds, feed->source->kind);
    if (!feed->kind)
        return error_set(err, ERR_INPUT, "[source.%s]: this program cannot do its kind", name);
    if (ring_new(feed->source->in_flight_max, &feed->ring) != 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    int result = feed->kind->open(feed, config, name, &feed->state, err);
    return result ? error_prefix(err, result, "[source.%s]", name) : 0;
}

int feeds_open(const struct feed_kind *const *kinds, const struct config *config,
               const struct sources *sources, struct intake *intake, struct feeds **ret,
               struct error *err)
{
    size_t most = sources_count(sources);
    const char *names[FEEDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < most; i++) {
        const struct source *source = sources_at(sources, i);
        if (source->kind == SOURCE_PUSH)
            continue;
        if (count == FEEDS_MAX)
            return error_set(err, ERR_INPUT,
                             "more than %d sources of kind poll or file; give some of them to a "
                             "second process",
                             FEEDS_MAX);
        names[count++] = source->name.data;
    }
    ingest_metrics_add_feeds(intake->metrics, names, count);
    struct feeds *feeds = calloc(1, sizeof *feeds + most * sizeof feeds->items[0]);
    if (!feeds)
        return error_set(err, ERR_NOMEM, "out of memory");
    int result = 0;
    for (size_t i = 0; i < most && !result; i++) {
        const struct source *source = sources_at(sources, i);
        if (source->kind == SOURCE_PUSH)
            continue;
        struct feed *feed = &feeds->items[feeds->count];
        *feed = (struct feed){.source = source, .intake = intake, .index = feeds->count++};
        result = open_feed(kinds, config, feed, err);
    }
    if (result) {
        feeds_free(feeds);
        return result;
    }
    *ret = feeds;
    return 0;
}

static void acknowledge(struct feed *feed, struct mono now)
{
    int64_t position;
    bool moved = ring_advance(feed->ring, &position);
    if (moved)
        feed->kind->acknowledged(feed->state, position);
    if (moved || ring_size(feed->ring) == 0)
        feed->moved_at = now;
    *figure(feed, FEED_IN_FLIGHT) = (int64_t)ring_size(feed->ring);
}

int64_t feeds_oldest_ms(const struct feeds *feeds, struct mono now)
{
    int64_t most = 0;
    for (size_t i = 0; i < feeds->count; i++) {
        int64_t waited = mono_diff_ms(feeds->items[i].moved_at, now);
        if (ring_size(feeds->items[i].ring) > 0 && waited > most)
            most = waited;
    }
    return most;
}

void feeds_turn(struct feeds *feeds, struct mono now)
{
    for (size_t i = 0; i < feeds->count; i++) {
        acknowledge(&feeds->items[i], now);
        feeds->items[i].kind->turn(feeds->items[i].state, now);
    }
}

bool feeds_settle(struct feeds *feeds)
{
    bool idle = true;
    for (size_t i = 0; i < feeds->count; i++) {
        acknowledge(&feeds->items[i], mono_now());
        idle = idle && feed_is_idle(&feeds->items[i]);
    }
    return idle;
}

size_t feeds_fds(const struct feeds *feeds, int *out, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < feeds->count && count < size; i++) {
        int fd = feeds->items[i].kind->fd(feeds->items[i].state);
        if (fd >= 0)
            out[count++] = fd;
    }
    return count;
}

int feeds_timeout_ms(const struct feeds *feeds, struct mono now)
{
    int least = -1;
    for (size_t i = 0; i < feeds->count; i++) {
        int timeout_ms = feeds->items[i].kind->timeout_ms(feeds->items[i].state, now);
        if (timeout_ms >= 0 && (least < 0 || timeout_ms < least))
            least = timeout_ms;
    }
    return least;
}

struct feeds *feeds_free(struct feeds *feeds)
{
    if (!feeds)
        return NULL;
    for (size_t i = 0; i < feeds->count; i++) {
        if (feeds->items[i].state)
            feeds->items[i].kind->close(feeds->items[i].state);
        ring_free(feeds->items[i].ring);
    }
    free(feeds);
    return NULL;
}
