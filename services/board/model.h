/*
 * What one audience sees: figures per commune, the newest events, the firing alerts, the state of the pipeline. Each thing
 * carries the revision in which it last changed, so that the difference to any earlier revision can be written: a snapshot is the
 * difference to nothing, and a client that fell behind needs no queue. Pure; one thread.
 */
#ifndef HOSO_BOARD_MODEL_H
#define HOSO_BOARD_MODEL_H

#include "board/pipeline.h"
#include "domain/event.h"
#include "notice/wording.h"
#include "json/json.h"

enum figure {
    FIGURE_WAITING, /* filed, not accepted yet */
    FIGURE_RUNNING,
    FIGURE_PAUSED,
    FIGURE_OVERDUE, /* running, due before today; part of running, as the next two */
    FIGURE_DUE_TODAY,
    FIGURE_DUE_SOON,       /* due after today, up to and including the next working day */
    FIGURE_RECEIVED,       /* today */
    FIGURE_SETTLED,        /* today: done, in time or not */
    FIGURE_LATE,           /* today: done late */
    FIGURE_MONTH_RECEIVED, /* the last 30 days, today included, as all that follow */
    FIGURE_MONTH_ONLINE,   /* of those received */
    FIGURE_MONTH_IN_TIME,  /* done early or on time, and withdrawn */
    FIGURE_MONTH_LATE,
    FIGURE_MONTH_LATE_DATA, /* ended on a word without a date of its own */
    FIGURE_MONTH_RATED,
    FIGURE_MONTH_SATISFIED,
    FIGURE_ALERTS, /* firing */
    FIGURE_COUNT
};
extern const char *const figure_names[FIGURE_COUNT];
#define MONTH_DAYS 30

enum {
    PLACE_CODE_SIZE = 16,
    PLACE_NAME_SIZE = 96,
    KIND_SIZE = 24,
    ITEM_CODE_SIZE = CODE_MAX + 1,
    ACTOR_SIZE = 4 * 40 + 1, /* 40 characters */
    FEED_MAX = 60,
    ALERTS_MAX = 200,
    GONE_MAX = 400,
    ID_SIZE = 16,
};

struct place {
    int32_t unit_id;
    char code[PLACE_CODE_SIZE];
    char name[PLACE_NAME_SIZE];
    char kind[KIND_SIZE];
    int64_t figures[FIGURE_COUNT];
    int64_t revision;
};

/* One event of the feed. dossier_code is empty for those who may not know it. */
struct feed_item {
    uint8_t event_id[ID_SIZE];
    int64_t occurred_at;
    int64_t ingested_at;
    int32_t unit_id; /* 0 = none (quarantine) */
    int32_t status;
    char kind[KIND_SIZE];
    char channel[KIND_SIZE];
    char procedure_code[ITEM_CODE_SIZE];
    char source[SOURCE_MAX + 1];
    char dossier_code[ITEM_CODE_SIZE];
    int64_t revision;
};

struct alert_item {
    uint8_t alert_id[ID_SIZE];
    int32_t unit_id; /* 0 = none */
    int32_t episode;
    int64_t due_at;
    int64_t fired_at;
    int64_t updated_at;
    char rule[KIND_SIZE];
    char procedure_code[ITEM_CODE_SIZE];
    char dossier_code[ITEM_CODE_SIZE];
    char acknowledged_by[ACTOR_SIZE]; /* empty = nobody */
    int64_t snoozed_until;            /* NO_TIME = not */
    int64_t last_event_at;            /* the newest that was told happened then, */
    int64_t last_ingested_at;         /* and we heard of something then */
    enum clock_verdict clock;         /* late work, or late data? */
    int64_t revision;
};

struct gone_item {
    uint8_t alert_id[ID_SIZE];
    int64_t revision;
};

struct model {
    uint32_t epoch;   /* random; revisions of another epoch mean nothing here */
    int64_t revision; /* of the last finished update; 0 = none yet */
    bool changed;     /* since then */
    int64_t floor;    /* what was dropped before this revision cannot be told apart any more */
    int64_t data_at;  /* when PostgreSQL last told us how things stand; NO_TIME = never */
    int32_t today;
    int64_t today_revision;
    struct place *places; /* by code */
    size_t place_count;
    int64_t places_revision; /* when the list itself last changed */
    int64_t totals[FIGURE_COUNT];
    int64_t totals_revision;
    struct feed_item feed[FEED_MAX]; /* newest first */
    size_t feed_count;
    struct alert_item alerts[ALERTS_MAX]; /* newest first */
    size_t alert_count;
    struct gone_item gone[GONE_MAX];
    size_t gone_count;
    struct pipeline pipeline;
    int64_t pipeline_revision;
};

void model_init(struct model *model, uint32_t epoch);
void model_deinit(struct model *model);

/* Replaces the list of communes; figures of those that stay are kept. rows: code, name, kind, unit_id. 0 or ERR_NOMEM. */
int model_set_places(struct model *model, const struct place *rows, size_t count);
/* NULL = no such commune. */
struct place *model_place(struct model *model, int32_t unit_id);
void model_set_figures(struct model *model, struct place *place,
                       const int64_t figures[FIGURE_COUNT]);
void model_set_totals(struct model *model, const int64_t figures[FIGURE_COUNT]);
void model_set_today(struct model *model, int32_t today);
/* Adds one event; known ones (by id and ingested_at) are passed over, as are those older than all of a full feed. */
void model_add_feed(struct model *model, const struct feed_item *item);
/* The whole list, newest first; count <= ALERTS_MAX. */
void model_set_alerts(struct model *model, const struct alert_item *items, size_t count);
void model_set_pipeline(struct model *model, const struct pipeline *pipeline);
/* Ends an update: true = there is a new revision. data_at moves in any case. */
bool model_finish(struct model *model, int64_t data_at);

/*
 * Writes what changed after revision `since` as one JSON object; since 0, unknown or too old writes everything. now: the moment
 * of writing. Returns true when it is a snapshot.
 */
bool model_write(const struct model *model, int64_t since, int64_t now_at, struct json_out *out);

/* "EPOCH-REVISION", the id of an event stream. */
#define MODEL_ID_SIZE 40
char *model_id(const struct model *model, char out[MODEL_ID_SIZE]);
/* The revision that an id names; 0 = of another epoch, from the future or not an id. */
int64_t model_since(const struct model *model, struct str id);

/* Parts of what model_write writes, for the API. */
void model_write_time(struct json_out *out, const char *key, int64_t at); /* NO_TIME: null */
void model_write_figures(struct json_out *out, const char *key,
                         const int64_t figures[FIGURE_COUNT]);
void model_write_feed_item(struct json_out *out, const struct model *model,
                           const struct feed_item *item);
void model_write_alert(struct json_out *out, const struct model *model,
                       const struct alert_item *item);

#endif
