/* The outcomes: each draws its times until they fit the period. */
#include "gen.h"

#include <assert.h>

static void add_step(struct gen *gen, struct gen_life *life, int64_t at, int32_t status)
{
    assert(life->step_count < GEN_STEPS_MAX); /* the longest life has 11 */
    bool running = status == STATUS_ACCEPTED || status == STATUS_PROCESSING;
    int64_t due_at = life->supplement_due_at != NO_TIME ? life->supplement_due_at : life->due_at;
    life->steps[life->step_count++] = (struct gen_step){
        .at = at,
        .status = status,
        .due_at = running ? due_at : NO_TIME,
        .officer = 1 + gen_below(&gen->random, GEN_OFFICERS),
    };
}

/* A time at the counter: mornings and Mondays are busy. NO_TIME on a day off. */
static int64_t counter_time(struct gen *gen, int32_t day)
{
    static const uint32_t busy[] = {3, 9, 10, 10, 9, 8, 6, 3, 4, 7, 8, 7, 6, 5, 3, 2};
    if (!calendar_works(gen->calendar, day) ||
        (weekday_of(day) != 0 && gen_chance(&gen->random, 150000)))
        return NO_TIME;
    size_t half_hour = gen_weighted(&gen->random, busy, sizeof busy / sizeof *busy);
    int64_t minute = 450 + (int64_t)half_hour * 30 + (half_hour > 7 ? 90 : 0);
    return day_start(day) + minute * MS_PER_MINUTE + gen_below(&gen->random, 1800) * 1000;
}

/* A time at home: in the evening and at weekends too, less on days off. */
static int64_t online_time(struct gen *gen, int32_t day)
{
    static const uint32_t busy[24] = {1, 0, 0,  0,  0,  1, 3, 8, 14, 15, 13, 9,
                                      5, 8, 13, 12, 10, 7, 5, 6, 7,  6,  4,  2};
    if (!calendar_works(gen->calendar, day) && gen_chance(&gen->random, 700000))
        return NO_TIME;
    size_t hour = gen_weighted(&gen->random, busy, 24);
    return day_start(day) + (int64_t)hour * MS_PER_HOUR + gen_below(&gen->random, 3600) * 1000;
}

/* Files on one of the days and is accepted: at once at the counter, online within some hours. */
static bool file(struct gen *gen, struct gen_life *life, int32_t first_day, int32_t last_day)
{
    int32_t day = (int32_t)gen_between(&gen->random, first_day, last_day);
    bool online = life->channel == CHANNEL_ONLINE;
    life->submitted_at = online ? online_time(gen, day) : counter_time(gen, day);
    if (life->submitted_at == NO_TIME)
        return false;
    life->accepted_at = life->submitted_at;
    if (online)
        life->accepted_at =
            gen_work_later(gen, life->submitted_at, gen_between(&gen->random, 2, 180));
    return day_of(life->accepted_at) >= first_day && day_of(life->accepted_at) <= last_day;
}

/* 0, or negative: the calendar does not reach that far. */
static int set_due(struct gen *gen, int64_t from_at, int term_days, int64_t *ret_due_at,
                   struct error *err)
{
    struct term_result result;
    *ret_due_at = NO_TIME;
    if (term_days == TERM_NO_DUE)
        return 0;
    int r = term_days == TERM_SAME_DAY
                ? calendar_due_same_day(gen->calendar, from_at, &result, err)
                : calendar_due_days(gen->calendar, from_at, term_days, &result, err);
    if (r < 0)
        return r;
    *ret_due_at = result.due_at;
    term_result_deinit(&result);
    return 0;
}

/* The rows that every accepted dossier begins with; returns the time of the last. */
static int64_t begin_steps(struct gen *gen, struct gen_life *life)
{
    if (life->channel == CHANNEL_ONLINE)
        add_step(gen, life, life->submitted_at, STATUS_REGISTERED);
    add_step(gen, life, life->accepted_at, STATUS_ACCEPTED);
    int64_t at = gen_work_later(gen, life->accepted_at, gen_between(&gen->random, 1, 6));
    add_step(gen, life, at, STATUS_PROCESSING);
    return at;
}

