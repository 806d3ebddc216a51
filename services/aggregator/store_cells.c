#include "aggregator/store_cells.h"

#include <stdlib.h>

/*
 * Only the owner of a partition writes its cells, so MERGE meets no rival: it adds, makes what is missing, and deletes what comes
 * to nothing. `takes` spares the look at all measures where nothing is taken away.
 */
struct store_cells {
    struct pg_copy daily;
    struct pg_copy open;
};

struct store_cells *store_cells_new(void)
{
    return calloc(1, sizeof(struct store_cells));
}

struct store_cells *store_cells_free(struct store_cells *cells)
{
    if (!cells)
        return NULL;
    pg_copy_deinit(&cells->daily);
    pg_copy_deinit(&cells->open);
    free(cells);
    return NULL;
}

/* The procedure is part of the key and never NULL: '' where it is not known. */
static struct str procedure_text(struct str procedure)
{
    return str_given(procedure) ? procedure : STR("");
}

enum { DAILY_KEYS = 5, OPEN_COLUMNS = 7 };

static void add_daily(struct pg_copy *rows, const struct daily_delta *delta)
{
    const struct daily_cell *cell = &delta->cell;
    pg_copy_row(rows, DAILY_KEYS + MEASURE_COUNT + 1);
    pg_copy_int32(rows, delta->partition);
    pg_copy_int32(rows, cell->unit_id);
    pg_copy_day(rows, cell->day);
    pg_copy_text(rows, procedure_text(cell->procedure));
    pg_copy_text(rows, str_of(channel_name(cell->channel)));
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (m == MEASURE_work_minutes)
            pg_copy_int64(rows, cell->measures[m]);
        else
            pg_copy_int32(rows, (int32_t)cell->measures[m]); /* one batch's difference */
    }
    pg_copy_bool(rows, daily_delta_takes(delta));
}

static void add_open(struct pg_copy *rows, const struct open_delta *delta)
{
    const struct open_cell *cell = &delta->cell;
    pg_copy_row(rows, OPEN_COLUMNS);
    pg_copy_int32(rows, delta->partition);
    pg_copy_int32(rows, cell->unit_id);
    pg_copy_day(rows, cell->due_day);
    pg_copy_text(rows, procedure_text(cell->procedure));
    pg_copy_text(rows, str_of(channel_name(cell->channel)));
    pg_copy_text(rows, str_of(phase_name(cell->phase)));
    pg_copy_int32(rows, (int32_t)cell->count);
}

int store_cells_prepare(struct pg *pg, struct error *err)
{
    return pg_script(pg,
                     "CREATE TEMP TABLE IF NOT EXISTS added_daily ON COMMIT DELETE ROWS AS "
                     "SELECT *, false AS takes FROM rollup_daily WITH NO DATA; "
                     "CREATE TEMP TABLE IF NOT EXISTS added_open ON COMMIT DELETE ROWS AS "
                     "SELECT * FROM rollup_open WITH NO DATA",
                     err);
}

#define NAME(name, text) ", " #name
#define VALUE(name, text) ", s." #name
#define ADD(name, text) ", " #name " = r." #name " + s." #name
#define IS_ZERO(name, text) " AND r." #name " + s." #name " = 0"

static int queue_daily(const struct store_cells *cells, struct pg *pg, struct error *err)
{
    int r = pg_queue_copy(pg, "COPY pg_temp.added_daily FROM STDIN (FORMAT binary)", &cells->daily,
                          err);
    if (r < 0)
        return r;
    return pg_queue_exec(
        pg,
        "MERGE INTO rollup_daily r USING pg_temp.added_daily s "
        "ON r.partition = s.partition AND r.unit_id = s.unit_id AND r.day = s.day "
        "AND r.procedure_code = s.procedure_code AND r.channel = s.channel "
        "WHEN MATCHED AND s.takes" MEASURES(
            IS_ZERO) " THEN DELETE "
                     "WHEN MATCHED THEN UPDATE SET partition = r.partition" MEASURES(
                         ADD) " WHEN NOT MATCHED THEN INSERT (partition, unit_id, day, "
                              "procedure_code, channel" MEASURES(
                                  NAME) ") VALUES (s.partition, s.unit_id, s.day, "
                                        "s.procedure_code, s.channel" MEASURES(VALUE) ")",
        NULL, 0, (int64_t)cells->daily.rows, NULL, err);
}

static int queue_open(const struct store_cells *cells, struct pg *pg, struct error *err)
{
    int r =
        pg_queue_copy(pg, "COPY pg_temp.added_open FROM STDIN (FORMAT binary)", &cells->open, err);
    if (r < 0)
        return r;
    return pg_queue_exec(
        pg,
        "MERGE INTO rollup_open r USING pg_temp.added_open s "
        "ON r.partition = s.partition AND r.unit_id = s.unit_id AND r.due_date = s.due_date "
        "AND r.procedure_code = s.procedure_code AND r.channel = s.channel AND r.phase = s.phase "
        "WHEN MATCHED AND r.count + s.count = 0 THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET count = r.count + s.count "
        "WHEN NOT MATCHED THEN INSERT (partition, unit_id, due_date, procedure_code, channel, "
        "phase, count) VALUES (s.partition, s.unit_id, s.due_date, s.procedure_code, s.channel, "
        "s.phase, s.count)",
        NULL, 0, (int64_t)cells->open.rows, NULL, err);
}

int store_cells_queue(struct store_cells *cells, struct pg *pg, const struct rollup *rollup,
                      struct error *err)
{
    int r = 0;
    pg_copy_clear(&cells->daily);
    pg_copy_clear(&cells->open);
    for (size_t i = 0; i < rollup->daily_count; i++)
        add_daily(&cells->daily, &rollup->daily[i]);
    for (size_t i = 0; i < rollup->open_count; i++)
        add_open(&cells->open, &rollup->open[i]);
    if (cells->daily.rows > 0)
        r = queue_daily(cells, pg, err);
    if (r == 0 && cells->open.rows > 0)
        r = queue_open(cells, pg, err);
    return r;
}
