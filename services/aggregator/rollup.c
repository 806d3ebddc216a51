#include "aggregator/rollup.h"

#include <stdlib.h>

void rollup_init(struct rollup *rollup)
{
    *rollup = (struct rollup){0};
}

void rollup_deinit(struct rollup *rollup)
{
    free(rollup->daily);
    free(rollup->open);
    rollup_init(rollup);
}

void rollup_clear(struct rollup *rollup)
{
    rollup->daily_count = 0;
    rollup->open_count = 0;
}

/* Room for `more` further elements; the array (moved or not), or NULL. */
static void *reserve(void *array, size_t size, size_t count, size_t more, size_t *capacity)
{
    if (array && count + more <= *capacity)
        return array;
    size_t wanted = *capacity ? *capacity * 2 : 256;
    while (wanted < count + more)
        wanted *= 2;
    void *grown = realloc(array, wanted * size);
    if (grown)
        *capacity = wanted;
    return grown;
}

int rollup_add(struct rollup *rollup, int32_t partition, const struct contribution *contribution,
               int sign)
{
    struct daily_delta *daily = reserve(rollup->daily, sizeof *daily, rollup->daily_count,
                                        contribution->daily_count, &rollup->daily_capacity);
    if (!daily)
        return ERR_NOMEM;
    rollup->daily = daily;
    struct open_delta *open =
        reserve(rollup->open, sizeof *open, rollup->open_count, 1, &rollup->open_capacity);
    if (!open)
        return ERR_NOMEM;
    rollup->open = open;

    for (size_t i = 0; i < contribution->daily_count; i++) {
        struct daily_delta *delta = &daily[rollup->daily_count++];
        *delta = (struct daily_delta){partition, contribution->daily[i]};
        for (int m = 0; m < MEASURE_COUNT; m++)
            delta->cell.measures[m] *= sign;
    }
    if (contribution->has_open) {
        struct open_delta *delta = &open[rollup->open_count++];
        *delta = (struct open_delta){partition, contribution->open};
        delta->cell.count *= sign;
    }
    return 0;
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_daily(const void *left, const void *right)
{
    const struct daily_delta *a = left;
    const struct daily_delta *b = right;
    int result = order(a->partition, b->partition);
    result = result ? result : order(a->cell.unit_id, b->cell.unit_id);
    result = result ? result : order(a->cell.day, b->cell.day);
    result = result ? result : str_cmp(a->cell.procedure, b->cell.procedure);
    return result ? result : order(a->cell.channel, b->cell.channel);
}

static int compare_open(const void *left, const void *right)
{
    const struct open_delta *a = left;
    const struct open_delta *b = right;
    int result = order(a->partition, b->partition);
    result = result ? result : order(a->cell.unit_id, b->cell.unit_id);
    result = result ? result : order(a->cell.due_day, b->cell.due_day);
    result = result ? result : str_cmp(a->cell.procedure, b->cell.procedure);
    result = result ? result : order(a->cell.channel, b->cell.channel);
    return result ? result : order(a->cell.phase, b->cell.phase);
}

static bool changes_anything(const struct daily_cell *cell)
{
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (cell->measures[m] != 0)
            return true;
    }
    return false;
}

static void finish_daily(struct rollup *rollup)
{
    struct daily_delta *daily = rollup->daily;
    size_t kept = 0;
    if (rollup->daily_count > 0) /* qsort wants an array even for nothing */
        qsort(daily, rollup->daily_count, sizeof *daily, compare_daily);
    for (size_t i = 0; i < rollup->daily_count;) {
        struct daily_delta sum = daily[i++];
        for (; i < rollup->daily_count && compare_daily(&sum, &daily[i]) == 0; i++) {
            for (int m = 0; m < MEASURE_COUNT; m++)
                sum.cell.measures[m] += daily[i].cell.measures[m];
        }
        if (changes_anything(&sum.cell))
            daily[kept++] = sum;
    }
    rollup->daily_count = kept;
}

static void finish_open(struct rollup *rollup)
{
    struct open_delta *open = rollup->open;
    size_t kept = 0;
    if (rollup->open_count > 0)
        qsort(open, rollup->open_count, sizeof *open, compare_open);
    for (size_t i = 0; i < rollup->open_count;) {
        struct open_delta sum = open[i++];
        for (; i < rollup->open_count && compare_open(&sum, &open[i]) == 0; i++)
            sum.cell.count += open[i].cell.count;
        if (sum.cell.count != 0)
            open[kept++] = sum;
    }
    rollup->open_count = kept;
}

void rollup_finish(struct rollup *rollup)
{
    finish_daily(rollup);
    finish_open(rollup);
}

bool daily_delta_takes(const struct daily_delta *delta)
{
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (delta->cell.measures[m] < 0)
            return true;
    }
    return false;
}