/* Asked for within the three working days that the law gives, and before the due date. */
static bool ask_supplement(struct gen *gen, struct gen_life *life, int64_t at)
{
    life->supplement_asked_at = gen_work_later(gen, at, gen_between(&gen->random, 60, 1000));
    if (life->supplement_asked_at >= life->due_at)
        return false;
    add_step(gen, life, life->supplement_asked_at, STATUS_SUPPLEMENT);
    return true;
}

/* The applicant takes some days; the term then begins anew. *at moves to the return. */
static int give_supplement(struct gen *gen, struct gen_life *life, int64_t *at, struct error *err)
{
    int64_t days = gen_between(&gen->random, 1, 8);
    int64_t given_at = gen_work_later(gen, life->supplement_asked_at + days * MS_PER_DAY,
                                      gen_below(&gen->random, 60));
    life->supplement_given_at = *at = given_at;
    int r = set_due(gen, given_at, life->procedure->term_days, &life->supplement_due_at, err);
    add_step(gen, life, given_at, STATUS_PROCESSING);
    return r;
}

/* A fee is paid on the way; some dossiers wait for it (status 6). *at moves on. */
static void pay(struct gen *gen, struct gen_life *life, int64_t *at)
{
    if (!life->procedure->fee || !gen_chance(&gen->random, 700000))
        return;
    bool waits = life->procedure->term_days > 0 && gen_chance(&gen->random, 300000);
    int64_t asked_at = gen_work_later(gen, *at, gen_between(&gen->random, 1, 3));
    life->paid_at = gen_work_later(gen, asked_at, gen_between(&gen->random, 1, waits ? 400 : 2));
    if (waits) {
        add_step(gen, life, asked_at, STATUS_AWAITING_PAYMENT);
        add_step(gen, life, life->paid_at, STATUS_PROCESSING);
    }
    *at = life->paid_at;
}

/* Hands over the result where that still falls into the period. */
static void hand_over(struct gen *gen, struct gen_life *life)
{
    int64_t wait = life->channel == CHANNEL_ONLINE ? gen_between(&gen->random, 0, 30)
                                                   : gen_between(&gen->random, 1, 900);
    int64_t at = gen_work_later(gen, life->ended_at, wait);
    add_step(gen, life, life->ended_at, STATUS_DONE);
    if (day_of(at) > gen->to_day || gen_chance(&gen->random, 30000))
        return;
    life->returned_at = at;
    add_step(gen, life, at, STATUS_RETURNED);
}

/* When the work on it ends, between at and due_at: mostly well before, sometimes on the last day. */
static int64_t draw_end(struct gen *gen, const struct gen_life *life, int64_t at, int64_t due_at)
{
    if (due_at == NO_TIME)
        return gen_work_later(gen, at, gen_between(&gen->random, 60, 10 * 480));
    if (life->procedure->term_days == TERM_SAME_DAY)
        return gen_work_later(gen, at, gen_between(&gen->random, 3, 100));
    int64_t percent = gen_chance(&gen->random, 80000) ? gen_between(&gen->random, 97, 99)
                                                      : gen_between(&gen->random, 15, 90);
    return gen_work_later(gen, at,
                          calendar_work_minutes(gen->calendar, at, due_at) * percent / 100);
}

