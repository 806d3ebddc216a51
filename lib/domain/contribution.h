/*
 * What one dossier adds to the rollups. rollup = sum of contribution(dossier), always: an event
 * subtracts the old contribution and adds the new one (DESIGN.md, "Rollups").
 *
 * Each measure counts on the Vietnamese day (day_of) of its own milestone, under the dossier's
 * present unit, procedure and channel; each adds 0 or 1, but supplements and work_minutes. A dossier
 * without a unit (quarantine), aliased or erased contributes nothing.
 *
 * A dossier is in the table (the form's columns 3 to 13) when its accepted_at is given, its phase is
 * not waiting, and it was not refused (ended with status 3). So the form's "received = settled + open"
 * holds for any set of dossiers: accepted = early + on_time + late + withdrawn + open cells of phase
 * running and paused.
 *   in the table only:        accepted, level_*, non_territorial, digitised, paid, paid_online (each
 *                             where its value is yes), early, on_time, late, late_apology,
 *                             withdrawn, work_*
 *   in the table or refused:  late_data
 *   any dossier:              submitted, refused, supplements, rated, satisfied
 * A dossier with at least one interval and not ended has one open cell; its phase is waiting where
 * the dossier is not in the table (also when a supplement was asked for before acceptance).
 * early, on_time and late are for 9 and 10 only, by overdue_verdict. work_minutes is the sum, over the
 * running intervals cut to accepted_at..ended_at, of calendar_work_minutes; exactly one of work_4h ..
 * work_more is 1, the first that holds.
 */
#ifndef HOSO_DOMAIN_CONTRIBUTION_H
#define HOSO_DOMAIN_CONTRIBUTION_H

#include "domain/calendar.h"
#include "domain/fold.h"

/*
 * X(column of hoso.rollup_daily, the day it counts on and what it counts). The one list that C and
 * SQL share: the migration has the same columns in the same order, and a test holds them together.
 */
#define MEASURES(X)                                                                                \
    X(submitted, "submitted_at: filed")                                                            \
    X(accepted, "accepted_at: accepted (tiếp nhận)")                                               \
    X(refused, "ended_at: not accepted (status 3)")                                                \
    X(early, "ended_at: done before the due day")                                                  \
    X(on_time, "ended_at: done on the due day, or without a due date")                             \
    X(late, "ended_at: done after the due day")                                                    \
    X(late_apology, "ended_at: late, and apology_sent = yes")                                      \
    X(withdrawn, "ended_at: withdrawn or handed back (status 7), or finally stopped (8)")          \
    X(supplements, "beginning of each paused interval that holds a status 5")                      \
    X(level_full, "accepted_at: dịch vụ công toàn trình")                                          \
    X(level_partial, "accepted_at: một phần")                                                      \
    X(level_information, "accepted_at: cung cấp thông tin")                                        \
    X(non_territorial, "accepted_at: phi địa giới")                                                \
    X(digitised, "accepted_at: has digitised components")                                          \
    X(paid, "accepted_at: fee paid")                                                               \
    X(paid_online, "accepted_at: fee paid online")                                                 \
    X(rated, "rated_at: rated")                                                                    \
    X(satisfied, "rated_at: rated 4 or 5")                                                         \
    X(late_data, "ended_at: the last interval begins on an undated word (basis ingest)")           \
    X(work_minutes, "ended_at, 9 and 10: working minutes in running intervals, accepted to ended") \
    X(work_4h, "ended_at: work_minutes <= 240")                                                    \
    X(work_1d, "ended_at: <= 480")                                                                 \
    X(work_3d, "ended_at: <= 1440")                                                                \
    X(work_5d, "ended_at: <= 2400")                                                                \
    X(work_10d, "ended_at: <= 4800")                                                               \
    X(work_20d, "ended_at: <= 9600")                                                               \
    X(work_more, "ended_at: more")

enum measure {
#define X(name, text) MEASURE_##name,
    MEASURES(X)
#undef X
        MEASURE_COUNT
};

/* Column name of a measure; measure in 0..MEASURE_COUNT-1. */
const char *measure_name(enum measure measure);

struct daily_cell {
    int32_t unit_id;
    int32_t day;
    struct str procedure; /* views into the dossier's text */
    enum channel channel;
    int64_t measures[MEASURE_COUNT];
};

/* due_day = NO_DAY stands for "no due date" ('infinity' in SQL). */
struct open_cell {
    int32_t unit_id;
    int32_t due_day;
    struct str procedure;
    enum channel channel;
    enum phase phase; /* waiting, running, paused */
    int64_t count;
};

/* Working memory and result; reused. _init zeroes, _deinit frees. */
struct contribution {
    struct daily_cell *daily;
    size_t daily_count;
    size_t daily_capacity;
    struct open_cell open;
    bool has_open;
};
void contribution_init(struct contribution *c);
void contribution_deinit(struct contribution *c);

/*
 * Fills *ret from the dossier and the unit that its agency resolved to (unit_id 0 = unknown, adds
 * nothing). One daily cell per day that has a measure, in order of days. Views in the cells are valid
 * as long as the dossier's text. 0 or ERR_NOMEM (then *ret is empty).
 */
int contribution_of(const struct dossier *dossier, int32_t unit_id, const struct calendar *calendar,
                    struct contribution *ret);

#endif
