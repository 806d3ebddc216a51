/* `hoso db migrate`: tables and reference data. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "pg/migrate.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n  hoso db migrate -c hoso.conf\n\n"
    "Tạo hoặc nâng cấp các bảng; thêm danh mục còn thiếu (đơn vị, cơ quan, lịch làm việc).\n"
    "Chạy lại bao nhiêu lần cũng được; dòng đã có thì giữ nguyên.\n";
static const char help_en[] =
    "Examples:\n  hoso db migrate -c hoso.conf\n\n"
    "Makes or upgrades the tables; adds missing reference rows (units, agencies, calendar).\n"
    "May run any number of times; rows that are there stay as they are.\n";

int cmd_db(int argc, char **argv)
{
    struct site site = {0};
    struct pg *pg = NULL;
    struct migrate_report report;
    struct error err;
    int code;
    if (site_begin(argc, argv, "migrate", help_vi, help_en, &site, &code))
        return code;
    code = site_connect(&site, argv, &pg);
    if (!code) {
        int result = migrate_up(pg, &report, &err);
        if (result)
            code = cli_fail(argv, result, &err);
        else
            printf(cli_text("%d tệp mới, %d tệp đã có; thêm %" PRId64 " dòng danh mục\n",
                            "%d new files, %d known; %" PRId64 " reference rows added\n"),
                   report.applied, report.known, report.reference_rows);
    }
    pg_free(pg);
    site_unload(&site);
    return code;
}
