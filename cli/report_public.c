/*
 * Small counts are not published, nor what would give them away.
 *
 * The cells of a form are tied together by sums: those of the form in each row, and those of each column down to the total. Hidden
 * cells are the unknowns of these equations. One follows from what is shown exactly when elimination isolates it; then a neighbour
 * is hidden as well, until none does. Two hidden ones that add up to very little would still be told within a hair, so what is hidden in a
 * sum must amount to HIDDEN_SUM_MIN or be everything.
 */
#include <stdlib.h>
#include <string.h>

#include "report_table.h"

enum { SMALL_BELOW = 5, HIDDEN_SUM_MIN = 5 };
#define PRIME INT64_C(2147483647)

/* One equation: the cell `whole` = the sum of the cells `parts`. */
struct equation {
    struct report_cell *whole;
    struct report_cell **parts;
    size_t part_count;
};

struct system {
    struct equation *equations;
    size_t equation_count;
    struct report_cell **parts; /* memory of all equations */
    struct report_cell **unknowns;
    size_t unknown_count;
    int32_t *matrix; /* equation_count rows of unknown_count */
};

static bool is_count(const struct form_column *column)
{
    return !column->is_share && !column->is_mean;
}

static void add_row_sums(struct system *system, const struct form *form, struct report_row *row,
                         struct report_cell ***parts)
{
    for (size_t s = 0; s < form->sum_count; s++) {
        struct equation *equation = &system->equations[system->equation_count++];
        *equation = (struct equation){&row->cells[form->sums[s].whole], *parts, 0};
        for (size_t c = 0; c < form->column_count; c++) {
            if (form->sums[s].parts >> c & 1)
                equation->parts[equation->part_count++] = &row->cells[c];
        }
        *parts += equation->part_count;
    }
}

static void add_column_sums(struct system *system, struct report_table *table,
                            struct report_cell ***parts)
{
    for (size_t c = 0; c < table->form->column_count; c++) {
        if (!is_count(&table->form->columns[c]))
            continue;
        struct equation *equation = &system->equations[system->equation_count++];
        *equation = (struct equation){&table->total.cells[c], *parts, table->row_count};
        for (size_t i = 0; i < table->row_count; i++)
            equation->parts[i] = &table->rows[i].cells[c];
        *parts += equation->part_count;
    }
}

static void system_deinit(struct system *system)
{
    free(system->equations);
    free(system->parts);
    free(system->unknowns);
    free(system->matrix);
}

static int system_init(struct system *system, struct report_table *table)
{
    const struct form *form = table->form;
    size_t rows = table->row_count + 1;
    size_t cells = rows * form->column_count;
    size_t equations = rows * form->sum_count + form->column_count;
    *system = (struct system){
        .equations = calloc(equations, sizeof *system->equations),
        .parts = calloc(cells * (form->sum_count + 1) + 1, sizeof *system->parts),
        .unknowns = calloc(cells, sizeof *system->unknowns),
        .matrix = calloc(equations * cells + 1, sizeof *system->matrix),
    };
    if (!system->equations || !system->parts || !system->unknowns || !system->matrix) {
        system_deinit(system);
        return ERR_NOMEM;
    }
    struct report_cell **parts = system->parts;
    for (size_t i = 0; i < table->row_count; i++)
        add_row_sums(system, form, &table->rows[i], &parts);
    if (table->has_total) {
        add_row_sums(system, form, &table->total, &parts);
        add_column_sums(system, table, &parts);
    }
    return 0;
}

static size_t unknown_of(const struct system *system, const struct report_cell *cell)
{
    size_t i = 0;
    while (system->unknowns[i] != cell)
        i++;
    return i;
}

static void find_unknowns(struct system *system)
{
    system->unknown_count = 0;
    for (size_t e = 0; e < system->equation_count; e++) {
        const struct equation *equation = &system->equations[e];
        for (size_t i = 0; i <= equation->part_count; i++) {
            struct report_cell *cell =
                i < equation->part_count ? equation->parts[i] : equation->whole;
            size_t known = 0;
            while (known < system->unknown_count && system->unknowns[known] != cell)
                known++;
            if (cell->hidden && known == system->unknown_count)
                system->unknowns[system->unknown_count++] = cell;
        }
    }
}

static void fill_matrix(struct system *system)
{
    memset(system->matrix, 0,
           system->equation_count * system->unknown_count * sizeof *system->matrix);
    for (size_t e = 0; e < system->equation_count; e++) {
        const struct equation *equation = &system->equations[e];
        int32_t *row = system->matrix + e * system->unknown_count;
        for (size_t i = 0; i < equation->part_count; i++) {
            if (equation->parts[i]->hidden)
                row[unknown_of(system, equation->parts[i])] = 1;
        }
        if (equation->whole->hidden)
            row[unknown_of(system, equation->whole)] = (int32_t)(PRIME - 1);
    }
}

static int64_t inverse(int64_t value)
{
    int64_t result = 1;
    for (int64_t power = PRIME - 2; power > 0; power >>= 1) {
        if (power & 1)
            result = result * value % PRIME;
        value = value * value % PRIME;
    }
    return result;
}

