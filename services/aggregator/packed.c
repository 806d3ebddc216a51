/*
 * event_id (16) | ingested_at (6, little-endian) | kind * 4 + trust * 2 + basis (1) | occurred_at | mask of fields given | fields.
 * Times are zigzag varints of the difference to ingested_at; every other number takes one byte.
 */
#include "aggregator/packed.h"

#include <stddef.h>

enum how { HOW_TIME, HOW_BYTE, HOW_TRI, HOW_WORD, HOW_TEXT };
enum { TIME_OFFSET = EVENT_ID_SIZE, TIME_SIZE = 6, KIND_OFFSET = TIME_OFFSET + TIME_SIZE };

/* The frequent ones first: their bits make the shortest masks. A test compares the list with struct event. */
#define FIELDS(X)                                                                                  \
    X(status, HOW_BYTE)                                                                            \
    X(step_due_at, HOW_TIME)                                                                       \
    X(officer, HOW_WORD)                                                                           \
    X(due_at, HOW_TIME)                                                                            \
    X(ended_at, HOW_TIME)                                                                          \
    X(returned_at, HOW_TIME)                                                                       \
    X(rating, HOW_BYTE)                                                                            \
    X(submitted_at, HOW_TIME)                                                                      \
    X(accepted_at, HOW_TIME)                                                                       \
    X(procedure_code, HOW_WORD)                                                                    \
    X(field_code, HOW_WORD)                                                                        \
    X(deciding_agency, HOW_WORD)                                                                   \
    X(receiving_agency, HOW_WORD)                                                                  \
    X(deciding_unit, HOW_WORD)                                                                     \
    X(channel, HOW_BYTE)                                                                           \
    X(subject, HOW_BYTE)                                                                           \
    X(online_level, HOW_BYTE)                                                                      \
    X(non_territorial, HOW_TRI)                                                                    \
    X(fee_due, HOW_TRI)                                                                            \
    X(paid, HOW_TRI)                                                                               \
    X(paid_online, HOW_TRI)                                                                        \
    X(digitised, HOW_TRI)                                                                          \
    X(apology_sent, HOW_TRI)                                                                       \
    X(refused_at, HOW_TIME)                                                                        \
    X(due_before_at, HOW_TIME)                                                                     \
    X(due_reason, HOW_BYTE)                                                                        \
    X(late_reason, HOW_WORD)                                                                       \
    X(transfer_from, HOW_WORD)                                                                     \
    X(transfer_to, HOW_WORD)                                                                       \
    X(alternative_code, HOW_TEXT)                                                                  \
    X(alias_of, HOW_TEXT)

enum field {
#define X(name, how) FIELD_##name,
    FIELDS(X)
#undef X
        FIELD_COUNT
};
_Static_assert(FIELD_COUNT <= 32, "the mask has 32 bits");

