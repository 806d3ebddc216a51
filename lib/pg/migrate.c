#include "pg/migrate_internal.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/hash.h"

/* Any number that no other program on the database uses: "hoso" in ASCII. */
#define LOCK_KEY INT64_C(0x686f736f)

static const char bootstrap[] =
    "CREATE SCHEMA IF NOT EXISTS hoso;"
    "CREATE TABLE IF NOT EXISTS hoso.schema_migration ("
    "    version    text PRIMARY KEY,"
    "    checksum   bytea NOT NULL,"
    "    applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE hoso.schema_migration IS"
    "    'Files of schemas/ that `hoso db migrate` has applied, with the SHA-256 of each';";

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* "sql/0001_init.sql" -> "0001"; empty = not a migration. */
static struct str migration_version(const char *name)
{
    size_t digits = 0;
    if (!begins(name, "sql/"))
        return STR_NONE;
    while (isdigit((unsigned char)name[4 + digits]))
        digits++;
    return name[4 + digits] == '_' ? (struct str){name + 4, digits} : STR_NONE;
}

static bool is_reference(const char *name)
{
    return begins(name, "reference/");
}

/* What schema_migration calls a file: the number of a migration, the whole name of a reference table. */
static struct str file_version(const struct embedded_file *file)
{
    return is_reference(file->name) ? str_of(file->name) : migration_version(file->name);
}

static struct str file_text(const struct embedded_file *file)
{
    return (struct str){(const char *)file->data, file->size};
}

enum file_state { FILE_NEW, FILE_APPLIED, FILE_CHANGED };

/* The file_state, or negative. */
static int file_state(struct pg *pg, const struct embedded_file *file, struct error *err)
{
    uint8_t checksum[HASH_SIZE];
    struct pg_result *rows = NULL;
    struct pg_param param = pg_text(file_version(file));
    hash_sha256(file_text(file), checksum);
    int r = pg_exec(pg, "SELECT checksum FROM hoso.schema_migration WHERE version = $1", &param, 1,
                    &rows, err);
    if (r < 0)
        return r;
    int state = FILE_NEW;
    if (pg_rows(rows) > 0) {
        struct str known = pg_get_text(rows, 0, 0);
        state = str_eq(known, (struct str){(const char *)checksum, HASH_SIZE}) ? FILE_APPLIED
                                                                               : FILE_CHANGED;
    }
    pg_result_free(rows);
    return state;
}

static int record_file(struct pg *pg, const struct embedded_file *file, struct error *err)
{
    uint8_t checksum[HASH_SIZE];
    hash_sha256(file_text(file), checksum);
    struct pg_param params[] = {pg_text(file_version(file)),
                                pg_bytes((struct str){(const char *)checksum, HASH_SIZE})};
    return pg_exec(pg,
                   "INSERT INTO hoso.schema_migration (version, checksum) VALUES ($1, $2) "
                   "ON CONFLICT (version) DO UPDATE SET checksum = $2, applied_at = now()",
                   params, 2, NULL, err);
}

/* The up part as C text, to be freed. ERR_INPUT: not dbmate's format, or an option that we do not honour. */
static int up_part(const struct embedded_file *file, char **ret, struct error *err)
{
    static const char up[] = "-- migrate:up\n";
    static const char down[] = "\n-- migrate:down\n";
    const char *text = (const char *)file->data;
    const char *end = strstr(text, down);
    if (!begins(text, up) || !end || strlen(text) != file->size)
        return error_set(err, ERR_INPUT,
                         "expected the line \"-- migrate:up\" first, later \"-- migrate:down\"");
    *ret = strndup(text + strlen(up), (size_t)(end - text) - strlen(up) + 1);
    return *ret ? 0 : error_set(err, ERR_NOMEM, "out of memory");
}

static int apply_migration(struct pg *pg, const struct embedded_file *file, struct error *err)
{
    char *sql = NULL;
    int r = up_part(file, &sql, err);
    if (r == 0)
        r = pg_begin(pg, err);
    if (r == 0)
        r = pg_script(pg, sql, err);
    if (r == 0)
        r = record_file(pg, file, err);
    if (r == 0)
        r = pg_commit(pg, err);
    pg_rollback(pg);
    free(sql);
    return r;
}

/* Services that run take the new rows over. */
static int announce_rows(struct pg *pg, struct error *err)
{
    return pg_exec(pg,
                   "INSERT INTO hoso.map_change (version, units, agencies) "
                   "SELECT coalesce(max(version), 0) + 1, true, '{}' FROM hoso.map_change",
                   NULL, 0, NULL, err);
}

