#include "aggregator/store_cells.h"

#include <stdlib.h>

/* Key columns; rollup_open has the phase too. */
enum { KEY_PARTITION, KEY_UNIT, KEY_DAY, KEY_PROCEDURE, KEY_CHANNEL, KEY_PHASE, KEY_COUNT };
enum { DAILY_KEYS = KEY_PHASE };

static const enum pg_array_type key_types[KEY_COUNT] = {PG_INT32, PG_INT32, PG_DAY,
                                                        PG_TEXT,  PG_TEXT,  PG_TEXT};

/* Keys and values of one statement. */
struct columns {
    struct pg_array keys[KEY_COUNT];
    struct pg_array values[MEASURE_COUNT]; /* rollup_open uses the first only */
};

struct store_cells {
    struct columns adds;  /* differences to add */
    struct columns takes; /* of those the keys that lose something, and may be empty now */
};

static void init_columns(struct columns *columns)
{
    for (int i = 0; i < KEY_COUNT; i++)
        pg_array_init(&columns->keys[i], key_types[i]);
    for (int i = 0; i < MEASURE_COUNT; i++)
        pg_array_init(&columns->values[i], PG_INT64);
}

static void clear_columns(struct columns *columns)
{
    for (int i = 0; i < KEY_COUNT; i++)
        pg_array_clear(&columns->keys[i]);
    for (int i = 0; i < MEASURE_COUNT; i++)
        pg_array_clear(&columns->values[i]);
}

static void deinit_columns(struct columns *columns)
{
    for (int i = 0; i < KEY_COUNT; i++)
        pg_array_deinit(&columns->keys[i]);
    for (int i = 0; i < MEASURE_COUNT; i++)
        pg_array_deinit(&columns->values[i]);
}

struct store_cells *store_cells_new(void)
{
    struct store_cells *cells = calloc(1, sizeof *cells);
    if (!cells)
        return NULL;
    init_columns(&cells->adds);
    init_columns(&cells->takes);
    return cells;
}

struct store_cells *store_cells_free(struct store_cells *cells)
{
    if (!cells)
        return NULL;
    deinit_columns(&cells->adds);
    deinit_columns(&cells->takes);
    free(cells);
    return NULL;
}

static int out_of_memory(struct error *err)
{
    return error_set(err, ERR_NOMEM, "rollups: out of memory");
}

/* The procedure is part of the key and never NULL: '' where it is not known. */
static struct str procedure_text(struct str procedure)
{
    return str_given(procedure) ? procedure : STR("");
}

static int add_daily_key(struct columns *columns, const struct daily_delta *delta)
{
    const struct daily_cell *cell = &delta->cell;
    if (pg_array_int32(&columns->keys[KEY_PARTITION], delta->partition) < 0 ||
        pg_array_int32(&columns->keys[KEY_UNIT], cell->unit_id) < 0 ||
        pg_array_day(&columns->keys[KEY_DAY], cell->day) < 0 ||
        pg_array_text(&columns->keys[KEY_PROCEDURE], procedure_text(cell->procedure)) < 0 ||
        pg_array_text(&columns->keys[KEY_CHANNEL], str_of(channel_name(cell->channel))) < 0)
        return ERR_NOMEM;
    return 0;
}

static int add_open_key(struct columns *columns, const struct open_delta *delta)
{
    const struct open_cell *cell = &delta->cell;
    if (pg_array_int32(&columns->keys[KEY_PARTITION], delta->partition) < 0 ||
        pg_array_int32(&columns->keys[KEY_UNIT], cell->unit_id) < 0 ||
        pg_array_day(&columns->keys[KEY_DAY], cell->due_day) < 0 ||
        pg_array_text(&columns->keys[KEY_PROCEDURE], procedure_text(cell->procedure)) < 0 ||
        pg_array_text(&columns->keys[KEY_CHANNEL], str_of(channel_name(cell->channel))) < 0 ||
        pg_array_text(&columns->keys[KEY_PHASE], str_of(phase_name(cell->phase))) < 0)
        return ERR_NOMEM;
    return 0;
}

static int collect_daily(struct store_cells *cells, const struct rollup *rollup)
{
    for (size_t i = 0; i < rollup->daily_count; i++) {
        const struct daily_delta *delta = &rollup->daily[i];
        if (add_daily_key(&cells->adds, delta) < 0)
            return ERR_NOMEM;
        if (daily_delta_takes(delta) && add_daily_key(&cells->takes, delta) < 0)
            return ERR_NOMEM;
        for (int m = 0; m < MEASURE_COUNT; m++) {
            if (pg_array_int64(&cells->adds.values[m], delta->cell.measures[m]) < 0)
                return ERR_NOMEM;
        }
    }
    return 0;
}

