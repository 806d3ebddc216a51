#include "service/reference.h"

#include <stdio.h>
#include <string.h>

/* A cell as C text, cut where a name is absurdly long. */
static const char *cell_text(const struct pg_result *rows, size_t row, int column, char *out,
                             size_t size)
{
    struct str text = pg_get_text(rows, row, column);
    snprintf(out, size, "%.*s", STR_ARG(text));
    return out;
}

static int load_units(struct pg *pg, struct units *units, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT unit_id, code, name, kind, nullif(valid_from, '-infinity'), "
                    "nullif(valid_to, 'infinity'), coalesce(successor_id, 0), split FROM hoso.unit",
                    NULL, 0, &rows, err);
    if (r < 0)
        return error_prefix(err, r, "hoso.unit");
    char code[CODE_MAX + 1], name[256], kind[64];
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        struct unit unit = {
            .unit_id = pg_get_int32(rows, i, 0),
            .code = cell_text(rows, i, 1, code, sizeof code),
            .name = cell_text(rows, i, 2, name, sizeof name),
            .kind = cell_text(rows, i, 3, kind, sizeof kind),
            .valid_from = pg_get_day(rows, i, 4),
            .valid_to = pg_get_day(rows, i, 5),
            .successor_id = pg_get_int32(rows, i, 6),
            .split = pg_get_bool(rows, i, 7),
        };
        r = units_add(units, &unit, err);
    }
    pg_result_free(rows);
    return r;
}

static int load_agencies(struct pg *pg, struct units *units, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT agency_code, unit_code, nullif(valid_from, '-infinity'), "
                    "nullif(valid_to, 'infinity') FROM hoso.agency",
                    NULL, 0, &rows, err);
    if (r < 0)
        return error_prefix(err, r, "hoso.agency");
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++)
        r = units_add_agency(units, pg_get_text(rows, i, 0), pg_get_text(rows, i, 1),
                             pg_get_day(rows, i, 2), pg_get_day(rows, i, 3), err);
    pg_result_free(rows);
    return r;
}

static int load_calendar(struct pg *pg, struct calendar *calendar, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg, "SELECT day, off, name FROM hoso.work_calendar ORDER BY day", NULL, 0,
                    &rows, err);
    if (r < 0)
        return error_prefix(err, r, "hoso.work_calendar");
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++)
        r = calendar_add(calendar, pg_get_day(rows, i, 0), pg_get_bool(rows, i, 1),
                         pg_get_text(rows, i, 2), err);
    pg_result_free(rows);
    return r;
}

static int load_map_version(struct pg *pg, int64_t *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    int r =
        pg_exec(pg, "SELECT coalesce(max(version), 0) FROM hoso.map_change", NULL, 0, &rows, err);
    if (r < 0)
        return error_prefix(err, r, "hoso.map_change");
    *ret = pg_get_int64(rows, 0, 0);
    pg_result_free(rows);
    return 0;
}

int reference_load(struct pg *pg, const struct config *config, struct reference *ret,
                   struct error *err)
{
    struct work_hours hours;
    int r = reference_hours(config, &hours, err);
    if (r < 0)
        return r;
    struct reference loaded = {.units = units_new(), .calendar = calendar_new(hours)};
    if (!loaded.units || !loaded.calendar)
        r = error_set(err, ERR_NOMEM, "reference tables: out of memory");
    /* First: a change that comes between the queries is then seen again, not missed. */
    if (r == 0)
        r = load_map_version(pg, &loaded.map_version, err);
    if (r == 0)
        r = load_units(pg, loaded.units, err);
    if (r == 0)
        r = load_agencies(pg, loaded.units, err);
    if (r == 0)
        r = load_calendar(pg, loaded.calendar, err);
    if (r < 0) {
        reference_deinit(&loaded);
        return r;
    }
    *ret = loaded;
    return 0;
}

int reference_refresh(struct pg *pg, const struct config *config, struct reference *reference,
                      struct error *err)
{
    int64_t version;
    struct reference loaded;
    int r = load_map_version(pg, &version, err);
    if (r < 0 || version == reference->map_version)
        return r;
    r = reference_load(pg, config, &loaded, err);
    if (r < 0)
        return r;
    reference_deinit(reference);
    *reference = loaded;
    return REFERENCE_CHANGED;
}

void reference_deinit(struct reference *reference)
{
    reference->units = units_free(reference->units);
    reference->calendar = calendar_free(reference->calendar);
}

int reference_rules(const struct config *config, struct fold_rules *ret, struct error *err)
{
    struct fold_rules rules = {0};
    const char *at = config_text(config, "rules", NULL, "paused");
    while (*at) {
        int status = 0, used = 0;
        if (sscanf(at, " %2d %n", &status, &used) != 1 || status < 1 || status >= STATUS_COUNT ||
            (at[used] && at[used] != ','))
            return error_set(err, ERR_INPUT,
                             "[rules] paused: expected statuses 1..10 separated by commas");
        rules.paused[status] = true;
        at += used + (at[used] == ',');
    }
    rules.due_change_is_correction =
        strcmp(config_text(config, "rules", NULL, "due_change"), "correction") == 0;
    *ret = rules;
    return 0;
}

int reference_hours(const struct config *config, struct work_hours *ret, struct error *err)
{
    const char *text = config_text(config, "calendar", NULL, "hours");
    int h[4], m[4], used = 0;
    if (sscanf(text, "%2d:%2d-%2d:%2d,%2d:%2d-%2d:%2d%n", &h[0], &m[0], &h[1], &m[1], &h[2], &m[2],
               &h[3], &m[3], &used) != 8 ||
        text[used])
        return error_set(err, ERR_INPUT, "[calendar] hours: expected HH:MM-HH:MM,HH:MM-HH:MM");
    int minutes[4];
    for (int i = 0; i < 4; i++) {
        minutes[i] = h[i] * 60 + m[i];
        bool in_day = h[i] >= 0 && m[i] >= 0 && m[i] < 60 && minutes[i] <= 24 * 60;
        if (!in_day || (i > 0 && minutes[i] < minutes[i - 1] + (i != 2)))
            return error_set(err, ERR_INPUT, "[calendar] hours: times out of order");
    }
    *ret = (struct work_hours){minutes[0], minutes[1], minutes[2], minutes[3]};
    return 0;
}

int64_t reference_filed_at(const struct dossier *dossier)
{
    if (dossier->accepted_at != NO_TIME)
        return dossier->accepted_at;
    return dossier->submitted_at != NO_TIME ? dossier->submitted_at : dossier->first_ingested_at;
}

enum unit_answer reference_unit(const struct reference *reference, const struct dossier *dossier,
                                int32_t *ret_unit_id)
{
    enum unit_answer answer =
        units_resolve(reference->units, dossier->deciding_agency, dossier->deciding_unit,
                      day_of(reference_filed_at(dossier)), day_of(dossier->ended_at), ret_unit_id);
    if (answer != UNIT_FOUND)
        *ret_unit_id = 0;
    return answer;
}
