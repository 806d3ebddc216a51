/* Where messages come from, and how they are to be read: the [source.NAME] sections of the configuration. Who may send: key.h. */
#ifndef HOSO_INGEST_AUTH_H
#define HOSO_INGEST_AUTH_H

#include <stdint.h>

#include "base/config.h"
#include "base/hash.h"
#include "domain/event.h"

/* Whose LoaiDoiTuong codes (domain notes 1.5). */
enum subject_map { SUBJECT_MAP_OPENCPS, SUBJECT_MAP_TD, SUBJECT_MAP_MINISTRY };

/* How its messages come. */
enum source_kind {
    SOURCE_PUSH, /* it sends them to us (request.h) */
    SOURCE_POLL, /* we read them (feed.h) … */
    SOURCE_FILE,
};

struct source {
    struct str name; /* travels in every event */
    enum source_kind kind;
    size_t index;         /* its place, 0..sources_count-1 */
    size_t in_flight_max; /* push: records; a feed: rows */
    bool has_key;
    uint8_t key_sha256[HASH_SIZE]; /* of its one API key, where it has no sections [key.ID] */
    enum event_trust trust;
    enum subject_map subject_map;
    struct str secret_procedures; /* separated by commas */
};

struct sources;

/* Views into config, which must outlive it. ERR_INPUT: a bad name or key, or no source at all. */
int sources_load(const struct config *config, struct sources **ret, struct error *err);
struct sources *sources_free(struct sources *sources); /* NULL is fine; returns NULL */

size_t sources_count(const struct sources *sources);
const struct source *sources_at(const struct sources *sources, size_t index);

#endif
