/*
 * From one row of a source's JSON to events: what the three mappers share. Pure.
 *
 * A mapper names each field that it reads; no other is ever looked at, so nothing personal can pass by being forgotten. Personal
 * fields enter keyed hashes only (identity.h).
 */
#ifndef HOSO_INGEST_MAP_H
#define HOSO_INGEST_MAP_H

#include "domain/event.h"
#include "ingest/auth.h"
#include "json/json.h"

/* Why a row is refused; REFUSAL_NONE = it is not. */
enum refusal_code {
    REFUSAL_NONE,
    REFUSAL_MISSING,         /* a field that must be there */
    REFUSAL_BAD_TYPE,        /* not text or a number; not a list */
    REFUSAL_BAD_TIME,        /* not a time, or one that does not exist, or outside 1990..2099 */
    REFUSAL_TOO_FAR_AHEAD,   /* something that has happened, more than 24 hours from now */
    REFUSAL_BAD_STATUS,      /* not 1..10 */
    REFUSAL_UNMAPPED_STATUS, /* a state of the sender's own that has no code */
    REFUSAL_BAD_CODE,        /* spaces, control characters, not a code */
    REFUSAL_TOO_LONG,        /* more than CODE_MAX bytes */
    REFUSAL_BAD_VALUE,       /* outside its list of values */
    REFUSAL_SECRET,          /* state secret */
    REFUSAL_TOO_MANY,        /* more parts than a dossier can have */
    REFUSAL_NOT_OBJECT,      /* the row is not a JSON object */
    REFUSAL_BAD_JSON,        /* the line is not JSON */
    REFUSAL_BAD_CSV,       /* the line is not CSV, or has not as many fields as there are columns */
    REFUSAL_LINE_TOO_LONG, /* or the file, where it is read as a whole */
    REFUSAL_NOT_ALLOWED,   /* the sender's key is not for this unit or kind */
    REFUSAL_BAD_AVRO,      /* not one of our events as framed Avro */
    REFUSAL_COUNT
};
const char *refusal_name(enum refusal_code code); /* "missing", … for answers and metrics */

#define REFUSAL_FIELD_SIZE 64
struct refusal {
    enum refusal_code code;
    char field[REFUSAL_FIELD_SIZE]; /* "DanhSachHoSoBoSung[2].NgayHenTraMoi"; "" = the row itself */
};

struct key; /* key.h */

/* What a row is read against; the same for all rows of a request. */
struct map_input {
    const struct source *source;
    const struct key *key; /* that pushed it; NULL for a feed */
    struct str event_key;
    struct str officer_key;
    struct str agency;   /* madonvi of the envelope, empty = none */
    int64_t ingested_at; /* the request's stamp */
};

/* A supplement returns a dossier once or twice; 64 times is a mistake. */
#define SUPPLEMENTS_MAX 64
/* The events of one row. About 40 KiB: reuse it. Text in the events are views into the row's JSON and into `scratch`. */
struct mapped {
    struct event events[SUPPLEMENTS_MAX + 2];
    size_t count;
    char scratch[16384];
    size_t scratch_used;
    char officer[EVENT_ID_SIZE];
    char *canonical; /* the row as hashed; grows, freed by mapped_deinit */
    size_t canonical_size;
};
void mapped_init(struct mapped *mapped);
void mapped_deinit(struct mapped *mapped);

enum { MAP_REFUSED = 1 };
/*
 * Fills *out with the row's events, each valid by event_validate. 0; MAP_REFUSED with *ret, nothing of the row is to be kept;
 * ERR_NOMEM. The three of them: map_hoso.h, map_progress.h, map_native.h.
 */
typedef int map_row(const struct map_input *input, const struct json *row, struct mapped *out,
                    struct refusal *ret);

/* A source's time may be this much ahead of ours: as it is; flagged and ordered at ingest time; beyond: refused (domain 7.11). */
#define AHEAD_ACCEPTED_MS (5 * MS_PER_MINUTE)
#define AHEAD_FLAGGED_MS (24 * MS_PER_HOUR)

#endif