static int load_reference(struct pg *pg, const struct embedded_file *file,
                          struct migrate_report *report, struct error *err)
{
    int64_t inserted = 0;
    int r = pg_begin(pg, err);
    if (r == 0)
        r = migrate_reference_file(pg, file, &inserted, err);
    if (r == 0 && inserted > 0)
        r = announce_rows(pg, err);
    if (r == 0)
        r = record_file(pg, file, err);
    if (r == 0)
        r = pg_commit(pg, err);
    pg_rollback(pg);
    if (r == 0)
        report->reference_rows += inserted;
    return r;
}

/* ERR_INPUT when a newer program has been here: its tables may be other than ours expect. */
static int check_not_newer(struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT version FROM hoso.schema_migration WHERE version NOT LIKE '%/%' "
                    "ORDER BY version",
                    NULL, 0, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        struct str version = pg_get_text(rows, i, 0);
        const struct embedded_file *file = embedded_files;
        while (file->name && !str_eq(migration_version(file->name), version))
            file++;
        if (!file->name)
            r = error_set(err, ERR_INPUT,
                          "the database has migration %.*s, which this program does not know: "
                          "use the release that made it, or a later one",
                          STR_ARG(version));
    }
    pg_result_free(rows);
    return r;
}

static int run_file(struct pg *pg, const struct embedded_file *file, struct migrate_report *report,
                    struct error *err)
{
    int state = file_state(pg, file, err);
    if (state < 0)
        return state;
    if (is_reference(file->name))
        return state == FILE_APPLIED ? 0 : load_reference(pg, file, report, err);
    if (state == FILE_CHANGED)
        return error_set(err, ERR_CONFLICT,
                         "changed since it was applied to this database; an applied migration is "
                         "never edited, a new file corrects it");
    if (state == FILE_APPLIED) {
        report->known++;
        return 0;
    }
    report->applied++;
    return apply_migration(pg, file, err);
}

/* Reference tables come after all migrations, whatever the order of the names. */
static int run_files(struct pg *pg, struct migrate_report *report, struct error *err)
{
    for (int references = 0; references <= 1; references++) {
        for (const struct embedded_file *file = embedded_files; file->name; file++) {
            if (!str_given(file_version(file)) || is_reference(file->name) != (references == 1))
                continue;
            int r = run_file(pg, file, report, err);
            if (r < 0)
                return error_prefix(err, r, "%s", file->name);
        }
    }
    return 0;
}

int migrate_up(struct pg *pg, struct migrate_report *ret, struct error *err)
{
    struct migrate_report report = {0};
    struct pg_param key = pg_int64(LOCK_KEY);
    int r = pg_exec(pg, "SELECT pg_advisory_lock($1)", &key, 1, NULL, err);
    if (r < 0)
        return r;
    r = pg_script(pg, bootstrap, err);
    if (r == 0)
        r = check_not_newer(pg, err);
    if (r == 0)
        r = run_files(pg, &report, err);
    /* A broken connection has unlocked already; the outcome above is what counts. */
    pg_exec(pg, "SELECT pg_advisory_unlock($1)", &key, 1, NULL, NULL);
    if (r == 0)
        *ret = report;
    return r;
}

static int count_file(struct pg *pg, const struct embedded_file *file, struct migrate_state *ret,
                      struct error *err)
{
    int state = file_state(pg, file, err);
    if (state < 0)
        return state;
    if (is_reference(file->name))
        ret->references += state != FILE_APPLIED;
    else
        *(state == FILE_APPLIED ? &ret->known
          : state == FILE_NEW   ? &ret->pending
                                : &ret->changed) += 1;
    return 0;
}

int migrate_look(struct pg *pg, struct migrate_state *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    *ret = (struct migrate_state){0};
    int r =
        pg_exec(pg, "SELECT to_regclass('hoso.schema_migration') IS NOT NULL", NULL, 0, &rows, err);
    bool ledger = r == 0 && pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    if (r == 0 && ledger)
        r = check_not_newer(pg, err);
    for (const struct embedded_file *file = embedded_files; file->name && r == 0; file++) {
        if (!str_given(file_version(file)))
            continue;
        if (ledger)
            r = count_file(pg, file, ret, err);
        else if (!is_reference(file->name))
            ret->pending++;
    }
    return r;
}
