#include "pg/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/embedded.h"
#include "base/hash.h"

/* Any number will do, as long as nobody else in this database uses it: "hoso" in ASCII. */
#define LOCK_SQL "SELECT pg_advisory_lock(1752134511)"
#define UNLOCK_SQL "SELECT pg_advisory_unlock(1752134511)"

static const char ledger_sql[] = "CREATE SCHEMA IF NOT EXISTS hoso;"
                                 "CREATE TABLE IF NOT EXISTS hoso.schema_migration ("
                                 " version text PRIMARY KEY, checksum bytea NOT NULL, applied_at "
                                 "timestamptz NOT NULL DEFAULT now())";

/* The part between `-- migrate:up` and `-- migrate:down` (or the end) as a C string; NULL = no up part, or memory is short. */
static char *up_part(struct str text)
{
    static const char up[] = "-- migrate:up";
    static const char down[] = "\n-- migrate:down";
    const char *begin = strstr(text.data, up);
    if (!begin)
        return NULL;
    begin += sizeof up - 1;
    const char *end = strstr(begin, down);
    return strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
}

/* *ret_known: the file stands in the ledger, unchanged. */
static int look_up(struct pg *pg, struct str version, struct str checksum, bool *ret_known,
                   struct error *err)
{
    const struct pg_param params[] = {pg_text(version)};
    struct pg_result *rows = NULL;
    int result = pg_exec(pg, "SELECT checksum FROM hoso.schema_migration WHERE version = $1",
                         params, 1, &rows, err);
    if (result)
        return result;
    *ret_known = pg_rows(rows) > 0;
    bool changed = *ret_known && !str_eq(pg_get_text(rows, 0, 0), checksum);
    pg_result_free(rows);
    if (changed)
        return error_set(
            err, ERR_CONFLICT,
            "migration %.*s was applied to this database in another form; applied "
            "files are never edited: use the program that applied it, or add a new file",
            STR_ARG(version));
    return 0;
}

static int apply(struct pg *pg, const char *sql, struct str version, struct str checksum,
                 struct error *err)
{
    const struct pg_param params[] = {pg_text(version), pg_bytes(checksum)};
    int result = pg_begin(pg, err);
    if (!result)
        result = pg_script(pg, sql, err);
    if (!result)
        result =
            pg_exec(pg, "INSERT INTO hoso.schema_migration (version, checksum) VALUES ($1, $2)",
                    params, 2, NULL, err);
    if (!result)
        result = pg_commit(pg, err);
    if (!result)
        return 0;
    pg_rollback(pg);
    return error_prefix(err, result, "migration %.*s", STR_ARG(version));
}

static int apply_file(struct pg *pg, const struct embedded_file *file,
                      struct migrate_report *report, struct error *err)
{
    struct str text = {(const char *)file->data, file->size};
    struct str version = str_of(file->name + strlen("sql/"));
    uint8_t digest[HASH_SIZE];
    struct str checksum = {(const char *)digest, sizeof digest};
    bool known = false;
    hash_sha256(text, digest);
    int result = look_up(pg, version, checksum, &known, err);
    if (result)
        return result;
    if (known) {
        report->known++;
        return 0;
    }
    char *sql = up_part(text);
    if (!sql)
        return error_set(err, ERR_FAILED, "migration %s has no `-- migrate:up`", file->name);
    result = apply(pg, sql, version, checksum, err);
    free(sql);
    report->applied += result == 0;
    return result;
}

struct reference {
    const char *file;
    const char *header;
    const char *sql;
};

static const struct reference references[] = {
    {"reference/units.csv", "unit_id,code,name,kind,valid_from,valid_to,successor_id,split",
     "INSERT INTO hoso.unit (unit_id, code, name, kind, valid_from, valid_to, successor_id, split) "
     "VALUES ($1::text::int, $2, $3, $4, coalesce(nullif($5, '')::date, '-infinity'), "
     "coalesce(nullif($6, '')::date, 'infinity'), nullif($7, '')::int, $8::text = '1') "
     "ON CONFLICT DO NOTHING"},
    {"reference/agencies.csv", "agency_code,unit_code,valid_from,valid_to",
     "INSERT INTO hoso.agency (agency_code, unit_code, valid_from, valid_to) VALUES ($1, $2, "
     "coalesce(nullif($3, '')::date, '-infinity'), coalesce(nullif($4, '')::date, 'infinity')) "
     "ON CONFLICT DO NOTHING"},
    {"reference/work_calendar.csv", "date,type,name,basis,evidence",
     "INSERT INTO hoso.work_calendar (day, off, name, basis) "
     "VALUES ($1::text::date, $2::text = 'off', $3, $4 || coalesce(' (' || $5::text || ')', '')) "
     "ON CONFLICT DO NOTHING"},
};

static int load_reference(struct pg *pg, const struct reference *reference, int64_t *added,
                          struct error *err)
{
    struct csv csv;
    int more = csv_open(&csv, embedded(reference->file), reference->header, err);
    while (more >= 0) {
        more = csv_next(&csv, err);
        if (more <= 0)
            break;
        struct pg_param params[CSV_FIELDS_MAX];
        for (size_t i = 0; i < csv.field_count; i++)
            params[i] = pg_text(csv.fields[i].data ? csv.fields[i] : STR(""));
        struct pg_result *done = NULL;
        int result = pg_exec(pg, reference->sql, params, csv.field_count, &done, err);
        if (result)
            return error_prefix(err, result, "%s:%d", reference->file, csv.line);
        *added += pg_affected(done);
        pg_result_free(done);
    }
    return more;
}

static int load_references(struct pg *pg, int64_t *added, struct error *err)
{
    int result = pg_begin(pg, err);
    for (size_t i = 0; i < sizeof references / sizeof *references && !result; i++)
        result = load_reference(pg, &references[i], added, err);
    if (!result)
        result = pg_commit(pg, err);
    if (result)
        pg_rollback(pg);
    return result;
}

int migrate_up(struct pg *pg, struct migrate_report *ret, struct error *err)
{
    *ret = (struct migrate_report){0};
    int result = pg_script(pg, LOCK_SQL, err);
    if (result)
        return result;
    result = pg_script(pg, ledger_sql, err);
    for (const struct embedded_file *file = embedded_files; file->name && !result; file++) {
        if (strncmp(file->name, "sql/", 4) == 0)
            result = apply_file(pg, file, ret, err);
    }
    if (!result)
        result = load_references(pg, &ret->reference_rows, err);
    /* A lost connection has let the lock go by itself. */
    pg_script(pg, UNLOCK_SQL, NULL);
    return result;
}