/* From acceptance to the result, in time. 1 = does not fit. */
static int finish_in_time(struct gen *gen, struct gen_life *life, struct error *err)
{
    int term = life->procedure->term_days;
    int r = set_due(gen, life->accepted_at, term, &life->due_at, err);
    if (r < 0)
        return r;
    int64_t due_at = life->due_at;
    int64_t at = begin_steps(gen, life);
    if (term >= 5 && gen_chance(&gen->random, 180000)) {
        if (!ask_supplement(gen, life, at))
            return 1;
        r = give_supplement(gen, life, &at, err);
        if (r < 0)
            return r;
        due_at = life->supplement_due_at;
    }
    pay(gen, life, &at);
    for (int more = term >= 3 ? (int)gen_below(&gen->random, 3) : 0; more > 0; more--) {
        at = gen_work_later(gen, at, gen_between(&gen->random, 20, 200));
        add_step(gen, life, at, STATUS_PROCESSING);
    }
    life->ended_at = draw_end(gen, life, at, due_at);
    if ((due_at != NO_TIME && (at > due_at || life->ended_at > due_at)) ||
        day_of(life->ended_at) > gen->to_day)
        return 1;
    hand_over(gen, life);
    return 0;
}

static int shape_done(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, TERM_NO_DUE);
    if (!file(gen, life, gen->from_day, gen->to_day))
        return 1;
    int r = finish_in_time(gen, life, err);
    if (r != 0)
        return r;
    bool moved = life->procedure->term_days >= 3 && gen->profile->unit_code &&
                 gen_chance(&gen->random, 10000);
    if (moved) {
        life->received_by = gen_office_neighbour(gen, life->decided_by);
        life->transferred_at = gen_work_later(gen, life->accepted_at, 1);
    }
    bool corrected = life->procedure->term_days >= 10 && life->supplement_due_at == NO_TIME &&
                     gen_chance(&gen->random, 20000);
    if (corrected) { /* the date was typed too early by some days; done before either */
        life->due_changed_at = gen_work_later(gen, life->accepted_at, 30);
        life->due_reason = DUE_CORRECTION;
        r = set_due(gen, life->due_at, 2, &life->due_changed_to_at, err);
    }
    return r;
}

/* Complex ones that took too long; some were told a new date, most got an apology. */
static int shape_late(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, 5);
    if (!file(gen, life, gen->from_day, gen->to_day))
        return 1;
    int r = set_due(gen, life->accepted_at, life->procedure->term_days, &life->due_at, err);
    if (r < 0)
        return r;
    begin_steps(gen, life);
    life->ended_at = gen_work_later(gen, life->due_at, gen_between(&gen->random, 480, 5 * 480));
    if (day_of(life->ended_at) > gen->to_day)
        return 1;
    int64_t warned_at = gen_work_later(gen, life->due_at - 4 * MS_PER_DAY, 60);
    if (warned_at > life->accepted_at && gen_chance(&gen->random, 600000))
        life->apology_at = warned_at;
    if (life->apology_at != NO_TIME && gen_chance(&gen->random, 700000)) {
        life->due_changed_at = warned_at + MS_PER_MINUTE;
        life->due_reason = DUE_REAPPOINTMENT;
        r = set_due(gen, life->due_at, 7, &life->due_changed_to_at, err);
    }
    hand_over(gen, life);
    return r;
}

static int shape_withdrawn(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, 3);
    if (!file(gen, life, gen->from_day, gen->to_day))
        return 1;
    int r = set_due(gen, life->accepted_at, life->procedure->term_days, &life->due_at, err);
    if (r < 0)
        return r;
    int64_t at = begin_steps(gen, life);
    life->ended_at = gen_work_later(gen, at, gen_between(&gen->random, 30, 900));
    if (life->ended_at > life->due_at || day_of(life->ended_at) > gen->to_day)
        return 1;
    add_step(gen, life, life->ended_at, STATUS_WITHDRAWN);
    return 0;
}

static int shape_stopped(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, 5);
    if (!file(gen, life, gen->from_day, gen->to_day))
        return 1;
    int r = set_due(gen, life->accepted_at, life->procedure->term_days, &life->due_at, err);
    if (r < 0)
        return r;
    int64_t at = gen_work_later(gen, begin_steps(gen, life), gen_between(&gen->random, 60, 1200));
    add_step(gen, life, at, STATUS_STOPPED);
    return at >= life->due_at || day_of(at) > gen->to_day;
}

