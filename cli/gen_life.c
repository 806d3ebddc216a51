/* When a dossier comes, under which code, and the times that all outcomes share. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 20000
#define LIVE_SEQUENCE                                                                              \
    90001 /* far above a day's real numbers: live dossiers never meet those of a period */

int64_t gen_closing(const struct gen *gen, int32_t day)
{
    return day_start(day) + calendar_hours(gen->calendar)->afternoon_end * MS_PER_MINUTE;
}

int64_t gen_work_later(const struct gen *gen, int64_t at, int64_t minutes)
{
    const struct work_hours *hours = calendar_hours(gen->calendar);
    const int halves[2][2] = {{hours->morning_begin, hours->morning_end},
                              {hours->afternoon_begin, hours->afternoon_end}};
    int64_t left_ms = minutes * MS_PER_MINUTE;
    for (int32_t day = day_of(at);; day++) {
        for (size_t i = 0; i < 2 && calendar_works(gen->calendar, day); i++) {
            int64_t begin_at = day_start(day) + halves[i][0] * MS_PER_MINUTE;
            int64_t end_at = day_start(day) + halves[i][1] * MS_PER_MINUTE;
            int64_t start = at > begin_at ? at : begin_at;
            if (start < end_at && left_ms < end_at - start)
                return start + left_ms;
            left_ms -= start < end_at ? end_at - start : 0;
        }
    }
}

static int compare_by_place(const void *a, const void *b)
{
    const struct gen_life *x = a;
    const struct gen_life *y = b;
    int order = strcmp(x->received_by->agency, y->received_by->agency);
    if (order != 0)
        return order;
    if (x->submitted_at != y->submitted_at)
        return x->submitted_at < y->submitted_at ? -1 : 1;
    return x->serial < y->serial ? -1 : 1;
}

/* <agency>-yyMMdd-NNNN, numbered per office and day in the order of filing. */
static void assign_codes(struct gen *gen)
{
    qsort(gen->lives, gen->life_count, sizeof *gen->lives, compare_by_place);
    int32_t first = gen->live > 0 ? LIVE_SEQUENCE : 1;
    int32_t sequence = first;
    for (size_t i = 0; i < gen->life_count; i++) {
        struct gen_life *life = &gen->lives[i];
        struct vn_time filed = vn_time_of(life->submitted_at);
        bool new_day = i == 0 || life[-1].received_by != life->received_by ||
                       day_of(life[-1].submitted_at) != day_of(life->submitted_at);
        sequence = new_day ? first : sequence + 1;
        snprintf(life->code, sizeof life->code, "%s-%02d%02d%02d-%04d", life->received_by->agency,
                 filed.year % 100, filed.month, filed.day, (int)sequence);
    }
}

static void begin_life(struct gen_life *life, uint32_t serial, enum gen_outcome outcome)
{
    *life = (struct gen_life){
        .serial = serial,
        .outcome = outcome,
        .submitted_at = NO_TIME,
        .accepted_at = NO_TIME,
        .refused_at = NO_TIME,
        .ended_at = NO_TIME,
        .returned_at = NO_TIME,
        .due_at = NO_TIME,
        .supplement_asked_at = NO_TIME,
        .supplement_given_at = NO_TIME,
        .supplement_due_at = NO_TIME,
        .due_changed_at = NO_TIME,
        .due_changed_to_at = NO_TIME,
        .transferred_at = NO_TIME,
        .paid_at = NO_TIME,
        .apology_at = NO_TIME,
        .rated_at = NO_TIME,
    };
}

/* Ratings come in the days after the end, and not after the period. */
static void rate(struct gen *gen, struct gen_life *life)
{
    size_t rating = gen_quota(&gen->random, gen->ratings, 3);
    if (rating == 0)
        return;
    int64_t last_at = day_start(gen->to_day) + 22 * MS_PER_HOUR;
    life->rated_at = life->ended_at + gen_between(&gen->random, 10, 4 * 24 * 60) * MS_PER_MINUTE;
    if (life->rated_at > last_at)
        life->rated_at = last_at;
    int32_t good = gen_chance(&gen->random, 850000) ? 5 : 4;
    life->rating = rating == 2 ? good : 1 + (int32_t)gen_below(&gen->random, 3);
}

static int make_life(struct gen *gen, struct gen_life *life, uint32_t serial, struct error *err)
{
    enum gen_outcome outcome = (enum gen_outcome)gen_quota(&gen->random, gen->outcomes, OUT_COUNT);
    enum channel channel = CHANNEL_ONLINE;
    if (outcome < OUT_RECEIVED)
        channel = (enum channel)gen_quota(&gen->random, gen->channels, CHANNEL_COUNT);
    else if (outcome == OUT_BACKLOG && gen_chance(&gen->random, 600000))
        channel = CHANNEL_COUNTER;
    for (int i = 0; i < TRIES_MAX; i++) {
        begin_life(life, serial, outcome);
        life->channel = channel;
        int r = gen_shape(gen, life, err);
        if (r < 0)
            return r;
        if (r > 0)
            continue;
        if (outcome == OUT_DONE || outcome == OUT_LATE)
            rate(gen, life);
        return 0;
    }
    return error_set(err, ERR_INPUT,
                     "the period is too short for these dossiers: give it at least 60 days");
}

/* An open dossier that is due at live_due_at, accepted some days before. */
static void make_live(struct gen *gen, struct gen_life *life, uint32_t serial)
{
    begin_life(life, serial, OUT_RUNNING);
    life->channel = gen_chance(&gen->random, 900000) ? CHANNEL_ONLINE : CHANNEL_COUNTER;
    life->procedure = gen_procedure_draw(&gen->random, 3);
    life->received_by = life->decided_by = gen_office_draw(gen);
    int32_t day = day_of(gen->live_due_at) - 2 - (int32_t)gen_below(&gen->random, 6);
    while (!calendar_works(gen->calendar, day))
        day--;
    life->submitted_at = day_start(day) + gen_between(&gen->random, 450 * 60, 600 * 60) * 1000;
    int64_t wait = life->channel == CHANNEL_ONLINE ? gen_between(&gen->random, 5, 60) : 0;
    life->accepted_at = gen_work_later(gen, life->submitted_at, wait);
    life->due_at = gen->live_due_at;
    size_t count = 0;
    if (life->channel == CHANNEL_ONLINE)
        life->steps[count++] = (struct gen_step){life->submitted_at, STATUS_REGISTERED, NO_TIME, 0};
    life->steps[count++] = (struct gen_step){life->accepted_at, STATUS_ACCEPTED, NO_TIME, 1};
    life->steps[count++] = (struct gen_step){gen_work_later(gen, life->accepted_at, 15),
                                             STATUS_PROCESSING, life->due_at, 2};
    life->step_count = count;
}

int gen_make_lives(struct gen *gen, struct error *err)
{
    size_t count = (size_t)gen->live;
    for (size_t i = 0; i < OUT_COUNT && gen->live == 0; i++)
        count += gen->outcomes[i];
    gen->lives = calloc(count, sizeof *gen->lives);
    if (!gen->lives)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        int r = 0;
        if (gen->live > 0)
            make_live(gen, &gen->lives[i], (uint32_t)i + 1);
        else
            r = make_life(gen, &gen->lives[i], (uint32_t)i + 1, err);
        if (r < 0)
            return r;
        gen->life_count++;
    }
    assign_codes(gen);
    return 0;
}
