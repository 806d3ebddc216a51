/* `hoso units import`: the agency map and the units, checked as a whole before anything changes. */
#include "units.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "quarantine.h"
#include "site.h"

enum { FILE_MAX = 64 << 20, SHOWN_MAX = 40 };

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso units import -c hoso.conf co-quan.csv --dry-run\n"
    "  hoso units import -c hoso.conf co-quan.csv\n\n"
    "Nạp bảng mã cơ quan hoặc danh mục đơn vị, CSV UTF-8, có dòng tiêu đề:\n"
    "  agency_code,unit_code,valid_from,valid_to                           cơ quan → mã xã\n"
    "  unit_id,code,name,kind,valid_from,valid_to,successor_id,split       đơn vị\n"
    "  unit_id,candidate_id                                                đơn vị đã chia → đơn vị "
    "mới\n"
    "Ngày viết yyyy-MM-dd; bỏ trống valid_from = từ trước đến nay, valid_to = đến khi có thông "
    "báo.\n"
    "Dòng đã có (cùng khóa) thì được thay; dòng khác giữ nguyên. Sai một dòng thì không ghi gì.\n"
    "Hồ sơ đang chờ xếp đơn vị được tính lại ngay, vào đúng tháng, không cần khởi động lại.\n\n"
    "  --dry-run   chỉ nêu những gì sẽ đổi\n"
    "  --replace   bảng mã cơ quan: bỏ những dòng không có trong tệp\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso units import -c hoso.conf agencies.csv --dry-run\n"
    "  hoso units import -c hoso.conf agencies.csv\n\n"
    "Loads the agency map or the units, CSV in UTF-8 with a header:\n"
    "  agency_code,unit_code,valid_from,valid_to                           agency → commune code\n"
    "  unit_id,code,name,kind,valid_from,valid_to,successor_id,split       units\n"
    "  unit_id,candidate_id                                                divided unit → new "
    "units\n"
    "Days are yyyy-MM-dd; no valid_from = since ever, no valid_to = until further notice.\n"
    "A line of a known key replaces it; other entries stay. One wrong line, and nothing is "
    "written.\n"
    "Dossiers in quarantine are folded again at once, into the right month, without a restart.\n\n"
    "  --dry-run   only say what would change\n"
    "  --replace   agency map: remove the entries that are not in the file\n";

struct import {
    struct site site;
    char *const *argv;
    const char *path;
    bool dry_run;
    bool replace;
    struct pg *pg;
    struct pg_array agencies; /* whose entries change */
    int64_t changes;
};

static int parse(int argc, char **argv, struct import *import, bool *ret_help)
{
    enum { OPT_DRY_RUN = 256, OPT_REPLACE };
    static const struct option options[] = {SITE_LONG,
                                            {"dry-run", no_argument, NULL, OPT_DRY_RUN},
                                            {"replace", no_argument, NULL, OPT_REPLACE},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL)) != -1;) {
        if (option == 'h')
            *ret_help = true;
        else if (option == OPT_DRY_RUN)
            import->dry_run = true;
        else if (option == OPT_REPLACE)
            import->replace = true;
        else if (!site_option(&import->site, option, optarg))
            return cli_bad_option(argv, option);
    }
    if (*ret_help)
        return EXIT_OK;
    if (optind + 2 != argc || strcmp(argv[optind], "import") != 0)
        return cli_wrong_usage(argv, "cần: import TỆP", "wants: import FILE");
    import->path = argv[optind + 1];
    return EXIT_OK;
}

/* The whole file; freed by the caller. */
static int read_file(const char *path, char **ret, size_t *ret_size, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
    char *text = malloc(FILE_MAX + 1);
    *ret_size = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    bool failed = ferror(file);
    fclose(file);
    if (text && !failed && *ret_size <= FILE_MAX) {
        *ret = text;
        return 0;
    }
    free(text);
    if (!text)
        return error_set(err, ERR_NOMEM, "out of memory");
    return error_set(err, ERR_INPUT, failed ? "%s: cannot be read" : "%s: larger than 64 MiB",
                     path);
}

/* Says everything that is wrong; *ret_wrong grows. */
static int run_checks(struct import *import, const struct units_kind *kind, bool after,
                      int64_t *ret_wrong, struct error *err)
{
    for (const struct units_check *check = kind->checks; check->sql; check++) {
        struct pg_result *rows = NULL;
        if (check->after != after)
            continue;
        int r = pg_exec(import->pg, check->sql, NULL, 0, &rows, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < pg_rows(rows); i++) {
            if (++*ret_wrong <= SHOWN_MAX)
                fprintf(stderr, "%s:%" PRId32 ": %.*s: %s\n", import->path,
                        pg_get_int32(rows, i, 0), STR_ARG(pg_get_text(rows, i, 1)),
                        cli_text(check->message_vi, check->message_en));
        }
        pg_result_free(rows);
    }
    return 0;
}

