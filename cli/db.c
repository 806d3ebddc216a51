/* `hoso db migrate`: tables and reference data. `hoso db retain`: dossiers that ended long ago go into yearly tables. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "office_hours.h"
#include "pg/migrate.h"
#include "service/board_roles.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n  hoso db migrate -c hoso.conf\n  hoso db retain -c hoso.conf\n\n"
    "migrate: tạo hoặc nâng cấp các bảng; thêm danh mục còn thiếu (đơn vị, cơ quan, lịch làm "
    "việc).\n"
    "  Chạy lại bao nhiêu lần cũng được; dòng đã có thì giữ nguyên.\n"
    "retain: chuyển hồ sơ đã kết thúc mà [postgres] cold_after không có tin gì vào bảng theo năm. "
    "Chạy lúc\n"
    "  các dịch vụ đang chạy cũng được; không số liệu nào đổi. Nên chạy mỗi đêm.\n";
static const char help_en[] =
    "Examples:\n  hoso db migrate -c hoso.conf\n  hoso db retain -c hoso.conf\n\n"
    "migrate: makes or upgrades the tables; adds missing reference rows (units, agencies, "
    "calendar).\n"
    "  May run any number of times; rows that are there stay as they are.\n"
    "retain: moves dossiers that ended, and of which nothing was heard for [postgres] cold_after, "
    "into\n"
    "  yearly tables. Services may run meanwhile; no figure changes. Best every night.\n";

/* The board's roles and the analysts', with their rights. */
static int readers_exist(struct pg *pg, bool *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = board_roles_ours(pg, ret, err);
    if (r == 0)
        r = pg_exec(pg,
                    "SELECT count(*) = 2 FROM pg_policies WHERE schemaname = 'hoso' "
                    "AND tablename = 'dossier' AND policyname IN ('board', 'analyst')",
                    NULL, 0, &rows, err);
    *ret = *ret && r == 0 && pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    return r;
}

static int check_readers(struct pg *pg, struct error *err)
{
    bool exist = false;
    int r = readers_exist(pg, &exist, err);
    if (r == 0 && !exist)
        r = pg_exec(pg, "SELECT hoso.grant_board(), hoso.grant_readers()", NULL, 0, NULL, err);
    if (r == 0 && !exist)
        r = readers_exist(pg, &exist, err);
    if (r < 0 || exist)
        return r;
    return error_set(err, ERR_INPUT, "%s",
                     cli_text("các bảng đã xong, nhưng tài khoản PostgreSQL này không được tạo vai "
                              "trò cho bảng theo dõi và người phân tích: quản trị viên chạy ALTER "
                              "ROLE … CREATEROLE cho nó, rồi chạy lại hoso db migrate",
                              "the tables are there, but this PostgreSQL role may not make the "
                              "roles of the board and the analysts: an administrator runs ALTER "
                              "ROLE … CREATEROLE for it, then run hoso db migrate again"));
}

static int migrate(const struct site *site, struct pg *pg, struct error *err)
{
    struct migrate_report report;
    int r = migrate_up(pg, &report, err);
    if (r == 0)
        r = office_hours_store(pg, site->config, err);
    if (r == 0)
        printf(cli_text("%d tệp mới, %d tệp đã có; thêm %" PRId64 " dòng danh mục\n",
                        "%d new files, %d known; %" PRId64 " reference rows added\n"),
               report.applied, report.known, report.reference_rows);
    return r == 0 ? check_readers(pg, err) : r;
}

static int retain_begin(struct pg *pg, int64_t heard_before, int64_t *ret_returned,
                        struct error *err)
{
    const struct pg_param params[] = {pg_time(heard_before)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg, "SELECT hoso.retain_begin($1)", params, 1, &rows, err);
    if (r == 0)
        *ret_returned = pg_get_int64(rows, 0, 0);
    pg_result_free(rows);
    return r;
}

/* Each chunk is a transaction of its own, so that services wait for none of them long. */
static int retain_all(struct pg *pg, int64_t heard_before, int64_t *ret_moved, struct error *err)
{
    enum { CHUNK = 2000 };
    int r = 0;
    bool more = true;
    for (int64_t after = INT64_MIN; r == 0 && more;) {
        const struct pg_param params[] = {pg_int64(after), pg_time(heard_before), pg_int32(CHUNK)};
        struct pg_result *rows = NULL;
        r = pg_exec(pg, "SELECT last_id, moved FROM hoso.retain_step($1, $2, $3)", params, 3, &rows,
                    err);
        more = r == 0 && !pg_is_null(rows, 0, 0);
        if (more) {
            after = pg_get_int64(rows, 0, 0);
            *ret_moved += pg_get_int64(rows, 0, 1);
        }
        pg_result_free(rows);
    }
    return r;
}

static int retain(const struct site *site, struct pg *pg, struct error *err)
{
    int64_t returned = 0, moved = 0;
    int64_t heard_before =
        clock_now() - config_duration_ms(site->config, "postgres", NULL, "cold_after");
    int r = retain_begin(pg, heard_before, &returned, err);
    if (r == 0)
        r = retain_all(pg, heard_before, &moved, err);
    if (r == 0 && moved + returned > 0)
        r = pg_script(pg, "ANALYZE hoso.dossier, hoso.dossier_event", err);
    if (r == 0)
        printf(cli_text("chuyển %" PRId64 " hồ sơ vào bảng theo năm; đưa về %" PRId64
                        " hồ sơ có tin mới\n",
                        "moved %" PRId64 " dossiers into yearly tables; brought back %" PRId64
                        " with news\n"),
               moved, returned);
    return r;
}

int cmd_db(int argc, char **argv)
{
    struct site site = {0};
    struct pg *pg = NULL;
    struct error err;
    int code;
    bool retains = argc > 1 && strcmp(argv[1], "retain") == 0;
    if (site_begin(argc, argv, retains ? "retain" : "migrate", help_vi, help_en, &site, &code))
        return code;
    code = site_connect(&site, argv, &pg);
    if (!code) {
        int result = (retains ? retain : migrate)(&site, pg, &err);
        if (result)
            code = cli_fail(argv, result, &err);
    }
    pg_free(pg);
    site_unload(&site);
    return code;
}
