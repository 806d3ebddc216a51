/*
 * `hoso gen`, inside: a seeded generator of what a one-stop system sends to the portal. Everything is integer arithmetic on
 * one random stream, so the same options give the same bytes on every machine.
 *
 *   gen.c          what is run                                    gen_options.c  the command line
 *   gen_profile.c  profiles: how many are filed, online, late, rated …; offices; procedures
 *   gen_random.c   xoshiro256** seeded by splitmix64; quotas
 *   gen_life.c     when a dossier is filed and how it ends       gen_shape.c  the outcomes, one function each
 *   gen_sync.c     what is sent about it and when, and what goes wrong on the way
 *   gen_json.c     the messages
 *   gen_send.c     requests                                       gen_push.c   over HTTP
 * and past the portal's messages, for load:
 *   gen_event.c    the events of a life                           gen_stream.c their order, late ones and repeated ones
 *   gen_kafka.c    onto the topic
 */
#ifndef HOSO_CLI_GEN_H
#define HOSO_CLI_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "domain/calendar.h"
#include "domain/event.h"
#include "domain/units.h"
#include "json/json.h"

/* ---- random numbers ---- */

struct gen_random {
    uint64_t state[4];
};
void gen_seed(struct gen_random *random, uint64_t seed);
/* Uniform in 0..n-1, n > 0; and in low..high. */
uint32_t gen_below(struct gen_random *random, uint32_t n);
int64_t gen_between(struct gen_random *random, int64_t low, int64_t high);
/* True in so many of a million cases. */
bool gen_chance(struct gen_random *random, uint32_t ppm);
/* An index by weights that do not sum to 0. */
size_t gen_weighted(struct gen_random *random, const uint32_t *weights, size_t count);
/* The same without replacement: after as many draws as their sum, each index has come exactly as often as its count said. */
size_t gen_quota(struct gen_random *random, uint32_t *counts, size_t count);

/* ---- profiles ---- */

enum gen_outcome {
    OUT_DONE,                   /* early or on time */
    OUT_LATE,                   /* done after the due day */
    OUT_WITHDRAWN,              /* status 7 */
    OUT_STOPPED,                /* status 8, open for good */
    OUT_RUNNING,                /* open at the end of the period, due after it */
    OUT_PAUSED,                 /* open at the end of the period, waiting for a supplement */
    OUT_RECEIVED,               /* = how many outcomes count as received in the period */
    OUT_REFUSED = OUT_RECEIVED, /* status 3 */
    OUT_WAITING,                /* filed online on the last day, not accepted yet */
    OUT_BACKLOG, /* accepted before the period by the former commune, done inside it */
    OUT_AWAY,    /* accepted here, then transferred to another commune, done there */
    OUT_COUNT
};

struct gen_profile {
    const char *name;
    const char *unit_code; /* NULL = all communes */
    const char *from;      /* default period */
    const char *to;
    int64_t received;                /* default number of dossiers */
    uint32_t outcome_ppm[OUT_COUNT]; /* of the received; OUT_DONE is what the others leave */
    uint32_t online_ppm;             /* of the received */
    uint32_t postal_ppm;
    uint32_t rated_ppm;        /* of the done and late */
    uint32_t dissatisfied_ppm; /* of the rated */
    int sync_days;             /* days from one synchronisation to the next */
    int64_t chunk;             /* progress rows per request */
};
const struct gen_profile *gen_profile_find(const char *name); /* NULL = no such profile */
/* n times ppm / 1,000,000, rounded to the nearest. */
uint32_t gen_share(int64_t n, uint32_t ppm);

enum { TERM_SAME_DAY = 0, TERM_NO_DUE = -1 };
struct gen_procedure {
    const char *code;
    const char *name;
    const char *field_code;
    const char *field_name;
    const char *subject; /* LoaiDoiTuong */
    int term_days;       /* working days, TERM_SAME_DAY or TERM_NO_DUE */
    uint32_t weight;
    bool fee;
};
/* At random by weight among those whose term in days is at least min_days; without due date only for min_days = TERM_NO_DUE. */
const struct gen_procedure *gen_procedure_draw(struct gen_random *random, int min_days);