/* Open at the end of the period: running with a due date after it, or waiting for a supplement asked in time. */
static int shape_open(struct gen *gen, struct gen_life *life, struct error *err)
{
    bool paused = life->outcome == OUT_PAUSED;
    int32_t first_day = gen->to_day - (paused ? 40 : 25);
    life->procedure = gen_procedure_draw(&gen->random, 10);
    if (!file(gen, life, first_day > gen->from_day ? first_day : gen->from_day, gen->to_day))
        return 1;
    int r = set_due(gen, life->accepted_at, life->procedure->term_days, &life->due_at, err);
    if (r < 0)
        return r;
    int64_t at = begin_steps(gen, life);
    if (paused)
        return !ask_supplement(gen, life, at) || day_of(life->supplement_asked_at) > gen->to_day;
    return day_of(life->due_at) <= gen->to_day || day_of(at) > gen->to_day;
}

/* Filed online and not accepted: refused within the hours that the law gives, or still waiting on the last evening. */
static int shape_unaccepted(struct gen *gen, struct gen_life *life)
{
    bool waiting = life->outcome == OUT_WAITING;
    int32_t day =
        waiting ? gen->to_day : (int32_t)gen_between(&gen->random, gen->from_day, gen->to_day);
    life->procedure = gen_procedure_draw(&gen->random, TERM_SAME_DAY);
    life->submitted_at = online_time(gen, day);
    if (life->submitted_at == NO_TIME)
        return 1;
    add_step(gen, life, life->submitted_at, STATUS_REGISTERED);
    if (waiting)
        return life->submitted_at < gen_closing(gen, day) - 4 * MS_PER_HOUR;
    life->refused_at = gen_work_later(gen, life->submitted_at, gen_between(&gen->random, 5, 470));
    add_step(gen, life, life->refused_at, STATUS_REFUSED);
    return day_of(life->refused_at) > gen->to_day;
}

/* Accepted in the month before the period, by the former commune where there was one; done inside the period, in time. */
static int shape_backlog(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, 15);
    if (!file(gen, life, gen->from_day - 25, gen->from_day - 1))
        return 1;
    if (day_of(life->accepted_at) < life->decided_by->unit->valid_from) {
        life->received_by = gen_office_former(gen, life->decided_by);
        if (!life->received_by)
            return 1;
    }
    int r = finish_in_time(gen, life, err);
    return r == 0 ? day_of(life->ended_at) < gen->from_day : r;
}

/* Given to another commune on the same day, which does it in time. */
static int shape_away(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->procedure = gen_procedure_draw(&gen->random, 3);
    if (!file(gen, life, gen->from_day, gen->to_day))
        return 1;
    life->decided_by = gen_office_neighbour(gen, life->received_by);
    life->transferred_at = gen_work_later(gen, life->accepted_at, 1);
    return finish_in_time(gen, life, err);
}

int gen_shape(struct gen *gen, struct gen_life *life, struct error *err)
{
    life->received_by = life->decided_by = gen_office_draw(gen);
    life->digitised = gen_chance(&gen->random, 870000);
    life->non_territorial = gen_chance(&gen->random, 30000);
    switch (life->outcome) {
    case OUT_LATE: return shape_late(gen, life, err);
    case OUT_WITHDRAWN: return shape_withdrawn(gen, life, err);
    case OUT_STOPPED: return shape_stopped(gen, life, err);
    case OUT_RUNNING:
    case OUT_PAUSED: return shape_open(gen, life, err);
    case OUT_REFUSED:
    case OUT_WAITING: return shape_unaccepted(gen, life);
    case OUT_BACKLOG: return shape_backlog(gen, life, err);
    case OUT_AWAY: return shape_away(gen, life, err);
    default: return shape_done(gen, life, err);
    }
}