static int collect_open(struct store_cells *cells, const struct rollup *rollup)
{
    for (size_t i = 0; i < rollup->open_count; i++) {
        const struct open_delta *delta = &rollup->open[i];
        if (add_open_key(&cells->adds, delta) < 0 ||
            (delta->cell.count < 0 && add_open_key(&cells->takes, delta) < 0) ||
            pg_array_int64(&cells->adds.values[0], delta->cell.count) < 0)
            return ERR_NOMEM;
    }
    return 0;
}

static void bind(const struct pg_array *arrays, int count, struct pg_param *out)
{
    for (int i = 0; i < count; i++)
        out[i] = pg_array_param(&arrays[i]);
}

#define NAME(name, text) ", " #name
#define ADD(name, text) ", " #name " = r." #name " + excluded." #name
#define IS_ZERO(name, text) " AND r." #name " = 0"
_Static_assert(DAILY_KEYS + MEASURE_COUNT == 32, "the SQL below binds 32 columns");

static int write_daily(const struct store_cells *cells, struct pg *pg, struct error *err)
{
    struct pg_param params[DAILY_KEYS + MEASURE_COUNT];
    bind(cells->adds.keys, DAILY_KEYS, params);
    bind(cells->adds.values, MEASURE_COUNT, params + DAILY_KEYS);
    int r = pg_exec(
        pg,
        "INSERT INTO hoso.rollup_daily AS r (partition, unit_id, day, procedure_code, "
        "channel" MEASURES(
            NAME) ") "
                  "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
                  "$14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, "
                  "$29, $30, $31, $32) "
                  "ON CONFLICT (partition, unit_id, day, procedure_code, channel) "
                  "DO UPDATE SET partition = r.partition" MEASURES(ADD),
        params, DAILY_KEYS + MEASURE_COUNT, NULL, err);
    if (r < 0 || cells->takes.keys[0].count == 0)
        return r;
    bind(cells->takes.keys, DAILY_KEYS, params);
    return pg_exec(pg,
                   "DELETE FROM hoso.rollup_daily r USING unnest($1, $2, $3, $4, $5) "
                   "AS k (partition, unit_id, day, procedure_code, channel) "
                   "WHERE r.partition = k.partition AND r.unit_id = k.unit_id AND r.day = k.day "
                   "AND r.procedure_code = k.procedure_code "
                   "AND r.channel = k.channel" MEASURES(IS_ZERO),
                   params, DAILY_KEYS, NULL, err);
}

static int write_open(const struct store_cells *cells, struct pg *pg, struct error *err)
{
    struct pg_param params[KEY_COUNT + 1];
    bind(cells->adds.keys, KEY_COUNT, params);
    bind(cells->adds.values, 1, params + KEY_COUNT);
    int r = pg_exec(pg,
                    "INSERT INTO hoso.rollup_open AS r (partition, unit_id, due_date, "
                    "procedure_code, channel, phase, count) "
                    "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (partition, "
                    "unit_id, due_date, procedure_code, channel, phase) "
                    "DO UPDATE SET count = r.count + excluded.count",
                    params, KEY_COUNT + 1, NULL, err);
    if (r < 0 || cells->takes.keys[0].count == 0)
        return r;
    bind(cells->takes.keys, KEY_COUNT, params);
    return pg_exec(pg,
                   "DELETE FROM hoso.rollup_open r USING unnest($1, $2, $3, $4, $5, $6) "
                   "AS k (partition, unit_id, due_date, procedure_code, channel, phase) "
                   "WHERE r.partition = k.partition AND r.unit_id = k.unit_id "
                   "AND r.due_date = k.due_date AND r.procedure_code = k.procedure_code "
                   "AND r.channel = k.channel AND r.phase = k.phase AND r.count = 0",
                   params, KEY_COUNT, NULL, err);
}

int store_cells_write(struct store_cells *cells, struct pg *pg, const struct rollup *rollup,
                      struct error *err)
{
    int r = 0;
    clear_columns(&cells->adds);
    clear_columns(&cells->takes);
    if (collect_daily(cells, rollup) < 0)
        return out_of_memory(err);
    if (rollup->daily_count > 0)
        r = write_daily(cells, pg, err);
    clear_columns(&cells->adds);
    clear_columns(&cells->takes);
    if (r == 0 && collect_open(cells, rollup) < 0)
        return out_of_memory(err);
    if (r == 0 && rollup->open_count > 0)
        r = write_open(cells, pg, err);
    return r;
}