/* An office that receives and decides: a commune's, with its example agency code (schemas/reference/README.md). */
struct gen_office {
    const struct unit *unit;
    char agency[24];
    uint32_t weight; /* share of the dossiers; 0 = a neighbour, in transfers only */
};

/* ---- dossiers ---- */

struct gen_step {
    int64_t at;
    int32_t status;
    int64_t due_at; /* of the step, NO_TIME = none */
    uint32_t officer;
};
#define GEN_STEPS_MAX 16
#define GEN_OFFICERS 12

/* One dossier from filing to rating. Times NO_TIME where it did not happen. */
struct gen_life {
    uint32_t serial;
    char code[72]; /* an agency, a date, a number: no format can overflow it */
    enum gen_outcome outcome;
    const struct gen_procedure *procedure;
    const struct gen_office *received_by; /* in the code */
    const struct gen_office *decided_by;  /* in the end */
    enum channel channel;
    bool digitised;
    bool non_territorial;
    int64_t submitted_at;
    int64_t accepted_at;
    int64_t refused_at;
    int64_t ended_at;
    int64_t returned_at;
    int64_t due_at; /* as issued at first */
    int64_t supplement_asked_at;
    int64_t supplement_given_at;
    int64_t supplement_due_at; /* the new date */
    int64_t due_changed_at;    /* by a re-appointment or a correction, as due_reason says */
    int64_t due_changed_to_at;
    enum due_reason due_reason;
    int64_t transferred_at;
    int64_t paid_at;
    int64_t apology_at;
    int64_t rated_at;
    int32_t rating;
    struct gen_step steps[GEN_STEPS_MAX];
    size_t step_count;
};

/* What is made: options, tables and the stream. */
struct gen {
    const struct gen_profile *profile;
    struct calendar *calendar;
    struct units *units;
    struct gen_random random;
    int32_t from_day;
    int32_t to_day;
    int64_t received;
    int64_t chunk;
    int64_t live; /* > 0: only so many open dossiers, due at live_due_at */
    int64_t live_due_at;
    uint32_t
        replaced_percent; /* of the dossiers: have a replacement code beside their own (domain notes, 1.1) */
    struct gen_office *offices; /* the former ones as well */
    size_t office_count;
    uint32_t outcomes[OUT_COUNT]; /* quotas that are left */
    uint32_t channels[CHANNEL_COUNT];
    uint32_t ratings[3]; /* none, dissatisfied, satisfied */
    struct gen_life *lives;
    size_t life_count;
};

/* Loads the tables and fills offices and quotas. ERR_INPUT: the period lies before the present communes or is empty. */
int gen_open(struct gen *gen, struct error *err);
void gen_close(struct gen *gen);
/* An office at random: by weight; any other commune's; one of those that own's commune was made from, NULL = there is none. */
const struct gen_office *gen_office_draw(struct gen *gen);
const struct gen_office *gen_office_neighbour(struct gen *gen, const struct gen_office *own);
const struct gen_office *gen_office_former(struct gen *gen, const struct gen_office *own);

/* Makes all lives, in the order of their codes. ERR_INPUT: a term that ends in a year without calendar; no room in the period. */
int gen_make_lives(struct gen *gen, struct error *err);
/* Gives an outcome its times. 0; 1 = they do not fit into the period, draw again; negative as above. */
int gen_shape(struct gen *gen, struct gen_life *life, struct error *err);
/* The first instant by which so many working minutes have passed since `at`; itself a working instant. */
int64_t gen_work_later(const struct gen *gen, int64_t at, int64_t minutes);
int64_t gen_closing(const struct gen *gen, int32_t day);

/* ---- messages ---- */

enum gen_message_kind { GEN_INSERT, GEN_UPDATE, GEN_PROGRESS, GEN_NATIVE };
enum gen_native {
    NATIVE_TRANSFERRED,
    NATIVE_DUE_CHANGED,
    NATIVE_PAID,
    NATIVE_APOLOGY,
    NATIVE_RATED,
    NATIVE_COUNT
};