static int show_changes(struct import *import, const struct units_kind *kind, size_t given,
                        struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_bool(import->replace)};
    int64_t counts[3] = {0};
    int r = pg_exec(import->pg, kind->changes, params, 1, &rows, err);
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        struct str mark = pg_get_text(rows, i, 0);
        struct str agency = pg_get_text(rows, i, 2);
        counts[mark.data[0] == '+' ? 0 : mark.data[0] == '~' ? 1 : 2]++;
        if (i < SHOWN_MAX)
            printf("%.*s %.*s\n", STR_ARG(mark), STR_ARG(pg_get_text(rows, i, 1)));
        if (str_given(agency) && pg_array_text(&import->agencies, agency) < 0)
            r = error_set(err, ERR_NOMEM, "out of memory");
    }
    if (pg_rows(rows) > SHOWN_MAX)
        printf(cli_text("… và %zu dòng nữa\n", "… and %zu more\n"), pg_rows(rows) - SHOWN_MAX);
    pg_result_free(rows);
    if (r < 0)
        return r;
    import->changes = counts[0] + counts[1] + counts[2];
    printf(cli_text("Thêm %" PRId64 ", đổi %" PRId64 ", bỏ %" PRId64 ", giữ nguyên %" PRId64 ".\n",
                    "%" PRId64 " added, %" PRId64 " changed, %" PRId64 " removed, %" PRId64
                    " as they were.\n"),
           counts[0], counts[1], counts[2], (int64_t)given - counts[0] - counts[1]);
    return 0;
}

static int write_changes(struct import *import, const struct units_kind *kind, struct error *err)
{
    int r = 0;
    if (import->replace)
        r = pg_exec(import->pg, kind->remove, NULL, 0, NULL, err);
    if (r == 0)
        r = pg_exec(import->pg, kind->apply, NULL, 0, NULL, err);
    const struct pg_param params[] = {pg_bool(kind->moves_units),
                                      pg_array_param(&import->agencies)};
    if (r == 0)
        r = pg_exec(import->pg,
                    "INSERT INTO hoso.map_change (version, units, agencies) "
                    "SELECT coalesce(max(version), 0) + 1, $1, $2 FROM hoso.map_change",
                    params, 2, NULL, err);
    return r;
}

/* What the new tables mean for the dossiers that wait. */
static int show_effect(const struct import *import, struct error *err)
{
    int64_t waiting;
    int64_t found;
    int r = quarantine_would_find(import->pg, import->site.config, &waiting, &found, err);
    if (r == 0 && waiting > 0)
        printf(cli_text("Hồ sơ đang chờ xếp đơn vị: %" PRId64 "; với bảng này %" PRId64
                        " hồ sơ tìm được đơn vị.\n",
                        "Dossiers in quarantine: %" PRId64 "; with these tables %" PRId64
                        " of them find their commune.\n"),
               waiting, found);
    return r;
}

/* In the transaction. EXIT_OK, EXIT_DATA after the mistakes have been named, or negative. */
static int work(struct import *import, struct str text, struct error *err)
{
    const struct units_kind *kind;
    size_t given;
    int64_t wrong = 0;
    /* One import at a time; the services only read. */
    int r = pg_script(import->pg, "LOCK TABLE hoso.map_change IN SHARE ROW EXCLUSIVE MODE", err);
    if (r == 0) {
        r = units_file_load(import->pg, text, &kind, &given, err);
        if (r < 0)
            return error_prefix(err, r, "%s", import->path);
    }
    if (r == 0 && import->replace && !kind->remove)
        return error_set(err, ERR_INPUT, "%s: --replace is for the agency map only", import->path);
    if (r == 0)
        r = run_checks(import, kind, false, &wrong, err);
    if (r == 0 && wrong == 0)
        r = show_changes(import, kind, given, err);
    if (r == 0 && wrong == 0 && import->changes > 0)
        r = write_changes(import, kind, err);
    if (r == 0 && wrong == 0)
        r = run_checks(import, kind, true, &wrong, err);
    if (r < 0)
        return r;
    if (wrong > 0) {
        fprintf(stderr,
                cli_text("%" PRId64 " chỗ sai; chưa ghi gì.\n",
                         "%" PRId64 " mistakes; nothing was written.\n"),
                wrong);
        return EXIT_DATA;
    }
    return show_effect(import, err);
}

static int run(struct import *import, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    int r = read_file(import->path, &text, &size, err);
    if (r == 0)
        r = pg_begin(import->pg, err);
    if (r == 0)
        r = work(import, (struct str){text, size}, err);
    if (r == 0 && !import->dry_run)
        r = pg_commit(import->pg, err);
    else
        pg_rollback(import->pg);
    if (r == 0 && import->dry_run)
        fputs(cli_text("Chạy thử: chưa ghi gì.\n", "Dry run: nothing was written.\n"), stdout);
    free(text);
    return r;
}

int cmd_units(int argc, char **argv)
{
    struct import import = {.argv = argv};
    struct error err = {{0}};
    bool help = false;
    int code = parse(argc, argv, &import, &help);
    if (help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (code != EXIT_OK || help)
        return code;
    code = site_load(&import.site, argv);
    if (code != EXIT_OK)
        return code;
    pg_array_init(&import.agencies, PG_TEXT);
    code = site_connect(&import.site, argv, &import.pg);
    if (code == EXIT_OK)
        code = run(&import, &err);
    pg_array_deinit(&import.agencies);
    pg_free(import.pg);
    site_unload(&import.site);
    return code < 0 ? cli_fail(argv, code, &err) : code;
}
