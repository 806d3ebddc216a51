/*
 * What is sent about a dossier, and when. A synchronisation ("run") every sync_days carries what happened since the last one: new
 * records, changed records, progress rows, native events. As in the field, some of it goes wrong; none of it may change
 * any figure, because the receiving side must not care about order and repetition:
 *
 *   late        3 % of the dossiers: everything after the first record comes 1 to 3 runs later
 *   shuffled    5 %: the progress rows of a run in any order
 *   record last 2 %: the first record comes 2 runs after its progress
 *   stale       1 %: the first record once more, 1 to 5 runs after the newest
 *   duplicate   2 % of all messages: again, up to 2 runs later
 *   burst       at one and at two thirds of the period, everything of the last 30 days again
 *
 * Only a withdrawn dossier (status 7) has its records in order and once: for what the date NgayKetThucXuLy means the latest
 * record's status decides, so there a stale record would be a true correction, not a disturbance.
 */
#include "gen.h"

#include <stdlib.h>
#include <string.h>

#define LATE_PPM 30000
#define SHUFFLED_PPM 50000
#define RECORD_LAST_PPM 20000
#define STALE_PPM 10000
#define DUPLICATE_PPM 20000
#define BURST_DAYS 30
/* Most dossiers that end before the next run are only sent when they have. */
#define SENT_ONCE_PPM 700000

struct sync {
    struct gen *gen;
    struct gen_message *messages;
    size_t count;
    size_t capacity;
    bool failed; /* memory was short */
};

/* How one dossier's messages travel. */
struct travel {
    bool in_order;
    bool shuffled;
    int32_t delay; /* runs, of all but the first record */
};

static int32_t run_of(const struct gen *gen, int64_t at)
{
    int32_t days = day_of(at) - gen->from_day;
    return days < 0 ? -1 : days / gen->profile->sync_days;
}

static bool chance(struct sync *sync, uint32_t ppm)
{
    return gen_chance(&sync->gen->random, ppm);
}

static int32_t runs_later(struct sync *sync, int32_t low, int32_t high)
{
    return (int32_t)gen_between(&sync->gen->random, low, high);
}

static void add(struct sync *sync, struct gen_message message)
{
    if (sync->count == sync->capacity) {
        size_t capacity = sync->capacity ? sync->capacity * 2 : 4096;
        struct gen_message *grown = realloc(sync->messages, capacity * sizeof *grown);
        if (!grown) {
            sync->failed = true;
            return;
        }
        sync->messages = grown;
        sync->capacity = capacity;
    }
    sync->messages[sync->count++] = message;
}

static void add_and_perhaps_again(struct sync *sync, struct gen_message message)
{
    add(sync, message);
    if (sync->gen->live > 0 || !chance(sync, DUPLICATE_PPM))
        return;
    message.run += runs_later(sync, 0, 2);
    add(sync, message);
}

const struct gen_office *gen_decider(const struct gen_life *life, int64_t at)
{
    bool before_transfer = life->transferred_at != NO_TIME && at < life->transferred_at;
    bool before_merger = day_of(at) < life->decided_by->unit->valid_from;
    return before_transfer || before_merger ? life->received_by : life->decided_by;
}

/* A commune sends for itself; the city's system sends for all and names the office in each record. */
static const char *madonvi_of(const struct gen *gen, const struct gen_life *life, int64_t at)
{
    return gen->profile->unit_code ? gen_decider(life, at)->agency : "H24";
}

static struct gen_message record(const struct gen *gen, const struct gen_life *life,
                                 enum gen_message_kind kind, int64_t as_of, int32_t run)
{
    return (struct gen_message){.run = run,
                                .kind = kind,
                                .madonvi = madonvi_of(gen, life, as_of),
                                .key = as_of,
                                .life = life,
                                .as_of = as_of};
}

static void add_record(struct sync *sync, const struct gen_life *life, const struct travel *travel,
                       enum gen_message_kind kind, int64_t as_of, int32_t run)
{
    struct gen_message message = record(sync->gen, life, kind, as_of, run);
    if (travel->in_order)
        add(sync, message);
    else
        add_and_perhaps_again(sync, message);
}

static int64_t last_step_at(const struct gen_life *life)
{
    return life->steps[life->step_count - 1].at;
}

static void add_records(struct sync *sync, const struct gen_life *life, const struct travel *travel)
{
    const struct gen *gen = sync->gen;
    int64_t first_at = life->accepted_at != NO_TIME ? life->accepted_at : life->submitted_at;
    int64_t last_at = last_step_at(life);
    if (run_of(gen, life->submitted_at) < run_of(gen, first_at))
        first_at = life->submitted_at; /* the run between filing and acceptance sends it as filed */
    int32_t first_run = run_of(gen, first_at);
    int32_t last_run = run_of(gen, last_at) + travel->delay;
    if (first_run == last_run && last_at != first_at && gen->live == 0 &&
        chance(sync, SENT_ONCE_PPM)) {
        add_record(sync, life, travel, GEN_INSERT, last_at, first_run);
        return;
    }
    bool last = !travel->in_order && chance(sync, RECORD_LAST_PPM);
    add_record(sync, life, travel, GEN_INSERT, first_at, first_run + (last ? 2 : 0));
    const int64_t changes[] = {life->accepted_at, life->supplement_asked_at,
                               life->supplement_given_at};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (changes[i] > first_at && changes[i] != last_at) /* NO_TIME is before all times */
            add_record(sync, life, travel, GEN_UPDATE, changes[i],
                       run_of(gen, changes[i]) + travel->delay);
    }
    if (last_at == first_at || gen->live > 0)
        return;
    add_record(sync, life, travel, GEN_UPDATE, last_at, last_run);
    if (!travel->in_order && chance(sync, STALE_PPM))
        add(sync, record(gen, life, GEN_UPDATE, first_at, last_run + runs_later(sync, 1, 5)));
}