struct gen_message {
    int32_t run;                /* number of the synchronisation that carries it */
    enum gen_message_kind kind; /* records go before progress, progress before native events */
    const char *madonvi;        /* of the envelope; "" for native events */
    int64_t key;                /* place among its kind: the time, unless shuffled */
    const struct gen_life *life;
    int64_t as_of; /* records: what was known then */
    size_t index;  /* progress: step; native: enum gen_native */
};
/* The messages in the order of sending; *ret is freed by the caller. ERR_NOMEM. */
int gen_sync(struct gen *gen, struct gen_message **ret, size_t *ret_count, struct error *err);

/* Who decides a dossier at a time: the office that took it in, until it is transferred or its commune is merged. */
const struct gen_office *gen_decider(const struct gen_life *life, int64_t at);
/* Its due date and its status as a record of the time `now` says them. */
int64_t gen_due_known(const struct gen_life *life, int64_t now);
int32_t gen_status_known(const struct gen_life *life, int64_t now);
/* The time of a native event, NO_TIME = it did not happen. */
int64_t gen_native_at(const struct gen_life *life, enum gen_native native);
/* One HoSo, TienTrinh or native event inside an open array. */
void gen_put_message(struct json_out *out, const struct gen *gen,
                     const struct gen_message *message);

/* Where requests go: path and body of one, with so many rows. 0, or negative: stop. */
typedef int gen_sink(void *arg, const char *path, struct str body, size_t rows, struct error *err);
/* Groups the messages into requests and gives them to the sink, in order. 0 or what the sink said. */
int gen_send_all(const struct gen *gen, const struct gen_message *messages, size_t count,
                 gen_sink *sink, void *sink_arg, struct error *err);

struct gen_push; /* a sink that posts, shows its progress on stderr and counts what is answered */
int gen_push_new(const char *url, const char *key, size_t row_total, struct gen_push **ret,
                 struct error *err);
int gen_push_sink(void *push, const char *path, struct str body, size_t rows, struct error *err);
/* Says on stderr what became of it. true = all rows were accepted. */
bool gen_push_summary(const struct gen_push *push);
struct gen_push *gen_push_free(struct gen_push *push);

/* ---- events, past ingest ---- */

enum gen_said_kind { SAID_RECORD, SAID_STEP, SAID_NATIVE, SAID_SUPPLEMENT };
/* One event in the making: 32 bytes, for there are millions. */
struct gen_said {
    int64_t at; /* it happened; of a record, what was known then */
    int64_t ingested_at;
    int64_t place; /* in the topic: ingested_at, later for a repetition */
    uint32_t life; /* its index */
    uint8_t kind;  /* enum gen_said_kind */
    uint8_t index; /* of the record, of the step; enum gen_native */
};
#define GEN_SAID_MAX (5 + GEN_STEPS_MAX + NATIVE_COUNT + 1)
/* All that can be said of a life: first a record with its attributes and the last step, then the rest. How many; at least 2. */
size_t gen_said_list(const struct gen_life *life, struct gen_said *out);

struct gen_event_text {
    char officer[EVENT_ID_SIZE];
};
/* The event; it views gen and *text. */
void gen_event_of(const struct gen *gen, const struct gen_said *said, struct gen_event_text *text,
                  struct event *ret);

struct gen_traffic {
    int64_t events; /* with the duplicates; 0 = all there are to say */
    uint32_t duplicate_ppm;
    uint32_t late_ppm; /* come after later news of their dossier */
    int64_t rate;      /* a second; 0 = as fast as it goes */
};
/* The events in the order of the topic; *ret is freed by the caller. ERR_INPUT: more or fewer than these lives can give. */
int gen_stream(struct gen *gen, const struct gen_traffic *traffic, struct gen_said **ret,
               size_t *ret_count, struct error *err);
/* Writes them to kafka.events_topic, and says on stderr how many; all are stored or it fails. */
int gen_to_kafka(struct gen *gen, const struct gen_traffic *traffic, const struct config *config,
                 struct error *err);

#endif
