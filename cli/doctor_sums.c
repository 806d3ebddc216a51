#include "doctor_sums.h"

#include <stdlib.h>

/* One commune and day; unit_id 0 = a free place. Open addressing, at most half full. */
struct sum {
    int32_t unit_id;
    int32_t day;
    int64_t wanted[MEASURE_COUNT];
    int64_t stored[MEASURE_COUNT];
};

struct sums {
    struct sum *places;
    size_t capacity; /* a power of two */
    size_t count;
};

struct sums *sums_new(void)
{
    struct sums *sums = calloc(1, sizeof *sums);
    if (!sums)
        return NULL;
    sums->capacity = 1024;
    sums->places = calloc(sums->capacity, sizeof *sums->places);
    return sums->places ? sums : sums_free(sums);
}

struct sums *sums_free(struct sums *sums)
{
    if (!sums)
        return NULL;
    free(sums->places);
    free(sums);
    return NULL;
}

static struct sum *place_of(const struct sums *sums, int32_t unit_id, int32_t day)
{
    uint64_t key = (uint64_t)(uint32_t)unit_id << 32 | (uint32_t)day;
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (sums->capacity - 1);
    while (sums->places[at].unit_id != 0 &&
           (sums->places[at].unit_id != unit_id || sums->places[at].day != day))
        at = (at + 1) & (sums->capacity - 1);
    return &sums->places[at];
}

static int grow(struct sums *sums)
{
    struct sums larger = {.capacity = sums->capacity * 2, .count = sums->count};
    larger.places = calloc(larger.capacity, sizeof *larger.places);
    if (!larger.places)
        return ERR_NOMEM;
    for (size_t i = 0; i < sums->capacity; i++) {
        const struct sum *sum = &sums->places[i];
        if (sum->unit_id != 0)
            *place_of(&larger, sum->unit_id, sum->day) = *sum;
    }
    free(sums->places);
    *sums = larger;
    return 0;
}

/* NULL when memory is short. */
static struct sum *sum_of(struct sums *sums, int32_t unit_id, int32_t day)
{
    if ((sums->count + 1) * 2 > sums->capacity && grow(sums) < 0)
        return NULL;
    struct sum *sum = place_of(sums, unit_id, day);
    if (sum->unit_id == 0) {
        *sum = (struct sum){.unit_id = unit_id, .day = day};
        sums->count++;
    }
    return sum;
}

int sums_add(struct sums *sums, const struct contribution *contribution)
{
    for (size_t i = 0; i < contribution->daily_count; i++) {
        const struct daily_cell *cell = &contribution->daily[i];
        struct sum *sum = sum_of(sums, cell->unit_id, cell->day);
        if (!sum)
            return ERR_NOMEM;
        for (int m = 0; m < MEASURE_COUNT; m++)
            sum->wanted[m] += cell->measures[m];
    }
    return 0;
}

static int load_stored(struct sums *sums, struct pg *pg, struct error *err)
{
#define X(name, text) ", sum(" #name ")::bigint"
    static const char sql[] =
        "SELECT unit_id, day" MEASURES(X) " FROM hoso.rollup_daily GROUP BY unit_id, day";
#undef X
    struct pg_result *rows = NULL;
    int r = pg_exec(pg, sql, NULL, 0, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        struct sum *sum = sum_of(sums, pg_get_int32(rows, i, 0), pg_get_day(rows, i, 1));
        if (!sum)
            r = error_set(err, ERR_NOMEM, "out of memory");
        for (int m = 0; sum && m < MEASURE_COUNT; m++)
            sum->stored[m] = pg_get_int64(rows, i, m + 2);
    }
    pg_result_free(rows);
    return r;
}

int sums_compare(struct sums *sums, struct pg *pg, int64_t *ret_cells, int64_t *ret_differ,
                 struct error *err)
{
    int r = load_stored(sums, pg, err);
    *ret_cells = *ret_differ = 0;
    for (size_t i = 0; r == 0 && i < sums->capacity; i++) {
        const struct sum *sum = &sums->places[i];
        for (int m = 0; sum->unit_id != 0 && m < MEASURE_COUNT; m++) {
            *ret_cells += sum->wanted[m] != 0 || sum->stored[m] != 0;
            *ret_differ += sum->wanted[m] != sum->stored[m];
        }
    }
    return r;
}
