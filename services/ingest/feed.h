/*
 * A feed: a source that ingest reads itself (poll, file drop), as against one that pushes. Each is a section [source.NAME] with its
 * `kind`; several run at once in the service's one thread. A kind implements struct feed_kind; what all of them need (the ring, the
 * mapping, the sending) is here.
 *
 *   turn -> feed_offer for each row, at growing positions -> … Kafka … -> acknowledged(position): the kind may move its checkpoint
 */
#ifndef HOSO_INGEST_FEED_H
#define HOSO_INGEST_FEED_H

#include "base/clock.h"
#include "base/config.h"
#include "ingest/intake.h"

struct feed;

struct feed_kind {
    enum source_kind kind;
    /* Reads the options of [source.NAME]; opens nothing that can be opened later. config and feed outlive the state. */
    int (*open)(struct feed *feed, const struct config *config, const char *name, void **ret_state,
                struct error *err);
    /*
     * Does what can be done now and must not block: some milliseconds at most. Called when fd is readable, when timeout_ms has
     * passed, and after each acknowledgement.
     */
    void (*turn)(void *state, struct mono now);
    /* Everything offered up to this position is persisted (or refused): a checkpoint may be moved there. */
    void (*acknowledged)(void *state, int64_t position);
    /* Readable when turn has work; -1 = none. */
    int (*fd)(void *state);
    /* Longest time until turn must be called; -1 = only for fd or an acknowledgement. */
    int (*timeout_ms)(void *state, struct mono now);
    /* Closes what is open; state may be half-built. What is in flight is no longer of interest. */
    void (*close)(void *state);
};

/* One row as the kind has read it. */
struct feed_row {
    map_row *map;
    const struct json *json;
    struct str agency; /* madonvi, empty = none */
    int64_t
        ingested_at; /* stamped once per page or file, so that reading it again makes the same bytes */
};

const struct source *feed_source(const struct feed *feed);
struct ingest_metrics *feed_metrics(const struct feed *feed);
/* Whether a row would find room. */
bool feed_has_room(const struct feed *feed);
/* A sweep or a file has come to a good end; something was no good (it is tried again, or put aside). */
void feed_went_well(const struct feed *feed);
void feed_had_trouble(const struct feed *feed);
/* A row is passed over because it was read before; it still needs feed_skip. */
void feed_knew(const struct feed *feed);
/* Whether nothing is in flight: everything offered has been acknowledged. */
bool feed_is_idle(const struct feed *feed);

enum { FEED_FULL = 2 };
/*
 * Offers one row; position greater than every one before. 0: on its way. MAP_REFUSED with *ret: refused and counted, its position
 * counts as done. FEED_FULL: no room; offer the same row at the same position in a later turn. Negative: nobody expected it
 * (memory, no producer); the same way. Valid only inside turn.
 */
int feed_offer(struct feed *feed, int64_t position, const struct feed_row *row, struct refusal *ret,
               struct error *err);
/*
 * A position that carries no row for Kafka (a line that is not JSON, an empty page): acknowledged in its turn. false: no room, as
 * FEED_FULL.
 */
bool feed_skip(struct feed *feed, int64_t position);

/* ---- for the service ---- */

struct feeds;

/*
 * Opens a feed for each source that is not push, at most FEEDS_MAX. kinds: the list of all kinds, ended by NULL. config, sources and intake outlive it.
 * ERR_INPUT: a section is wrong, with its name.
 */
int feeds_open(const struct feed_kind *const *kinds, const struct config *config,
               const struct sources *sources, struct intake *intake, struct feeds **ret,
               struct error *err);
/* Gives every acknowledgement that there is, then turns each feed. */
void feeds_turn(struct feeds *feeds, struct mono now);
/* How long a feed's rows have waited without any acknowledgement from Kafka, at most; 0 = none waits. */
int64_t feeds_oldest_ms(const struct feeds *feeds, struct mono now);
/* The same without turning: for the last seconds of a service. true when nothing is in flight. */
bool feeds_settle(struct feeds *feeds);
/* Descriptors to wait for, at most `size`; returns how many. */
size_t feeds_fds(const struct feeds *feeds, int *out, size_t size);
int feeds_timeout_ms(const struct feeds *feeds, struct mono now); /* -1 = none */
/* After publisher_free, which still tells receipts. NULL is fine; returns NULL. */
struct feeds *feeds_free(struct feeds *feeds);

#endif