static struct gen_message progress(const struct gen *gen, const struct gen_life *life, size_t index,
                                   int32_t run)
{
    int64_t at = life->steps[index].at;
    return (struct gen_message){.run = run,
                                .kind = GEN_PROGRESS,
                                .madonvi = madonvi_of(gen, life, at),
                                .key = at,
                                .life = life,
                                .index = index};
}

static void add_progress(struct sync *sync, const struct gen_life *life,
                         const struct travel *travel)
{
    for (size_t i = 0; i < life->step_count; i++) {
        int32_t run = run_of(sync->gen, life->steps[i].at) + travel->delay;
        struct gen_message message = progress(sync->gen, life, i, run);
        if (travel->shuffled)
            message.key = gen_between(&sync->gen->random, life->steps[0].at, last_step_at(life));
        add_and_perhaps_again(sync, message);
    }
}

int64_t gen_native_at(const struct gen_life *life, enum gen_native native)
{
    switch (native) {
    case NATIVE_TRANSFERRED: return life->transferred_at;
    case NATIVE_DUE_CHANGED: return life->due_changed_at;
    case NATIVE_PAID: return life->channel == CHANNEL_ONLINE ? life->paid_at : NO_TIME;
    case NATIVE_APOLOGY: return life->apology_at;
    default: return life->rated_at;
    }
}

static void add_native(struct sync *sync, const struct gen_life *life, const struct travel *travel)
{
    for (size_t i = 0; i < NATIVE_COUNT; i++) {
        int64_t at = gen_native_at(life, (enum gen_native)i);
        struct gen_message message = {.kind = GEN_NATIVE, .madonvi = "", .life = life, .index = i};
        if (at == NO_TIME)
            continue;
        message.run = run_of(sync->gen, at) + travel->delay;
        message.key = at;
        add_and_perhaps_again(sync, message);
    }
}

/* Everything that is known at the end of `run` about dossiers begun in the days before, once more. */
static void add_burst(struct sync *sync, int32_t run)
{
    const struct gen *gen = sync->gen;
    int64_t now = day_start(gen->from_day + (run + 1) * gen->profile->sync_days) - 1;
    for (size_t i = 0; i < gen->life_count; i++) {
        const struct gen_life *life = &gen->lives[i];
        if (life->outcome == OUT_WITHDRAWN || life->steps[0].at > now ||
            life->steps[0].at < now - BURST_DAYS * MS_PER_DAY)
            continue;
        add(sync, record(gen, life, GEN_UPDATE, now, run));
        for (size_t step = 0; step < life->step_count && life->steps[step].at <= now; step++)
            add(sync, progress(gen, life, step, run));
    }
}

/* Total, so that the order does not depend on the C library's qsort. */
static int compare(const void *a, const void *b)
{
    const struct gen_message *x = a;
    const struct gen_message *y = b;
    if (x->run != y->run)
        return x->run < y->run ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int sender = strcmp(x->madonvi, y->madonvi);
    if (sender != 0)
        return sender;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->life != y->life)
        return x->life < y->life ? -1 : 1;
    if (x->as_of != y->as_of)
        return x->as_of < y->as_of ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

int gen_sync(struct gen *gen, struct gen_message **ret, size_t *ret_count, struct error *err)
{
    struct sync sync = {.gen = gen};
    for (size_t i = 0; i < gen->life_count; i++) {
        const struct gen_life *life = &gen->lives[i];
        struct travel travel = {.in_order = life->outcome == OUT_WITHDRAWN || gen->live > 0};
        travel.shuffled = gen->live == 0 && chance(&sync, SHUFFLED_PPM);
        if (!travel.in_order && chance(&sync, LATE_PPM))
            travel.delay = runs_later(&sync, 1, 3);
        add_records(&sync, life, &travel);
        add_progress(&sync, life, &travel);
        add_native(&sync, life, &travel);
    }
    int32_t runs = (gen->to_day - gen->from_day) / gen->profile->sync_days + 1;
    for (int32_t third = 1; gen->live == 0 && third <= 2; third++)
        add_burst(&sync, runs * third / 3);
    if (sync.failed) {
        free(sync.messages);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    qsort(sync.messages, sync.count, sizeof *sync.messages, compare);
    *ret = sync.messages;
    *ret_count = sync.count;
    return 0;
}
