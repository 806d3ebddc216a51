/*
 * Communes with validity dates, and the map from agency codes to them.
 *
 * A commune code alone is ambiguous: 1,800 codes were given to another unit on 2025-07-01 (11713 was
 * Kiến Quốc, is Nghi Dương). So a unit is a row with valid_from/valid_to and a unit_id of ours, and only
 * unit_id is stored with figures. Pure; read-only after loading.
 */
#ifndef HOSO_DOMAIN_UNITS_H
#define HOSO_DOMAIN_UNITS_H

#include "base/clock.h"
#include "base/error.h"

struct units; /* opaque */

struct unit {
    int32_t unit_id;      /* > 0, stable for ever */
    const char *code;     /* text: leading zeros count */
    const char *name;     /* without the kind: "Nghi Dương" */
    const char *kind;     /* phường, xã, đặc khu, thị trấn */
    int32_t valid_from;   /* day; NO_DAY = always before */
    int32_t valid_to;     /* last day; NO_DAY = still valid */
    int32_t successor_id; /* 0 = none, or split over several */
    bool split;           /* several successors: its backlog needs a person's decision */
};

struct units *units_new(void); /* NULL when memory is short */
struct units *units_free(struct units *units);

/*
 * Both copy what they are given and refuse what would be ambiguous. ERR_INPUT: an id twice, a code that two entries bear on
 * one day, valid_to before valid_from, an empty code. ERR_NOMEM.
 */
int units_add(struct units *units, const struct unit *unit, struct error *err);
/* valid_from NO_DAY = from always, valid_to NO_DAY = until further notice. */
int units_add_agency(struct units *units, struct str agency_code, struct str unit_code,
                     int32_t valid_from, int32_t valid_to, struct error *err);

/*
 * CSV with headers "unit_id,code,name,kind,valid_from,valid_to,successor_id,split" and
 * "agency_code,unit_code,valid_from,valid_to". ERR_INPUT names the line.
 */
int units_load_csv(struct units *units, struct str csv, struct error *err);
int units_load_agencies_csv(struct units *units, struct str csv, struct error *err);

/* NULL when unknown. Units stay valid and in place while `units` lives. */
const struct unit *units_by_id(const struct units *units, int32_t unit_id);
/* The unit that bore the code on that day. */
const struct unit *units_by_code(const struct units *units, struct str code, int32_t day);
size_t units_count(const struct units *units);
const struct unit *units_at(const struct units *units,
                            size_t index); /* by id; index < units_count */

enum unit_answer { UNIT_FOUND, UNIT_UNKNOWN, UNIT_EXPIRED, UNIT_SPLIT };
/* Why it waits in quarantine: "unknown", "expired", "split"; NULL for UNIT_FOUND. */
const char *unit_answer_name(enum unit_answer answer);

/*
 * Who answers for a dossier (domain notes 4 and 7.8). filed_day = the day it was accepted (or submitted); held_day =
 * the day it ended, NO_DAY while it is open. The agency (or, where given, unit_code named by the source itself) is looked
 * up as of filed_day, then followed to its successor while the unit was no longer valid on held_day: so backlog from
 * merged units goes to the successor, and one that ended before the merger stays with the old unit. If the agency is
 * known only with other dates, or a unit ended without a successor: UNIT_EXPIRED. If a split unit must be followed: UNIT_SPLIT.
 * *ret_unit_id is set to the unit, to the split unit with UNIT_SPLIT, or 0. An agency (or unit_code) known only from a later date than filed_day (a new office that
 * took over an older dossier) counts with its first entry. filed_day NO_DAY = before everything. There is no clock here: an
 * open dossier of a unit whose end is known in advance goes to the successor at once.
 */
enum unit_answer units_resolve(const struct units *units, struct str agency, struct str unit_code,
                               int32_t filed_day, int32_t held_day, int32_t *ret_unit_id);

#endif