static uint8_t *put_number(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static const uint8_t *take_number(const uint8_t *at, uint64_t *ret)
{
    uint64_t value = 0;
    int shift = 0;
    for (; *at & 0x80; shift += 7)
        value |= (uint64_t)(*at++ & 0x7f) << shift;
    *ret = value | (uint64_t)*at++ << shift;
    return at;
}

static uint8_t *put_time(uint8_t *at, int64_t time, int64_t base)
{
    int64_t difference = time - base;
    return put_number(at, (uint64_t)difference << 1 ^ (uint64_t)(difference >> 63));
}

static const uint8_t *take_time(const uint8_t *at, int64_t base, int64_t *ret)
{
    uint64_t value;
    at = take_number(at, &value);
    *ret = base + (int64_t)(value >> 1 ^ -(value & 1));
    return at;
}

static uint8_t *put_text(uint8_t *at, struct str text)
{
    *at++ = (uint8_t)text.len;
    memcpy(at, text.data, text.len);
    return at + text.len;
}

static const uint8_t *take_text(const uint8_t *at, struct str *ret)
{
    *ret = (struct str){(const char *)at + 1, *at};
    return at + 1 + *at;
}

static uint32_t mask_of(const struct event *event)
{
    uint32_t mask = 0;
#define GIVEN_HOW_TIME(name) (event->name != NO_TIME)
#define GIVEN_HOW_BYTE(name) ((int)event->name != 0)
#define GIVEN_HOW_TRI(name) (event->name != TRI_UNKNOWN)
#define GIVEN_HOW_WORD(name) str_given(event->name)
#define GIVEN_HOW_TEXT(name) str_given(event->name)
#define X(name, how) mask |= (uint32_t)GIVEN_##how(name) << FIELD_##name;
    FIELDS(X)
#undef X
    return mask;
}

/* A word's number; 0 ends the packing. */
#define PUT_HOW_TIME(name) at = put_time(at, event->name, event->ingested_at);
#define PUT_HOW_BYTE(name) *at++ = (uint8_t)event->name;
#define PUT_HOW_TRI(name) *at++ = (uint8_t)event->name;
#define PUT_HOW_TEXT(name) at = put_text(at, event->name);
#define PUT_HOW_WORD(name)                                                                         \
    uint32_t number = words_number(words, event->name);                                            \
    if (number == 0)                                                                               \
        return 0;                                                                                  \
    at = put_number(at, number);

size_t pack_event(struct words *words, const struct event *event, uint8_t *out)
{
    uint32_t mask = mask_of(event);
    uint8_t *at = out;
    memcpy(at, event->event_id, EVENT_ID_SIZE);
    at += EVENT_ID_SIZE;
    for (int i = 0; i < TIME_SIZE; i++)
        *at++ = (uint8_t)(event->ingested_at >> (8 * i));
    *at++ = (uint8_t)((int)event->kind << 2 | (int)event->trust << 1 | (int)event->time_basis);
    at = put_time(at, event->occurred_at, event->ingested_at);
    at = put_number(at, mask);
#define X(name, how)                                                                               \
    if (mask >> FIELD_##name & 1) {                                                                \
        PUT_##how(name)                                                                            \
    }
    FIELDS(X)
#undef X
    return (size_t)(at - out);
}

static int64_t ingested_at_of(const uint8_t *bytes)
{
    int64_t at = 0;
    for (int i = 0; i < TIME_SIZE; i++)
        at |= (int64_t)bytes[TIME_OFFSET + i] << (8 * i);
    return at;
}

#define TAKE_HOW_TIME(name) at = take_time(at, ret->ingested_at, &ret->name);
#define TAKE_HOW_BYTE(name) ret->name = *at++;
#define TAKE_HOW_TRI(name) ret->name = (enum tri) * at++;
#define TAKE_HOW_TEXT(name) at = take_text(at, &ret->name);
#define TAKE_HOW_WORD(name)                                                                        \
    uint64_t number;                                                                               \
    at = take_number(at, &number);                                                                 \
    ret->name = words_text(words, (uint32_t)number);

size_t unpack_event(const struct words *words, const uint8_t *bytes, struct str code,
                    struct event *ret)
{
    uint64_t mask;
    *ret = event_empty();
    memcpy(ret->event_id, bytes, EVENT_ID_SIZE);
    ret->ingested_at = ingested_at_of(bytes);
    ret->dossier_code = code;
    ret->kind = (enum event_kind)(bytes[KIND_OFFSET] >> 2);
    ret->trust = (enum event_trust)(bytes[KIND_OFFSET] >> 1 & 1);
    ret->time_basis = (enum time_basis)(bytes[KIND_OFFSET] & 1);
    const uint8_t *at = take_time(bytes + KIND_OFFSET + 1, ret->ingested_at, &ret->occurred_at);
    at = take_number(at, &mask);
#define X(name, how)                                                                               \
    if (mask >> FIELD_##name & 1) {                                                                \
        TAKE_##how(name)                                                                           \
    }
    FIELDS(X)
#undef X
    return (size_t)(at - bytes);
}
