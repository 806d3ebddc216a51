/*
 * What a record of the events topic is: a good event, or a dead letter and why. Pure but for the codec.
 */
#ifndef HOSO_AGGREGATOR_INTAKE_H
#define HOSO_AGGREGATOR_INTAKE_H

#include "codec/codec.h"
#include "domain/event.h"
#include "kafka/kafka.h"

/* Why a record goes to the dead-letter topic; code NULL = it does not. Texts never hold the record's content. */
struct refusal {
    const char *stage; /* decode, validate, key, store */
    const char *code;  /* hoso_error_code, one of refusal_codes */
    char message[200];
};

/* Every code there is, ended by NULL: the faults of the codec by their names, then ours. */
extern const char *const refusal_codes[];
#define REFUSED_INVALID "invalid_event"
#define REFUSED_KEY "key_mismatch"
#define REFUSED_PARTITION "wrong_partition"
#define REFUSED_DATABASE "refused_by_database"

int refusal_index(const char *code); /* in refusal_codes; -1 = not there */

struct refusal refusal_none(void);
/* stage: decode, validate, key or store; code: static text; message is copied. */
struct refusal refusal_of(const char *stage, const char *code, const char *message);

/*
 * Decodes and checks a record into *ret_event (views into the record); the answer says whether it may be used: code NULL, or what
 * is wrong with it (then *ret_event is unspecified).
 */
struct refusal intake_judge(const struct codec *codec, const struct record *record,
                            struct event *ret_event);

#endif