static void subtract(int32_t *row, const int32_t *pivot, int64_t factor, size_t count)
{
    for (size_t u = 0; u < count; u++) {
        if (pivot[u] != 0)
            row[u] = (int32_t)((row[u] + (PRIME - factor) * pivot[u]) % PRIME);
    }
}

/* Gauss–Jordan over a prime field: coefficients are 0 and ±1, so nothing vanishes there that would not vanish in fractions. */
static void eliminate(struct system *system)
{
    size_t count = system->unknown_count;
    size_t rank = 0;
    for (size_t u = 0; u < count && rank < system->equation_count; u++) {
        size_t e = rank;
        while (e < system->equation_count && system->matrix[e * count + u] == 0)
            e++;
        if (e == system->equation_count)
            continue;
        int32_t *pivot = system->matrix + rank * count;
        for (size_t i = 0; i < count && e != rank; i++) {
            int32_t swapped = pivot[i];
            pivot[i] = system->matrix[e * count + i];
            system->matrix[e * count + i] = swapped;
        }
        int64_t scale = inverse(pivot[u]);
        for (size_t i = 0; i < count; i++)
            pivot[i] = (int32_t)(pivot[i] * scale % PRIME);
        for (size_t other = 0; other < system->equation_count; other++) {
            int32_t *row = system->matrix + other * count;
            if (other != rank && row[u] != 0)
                subtract(row, pivot, row[u], count);
        }
        rank++;
    }
}

static bool concerns(const struct equation *equation, const struct report_cell *cell)
{
    bool found = equation->whole == cell;
    for (size_t i = 0; i < equation->part_count && !found; i++)
        found = equation->parts[i] == cell;
    return found;
}

/* Hides the smallest shown cell of an equation, a zero only when there is nothing else. false = all are hidden. */
static bool hide_another(struct equation *equation)
{
    struct report_cell *best = NULL;
    for (size_t i = 0; i <= equation->part_count; i++) {
        struct report_cell *cell = i < equation->part_count ? equation->parts[i] : equation->whole;
        if (cell->hidden || cell->none)
            continue;
        if (!best || (best->value == 0 && cell->value > 0) ||
            (cell->value > 0 && cell->value < best->value))
            best = cell;
    }
    if (best)
        best->hidden = true;
    return best != NULL;
}

/* Hides a neighbour of every cell that the equations isolate. Whether there was one. */
static bool protect_isolated(struct system *system)
{
    bool changed = false;
    find_unknowns(system);
    fill_matrix(system);
    eliminate(system);
    for (size_t e = 0; e < system->equation_count; e++) {
        const int32_t *row = system->matrix + e * system->unknown_count;
        size_t terms = 0, last = 0;
        for (size_t u = 0; u < system->unknown_count; u++) {
            if (row[u] != 0) {
                terms++;
                last = u;
            }
        }
        for (size_t i = 0; terms == 1 && i < system->equation_count; i++) {
            if (concerns(&system->equations[i], system->unknowns[last]) &&
                hide_another(&system->equations[i])) {
                changed = true;
                break;
            }
        }
    }
    return changed;
}

/* A shown whole with little hidden below it tells that little. */
static bool protect_sums(struct system *system)
{
    bool changed = false;
    for (size_t e = 0; e < system->equation_count; e++) {
        struct equation *equation = &system->equations[e];
        int64_t sum = 0;
        bool some = false;
        for (size_t i = 0; i < equation->part_count; i++) {
            some |= equation->parts[i]->hidden;
            sum += equation->parts[i]->hidden ? equation->parts[i]->value : 0;
        }
        if (some && !equation->whole->hidden && sum < HIDDEN_SUM_MIN)
            changed |= hide_another(equation);
    }
    return changed;
}

static void hide_beside(const struct form *form, struct report_row *row)
{
    bool hidden = false;
    for (size_t c = 0; c < form->column_count; c++)
        hidden |= row->cells[c].hidden;
    for (size_t c = 0; c < form->column_count && hidden; c++)
        row->cells[c].hidden |= !is_count(&form->columns[c]);
}

static void hide_counts(const struct form *form, struct report_row *row)
{
    for (size_t c = 0; c < form->column_count; c++) {
        struct report_cell *cell = &row->cells[c];
        cell->hidden = is_count(&form->columns[c]) && !cell->none && cell->value > 0 &&
                       cell->value < SMALL_BELOW;
    }
}

int report_table_hide_small(struct report_table *table)
{
    struct system system;
    if (system_init(&system, table) < 0)
        return ERR_NOMEM;
    for (size_t i = 0; i < table->row_count; i++)
        hide_counts(table->form, &table->rows[i]);
    hide_counts(table->form, &table->total);
    while (protect_isolated(&system) || protect_sums(&system)) {
    }
    for (size_t i = 0; i < table->row_count; i++)
        hide_beside(table->form, &table->rows[i]);
    hide_beside(table->form, &table->total);
    system_deinit(&system);
    return 0;
}
